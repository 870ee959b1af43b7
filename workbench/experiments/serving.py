"""Who served when: the instances of an app that clients are sent to and whose process runs, over time."""

from __future__ import annotations

from workbench.model.clock import NEVER
from workbench.model.trace import Trace

Interval = tuple[int, int]
"""From, to (not included), in microseconds."""


def listed(trace: Trace, app: str) -> dict[str, list[Interval]]:
    """Return when clients were sent to each task of `app`: task -> intervals, open ends closed by the horizon."""
    table = trace["endpoints"]
    spans: dict[str, list[Interval]] = {}
    since: dict[str, int] = {}
    for at_us, name, task, change in zip(table["at_us"], table["app"], table["task"], table["change"], strict=True):
        if name != app:
            continue
        if change == "added":
            since.setdefault(task, at_us)
        elif task in since:
            spans.setdefault(task, []).append((since.pop(task), at_us))
    for task, start in since.items():
        spans.setdefault(task, []).append((start, trace.horizon_us))
    return spans


def running(trace: Trace) -> dict[str, list[Interval]]:
    """Return when the process of each task ran: task -> intervals, one per start."""
    table = trace["attempts"]
    spans: dict[str, list[Interval]] = {}
    for task, start, end in zip(table["task"], table["started_us"], table["ended_us"], strict=True):
        spans.setdefault(task, []).append((start, trace.horizon_us if end == NEVER else end))
    return spans


def strength(trace: Trace, app: str) -> list[tuple[int, int]]:
    """Return the number of instances of `app` that serve, as steps ``(time, number from then on)``, from time zero."""
    alive = running(trace)
    changes: dict[int, int] = {}
    for task, spans in listed(trace, app).items():
        for start, end in common(spans, alive.get(task, [])):
            changes[start] = changes.get(start, 0) + 1
            changes[end] = changes.get(end, 0) - 1
    steps, number = [(0, 0)], 0
    for time in sorted(changes):
        if changes[time] and time < trace.horizon_us:
            number += changes[time]
            steps.append((time, number))
    return steps


def doubled(trace: Trace, app: str) -> list[Interval]:
    """Return the intervals in which a place of `app` had another holder than the one that began first, one for each."""
    alive = running(trace)
    tasks = trace["tasks"]
    places: dict[int, list[Interval]] = {}
    for task, name, slot in zip(tasks["task"], tasks["app"], tasks["slot"], strict=True):
        if name == app:
            places.setdefault(slot, []).extend(alive.get(task, ()))
    found = []
    for spans in places.values():
        covered = 0
        for start, end in sorted(spans):
            if start < covered:
                found.append((start, min(end, covered)))
            covered = max(covered, end)
    return sorted(found)


def misdirected(trace: Trace, app: str) -> list[Interval]:
    """Return the intervals in which clients were sent to a task of `app` whose process did not run."""
    alive = running(trace)
    found = []
    for task, spans in listed(trace, app).items():
        for start, end in spans:
            at = start
            for up, down in common([(start, end)], alive.get(task, [])):
                if up > at:
                    found.append((at, up))
                at = down
            if at < end:
                found.append((at, end))
    return sorted(found)


def common(these: list[Interval], those: list[Interval]) -> list[Interval]:
    """Return the parts that lie in an interval of each list."""
    parts = ((max(a, c), min(b, d)) for a, b in these for c, d in those)
    return sorted((start, end) for start, end in parts if start < end)
