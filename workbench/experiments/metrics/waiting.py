"""How long tasks wait, and when an app is ready or done."""

from __future__ import annotations

import math
from statistics import fmean

from workbench.experiments import versions
from workbench.experiments.jobs import ends_of, of_size
from workbench.experiments.metrics.registry import NEVER_HAPPENED, metric
from workbench.experiments.metrics.rows import rows_of, submission_us, wanted_of
from workbench.model.clock import NEVER, to_seconds
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace


@metric("mean wait of {about}", unit="s", about="app", grain=0.05)
def wait(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from submission to placement, mean over the app's tasks; one never placed counts until the end."""
    return fmean(_waits(trace, app))


@metric("mean wait of tasks of {about}", unit="s", about="team", grain=0.05)
def team_wait(trace: Trace, scenario: Scenario, team: str) -> float:
    """Seconds from submission to placement, mean over all tasks of the team; one never placed counts until the end."""
    waits = [one for app in scenario.apps if app.team == team for one in _waits(trace, app.name) if one < math.inf]
    return fmean(waits) if waits else NEVER_HAPPENED


@metric("longest wait of {about}", unit="s", about="app", grain=0.05)
def longest_wait(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from submission to placement of the app's slowest task; one never placed counts until the end."""
    return max(_waits(trace, app))


@metric("first task of {about} placed after", unit="s", about="app", grain=0.05)
def first_wait(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from the app's submission until its first task has a machine."""
    placed = [row[1] for row in rows_of(trace, app, "submitted_us", "decided_us") if row[1] != NEVER]
    return to_seconds(min(placed) - submission_us(scenario, app)) if placed else NEVER_HAPPENED


@metric("tasks of {about} never placed", unit="tasks", about="app", grain=0.5)
def unplaced(trace: Trace, scenario: Scenario, app: str) -> float:
    """Tasks of the app that had no machine when the run ended."""
    rows = rows_of(trace, app, "decided_us", "outcome")
    return float(sum(decided == NEVER and outcome == "waiting" for decided, outcome in rows))


@metric("all of {about} ready after", unit="s", about="app", grain=0.5)
def opening(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from the app's submission until as many instances as wanted are ready for the first time."""
    ready = sorted(row[0] for row in rows_of(trace, app, "ready_us") if row[0] != NEVER)
    steps = versions.beside([(at_us, count) for count, at_us in enumerate(ready, 1)], wanted_of(trace, scenario, app))
    opened = (at_us for at_us, number, wanted in steps if 0 < wanted <= number)
    return next((to_seconds(at_us - submission_us(scenario, app)) for at_us in opened), NEVER_HAPPENED)


@metric("all of {about} finished after", unit="s", about="app", grain=0.5)
def makespan(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from the app's submission until its last task has finished."""
    sizes = [count for _, count in wanted_of(trace, scenario, app)]
    wanted = sizes[-1]
    rows = rows_of(trace, app, "slot", "ended_us", "outcome")
    ends = ends_of(of_size(((slot, end) for slot, end, outcome in rows if outcome == "finished"), sizes))
    return to_seconds(ends[wanted - 1] - submission_us(scenario, app)) if 0 < wanted <= len(ends) else NEVER_HAPPENED


@metric("99 % of all tasks ready within", unit="s", grain=0.5)
def start_p99(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Seconds from submission within which 99 % of all tasks are ready; one that never was counts until its end."""
    tasks = trace["tasks"]
    rows = zip(tasks["submitted_us"], tasks["ready_us"], tasks["ended_us"], strict=True)
    took = [
        to_seconds(next((at for at in (ready, ended) if at != NEVER), trace.horizon_us) - submitted)
        for submitted, ready, ended in rows
    ]
    return sorted(took)[math.ceil(0.99 * len(took)) - 1] if took else 0.0


def _waits(trace: Trace, app: str) -> list[float]:
    """Return how long each task waited; those that nobody wanted any more before they were placed are left out."""
    rows = rows_of(trace, app, "submitted_us", "decided_us", "outcome")
    waits = [
        to_seconds((trace.horizon_us if end == NEVER else end) - start)
        for start, end, outcome in rows
        if end != NEVER or outcome == "waiting"
    ]
    return waits or [NEVER_HAPPENED]
