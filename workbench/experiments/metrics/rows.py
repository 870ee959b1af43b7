"""What metrics read of a trace: rows of an app, how many instances are wanted, when the first fault comes."""

from __future__ import annotations

from typing import Any

from workbench.experiments import versions
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace


def rows_of(trace: Trace, app: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return some columns of the table of tasks, those of one app only."""
    tasks = trace["tasks"]
    cells = zip(tasks["app"], *(tasks[column] for column in columns), strict=True)
    return [row[1:] for row in cells if row[0] == app]


def submission_us(scenario: Scenario, app: str) -> int:
    """Return when an app is submitted."""
    return next(one.at_us for one in scenario.apps if one.name == app)


def wanted_of(trace: Trace, scenario: Scenario, app: str) -> versions.Steps:
    """Return how many instances are wanted, over time; for tasks that arrive one by one, how many came in all."""
    one = next(one for one in scenario.apps if one.name == app)
    if one.arrivals is None and one.schedule is None:
        return versions.wanted(scenario, one, trace)
    return [(0, len({slot for (slot,) in rows_of(trace, app, "slot")}))]


def first_fault_us(scenario: Scenario) -> int:
    """Return when the first fault comes; the end of the run where there is none."""
    return min((fault.at_us for fault in scenario.faults), default=scenario.horizon_us)
