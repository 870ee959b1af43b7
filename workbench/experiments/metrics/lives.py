"""How instances live: how much of what is wanted runs, and how often processes have to start again."""

from __future__ import annotations

from itertools import pairwise

from workbench.experiments import versions
from workbench.experiments.metrics.registry import metric
from workbench.model.clock import NEVER
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace


@metric("{about} running, of those wanted", unit="fraction", about="app", lower_is_better=False, grain=0.01)
def running(trace: Trace, scenario: Scenario, app: str) -> float:
    """Time that processes of an app run, as a part of the time that instances of it are wanted; 1 if none are."""
    one = next(one for one in scenario.apps if one.name == app)
    steps = [*versions.wanted(scenario, one, trace), (trace.horizon_us, 0)]
    wanted_us = sum(number * (end - start) for (start, number), (end, _) in pairwise(steps))
    ran_us = sum((trace.horizon_us if end == NEVER else end) - start for start, end in _spans(trace, app))
    return ran_us / wanted_us if wanted_us else 1.0


@metric("extra starts of {about}", unit="", about="app", grain=1.0)
def restarts(trace: Trace, scenario: Scenario, app: str) -> float:
    """Starts of processes of an app, in place or as another task, beyond one for each place of it that was filled."""
    tasks = trace["tasks"]
    places = {slot for slot, name, at in zip(tasks["slot"], tasks["app"], tasks["started_us"], strict=True)
              if name == app and at != NEVER}  # fmt: skip
    return float(len(_spans(trace, app)) - len(places))


def _spans(trace: Trace, app: str) -> list[tuple[int, int]]:
    tasks, attempts = trace["tasks"], trace["attempts"]
    mine = {task for task, name in zip(tasks["task"], tasks["app"], strict=True) if name == app}
    columns = (attempts[name] for name in ("task", "started_us", "ended_us"))
    return [(start, end) for task, start, end in zip(*columns, strict=True) if task in mine]
