"""How a service reacts to more requests than it can answer: the way to the first further instance, cut into phases.

It begins when more requests come than the instances can answer, and ends when clients are sent to an instance that
was asked for because of it. The phases add up to the whole, exactly. Waiting for a machine that was ordered and boots
stands apart from other waiting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.experiments import machines, phases, requests
from workbench.model.clock import NEVER, to_seconds
from workbench.model.trace import Trace

PHASES: dict[str, str] = {
    "notice": "measured and decided",
    "create": phases.PHASES["create"],
    "wait": phases.PHASES["wait"],
    "boot": "machine booting",
    **phases.PHASES,
    "traffic": "clients being told",
}
"""Phase -> what it is called, in English."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """The first further instance.

    Parameters
    ----------
    task : str
        Its name.
    surge_us, served_us : int
        When too many requests came, and when clients were sent to it.
    spent : dict
        Phase -> seconds, in order.
    """

    task: str
    surge_us: int
    served_us: int
    spent: dict[str, float]


def reaction(trace: Trace, app: str) -> Reaction | None:
    """Return how the first overload of an app was reacted to; None if there was none, or no reaction in the run."""
    overloaded = requests.overloaded(trace, app)
    decided = [at for at, name, before, after, _ in trace["scaling"].rows() if name == app and after > before]
    if not overloaded:
        return None
    surge_us = overloaded[0][0]
    asked = {at for at in decided if at >= surge_us}
    rows = {row["task"]: row for row in trace["tasks"].dicts() if row["app"] == app and row["submitted_us"] in asked}
    for at_us, _, task, change, _ in trace["endpoints"].rows():
        if change == "added" and task in rows and rows[task]["ready_us"] != NEVER:
            return _of(rows[task], surge_us, at_us, machines.booted(trace, rows[task]["node"]))
    return None


def _of(row: dict[str, Any], surge_us: int, served_us: int, booted: tuple[int, int]) -> Reaction:
    submitted_us, ready_us = row["submitted_us"], row["ready_us"]
    boot_us = max(0, min(booted[1], row["considered_us"]) - max(booted[0], row["queued_us"]))
    spent = {
        "notice": to_seconds(submitted_us - surge_us),
        **phases.of_task(row),
        "traffic": to_seconds(served_us - ready_us),
    }
    if boot_us:
        spent |= {"wait": to_seconds(row["considered_us"] - row["queued_us"] - boot_us), "boot": to_seconds(boot_us)}
    return Reaction(str(row["task"]), surge_us, served_us, {phase: spent.get(phase, 0.0) for phase in PHASES})
