"""What is measured: functions of a trace, each with its unit, its meaning and the smallest difference that matters.

A *measure* is a metric, alone or about one app or team: ``utilisation``, ``heal:web``, ``share:analytics``. A value
of infinity means that it did not happen within the run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Any

from workbench.errors import Problem, ScenarioError, no_such
from workbench.experiments import reaction, replication, requests, serving, versions
from workbench.model.clock import NEVER, to_seconds
from workbench.model.resources import CPU, MEMORY, dominant_share
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace

NEVER_HAPPENED = math.inf

Function = Callable[[Trace, Scenario, str], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """A way to measure a run.

    Parameters
    ----------
    name : str
        As written in a scenario.
    title : str
        What a reader calls it, in English; ``{about}`` is the app or team.
    unit : str
        ``s``, ``fraction``, ``cores``, ``tasks``, ``machines``, ``instance-s``, ``requests``, ``bytes``, or empty for
        an index.
    meaning : str
        One sentence, in English.
    about : str
        ``app``, ``team``, or empty for the whole run.
    lower_is_better : bool or None
        None where neither is better by itself.
    grain : float
        The smallest difference worth speaking of, in `unit`.
    """

    name: str
    title: str
    unit: str
    meaning: str
    about: str
    lower_is_better: bool | None
    grain: float
    function: Function


METRICS: dict[str, Metric] = {}
"""Every metric by name."""


def metric(
    title: str, *, unit: str, about: str = "", lower_is_better: bool | None = True, grain: float
) -> Callable[[Function], Function]:
    """Register a function of a trace as a metric; its docstring's first line is the meaning."""

    def register(function: Function) -> Function:
        name = function.__name__
        meaning = (function.__doc__ or "").strip().splitlines()[0]
        METRICS[name] = Metric(name, title, unit, meaning, about, lower_is_better, grain, function)
        return function

    return register


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


# -- waiting ------------------------------------------------------------------------------------------------


@metric("mean wait of {about} for a machine", unit="s", about="app", grain=0.05)
def wait(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from submission to placement, mean over the app's tasks; one never placed counts until the end."""
    return fmean(_waits(trace, app))


@metric("longest wait of {about} for a machine", unit="s", about="app", grain=0.05)
def longest_wait(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from submission to placement of the app's slowest task; one never placed counts until the end."""
    return max(_waits(trace, app))


@metric("first task of {about} placed after", unit="s", about="app", grain=0.05)
def first_wait(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from the app's submission until its first task has a machine."""
    placed = [row[1] for row in _rows(trace, app, "submitted_us", "decided_us") if row[1] != NEVER]
    return to_seconds(min(placed) - _at(scenario, app)) if placed else NEVER_HAPPENED


@metric("tasks of {about} never placed", unit="tasks", about="app", grain=0.5)
def unplaced(trace: Trace, scenario: Scenario, app: str) -> float:
    """Tasks of the app that had no machine when the run ended."""
    return float(sum(1 for submitted, decided in _rows(trace, app, "submitted_us", "decided_us") if decided == NEVER))


@metric("all of {about} ready after", unit="s", about="app", grain=0.5)
def opening(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from the app's submission until as many instances as wanted are ready for the first time."""
    wanted = _wanted(trace, scenario, app)
    ready = sorted(row[0] for row in _rows(trace, app, "ready_us") if row[0] != NEVER)
    return to_seconds(ready[wanted - 1] - _at(scenario, app)) if 0 < wanted <= len(ready) else NEVER_HAPPENED


@metric("all of {about} finished after", unit="s", about="app", grain=0.5)
def makespan(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from the app's submission until its last task has finished."""
    wanted = _wanted(trace, scenario, app)
    ends = sorted(end for end, outcome in _rows(trace, app, "ended_us", "outcome") if outcome == "finished")
    return to_seconds(ends[wanted - 1] - _at(scenario, app)) if 0 < wanted <= len(ends) else NEVER_HAPPENED


def _waits(trace: Trace, app: str) -> list[float]:
    rows = _rows(trace, app, "submitted_us", "decided_us")
    waits = [to_seconds((trace.horizon_us if end == NEVER else end) - start) for start, end in rows]
    return waits or [NEVER_HAPPENED]


def _rows(trace: Trace, app: str, *columns: str) -> list[tuple[Any, ...]]:
    tasks = trace["tasks"]
    cells = zip(tasks["app"], *(tasks[column] for column in columns), strict=True)
    return [row[1:] for row in cells if row[0] == app]


def _at(scenario: Scenario, app: str) -> int:
    return next(one.at_us for one in scenario.apps if one.name == app)


def _wanted(trace: Trace, scenario: Scenario, app: str) -> int:
    """Return how many instances are wanted; for tasks that arrive one by one, how many came."""
    one = next(one for one in scenario.apps if one.name == app)
    if one.kind == "daemon":
        return len(scenario.cluster.nodes)
    if one.arrivals is None and one.schedule is None:
        return one.replicas
    return len({slot for (slot,) in _rows(trace, app, "slot")})


# -- failure and recovery -----------------------------------------------------------------------------------


@metric("{about} back at full strength after", unit="s", about="app", grain=0.5)
def heal(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from the first fault until as many instances as wanted serve again; zero if none was lost."""
    fault = _first_fault(scenario)
    wanted = _wanted(trace, scenario, app)
    steps = serving.strength(trace, app)
    before = [(time, number) for time, number in steps if time < fault][-1:]
    after = [(time, number) for time, number in steps if time >= fault]
    below = [time for time, number in before + after if number < wanted]
    if not below:
        return 0.0
    healed = [time for time, number in after if time > below[-1] and number >= wanted]
    return to_seconds(healed[0] - fault) if healed else NEVER_HAPPENED


@metric("{about}: last client sent to a dead instance after", unit="s", about="app", grain=0.5)
def misdirected(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from the first fault until no client is sent to an instance that does not run; zero if none was."""
    fault = _first_fault(scenario)
    ends = [end for start, end in serving.misdirected(trace, app) if end > fault]
    if not ends:
        return 0.0
    return to_seconds(max(ends) - fault) if max(ends) < trace.horizon_us else NEVER_HAPPENED


@metric("capacity of {about} missing", unit="instance-s", about="app", grain=1.0)
def missing(trace: Trace, scenario: Scenario, app: str) -> float:
    """Instances wanted but not serving, summed over the time from the first fault to the end of the run."""
    fault, wanted = _first_fault(scenario), _wanted(trace, scenario, app)
    steps = [*serving.strength(trace, app), (trace.horizon_us, 0)]
    lost = 0
    for (time, number), (end, _) in pairwise(steps):
        lost += max(0, wanted - number) * max(0, end - max(time, fault))
    return to_seconds(lost)


@metric("{about} running twice", unit="instance-s", about="app", grain=1.0)
def doubled(trace: Trace, scenario: Scenario, app: str) -> float:
    """Time in which an instance or task runs beside the one that took its place, summed over all places."""
    return to_seconds(sum(end - start for start, end in serving.doubled(trace, app)))


def _first_fault(scenario: Scenario) -> int:
    return min((fault.at_us for fault in scenario.faults), default=scenario.horizon_us)


# -- changes ----------------------------------------------------------------------------------------------------


@metric("least part of {about} serving", unit="fraction", about="app", lower_is_better=False,
        grain=0.01)  # fmt: skip
def least_serving(trace: Trace, scenario: Scenario, app: str) -> float:
    """Instances that serve as a part of those wanted, the smallest from the first change of the run on."""
    since = versions.first_change_us(scenario, app)
    one = next(one for one in scenario.apps if one.name == app)
    if since is None:
        return 1.0
    return versions.least(serving.strength(trace, app), versions.wanted(scenario, one), since, trace.horizon_us)


@metric("{about}: room taken beyond what is wanted", unit="instance-s", about="app", grain=1.0)
def extra(trace: Trace, scenario: Scenario, app: str) -> float:
    """Instances that hold room on machines beyond those wanted, summed over the time from the first change on."""
    since = versions.first_change_us(scenario, app)
    one = next(one for one in scenario.apps if one.name == app)
    if since is None:
        return 0.0
    changes = [(at, step) for _, _, start, end in versions.there(trace, app) for at, step in ((start, 1), (end, -1))]
    wanted = versions.wanted(scenario, one)
    changes += [(at, before - after) for (_, before), (at, after) in pairwise([(0, 0), *wanted])]
    total, over = 0, 0
    for (at, step), (until, _) in pairwise([*sorted(changes), (trace.horizon_us, 0)]):
        over += step
        total += max(0, over) * max(0, until - max(at, since))
    return to_seconds(total)


# -- data -------------------------------------------------------------------------------------------------------


@metric("writes to {about} refused for", unit="s", about="app", grain=0.5)
def refused(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds in which a part of the app's data took no writes, once all did; zero for an app without data."""
    return to_seconds(sum(end - start for start, end in replication.refused(trace, app)))


@metric("{about} short of a copy for", unit="s", about="app", grain=0.5)
def short_of_copies(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds from the first fault on in which fewer members than wanted had all their data and served it."""
    fault, members = _first_fault(scenario), _wanted(trace, scenario, app)
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


# -- requests ---------------------------------------------------------------------------------------------------


@metric("requests to {about} lost", unit="requests", about="app", grain=100.0)
def lost_requests(trace: Trace, scenario: Scenario, app: str) -> float:
    """Requests that were refused, sent to an instance that did not run, or lost with one."""
    return requests.total(trace, app, "lost")


@metric("requests to {about} late", unit="requests", about="app", grain=100.0)
def late_requests(trace: Trace, scenario: Scenario, app: str) -> float:
    """Requests that took longer than the app's load says they should."""
    return requests.total(trace, app, "late")


@metric("{about} overloaded for", unit="s", about="app", grain=1.0)
def overload(trace: Trace, scenario: Scenario, app: str) -> float:
    """Seconds in which more requests came than the instances that clients are sent to could answer."""
    return to_seconds(sum(end - start for start, end in requests.overloaded(trace, app)))


@metric("first further instance of {about} serves after", unit="s", about="app", grain=1.0)
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
            for start, end in _rows(trace, app, "decided_us", "ended_us")
            if start != NEVER
        )
    )


# -- use of the cluster -------------------------------------------------------------------------------------


@metric("cpu in use", unit="fraction", lower_is_better=False, grain=0.005)
def utilisation(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Requested cpu of running tasks as a fraction of the cluster's cpu, mean over the run."""
    whole = scenario.cluster.capacity.get(CPU, 0) * trace.horizon_us
    return _cpu_time(trace) / whole if whole else 0.0


@metric("cores in use while {about} waits", unit="cores", about="app", lower_is_better=None, grain=0.1)
def busy_while_waiting(trace: Trace, scenario: Scenario, app: str) -> float:
    """Mean cores of running tasks between the submission of the app and the placement of its last task."""
    start = _at(scenario, app)
    ends = [trace.horizon_us if end == NEVER else end for (end,) in _rows(trace, app, "decided_us")]
    end = max(ends, default=trace.horizon_us)
    return _cpu_time(trace, start, end) / (end - start) / 1000 if end > start else 0.0


@metric("cores idle before {about} arrives", unit="cores", about="app", grain=0.1)
def idle_before(trace: Trace, scenario: Scenario, app: str) -> float:
    """Mean cores that no task runs on, over the second half of the time before the app is submitted."""
    end = _at(scenario, app)
    start = end // 2
    if end <= start:
        return 0.0
    whole = scenario.cluster.capacity.get(CPU, 0)
    return (whole - _cpu_time(trace, start, end) / (end - start)) / 1000


@metric("cpu offered and not yet answered", unit="fraction", grain=0.005)
def held(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Cpu in outstanding offers as a fraction of the cluster's cpu, mean over the run."""
    offers, whole = trace["offers"], scenario.cluster.capacity.get(CPU, 0) * trace.horizon_us
    total = 0
    for made, answered, cpu in zip(offers["made_us"], offers["answered_us"], offers["cpu"], strict=True):
        total += cpu * ((trace.horizon_us if answered == NEVER else answered) - made)
    return total / whole if whole else 0.0


@metric("machines in use", unit="machines", lower_is_better=None, grain=0.05)
def machines_used(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Machines with at least one running task, mean over the run: the packing."""
    total = sum(end - start for spans in _node_spans(trace).values() for start, end in _union(spans))
    return total / trace.horizon_us


@metric("spread of load between machines", unit="fraction", grain=0.005)
def imbalance(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Standard deviation over the machines of their mean cpu use, as a fraction of their cpu."""
    used = dict.fromkeys((node.name for node in scenario.cluster.nodes), 0)
    for node, cpu, start, end in _runs(trace):
        used[node] += cpu * (end - start)
    loads = [used[node.name] / max(1, node.capacity.get(CPU, 0) * trace.horizon_us) for node in scenario.cluster.nodes]
    centre = fmean(loads)
    return math.sqrt(fmean([(load - centre) ** 2 for load in loads]))


@metric("cpu wanted but not there", unit="fraction", grain=0.005)
def cpu_short(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Cpu that processes want beyond what their machine has, as a fraction of all they want, over the whole run."""
    wanted = {app.name: app.wanted_cpu for app in scenario.apps}
    app_of = dict(zip(trace["tasks"]["task"], trace["tasks"]["app"], strict=True))
    changes: dict[str, list[tuple[int, int]]] = {}
    nodes = trace["attempts"]["node"]
    for node, (task, asked, start, end) in zip(nodes, _task_runs(trace), strict=True):
        cpu = wanted.get(app_of[task], asked)
        changes.setdefault(node, []).extend(((start, cpu), (end, -cpu)))
    total = short = 0
    for machine in scenario.cluster.nodes:
        whole, used = machine.capacity.get(CPU, 0), 0
        for (at_us, change), (until_us, _) in pairwise([*sorted(changes.get(machine.name, ())), (trace.horizon_us, 0)]):
            used += change
            total += used * (until_us - at_us)
            short += max(0, used - whole) * (until_us - at_us)
    return short / total if total else 0.0


# -- fairness -----------------------------------------------------------------------------------------------


@metric("share of {about}", unit="fraction", about="team", lower_is_better=None, grain=0.005)
def share(trace: Trace, scenario: Scenario, team: str) -> float:
    """Dominant share of the team's running tasks, mean over the run."""
    return _shares(trace, scenario).get(team, 0.0)


@metric("evenness between teams (Jain's index)", unit="", lower_is_better=False, grain=0.01)
def evenness(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Jain's index of the teams' mean dominant shares, each divided by its weight: 1 is even, 1/n all to one.

    Source: Jain, Chiu, Hawe, A quantitative measure of fairness, DEC TR-301, 1984.
    """
    teams = sorted({app.team for app in scenario.apps})
    shares = [_shares(trace, scenario).get(team, 0.0) / scenario.team(team).weight for team in teams]
    squares = sum(one * one for one in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 1.0


def _shares(trace: Trace, scenario: Scenario) -> dict[str, float]:
    tasks, whole = trace["tasks"], scenario.cluster.capacity
    about = dict(zip(tasks["task"], zip(tasks["team"], tasks["memory"], strict=True), strict=True))
    used: dict[str, dict[str, int]] = {}
    for task, cpu, start, end in _task_runs(trace):
        team, memory = about[task]
        amounts = used.setdefault(team, {CPU: 0, MEMORY: 0})
        amounts[CPU] += cpu * (end - start)
        amounts[MEMORY] += memory * (end - start)
    total = {name: whole.get(name, 0) * trace.horizon_us for name in (CPU, MEMORY)}
    return {team: dominant_share(amounts, total) for team, amounts in used.items()}


# -- intervals ----------------------------------------------------------------------------------------------


def _task_runs(trace: Trace) -> Iterable[tuple[str, int, int, int]]:
    """Yield (task, cpu, start, end) of every run of a process, open ends closed by the horizon."""
    tasks, attempts = trace["tasks"], trace["attempts"]
    cpu = dict(zip(tasks["task"], tasks["cpu"], strict=True))
    for task, start, end in zip(attempts["task"], attempts["started_us"], attempts["ended_us"], strict=True):
        yield task, cpu[task], start, trace.horizon_us if end == NEVER else end


def _runs(trace: Trace) -> Iterable[tuple[str, int, int, int]]:
    """Yield (node, cpu, start, end) of every run of a process."""
    nodes = trace["attempts"]["node"]
    for node, (_, cpu, start, end) in zip(nodes, _task_runs(trace), strict=True):
        yield node, cpu, start, end


def _cpu_time(trace: Trace, start: int = 0, end: int | None = None) -> int:
    """Return millicores x microseconds of running tasks between two instants."""
    until = trace.horizon_us if end is None else end
    return sum(cpu * max(0, min(stop, until) - max(begin, start)) for _, cpu, begin, stop in _task_runs(trace))


def _node_spans(trace: Trace) -> dict[str, list[serving.Interval]]:
    spans: dict[str, list[serving.Interval]] = {}
    for node, _, start, end in _runs(trace):
        spans.setdefault(node, []).append((start, end))
    return spans


def _union(spans: list[serving.Interval]) -> list[serving.Interval]:
    """Return the intervals with overlaps joined."""
    joined: list[serving.Interval] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
