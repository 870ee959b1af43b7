"""What becomes of replicated data."""

from __future__ import annotations

from workbench.experiments import replication, versions
from workbench.experiments.metrics.registry import metric
from workbench.experiments.metrics.rows import first_fault_us
from workbench.model.clock import NEVER, to_seconds
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace


@metric("writes to {about} refused for", unit="s", about="app", grain=0.5)
def refused(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds in which a part of the app's data took no writes, once all did; zero for an app without data."""
    return to_seconds(sum(end - start for start, end in replication.refused(trace, app)))


@metric("{about} short of a copy for", unit="s", about="app", grain=0.5)
def short_of_copies(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from the first fault or change on in which fewer members than wanted had all their data and served it."""
    changed = versions.first_change_us(scenario, app)
    begins = min(first_fault_us(scenario), scenario.horizon_us if changed is None else changed)
    one = next(one for one in scenario.apps if one.name == app)
    steps = [(at_us, 0, number) for at_us, number in versions.wanted(scenario, one, trace)]
    for stays in replication.copies(trace, app).values():
        for stay in stays:
            if stay.state == "serving":
                steps += [(stay.start, 1, NEVER), (stay.end, -1, NEVER)]
    short = number = members = since = 0
    for at_us, step, wanted in [*sorted(steps), (trace.horizon_us, 0, NEVER)]:
        short += max(0, at_us - max(since, begins)) * (number < members)
        number, since = number + step, at_us
        members = members if wanted == NEVER else wanted
    return to_seconds(short)


@metric("data of {about} lost", unit="bytes", about="app", grain=1.0)
def data_lost(trace: Trace, scenario: Scenario, app: str) -> float:
    """Acknowledged bytes of which no copy was left when a leader had to be chosen."""
    return float(replication.lost_bytes(trace, app))
