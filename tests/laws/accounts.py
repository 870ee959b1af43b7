"""Who held which place when, read off a trace: the laws about doubles are written with it."""

from __future__ import annotations

from itertools import pairwise

from workbench.model.clock import NEVER
from workbench.model.trace import Trace

Run = tuple[int, int, str]
"""From, to, task."""


def runs_by_place(trace: Trace) -> dict[tuple[str, int], list[Run]]:
    """Return when which task of each place of an app ran, in the order of their starts."""
    tasks = trace["tasks"]
    place = {row["task"]: (row["app"], row["slot"]) for row in tasks.dicts()}
    found: dict[tuple[str, int], list[Run]] = {}
    for row in trace["attempts"].dicts():
        end = trace.horizon_us if row["ended_us"] == NEVER else row["ended_us"]
        found.setdefault(place[row["task"]], []).append((row["started_us"], end, row["task"]))
    return {key: sorted(runs) for key, runs in found.items()}


def doubles(trace: Trace) -> list[tuple[tuple[str, int], Run, Run]]:
    """Return the places that had two holders at once: the place, the earlier run, the later one."""
    return [
        (place, one, other)
        for place, runs in runs_by_place(trace).items()
        for one, other in pairwise(runs)
        if other[0] < one[1] and one[2] != other[2]
    ]


def unknown_doubles(trace: Trace) -> list[tuple[tuple[str, int], Run, Run]]:
    """Return those of which the books did not know when the later one began."""
    given_up = {row["subject"]: row["at_us"] for row in trace["events"].dicts() if row["kind"] == "given-up"}
    return [
        (place, one, other) for place, one, other in doubles(trace) if given_up.get(one[2], trace.horizon_us) > other[0]
    ]
