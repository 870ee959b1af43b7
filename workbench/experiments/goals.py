"""Goals: a measure and the value it must keep to, as people write them: ``start_p99<=10s``, ``slo_missed:web<=1%``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.errors import InputError, Problem, ScenarioError
from workbench.experiments import metrics
from workbench.formats.durations import parse_duration
from workbench.formats.places import shown
from workbench.model.clock import to_seconds
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace

_FORM = re.compile(r"\s*([^<>=\s]+)\s*(<=|>=)\s*(\S.*?)\s*")


@dataclass(frozen=True, slots=True)
class Goal(metrics.Measured):
    """What a run has to keep to.

    Parameters
    ----------
    measure : str
        ``metric`` or ``metric:subject``.
    bound : float
        In the metric's unit; a fraction lies between 0 and 1.
    at_most : bool
        Whether the measure may not lie above the bound; else not below it.
    """

    measure: str
    bound: float
    at_most: bool = True

    def met(self, trace: Trace, scenario: Scenario) -> bool:
        """Say whether a run kept to it; what never happened is above every bound."""
        value = metrics.measured(self.measure, trace, scenario)
        return value <= self.bound if self.at_most else value >= self.bound

    def __str__(self) -> str:
        return f"{self.measure}{'<=' if self.at_most else '>='}{self.bound:g}"


def goals(texts: Iterable[str | Goal], scenario: Scenario) -> tuple[Goal, ...]:
    """Return the goals that texts stand for.

    Raises
    ------
    ScenarioError
        With every text of another form, unknown measure and value that is none in the measure's unit.
    """
    found: list[Goal] = []
    problems: list[Problem] = []
    apps = {app.name: app.team for app in scenario.apps}
    for one in texts:
        try:
            goal = one if isinstance(one, Goal) else _goal(one)
        except InputError as error:
            problems += error.problems
            continue
        fault = metrics.problem(goal.measure, apps, str(goal))
        problems += [] if fault is None else [fault]
        found.append(goal)
    if not found and not problems:
        problems.append(Problem("goal-missing"))
    if problems:
        raise ScenarioError(problems)
    return tuple(found)


def _goal(text: str) -> Goal:
    parts = _FORM.fullmatch(text)
    if parts is None:
        raise ScenarioError(Problem("goal-form", "", {"text": shown(text)}))
    measure, relation, value = parts.groups()
    metric = metrics.METRICS.get(measure.partition(":")[0])
    unit = "" if metric is None else metric.unit  # an unknown measure is told of by the caller
    return Goal(measure, _bound(value, unit, text), relation == "<=")


def _bound(value: str, unit: str, text: str) -> float:
    """Return a value in the unit of its measure: durations, per cent and plain numbers."""
    if unit == "s":
        return to_seconds(parse_duration(value, shown(text)))
    percent = value.endswith("%")
    try:
        number = float(value.removesuffix("%"))
    except ValueError:
        number = float("nan")
    if number != number or abs(number) == float("inf") or (percent and unit != "fraction"):
        raise ScenarioError(Problem("goal-form", "", {"text": shown(text)}))
    return number / 100 if percent else number
