"""How batch jobs fare: how long they take, from where they read, what starts before it may."""

from __future__ import annotations

from statistics import fmean

from workbench.experiments.jobs import done_us
from workbench.experiments.metrics.registry import NEVER_HAPPENED, PART, metric
from workbench.experiments.metrics.waiting import makespan
from workbench.model.clock import NEVER, to_seconds
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace


@metric("a job of {about} takes", unit="s", about="team", grain=0.5)
def job_time(trace: Trace, scenario: Scenario, team: str) -> float:
    """Seconds from a job's submission until its last task has finished, mean over the team's batch apps."""
    horizon = to_seconds(trace.horizon_us)
    apps = [app for app in scenario.apps if app.team == team and app.kind == "batch" and app.arrivals is None]
    times = [min(makespan(trace, scenario, app.name), horizon - to_seconds(app.at_us)) for app in apps]
    return fmean(times) if times else NEVER_HAPPENED


@metric("reads from the own machine", unit="fraction", lower_is_better=False, grain=0.01, possible=PART)
def local_reads(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Blocks that tasks read from a disk of their machine or from memory, as a part of all that they read."""
    levels = trace["reads"]["level"]
    return sum(level != "any" for level in levels) / len(levels) if len(levels) else 0.0


@metric("cores held by {about}", unit="cores", about="team", lower_is_better=None, grain=0.1)
def held_cores(trace: Trace, scenario: Scenario, team: str) -> float:
    """Cores that the team's tasks and executors hold, whether or not they work, mean over the run."""
    tasks, total = trace["tasks"], 0
    columns = (tasks[name] for name in ("team", "cpu", "started_us", "ended_us"))
    for owner, cpu, start, end in zip(*columns, strict=True):
        if owner == team and start != NEVER:
            total += cpu * ((trace.horizon_us if end == NEVER else end) - start)
    return total / trace.horizon_us / 1000


@metric("work of {about} done in vain", unit="s", about="team", grain=1.0)
def work_lost(trace: Trace, scenario: Scenario, team: str) -> float:
    """Seconds that tasks of the team's batch apps worked before they were stopped, summed over those that were."""
    apps = {app.name for app in scenario.apps if app.team == team and app.kind == "batch"}  # no executors
    columns = (trace["tasks"][name] for name in ("app", "started_us", "ended_us", "outcome"))
    return to_seconds(
        sum(
            end - start
            for app, start, end, outcome in zip(*columns, strict=True)
            if app in apps and NEVER not in (start, end) and outcome != "finished"
        )
    )


@metric("tasks that started too early", unit="tasks", grain=0.5)
def early_starts(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Tasks that began before all that they come after was done: they worked on incomplete data."""
    done = {app.name: max(done_us(trace, scenario, one) for one in app.after) for app in scenario.apps if app.after}
    waits = {app.name for app in scenario.apps if app.framework == "hadoop"}  # a reduce waits with its work
    tasks = trace["tasks"]
    return float(
        sum(
            NEVER != start < done[name]
            for name, start in zip(tasks["app"], tasks["started_us"], strict=True)
            if name in done and name not in waits
        )
    )
