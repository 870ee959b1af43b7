"""What a fault costs, and for how long."""

from __future__ import annotations

from itertools import pairwise

from workbench.experiments import serving, versions
from workbench.experiments.metrics.registry import NEVER_HAPPENED, metric
from workbench.experiments.metrics.rows import first_fault_us, wanted_of
from workbench.model.clock import to_seconds
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace


@metric("{about} full again after", unit="s", about="app", grain=0.5)
def heal(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from the first fault until as many instances as wanted serve again; zero if none was lost.

    As many as are wanted at that time. Where more are wanted and none was lost, the app grows: nothing has to heal.
    """
    fault = first_fault_us(scenario)
    healed_us, hurt, before = fault, False, 0
    for at_us, number, wanted in versions.beside(serving.strength(trace, app), wanted_of(trace, scenario, app)):
        if number >= wanted:
            healed_us, hurt = max(fault, at_us) if hurt else healed_us, False
        else:
            hurt = hurt or at_us < fault or number < before
        before = number
    return NEVER_HAPPENED if hurt else to_seconds(healed_us - fault)


@metric("{about}: last client sent to a dead instance after", unit="s", about="app", grain=0.5)
def misdirected(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from the first fault until no client is sent to an instance that does not run; zero if none was."""
    fault = first_fault_us(scenario)
    ends = [end for start, end in serving.misdirected(trace, app) if end > fault]
    if not ends:
        return 0.0
    return to_seconds(max(ends) - fault) if max(ends) < trace.horizon_us else NEVER_HAPPENED


@metric("capacity of {about} missing", unit="instance-s", about="app", grain=1.0)
def missing(trace: Trace, scenario: Scenario, app: str) -> float:
    """Instances wanted but not serving, summed over the time from the first fault to the end of the run."""
    fault = first_fault_us(scenario)
    steps = versions.beside(serving.strength(trace, app), wanted_of(trace, scenario, app))
    lost = 0
    for (time, number, wanted), (end, _, _) in pairwise([*steps, (trace.horizon_us, 0, 0)]):
        lost += max(0, wanted - number) * max(0, end - max(time, fault))
    return to_seconds(lost)


@metric("{about} running twice", unit="instance-s", about="app", grain=1.0)
def doubled(trace: Trace, scenario: Scenario, app: str) -> float:
    """Time in which an instance or task runs beside the one that took its place, summed over all places."""
    return to_seconds(sum(end - start for start, end in serving.doubled(trace, app)))
