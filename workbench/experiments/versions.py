"""Which version of an app serves when, and what is there without serving: what a rollout looks like from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workbench.experiments import machines, serving
from workbench.model.changes import NEW_VERSION, PlannedChange, wanted_over_time
from workbench.model.clock import NEVER
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace
from workbench.model.workload import App

Steps = list[tuple[int, int]]
"""Pairs of a time, in microseconds, and the number from then on."""


def first_change_us(scenario: Scenario, app: str) -> int | None:
    """Return when the first change comes that is about an app, or about a machine; None if none does."""
    about = (one.at_us for one in scenario.changes if one.app == app or one.about_node)
    return min(about, default=None)


def wanted(scenario: Scenario, app: App, trace: Trace | None = None) -> Steps:
    """Return how many instances of an app are wanted, over time.

    Of a daemon as many as there are machines: those of the scenario, and with a trace those that join and go in it.
    Of an app with an autoscaler what that asked for counts too; without a trace only what people ask for.
    """
    if app.kind != "daemon":
        return wanted_over_time(app, scenario.changes, _scaled(app, trace))
    number, steps = len(scenario.cluster.nodes), [(0, 0)]
    moves = [] if trace is None else machines.changes(trace)
    number += sum(step for at_us, _, step in moves if at_us <= app.at_us)
    steps.append((app.at_us, number))
    for at_us, _, step in moves:
        if at_us > app.at_us:
            number += step
            steps.append((at_us, number))
    return steps


def _scaled(app: App, trace: Trace | None) -> Steps:
    """Return what an autoscaler asked for, and when."""
    if trace is None or app.scaling is None:
        return []
    rows = zip(*(trace["scaling"][name] for name in ("at_us", "app", "after")), strict=True)
    return [(at_us, after) for at_us, name, after in rows if name == app.name]


def there(trace: Trace, app: str) -> Iterator[tuple[str, int, int, int]]:
    """Yield task, version, from and to of every instance that holds room on a machine."""
    table = trace["tasks"]
    columns = (table[name] for name in ("task", "app", "version", "decided_us", "ended_us"))
    for task, name, version, start, end in zip(*columns, strict=True):
        if name == app and start != NEVER:
            yield task, version, start, trace.horizon_us if end == NEVER else end


def serving_spans(trace: Trace, app: str, front: str = "") -> list[tuple[int, int, int]]:
    """Return version, from and to of every time an instance serves: clients are sent to it and its process runs.

    They are clients of `front`; empty: of the app itself.
    """
    alive, listed = serving.running(trace), serving.listed(trace, front or app)
    return [
        (version, start, end)
        for task, version, _, _ in there(trace, app)
        for start, end in serving.common(listed.get(task, []), alive.get(task, []))
    ]


def least(number: Iterable[tuple[int, int]], of: Iterable[tuple[int, int]], since_us: int, until_us: int) -> float:
    """Return the smallest part that `number` is of `of`, at any time in between; 1 where nothing is ever wanted."""
    number, of = list(number), list(of)
    times = [since_us, *(time for time, _ in (*number, *of) if since_us < time < until_us)]
    parts = [_level(number, time) / total for time in times if (total := _level(of, time)) > 0]
    return min(parts, default=1.0)


def beside(number: Steps, of: Steps) -> Iterator[tuple[int, int, int]]:
    """Yield time, number and what it is held against, whenever one of the two changes; 0 before their first steps."""
    have = want = 0
    changes = sorted([*((time, 0, value) for time, value in number), *((time, 1, value) for time, value in of)],
                     key=lambda one: one[:2])  # fmt: skip
    for place, (time, which, value) in enumerate(changes, 1):
        have, want = (have, value) if which else (value, want)
        if place == len(changes) or changes[place][0] > time:
            yield time, have, want


def _level(steps: Iterable[tuple[int, int]], at_us: int) -> int:
    value = 0
    for time, number in steps:
        if time > at_us:
            break
        value = number
    return value


def versions(changes: Iterable[PlannedChange], app: str) -> int:
    """Return how many versions of an app there are in all, the first one included."""
    return 1 + sum(one.kind in NEW_VERSION and one.app == app for one in changes)
