"""What a change of version or size costs."""

from __future__ import annotations

from itertools import pairwise

from workbench.experiments import serving, versions
from workbench.experiments.metrics.registry import PART, metric
from workbench.model.clock import to_seconds
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace


@metric("least part of {about} serving", unit="fraction", about="app", lower_is_better=False,
        grain=0.01, possible=PART)  # fmt: skip
def least_serving(trace: Trace, scenario: Scenario, app: str) -> float:
    """Instances that serve as a part of those wanted, at most all, the smallest from the first change of the run on."""
    since = versions.first_change_us(scenario, app)
    one = next(one for one in scenario.apps if one.name == app)
    if since is None:
        return 1.0
    strength, wanted = serving.strength(trace, app), versions.wanted(scenario, one, trace)
    return min(1.0, versions.least(strength, wanted, since, trace.horizon_us))


@metric("{about}: extra room taken", unit="instance-s", about="app", grain=1.0)
def extra(trace: Trace, scenario: Scenario, app: str) -> float:
    """Instances that hold room on machines beyond those wanted, summed over the time from the first change on."""
    since = versions.first_change_us(scenario, app)
    one = next(one for one in scenario.apps if one.name == app)
    if since is None:
        return 0.0
    changes = [(at, step) for _, _, start, end in versions.there(trace, app) for at, step in ((start, 1), (end, -1))]
    wanted = versions.wanted(scenario, one, trace)
    changes += [(at, before - after) for (_, before), (at, after) in pairwise([(0, 0), *wanted])]
    total, over = 0, 0
    for (at, step), (until, _) in pairwise([*sorted(changes), (trace.horizon_us, 0)]):
        over += step
        total += max(0, over) * max(0, until - max(at, since))
    return to_seconds(total)
