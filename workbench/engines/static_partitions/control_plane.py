"""Static partitions as the runner sees them: every team schedules on machines of its own, and on no others.

A lost machine is noticed some time after it fell silent; its tasks are then started again in the same partition.
A member whose disk is on that machine waits for the machine. While the process that schedules a team is lost, nothing
of that team is placed; what runs goes on. There is no standby: whatever part of this control plane is lost, all of it
is away until that part is back, and then it hears what happened meanwhile.

Of changes in the course of a run the queue of a team knows those of its jobs: more tasks or fewer, more at once or
fewer, and one that is held. What runs is stopped only where it is not wanted any more.

A machine whose daemon, which starts tasks and tells how they go, has stopped is silent like one that was cut off.
A machine that was cut off and given up is told to stop what it still runs once it can be reached.

Nobody looks after the disks of machines: what a program that failed has written stays, and a disk that is full of such
files stays full.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from typing import TypeGuard, cast

from workbench.engines.agenda import Order, Process
from workbench.engines.disks import NOWHERE
from workbench.engines.protocol import (
    AddTasks,
    AgentBack,
    BeginMaintenance,
    Change,
    CreateApp,
    Ended,
    EndMaintenance,
    Fact,
    MembersBack,
    MembersLost,
    NodeBack,
    NodeJoined,
    NodeReached,
    Ready,
    RemoveNode,
    ResumeApp,
    ScaleApp,
    SchedulerBack,
    SchedulerLost,
    SetQuota,
    Started,
    SuspendApp,
)
from workbench.engines.static_partitions.division import Rule, machines_of
from workbench.engines.static_partitions.partition import Books, Partition
from workbench.engines.static_partitions.spark import SparkMaster
from workbench.engines.world import World
from workbench.model.clock import to_us
from workbench.model.cluster import Cluster
from workbench.model.parameters import param, parameters
from workbench.model.scenario import Scenario
from workbench.model.workload import App

JobChange = ScaleApp | SuspendApp | ResumeApp
"""What users ask of a job that is there."""


@parameters("static_partitions")
@dataclass(frozen=True)
class PartitionParameters:
    """How machines are divided, and how fast each partition is."""

    divide_by: str = param(
        "lasting-first", choices=("lasting-first", "demand", "weight"),
        help="how machines are given out: enough for lasting apps first, by weight times demand, or by weight alone",
        source="assumption: a planner who knows what each team will ask for", shown_in="first-look",
    )  # fmt: skip
    decide_s: float = param(
        0.01, unit="s", low=0, high=10, help="how long it takes to choose a machine for one task",
        source="assumption: a small scheduler that looks at a few machines", shown_in="first-look",
    )  # fmt: skip
    notice_s: float = param(
        60.0, unit="s", low=1, high=600, help="how long after its loss a machine is found to be lost",
        source="assumption: a check once a minute", shown_in="who-heals-first",
    )  # fmt: skip
    update_s: float = param(
        1.0, unit="s", low=0, high=120, help="from a change that is known to clients being sent elsewhere",
        source="assumption: a load balancer that reads its list once a second", shown_in="first-look",
    )  # fmt: skip


class StaticPartitions:
    """A cluster cut into pieces."""

    name = "static-partitions"
    orders_machines = False
    starts_over = False

    def start(self, world: World) -> None:
        """Divide the machines and start one queue per team."""
        self._world = world
        self._params = params = world.settings.of(PartitionParameters)
        self._books = Books(world.fleet.nodes)
        rule = cast(Rule, params.divide_by)
        self._teams = {
            team: Partition(world, self._books, nodes, to_us(params.decide_s), self._run)
            for team, nodes in machines_of(_as_it_is(world), rule).items()
        }
        self._listed: dict[str, dict[int, None]] = {}
        self._made: dict[str, int] = {}
        self._sizes: dict[str, int] = {}  # job -> how many tasks are wanted
        self._unmade: set[str] = set()  # jobs that were handed over suspended
        self._noticed: dict[int, int] = {}
        self._spark = SparkMaster(world, self._books)
        self._untold: dict[int, list[Fact]] = {}  # what a machine that is cut off has to tell
        self._away = False
        # What happened, was to go, or was asked for, while nobody was there to hear it.
        self._missed: list[Fact | RemoveNode | JobChange] = []
        for node in range(len(world.machines)):
            world.node_seen(node, "ready")
        world.agenda.process(self._watch())

    # -- work -----------------------------------------------------------------------------------------------

    def apply(self, change: Change) -> None:
        """Queue the tasks of an app; a quota changes nothing, since the partition is the quota."""
        if isinstance(change, CreateApp):
            self._create(change.app)
        elif isinstance(change, AddTasks):
            for slot in range(change.first, change.first + change.count):
                self._add(change.app, slot, submitted_us=self._world.now_us)
        elif isinstance(change, RemoveNode) or _of_jobs(change):
            if self._away:
                self._missed.append(change)
            elif isinstance(change, RemoveNode):
                self._remove(change.node)
            else:
                self._change_job(change)
        elif not isinstance(change, SetQuota | BeginMaintenance | EndMaintenance):  # of these the announcement tells
            self._world.not_understood(change)

    def _change_job(self, change: JobChange) -> None:
        app, partition = change.app, self._teams[change.app.team]
        if isinstance(change, ScaleApp):
            before, self._sizes[app.name] = self._sizes.get(app.name, app.replicas), app.replicas
            partition.limit(app)
            self._resize(app, before)
        else:
            held = isinstance(change, SuspendApp)
            if held:
                self._world.event("job-held", app.name, "starts-no-more")
            partition.hold(app.name, on=held)
            if not held and app.name in self._unmade:
                self._unmade.discard(app.name)
                self._make(app, 0, self._world.now_us)

    def _resize(self, app: App, before: int) -> None:
        """Have more tasks of a job, or fewer: those of the lowest numbers stay."""
        if app.name in self._unmade:
            return
        world, there = self._world, set[int]()
        self._teams[app.team].withdraw(app)
        for node, tasks in enumerate(self._books.tasks):
            for task in [one for one, of in tasks.items() if of.name == app.name]:
                if world.slot_of(task) >= app.replicas and world.in_touch(task):
                    world.stop(task)
                    self._over(task, node, "scaled-down")
                else:
                    there.add(world.slot_of(task))
        self._make(app, before, world.now_us, there)

    def _make(self, app: App, first: int, submitted_us: int, there: Set[int] = frozenset()) -> None:
        """Queue the tasks of a job from a number on, but for those that are there: out of reach, they run on."""
        for slot in range(first, app.replicas):
            if slot not in there:
                self._add(app, slot, submitted_us=submitted_us)

    def _create(self, app: App) -> None:
        if app.clock_us > self._world.now_us:  # nothing waits for others here: it starts by the clock
            self._world.agenda.at(app.clock_us, Order.ARRIVAL, self._create, app)
            return
        missing = {
            "no-zones": app.across_zones, "no-vertical": app.vertical, "no-scaling": app.scaling is not None,
        }  # fmt: skip
        if app.may_miss is not None:
            self._world.event("NoCounterpart", app.name, "no-budget", str(app.may_miss))
        for reason, asked in missing.items():
            if asked:
                self._world.event("NoCounterpart", app.name, reason)
        if app.kind == "daemon":
            for node in self._world.fleet.present:
                self._add(app, None, only=node)
            return
        if app.framework == "spark":
            self._spark.submit(app, self._teams[app.team])
            return
        if app.schedule is not None:
            for number in range(app.schedule.starts_before(self._world.scenario.horizon_us)):
                due_us = max(app.at_us, app.schedule.start_us(number))
                self._world.agenda.at(due_us, Order.ARRIVAL, self._due, app, number, due_us)
            return
        if app.kind == "batch" and app.arrivals is None:
            self._sizes[app.name] = app.replicas
        if app.suspended:
            self._unmade.add(app.name)
            self._teams[app.team].hold(app.name, on=True)
        else:
            self._make(app, 0, app.at_us)

    def _due(self, app: App, number: int, due_us: int) -> None:
        """The clock (cron) has a job start once more, unless it is held."""
        if self._teams[app.team].holds(app.name):
            self._world.event("start-missed", app.name, "while-held", str(number))
            return
        self._add(app, number, submitted_us=due_us)

    def _add(
        self,
        app: App,
        slot: int | None,
        *,
        submitted_us: int | None = None,
        only: int | None = None,
        front: bool = False,
    ) -> None:
        number = self._made[app.name] = self._made.get(app.name, -1) + 1
        name, request = f"{app.name}-{number}", dict(app.request)
        task = self._world.new_task(app, name, request, slot=slot, submitted_us=submitted_us)
        self._teams[app.team].add(task, app, only, front=front)

    def _run(self, task: int) -> None:
        world = self._world
        if not world.machines[world.node_of(task)].in_touch:
            return  # nobody has noticed yet that the machine is silent
        world.bound(task)
        world.fetch_image(task, lambda: self._mount(task), serial=False)

    def _mount(self, task: int) -> None:
        world = self._world
        app = world.app_of(task)
        volume = f"{app.name}-{world.slot_of(task)}" if app.volume is not None else ""
        known = world.disks.get(volume)
        if known is not None and known.node not in (NOWHERE, world.node_of(task)):
            world.disks.detach(volume)
        world.mount_volume(task, volume, lambda: world.start_process(task))

    # -- what it hears --------------------------------------------------------------------------------------

    def notify(self, fact: Fact) -> None:
        """Follow tasks that become ready or end, and machines that come back, as far as anybody is there to hear."""
        if isinstance(fact, Ended) and fact.reason != "failed":
            self._world.scratch.remove(fact.task)  # a program that ends well takes its files away
        if isinstance(fact, MembersLost | MembersBack):
            self._members(lost=isinstance(fact, MembersLost))
        elif self._away:
            self._missed.append(fact)
        elif isinstance(fact, Started | Ready | Ended) and not self._world.in_touch(fact.task):
            self._untold.setdefault(self._world.node_of(fact.task), []).append(fact)
        else:
            self._hear(fact)

    def _hear(self, fact: Fact) -> None:
        world = self._world
        if isinstance(fact, NodeBack):
            self._untold.pop(fact.node, None)
            self._lost(fact.node)
            self._usable(fact.node)
        elif isinstance(fact, NodeReached | AgentBack):
            if self._world.machines[fact.node].in_touch:
                self._reached(fact.node)
        elif isinstance(fact, NodeJoined):
            self._joined(fact.node)
        elif isinstance(fact, SchedulerLost | SchedulerBack):
            app = next(one for one in world.scenario.apps if one.name == fact.app)
            self._teams[app.team].lost += 1 if isinstance(fact, SchedulerLost) else -1
            self._teams[app.team].bell.ring()
            self._spark.schedule()
        elif isinstance(fact, Started):
            self._spark.started(fact.task)
        elif isinstance(fact, Ready) and world.app_of(fact.task).kind != "batch":
            world.agenda.after(to_us(self._params.update_s), Order.DELIVERY, self._serve, fact.task)
        elif isinstance(fact, Ended) and self._books.holds(fact.task, world.node_of(fact.task)):
            self._over(fact.task, world.node_of(fact.task), fact.reason)
            if not self._spark.lost(fact.task) and fact.reason != "finished":
                self._again(fact.task)

    def _members(self, *, lost: bool) -> None:
        """The control plane is away, or back: then it hears what it missed, and counts silence from now."""
        self._away = lost
        for partition in self._teams.values():
            partition.away = lost
            partition.bell.ring()
        if lost:
            return
        self._spark.schedule()
        missed, self._missed = self._missed, []
        for one in missed:
            if isinstance(one, RemoveNode | ScaleApp | SuspendApp | ResumeApp):
                self.apply(one)
            else:
                self.notify(one)
        notice_us = to_us(self._params.notice_s)
        for node, machine in enumerate(self._world.machines):
            if not machine.in_touch and self._books.usable[node]:
                self._plan_notice(node, self._world.now_us + notice_us)

    def _usable(self, node: int) -> None:
        self._books.usable[node] = True
        self._world.node_seen(node, "ready")
        for partition in self._teams.values():
            partition.bell.ring()
        self._spark.schedule()

    def _reached(self, node: int) -> None:
        """A machine answers again: it tells what happened, or stops what has been given up."""
        untold = self._untold.pop(node, [])
        if self._books.usable[node]:
            for fact in untold:
                self._hear(fact)
            for task in self._books.tasks[node]:
                if not self._world.arrived(task):
                    self._run(task)
            return
        for task in list(self._world.machines[node].tasks):
            self._world.stop(task)
        self._usable(node)

    def _over(self, task: int, node: int, reason: str) -> None:
        """Free what a task held, and send no more clients there."""
        app = self._books.release(task, node)
        if app is not None:
            self._world.released(task)
            self._teams[app.team].ended(app)
            self._world.agenda.after(to_us(self._params.update_s), Order.DELIVERY, self._unserve, task, reason)

    def _again(self, task: int) -> None:
        """Start a task that did not finish once more: where its disk is, or anywhere in its partition."""
        most = self._sizes.get(self._world.app_of(task).name)
        if self._spark.lost(task) or (most is not None and self._world.slot_of(task) >= most):
            return
        app, node = self._world.app_of(task), self._world.node_of(task)
        tied = app.kind == "daemon" or (app.volume is not None and app.volume.reach == "local")
        self._add(app, self._world.slot_of(task), only=node if tied else None, front=True)

    def _serve(self, task: int) -> None:
        self._listed.setdefault(self._world.app_of(task).front, {})[task] = None
        self._world.endpoint(task, "added", "ready")

    def _unserve(self, task: int, reason: str) -> None:
        listed = self._listed.get(self._world.app_of(task).front, {})
        if listed.pop(task, True) is None:
            self._world.endpoint(task, "removed", reason)

    def endpoints(self, app: str) -> tuple[int, ...]:
        """Return the tasks that clients of `app` are sent to now."""
        return tuple(self._listed.get(app, ()))

    # -- machines that come and go ------------------------------------------------------------------------------

    def _joined(self, node: int) -> None:
        """A machine is new: the team with the most tasks waiting gets it, the earlier one among equals."""
        self._books.add(self._world.fleet.nodes[node])
        self._world.node_seen(node, "ready")
        team = max(self._teams, key=lambda team: self._teams[team].waiting)
        self._teams[team].machines.append(node)
        self._world.event("machine-given", self._world.node_names[node], "most-waiting", team)
        self._spark.schedule()
        for app in self._world.scenario.apps:
            if app.kind == "daemon" and app.at_us < self._world.now_us:
                self._add(app, None, only=node)
        self._teams[team].bell.ring()

    def _remove(self, node: int) -> None:
        """A machine is to go: what runs there is stopped and started again in its partition, and the machine goes."""
        world = self._world
        self._books.usable[node] = False
        for partition in self._teams.values():
            if node in partition.machines:
                partition.machines.remove(node)
        for task in reversed(list(self._books.tasks[node])):  # each goes to the front of its queue
            app, slot = world.app_of(task), world.slot_of(task)
            world.stop(task, replaced=app.kind != "daemon")
            self._over(task, node, "machine-removed")
            if app.volume is not None and app.volume.reach == "local":
                world.disks.delete(f"{app.name}-{slot}")
            if not self._spark.lost(task) and app.kind != "daemon":
                self._add(app, slot, front=True)
        world.node_seen(node, "gone")
        world.fleet.remove(node)

    # -- lost machines --------------------------------------------------------------------------------------

    def _watch(self) -> Process:
        """Look for silent machines; each is found to be lost `notice_s` after it fell silent."""
        notice_us = to_us(self._params.notice_s)
        while True:
            yield self._world.agenda.sleep(notice_us, Order.CONTROLLER)
            for node, machine in enumerate(self._world.machines):
                if not machine.in_touch and self._noticed.get(node) != machine.silent_since_us:
                    self._noticed[node] = machine.silent_since_us
                    self._plan_notice(node, machine.silent_since_us + notice_us)

    def _plan_notice(self, node: int, at_us: int) -> None:
        since_us = self._world.machines[node].silent_since_us
        self._world.agenda.at(at_us, Order.CONTROLLER, self._notice, node, since_us)

    def _notice(self, node: int, since_us: int) -> None:
        machine = self._world.machines[node]
        silent = not machine.in_touch and machine.silent_since_us == since_us
        if silent and not self._away and self._books.usable[node]:
            self._world.node_seen(node, "unreachable")
            self._world.event("machine-lost", self._world.node_names[node], "machine-lost")
            self._lost(node)

    def _lost(self, node: int) -> None:
        """Give up what was on a machine and start it again. The loss may have been too short to be noticed."""
        self._books.usable[node] = False
        for task in reversed(list(self._books.tasks[node])):  # each goes to the front of its queue
            if not self._world.arrived(task):
                self._world.stop(task, "failed")
            elif not self._spark.has(task):
                self._world.give_up(task)
            self._over(task, node, "machine-lost")
            self._again(task)


def _of_jobs(change: Change) -> TypeGuard[JobChange]:
    """Say whether a change is one of a job that the queue of a team knows; Spark holds its cores, come what may."""
    if not isinstance(change, ScaleApp | SuspendApp | ResumeApp) or change.app.kind != "batch":
        return False
    app = change.app
    sized = app.arrivals is None and app.schedule is None and app.framework not in ("mpi", "hadoop")
    return app.framework != "spark" and (sized or not isinstance(change, ScaleApp))


def _as_it_is(world: World) -> Scenario:
    """Return the scenario with the machines that there are at the start under this control plane."""
    return replace(world.scenario, cluster=Cluster(tuple(world.fleet.nodes)))
