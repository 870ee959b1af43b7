"""Rows about ReplicaSets, put to `controllers.deletion_ranking` and `controllers.controller`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.engines.kubernetes.controllers.controller import next_batch, slow_start_batches
from workbench.engines.kubernetes.controllers.deletion_ranking import RankedPod, less
from workbench.fidelity.adapters.comparing import differences, known_only
from workbench.fidelity.records import Case
from workbench.model.clock import to_us

Given = Mapping[str, Any]

_POD = frozenset(
    {"name", "node", "phase", "ready", "restarts", "readySecondsAgo", "createdSecondsAgo", "podDeletionCost"}
)


def deletion_ranking(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    given, expected = case.document["input"], case.document["expect"]
    pods = _pod(given["podA"], given["rankA"]), _pod(given["podB"], given["rankB"])
    switches = {"deletion_cost": given["podDeletionCost"], "logarithmic": given["logarithmicScaleDown"]}
    forth, back = less(*pods, **switches), less(*pods[::-1], **switches)
    order = {(True, False): "A_first", (False, True): "B_first", (False, False): "equal"}
    return differences(expected, {"order": order.get((forth, back), "both first")})


def slow_starting(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    given, expected = case.document["input"], case.document["expect"]
    known_only(given, frozenset({"count", "initialBatchSize", "successfulCallLimit"}))
    batches = slow_start_batches(given["count"], given["initialBatchSize"])
    calls = successes = 0
    size = next(batches, 0)
    while size:
        worked = max(0, min(size, given["successfulCallLimit"] - calls))  # what the API server answers in this row
        calls, successes = calls + size, successes + worked
        size = next_batch(batches, worked)
    return differences(expected, {"successes": successes, "error": successes < calls, "calls": calls})


def _pod(given: Given, rank: int) -> RankedPod:
    known_only(given, _POD)
    return RankedPod(
        assigned=bool(given["node"]),
        phase=given["phase"],
        ready=given["ready"],
        rank=rank,
        restarts=given["restarts"],
        ready_age_us=_age(given["readySecondsAgo"]),
        age_us=_age(given["createdSecondsAgo"]),
        deletion_cost=given.get("podDeletionCost", 0),
    )


def _age(seconds: int | None) -> int | None:
    return None if seconds is None else to_us(seconds)
