"""Why does this pod or task wait, or run where it runs? Facts for one name at one instant; the views word them.

The run is made again, deterministically, with a recorder on the named task, and stopped after the asked instant. What
the trace says is read up to that instant only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from workbench.engines.kubernetes import Policy
from workbench.engines.kubernetes.recorder import Attempt, RecordedKubernetes
from workbench.engines.mesos.recorder import RecordedMesos, Round
from workbench.engines.world import World
from workbench.errors import CancelledError, Problem, ScenarioError, no_such
from workbench.experiments import phases
from workbench.experiments.check import as_scenario
from workbench.experiments.run import first_seed
from workbench.experiments.sides import explained
from workbench.experiments.variants import base, settled
from workbench.model.clock import NEVER, SECOND_US, to_seconds, to_us
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace

WORTH_US = SECOND_US
"""Waits of less than this need no reason: where the task went is the question then."""

STORY = (
    ("submitted_us", "submitted"), ("queued_us", "queued"), ("decided_us", "decided"), ("bound_us", "bound"),
    ("image_us", "image"), ("volume_us", "volume"), ("init_us", "init"), ("started_us", "started"),
    ("ready_us", "ready"), ("ended_us", "ended"),
)  # fmt: skip
"""Column of the trace and what happened then, in the order of a life."""

WAITS_FOR = ("WaitForPodVolumes", "FailedAttachVolume")
"""Kinds of events that say what a pod with a node waits for."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What stopped a task, put it where it is, or would change that: a code, and what its sentence names."""

    code: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """Everything known about one task at one instant.

    Parameters
    ----------
    at_us : int
        The instant.
    state : str
        absent, waiting, starting, running or ended.
    row : mapping
        Its row of the table of tasks; times after the instant are `NEVER`.
    story : tuple
        (time, what happened, detail) in the order of time, over the whole run as far as it went.
    attempts, rounds : tuple
        What was recorded up to the instant, on Kubernetes and on Mesos.
    thinking : tuple or None
        (since when, whom) the scheduler of Kubernetes was deciding about.
    until_us : int
        How far the run went: the story is known up to here.
    """

    scenario: Scenario
    side: str
    name: str
    at_us: int
    state: str
    row: Mapping[str, Any]
    story: tuple[tuple[int, str, str], ...]
    trace: Trace
    attempts: tuple[Attempt, ...] = ()
    thinking: tuple[int, str] | None = None
    rounds: tuple[Round, ...] = ()
    until_us: int = 0

    @property
    def mesos(self) -> bool:
        """Say whether it is a task of Mesos; else it is a pod of Kubernetes."""
        return base(self.scenario, self.side) == "mesos"

    @property
    def since_us(self) -> int:
        """When it was first wanted."""
        since: int = self.row["submitted_us"]
        return since

    @property
    def request(self) -> dict[str, int]:
        """What it asks for, as far as the trace keeps it."""
        asked = {"cpu": self.row["cpu"], "memory": self.row["memory"]}
        return {name: amount for name, amount in asked.items() if amount}


@dataclass(frozen=True)
class Listing:
    """The tasks of an app, and how each stands at an instant: (name, state, machine, waited in s)."""

    app: str
    side: str
    at_us: int
    rows: tuple[tuple[str, str, str, float], ...]


def find_out(
    scenario: Scenario | str, on: str, name: str, at_s: float | None = None, *, seed: int | None = None
) -> Facts | Listing:
    """Run again and return the facts about a pod or task; about all tasks of an app, if an app is named.

    Parameters
    ----------
    on : str
        ``kubernetes``, ``mesos``, a variant of one of them, or a policy that was registered with the scenario.
    name : str
        As in the trace.
    at_s : float, optional
        The instant, in s. When not given: the last moment of its wait if it waited for a second or more, else the end.

    Raises
    ------
    ScenarioError
        When there is no such side, name or instant.
    """
    scenario = as_scenario(scenario)
    if on not in explained(scenario):
        raise ScenarioError(no_such(on, explained(scenario), "the sides that can be explained", "on"))
    scenario = settled(scenario, on)
    end_s = to_seconds(scenario.horizon_us)
    if at_s is not None and not 0 <= at_s <= end_s:
        args = {"value": f"{at_s:g}", "low": 0, "high": f"{end_s:g}", "unit": " s"}
        raise ScenarioError(Problem("out-of-range", "at", args))
    until = NEVER if at_s is None else to_us(at_s)
    policy = scenario.policies.get(on)
    assert policy is None or isinstance(policy, Policy)
    mesos = base(scenario, on) == "mesos"
    control_plane = RecordedMesos(name, until) if mesos else RecordedKubernetes(name, policy)
    world = World(scenario, control_plane, first_seed(scenario, seed))
    stop_us = scenario.horizon_us if at_s is None else to_us(at_s)
    names = world.trace["tasks"]["task"]
    with suppress(CancelledError):
        world.run(cancelled=lambda: world.now_us > stop_us and name in names)
    trace = world.trace
    trace.control_plane = on
    if name not in names:
        return _listing(scenario, on, name, trace, stop_us)
    row = _bearer(trace, name, stop_us)
    at_us = stop_us if at_s is not None else _moment(row, scenario.horizon_us)
    attempts: tuple[Attempt, ...] = ()
    rounds: tuple[Round, ...] = ()
    thinking = None
    if isinstance(control_plane, RecordedKubernetes):
        since_us = row["submitted_us"]
        attempts = tuple(one for one in control_plane.recorder.attempts if since_us <= one.at_us <= at_us)
        thinking = next((one for one in reversed(control_plane.recorder.thinking) if one[0] <= at_us), None)
    else:
        rounds = tuple(one for one in control_plane.recorder.rounds if one.at_us <= at_us)
    story = tuple(story_of(row, trace))
    known = as_of(row, at_us)
    return Facts(
        scenario, on, name, at_us, state(known, at_us), known, story, trace, attempts, thinking, rounds, world.now_us
    )  # fmt: skip


def _bearer(trace: Trace, name: str, at_us: int) -> dict[str, Any]:
    """Return the row of the task called so at an instant: a member of a StatefulSet hands its name on."""
    rows = [row for row in trace["tasks"].dicts() if row["task"] == name]
    begun = [row for row in rows if row["queued_us"] != NEVER and row["queued_us"] <= at_us]
    return begun[-1] if begun else rows[0]


def _moment(row: Mapping[str, Any], horizon_us: int) -> int:
    """Return the instant worth asking about: the end of the longest part of its wait, or the end of the run."""
    if row["decided_us"] == NEVER or row["decided_us"] - row["submitted_us"] < WORTH_US:
        return horizon_us
    stuck = row["started_us"] == NEVER and row["ended_us"] == NEVER
    if stuck and horizon_us - row["decided_us"] > row["decided_us"] - row["submitted_us"]:
        return horizon_us
    spent = phases.of_task(dict(row))
    longest = max(("create", "wait", "decide"), key=lambda phase: spent.get(phase, 0.0))
    column = {"create": "queued_us", "wait": "considered_us", "decide": "decided_us"}[longest]
    moment: int = row[column]
    return moment - 1


def as_of(row: Mapping[str, Any], at_us: int) -> dict[str, Any]:
    """Return a task's row as it stood at an instant: what came later is not known yet."""
    known = {
        name: NEVER if name.endswith("_us") and name != "submitted_us" and value > at_us else value
        for name, value in row.items()
    }
    if known["decided_us"] == NEVER:
        known["node"] = ""
        known["considered_us"] = NEVER
    return known


def state(row: Mapping[str, Any], at_us: int) -> str:
    """Return how a task stands, by its row as of `at_us`: absent, waiting, starting, running or ended."""
    if row["ended_us"] != NEVER:
        return "ended"
    if row["queued_us"] == NEVER or row["submitted_us"] > at_us:
        return "absent"
    if row["decided_us"] == NEVER:
        return "waiting"
    return "starting" if row["started_us"] == NEVER else "running"


def story_of(row: Mapping[str, Any], trace: Trace) -> Iterator[tuple[int, str, str]]:
    """Yield (time in microseconds, what happened, detail) of a task, failed attempts in between."""
    details = {"decided": row["node"], "ended": row["outcome"]}
    batch = row["kind"] == "batch"
    found = [(row[column], what, details.get(what, "")) for column, what in STORY if not (batch and what == "ready")]
    table = trace["decisions"]
    last_us = next((one for one in (row["decided_us"], row["ended_us"]) if one != NEVER), trace.horizon_us)
    for at_us, task, node, rejected in zip(
        table["at_us"], table["task"], table["node"], table["rejected"], strict=True
    ):
        if task == row["task"] and not node and row["submitted_us"] <= at_us <= last_us:
            found.append((at_us, "refused", rejected))
    found += _waited_for(row, trace)
    yield from sorted((one for one in found if one[0] != NEVER), key=lambda one: one[0])


def _waited_for(row: Mapping[str, Any], trace: Trace) -> Iterator[tuple[int, str, str]]:
    """Yield what a task waited for once it had a machine: (time, what, code of the reason and what it is about)."""
    events = trace["events"]
    columns = (events[name] for name in ("at_us", "kind", "subject", "reason", "detail"))
    for at_us, kind, subject, reason, detail in zip(*columns, strict=True):
        if subject == row["task"] and kind in WAITS_FOR and at_us >= row["decided_us"] != NEVER:
            yield at_us, "waits", f"{reason}|{detail}"


def _listing(scenario: Scenario, on: str, name: str, trace: Trace, at_us: int) -> Listing:
    rows = [row for row in trace["tasks"].dicts() if row["app"] == name]
    if not rows:
        apps = {app.name for app in scenario.apps}
        known = list(dict.fromkeys(trace["tasks"]["task"]))
        if name in apps:
            return Listing(name, on, at_us, ())
        raise ScenarioError(_unknown(name, known, apps))
    seen = []
    for row in (one for one in rows if one["submitted_us"] <= at_us):
        one = as_of(row, at_us)
        until = at_us if one["decided_us"] == NEVER else one["decided_us"]
        seen.append((row["task"], state(one, at_us), one["node"], to_seconds(max(0, until - row["submitted_us"]))))
    return Listing(name, on, at_us, tuple(seen))


def _unknown(name: str, tasks: Sequence[str], apps: set[str]) -> Problem:
    """Return the fault of a name that is no task: the nearest task, or the apps whose tasks can be listed."""
    near = no_such(name, tasks, "the pods and tasks of this run", "name")
    if near.code == "reference-to-nothing-near":
        return near
    return no_such(name, apps, "the apps", "name")


def task_ahead(facts: Facts, *, same_app: bool) -> int:
    """Return how many tasks came before this one and still wait for a machine at the instant."""
    tasks = facts.trace["tasks"]
    mine = facts.row["queued_us"]
    columns = (tasks[name] for name in ("task", "app", "queued_us", "decided_us", "ended_us"))
    count = 0
    for task, app, queued, decided, ended in zip(*columns, strict=True):
        if task == facts.name:
            mine = queued
            break
        waits = decided == NEVER or decided > facts.at_us
        if waits and ended == NEVER and queued <= mine and (not same_app or app == facts.row["app"]):
            count += 1
    return count
