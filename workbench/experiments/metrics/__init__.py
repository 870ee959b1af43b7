"""What is measured: functions of a trace, each with its unit, its meaning and the smallest difference that matters.

A *measure* is a metric, alone or about one app or team: ``utilisation``, ``heal:web``, ``share:analytics``. A value
of infinity means that it did not happen within the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.errors import Problem, ScenarioError, no_such
from workbench.experiments.metrics import batch, changes, data, fairness, lives, recovery, traffic, use, waiting
from workbench.experiments.metrics.registry import METRICS, NEVER_HAPPENED, Measured, Metric
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace

__all__ = ["FAMILIES", "METRICS", "NEVER_HAPPENED", "Measured", "Metric", "check", "measured", "problem"]

FAMILIES = (waiting, recovery, changes, lives, data, traffic, use, fairness, batch)
"""The files whose functions are metrics."""


def measured(measure: str, trace: Trace, scenario: Scenario) -> float:
    """Return the value of a measure, written ``metric`` or ``metric:subject``, in one run."""
    name, _, subject = measure.partition(":")
    return METRICS[name].function(trace, scenario, subject)


def problem(measure: str, apps: Mapping[str, str], place: str) -> Problem | None:
    """Return what is wrong with the name of a measure, or None.

    Parameters
    ----------
    apps : mapping
        Name of each app there is -> its team.
    """
    name, _, subject = measure.partition(":")
    if name not in METRICS:
        return no_such(name, METRICS, "the measures", place)
    about = METRICS[name].about
    if not about:
        return Problem("measure-about-nothing", place, {"name": name, "subject": subject}) if subject else None
    known = apps if about == "app" else set(apps.values())
    return None if subject in known else no_such(subject, known, f"the {about}s", place)


def check(measures: Iterable[str], scenario: Scenario, place: str = "") -> None:
    """Raise `ScenarioError` with every measure that is not known or is about nothing."""
    apps = {app.name: app.team for app in scenario.apps}
    found = [fault for measure in measures if (fault := problem(measure, apps, place)) is not None]
    if found:
        raise ScenarioError(found)
