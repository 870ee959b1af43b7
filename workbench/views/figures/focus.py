"""What a figure looks at: the sides in their places, the app the question is about, the fault, the burst."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from workbench.experiments import metrics, serving, versions
from workbench.model.clock import NEVER, to_seconds, to_us
from workbench.views.amounts import control_plane, duration
from workbench.views.figures.remembered import remembered
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    from workbench.experiments.compare import Comparison
    from workbench.model.scenario import Scenario
    from workbench.model.trace import Trace
    from workbench.model.workload import App


def sides(comparison: Comparison) -> list[str]:
    """Return the sides as they stand from left to right: Kubernetes first, variants as the study has them."""
    return sorted(comparison.sides, key=lambda side: side != "kubernetes")


def names(comparison: Comparison, t: Texts) -> dict[str, str]:
    """Return what sentences call the first two sides: `first` and `second`."""
    first, second = sides(comparison)[:2]
    return {"first": control_plane(t, first), "second": control_plane(t, second)}


def each(comparison: Comparison, t: Texts, times_us: Sequence[int]) -> dict[str, str]:
    """Return what a sentence says of the first two sides: `first`, `second`, and a time of each, in microseconds."""
    first, second = sides(comparison)[:2]
    return {
        "first": control_plane(t, first),
        "second": control_plane(t, second),
        "first_time": duration(t, to_seconds(times_us[0])),
        "second_time": duration(t, to_seconds(times_us[1])),
    }


def subject(comparison: Comparison) -> str:
    """Return the app that the answer to the question is about, or ''."""
    finding = comparison.scenario.study.finding
    about = finding.measure.partition(":")[2] if finding else ""
    return about if any(app.name == about for app in comparison.scenario.apps) else ""


def first_fault_us(scenario: Scenario) -> int | None:
    """Return when the first fault strikes, or None."""
    return min((fault.at_us for fault in scenario.faults), default=None)


def served(comparison: Comparison) -> list[App]:
    """Return the apps that clients are sent to in some run: the question's own first, then in the scenario's order."""
    known = {name for trace in comparison.traces.values() for name in trace["endpoints"]["app"]}
    about = subject(comparison)
    return sorted((app for app in comparison.scenario.apps if app.name in known), key=lambda app: app.name != about)


def hurt(comparison: Comparison, app: App, side: str) -> bool:
    """Say whether the first fault took instances of `app` on that side."""
    return metrics.measured(f"heal:{app.name}", comparison.traces[side], comparison.scenario) > 0


def whole_us(comparison: Comparison, app: App, side: str) -> int | None:
    """Return when as many instances as wanted serve: after the first fault if there is one; None for never."""
    scenario, trace = comparison.scenario, comparison.traces[side]
    fault = first_fault_us(scenario)
    if fault is not None:
        seconds = metrics.measured(f"heal:{app.name}", trace, scenario)
        return None if math.isinf(seconds) else fault + to_us(seconds)
    both = versions.beside(serving.strength(trace, app.name), versions.wanted(scenario, app, trace))
    return next((time for time, number, wanted in both if 0 < wanted <= number), None)


@dataclass(frozen=True, slots=True)
class Burst:
    """Tasks that were handed over at the same instant.

    Parameters
    ----------
    at_us : int
        That instant.
    count : int
        How many there are, on the side that knew of most.
    """

    at_us: int
    count: int


SMALLEST_BURST = 5
"""Fewer tasks make no staircase."""


def burst(comparison: Comparison) -> Burst | None:
    """Return the largest set of tasks handed over together, the earliest of equals; None when all are small.

    Only what was handed over on every side counts: what the autoscaler of one side asks for is no burst of the other.
    """
    counts = [_handed_over(trace) for trace in comparison.traces.values()]
    together = {at_us for at_us in counts[0] if all(at_us in others for others in counts)} if counts else set()
    most = ((max(one[at_us] for one in counts), -at_us) for at_us in together)
    count, at_us = max(most, default=(0, 0))
    return Burst(-at_us, count) if count >= SMALLEST_BURST else None


@remembered
def _handed_over(trace: Trace) -> Counter[int]:
    """Return time -> how many tasks were handed over then that stand in for no other."""
    table = trace["tasks"]
    return Counter(
        at_us for at_us, number in zip(table["submitted_us"], table["incarnation"], strict=True) if not number
    )


class Placed(NamedTuple):
    """A task that got a machine."""

    decided_us: int
    task: str
    node: str


def placed(trace: Trace, burst: Burst) -> list[Placed]:
    """Return the tasks of a burst that got a machine, in the order in which they did."""
    table = trace["tasks"]
    columns = (table[name] for name in ("submitted_us", "incarnation", "decided_us", "task", "node"))
    rows = [
        Placed(decided, task, node)
        for submitted, incarnation, decided, task, node in zip(*columns, strict=True)
        if submitted == burst.at_us and not incarnation and decided != NEVER
    ]
    return sorted(rows, key=lambda row: row.decided_us)
