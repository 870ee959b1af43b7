"""Rows about eviction by the kubelet, put to `workbench.engines.kubernetes.kubelet_eviction`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.engines.kubernetes import kubelet_eviction as eviction
from workbench.fidelity.adapters.comparing import Unsupported, differences, known_only
from workbench.fidelity.records import Case
from workbench.formats.quantities import parse_quantity
from workbench.model.native.kubernetes.quantity import Quantity

Given = Mapping[str, Any]

PRIORITIES = {"low": -1, "default": 0, "high": 1}

_POD = frozenset({"name", "priority", "memoryRequest", "memoryUsage", "inodes", "processes"})
_RANKS: Mapping[tuple[str, str], eviction.Rank] = {
    ("memory.available", "usageMinusRequest"): eviction.memory,
    ("nodefs.inodesFree", "usage"): eviction.inodes,
    ("pid.available", "usage"): eviction.processes,
}


def difference(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    answer = _ANSWERS.get(case.group)
    if answer is None:
        raise Unsupported(f"no function {case.group!r}")
    return differences(case.document["expect"], answer(case.document["input"]))


def _order(given: Given) -> Given:
    ranks = [eviction.priority if one == "priority" else _RANKS[given["signal"], one] for one in given["orderBy"]]
    pods = eviction.ordered_by([_usage(one) for one in given["pods"]], *ranks)
    return {"evictionOrder": [pod.name for pod in pods]}


def _usage(given: Given) -> eviction.Usage:
    known_only(given, _POD)
    return eviction.Usage(
        name=given["name"],
        priority=PRIORITIES[given["priority"]],
        memory=_units(given.get("memoryUsage")),
        memory_request=_units(given.get("memoryRequest")),
        inodes=given.get("inodes", 0),
        processes=given.get("processes", 0),
    )


def _units(text: str | None) -> int:
    return 0 if text is None else parse_quantity(text).units()


def _first(given: Given) -> Given:
    return {"order": eviction.by_eviction_priority(given["thresholds"])}


def _met(given: Given) -> Given:
    alone = "thresholds" not in given
    rows = [given] if alone else given["thresholds"]
    if any(one["operator"] != "LessThan" for one in rows):
        raise Unsupported("another operator")
    seen = {given["signal"]: {"available": given["available"]}} if alone else given["observations"]
    observations = {
        signal: eviction.Observation(parse_quantity(one["available"]), _quantity(one.get("capacity")) or Quantity())
        for signal, one in seen.items()
    }
    met = eviction.thresholds_met(
        [_threshold(one) for one in rows], observations, enforce_min_reclaim=given["enforceMinReclaim"]
    )
    return {"met": bool(met) if alone else [one.signal for one in met]}


def _threshold(given: Given) -> eviction.Threshold:
    return eviction.Threshold(
        given["signal"], _quantity(given.get("threshold")), given.get("percentage", 0.0),
        _quantity(given.get("minReclaim")), given.get("minReclaimPercentage", 0.0),
    )  # fmt: skip


def _quantity(text: str | None) -> Quantity | None:
    return None if text is None else parse_quantity(text)


_ANSWERS: Mapping[str, Callable[[Given], Given]] = {
    "orderedBy": _order,
    "byEvictionPriority": _first,
    "thresholdsMet": _met,
}
"""Function of upstream -> what answers in its place."""
