"""Runs of processes as intervals of time."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.experiments import serving
from workbench.model.clock import NEVER
from workbench.model.trace import Trace


def task_runs(trace: Trace) -> Iterable[tuple[str, int, int, int]]:
    """Yield (task, cpu, start, end) of every run of a process, open ends closed by the horizon."""
    tasks, attempts = trace["tasks"], trace["attempts"]
    cpu = dict(zip(tasks["task"], tasks["cpu"], strict=True))
    for task, start, end in zip(attempts["task"], attempts["started_us"], attempts["ended_us"], strict=True):
        yield task, cpu[task], start, trace.horizon_us if end == NEVER else end


def runs(trace: Trace) -> Iterable[tuple[str, int, int, int]]:
    """Yield (node, cpu, start, end) of every run of a process."""
    nodes = trace["attempts"]["node"]
    for node, (_, cpu, start, end) in zip(nodes, task_runs(trace), strict=True):
        yield node, cpu, start, end


def cpu_time(trace: Trace, start: int = 0, end: int | None = None) -> int:
    """Return millicores x microseconds of running tasks between two instants."""
    until = trace.horizon_us if end is None else end
    return sum(cpu * max(0, min(stop, until) - max(begin, start)) for _, cpu, begin, stop in task_runs(trace))


def node_spans(trace: Trace) -> dict[str, list[serving.Interval]]:
    """Return when processes run on each machine: node -> (start, end) of every run."""
    spans: dict[str, list[serving.Interval]] = {}
    for node, _, start, end in runs(trace):
        spans.setdefault(node, []).append((start, end))
    return spans


def union(spans: list[serving.Interval]) -> list[serving.Interval]:
    """Return the intervals with overlaps joined."""
    joined: list[serving.Interval] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
