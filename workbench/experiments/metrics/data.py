"""What becomes of replicated data."""

from __future__ import annotations

from workbench.experiments import replication
from workbench.experiments.metrics.registry import metric
from workbench.experiments.metrics.rows import first_fault_us, wanted_of
from workbench.model.clock import to_seconds
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace


@metric("writes to {about} refused for", unit="s", about="app", grain=0.5)
def refused(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds in which a part of the app's data took no writes, once all did; zero for an app without data."""
    return to_seconds(sum(end - start for start, end in replication.refused(trace, app)))


@metric("{about} short of a copy for", unit="s", about="app", grain=0.5)
def short_of_copies(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from the first fault on in which fewer members than wanted had all their data and served it."""
    fault, members = first_fault_us(scenario), wanted_of(trace, scenario, app)
    whole = [
        (max(stay.start, fault), stay.end)
        for stays in replication.copies(trace, app).values()
        for stay in stays
        if stay.state == "serving" and stay.end > fault
    ]
    changes = sorted([(start, 1) for start, _ in whole] + [(end, -1) for _, end in whole])
    short, number, since = 0, 0, fault
    for at_us, step in [*changes, (trace.horizon_us, 0)]:
        short += (at_us - since) * (number < members)
        number, since = number + step, at_us
    return to_seconds(short)


@metric("data of {about} lost", unit="bytes", about="app", grain=1.0)
def data_lost(trace: Trace, scenario: Scenario, app: str) -> float:
    """Acknowledged bytes of which no copy was left when a leader had to be chosen."""
    return float(replication.lost_bytes(trace, app))
