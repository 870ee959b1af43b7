"""What the tasks of batch jobs did when: waited, held a place without working, read, worked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workbench.model.changes import wanted_over_time
from workbench.model.clock import NEVER, to_us
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace
from workbench.model.workload import App

Doing = Literal["waits", "holds", "near", "far", "works"]
"""waits for a place; holds one without being able to work; reads from its own machine, or from another; works."""


@dataclass(frozen=True, slots=True)
class Span:
    """What a task did from one time to another."""

    app: str
    task: str
    doing: Doing
    start_us: int
    end_us: int


def jobs(scenario: Scenario) -> list[App]:
    """Return the batch apps whose tasks are known beforehand: those that arrive one by one are no jobs."""
    return [app for app in scenario.apps if app.kind == "batch" and app.arrivals is None]


def spans(trace: Trace, scenario: Scenario) -> Iterator[Span]:
    """Yield what every task of every job did, task by task."""
    wanted = {app.name: app for app in jobs(scenario)}
    read = {row["task"]: row for row in trace["reads"].dicts()}
    began = {row["subject"]: row["at_us"] for row in trace["events"].dicts() if row["kind"] == "gang-began"}
    for row in trace["tasks"].dicts():
        app = wanted.get(row["app"])
        if app is not None:
            yield from _of_task(row, app, read.get(row["task"]), _begins(trace, scenario, app, began), trace.horizon_us)


def _begins(trace: Trace, scenario: Scenario, app: App, began: dict[str, int]) -> int:
    """Return before when no task of an app can work: its gang is not complete, or its maps are not done."""
    if app.framework == "mpi":
        return began.get(app.name, trace.horizon_us)
    if app.framework == "hadoop" and app.after:
        return max(done_us(trace, scenario, parent) for parent in app.after)
    return 0


def done_us(trace: Trace, scenario: Scenario, app: str) -> int:
    """Return when an app was done for the first time, at the size it has in the end; the end of the run if never."""
    one = next(known for known in scenario.apps if known.name == app)
    tasks = trace["tasks"]
    columns = (tasks[name] for name in ("app", "slot", "ended_us", "outcome"))
    rows = zip(*columns, strict=True)
    sizes = [count for _, count in wanted_over_time(one, scenario.changes)]
    wanted = max(1, sizes[-1])
    finished = ((slot, end) for name, slot, end, outcome in rows if name == app and outcome == "finished")
    ends = ends_of(of_size(finished, sizes))
    return int(ends[wanted - 1]) if wanted <= len(ends) else trace.horizon_us


def of_size(finished: Iterable[tuple[int, int]], sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (slot, end) of the tasks that an app has at its last size: of one that was larger, the lowest numbers."""
    smaller = any(size > sizes[-1] for size in sizes)
    return (one for one in finished if not smaller or one[0] < sizes[-1])


def ends_of(finished: Iterable[tuple[int, int]]) -> list[int]:
    """Return when the tasks of an app were done, in order, given (slot, end) of each that finished.

    A task whose end was not heard is done once more in the same slot; then the later end is the one that counts.
    """
    ends: dict[int, int] = {}
    for slot, end_us in finished:
        ends[slot] = max(end_us, ends.get(slot, 0))
    return sorted(ends.values())


def _of_task(
    row: dict[str, Any], app: App, read: dict[str, Any] | None, begins_us: int, horizon_us: int
) -> Iterator[Span]:
    end_us = horizon_us if row["ended_us"] == NEVER else row["ended_us"]
    start_us = row["started_us"] if row["started_us"] != NEVER else end_us
    steps: list[tuple[Doing, int]] = [("waits", start_us)]
    if row["started_us"] != NEVER:
        steps.append(("holds", min(max(start_us, begins_us), end_us)))
        if read is not None:
            near = read["level"] != "any"
            steps.append(("near" if near else "far", min(read["at_us"] + to_us(read["takes_s"]), end_us)))
        steps.append(("works", end_us))
    since = row["submitted_us"]
    for doing, until in steps:
        if until > since:
            yield Span(app.name, row["task"], doing, since, until)
            since = until
