"""What becomes of requests, and what answering them costs."""

from __future__ import annotations

from workbench.experiments import reaction, requests
from workbench.experiments.metrics.registry import NEVER_HAPPENED, PART, metric
from workbench.experiments.metrics.rows import rows_of
from workbench.model.clock import NEVER, to_seconds
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace


@metric("requests to {about} lost", unit="requests", about="app", grain=100.0)
def lost_requests(trace: Trace, scenario: Scenario, app: str) -> float:
    """Requests that were refused, sent to an instance that did not run, or lost with one."""
    return requests.total(trace, app, "lost")


@metric("requests to {about} late", unit="requests", about="app", grain=100.0)
def late_requests(trace: Trace, scenario: Scenario, app: str) -> float:
    """Requests that took longer than the app's load says they should."""
    return requests.total(trace, app, "late")


@metric("{about}: lost or late", unit="fraction", about="app", grain=0.001, possible=PART)
def slo_missed(trace: Trace, scenario: Scenario, app: str) -> float:
    """Requests that were lost or late, as a fraction of all that came; zero where none came."""
    came = requests.total(trace, app, "offered")
    missed = requests.total(trace, app, "lost") + requests.total(trace, app, "late")
    return min(1.0, missed / came) if came else 0.0  # who waits too long for an instance that then stops counts twice


@metric("{about} overloaded for", unit="s", about="app", grain=1.0)
def overload(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds in which more requests came than the instances that clients are sent to could answer."""
    return to_seconds(sum(end - start for start, end in requests.overloaded(trace, app)))


@metric("one more {about} serves after", unit="s", about="app", grain=1.0)
def reaction_time(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from the first request too many until clients are sent to an instance that was asked for since."""
    found = reaction.reaction(trace, app)
    return NEVER_HAPPENED if found is None else to_seconds(found.served_us - found.surge_us)


@metric("instances of {about} paid for", unit="instance-s", about="app", grain=60.0)
def instance_time(trace: Trace, scenario: Scenario, app: str) -> float:
    """Time that the app's instances hold a machine, summed over all of them."""
    return to_seconds(
        sum(
            (trace.horizon_us if end == NEVER else end) - start
            for start, end in rows_of(trace, app, "decided_us", "ended_us")
            if start != NEVER
        )
    )
