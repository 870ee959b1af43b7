"""The decisive moment: where the panel stands when it opens, just before what the question is about."""

from __future__ import annotations

import math

from workbench.experiments.compare import Comparison
from workbench.model.clock import SECOND_US, to_seconds
from workbench.model.faults import Fault
from workbench.model.scenario import Scenario
from workbench.views import changes, faults
from workbench.views.amounts import duration
from workbench.views.figures.style import short
from workbench.views.i18n import Texts

BEFORE = 0.01
"""How long before it, as a part of the run."""
LOOKS = 200
"""At so many instants of the run the demand is looked at."""
EARLIEST = 1 / 30
"""Before this part of the run there is nothing on the machines yet."""


def moment_s(comparison: Comparison) -> float:
    """Return the moment in s: before the first fault, change or surge, the last arrival, or the answer is known."""
    scenario = comparison.scenario
    horizon = to_seconds(scenario.horizon_us)
    surge = _first_surge(scenario)
    at_us = (
        _first_fault_us(scenario) or _first_change_us(scenario) or (surge and surge[0]) or _last_arrival_us(scenario)
    )
    if at_us is not None:
        return max(0.0, to_seconds(at_us) - BEFORE * horizon)
    row = comparison.rows[0]
    soonest = min((values[0] for values in row.values.values()), default=math.inf)
    if row.metric.unit == "s" and 0 < soonest < horizon:
        return max(soonest / 2, horizon * EARLIEST)
    return horizon / 2


def marks(scenario: Scenario, t: Texts) -> list[tuple[float, str]]:
    """Return what is to be seen on the line of time: faults and changes, in s and in words."""
    struck = [(to_seconds(fault.at_us), faults.in_short(t, fault)) for fault in scenario.faults]
    return sorted(struck + [(to_seconds(change.at_us), changes.named(t, change)) for change in scenario.changes])


def said(comparison: Comparison, t: Texts) -> str:
    """Return the sentence that stands where the finding will be."""
    scenario = comparison.scenario
    now = duration(t, round(moment_s(comparison)))
    first = _first_fault(scenario)
    if first is not None:
        return faults.ahead(t, first, now)
    change_us = _first_change_us(scenario)
    if change_us is not None:
        change = next(one for one in scenario.changes if one.at_us == change_us)
        return t(
            "Paused at {time}, just before “{change}”. What happens then?", time=now, change=changes.named(t, change)
        )
    surge = _first_surge(scenario)
    if surge is not None:
        return t(
            "Paused at {time}: in a moment many more requests come to {app}. What happens then?",
            time=now, app=short(surge[1]),
        )  # fmt: skip
    arrives_us = _last_arrival_us(scenario)
    if arrives_us is not None:
        app = next(app for app in scenario.apps if app.at_us == arrives_us)
        return t("Paused at {time}: in a moment {app} arrives. What happens then?", time=now, app=short(app.name))
    return t("Paused at {time}, before the answer is known. What happens next?", time=now)


def _first_fault(scenario: Scenario) -> Fault | None:
    seen = (fault for fault in scenario.faults if 0 < fault.at_us < scenario.horizon_us)
    return min(seen, key=lambda fault: fault.at_us, default=None)


def _first_fault_us(scenario: Scenario) -> int | None:
    first = _first_fault(scenario)
    return None if first is None else first.at_us


def _first_change_us(scenario: Scenario) -> int | None:
    return min((change.at_us for change in scenario.changes if 0 < change.at_us < scenario.horizon_us), default=None)


def _first_surge(scenario: Scenario) -> tuple[int, str] | None:
    """Return when requests to an app first come at half as many again as an instant before, and to which app.

    After a time without any, too; the very first requests are none.
    """
    known = set()
    for number in range(1, LOOKS):
        before_us, at_us = ((number - step) * scenario.horizon_us // LOOKS for step in (1, 0))
        for app in scenario.apps:
            if app.load is None:
                continue
            before, rate = (app.load.demand.rate(time) for time in (before_us, at_us))
            if before:
                known.add(app.name)
            if app.name in known and rate > 1.5 * before:
                return before_us, app.name
    return None


def _last_arrival_us(scenario: Scenario) -> int | None:
    """Return when the last app is handed over, if that is not at the beginning."""
    late = (app.at_us for app in scenario.apps if SECOND_US <= app.at_us < scenario.horizon_us)
    return max(late, default=None)
