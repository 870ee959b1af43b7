"""Hadoop MapReduce (MRv1) on Mesos: the JobTracker is the framework, TaskTrackers are its executors, sized in slots.

A TaskTracker is launched on an offer with as many map and reduce slots as fit and tasks are waiting for, in proportion;
tasks then run in its slots, maps in map slots and reduces in reduce slots, and nothing else does. Reduces are given
slots once a part `slowstart` of their maps is done, though they work only when all of them are. Every 5 s idle trackers
are counted: one that was idle five times in a row gives back its slots. With the fixed policy every tracker has the
same slots, wanted or not, and keeps them while a job is there.

A tracker that is cut off asks for no tasks, and how its tasks end is not heard until it is reached again. The
JobTracker looks every 200 s for trackers it has not heard of for 600 s: their tasks wait again, which does not count as
a failure of theirs, and what they still do is not listened to.

Source: mesos/hadoop README (mapred.mesos.slot.*, mapred.mesos.tracker.policy, idle.checks),
ResourcePolicyVariable.java, MesosScheduler.java (5a036b0); Hadoop 1 mapred.reduce.slowstart.completed.maps,
mapred.tasktracker.expiry.interval, JobTracker.java (ExpireTrackers, lostTaskTracker: killed, not failed).
Left out: maps that had finished on a lost tracker, whose output is gone with it, being done again; memory of a slot
beyond what its task asks for (10 % of the JVM); speculation; several jobs sharing slots fairly: maps and reduces go in
the order of their jobs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import cast

from workbench.engines.agenda import Order
from workbench.engines.mesos.frameworks.base import KILL_RETRY_US, Framework
from workbench.engines.mesos.frameworks.marathon_constraints import Place
from workbench.engines.mesos.master import Master
from workbench.engines.mesos.offers import Offer, OfferParameters
from workbench.engines.mesos.operations import Answer, Launch, StatusUpdate, TaskState
from workbench.engines.mesos.resources import Resources
from workbench.engines.world import World
from workbench.model.clock import SECOND_US, to_us
from workbench.model.parameters import param, parameters
from workbench.model.workload import App

IDLE_CHECK_US = 5 * SECOND_US
"""How often idle trackers are looked for (mapred.mesos.tracker.idle.interval)."""

HEARTBEAT_US = 3 * SECOND_US
"""How often a tracker says how its tasks are (mapred.heartbeats.in.second leads to 3 s at least)."""

EXPIRY_US = 600 * SECOND_US
"""How long nothing has to be heard of a tracker for it to be given up (mapred.tasktracker.expiry.interval)."""

EXPIRY_CHECK_US = EXPIRY_US // 3
"""How often such trackers are looked for."""

FIXED_SLOTS = {"map": 2, "reduce": 2}
"""Slots of a tracker under the fixed policy (mapred.tasktracker.map.tasks.maximum and its counterpart)."""


@parameters("mesos.hadoop")
@dataclass(frozen=True)
class HadoopParameters:
    """How Hadoop uses Mesos."""

    policy: str = param(
        "variable", choices=("variable", "fixed"),
        help="whether a TaskTracker has as many slots as tasks wait for, or two of each kind that it keeps",
        source="mesos/hadoop README, mapred.mesos.scheduler.policy", shown_in="nightly-batch",
    )  # fmt: skip
    idle_checks: int = param(
        5, unit="checks", low=1, high=1000,
        help="how often in a row, every 5 s, a TaskTracker is found idle before its slots are given back",
        source="mesos/hadoop README, mapred.mesos.tracker.idle.checks", shown_in="nightly-batch",
    )  # fmt: skip
    slowstart: float = param(
        0.05, low=0, high=1, help="part of the maps that has to be done before reduces are given slots",
        source="hadoop 1, mapred.reduce.slowstart.completed.maps", shown_in="nightly-batch",
    )  # fmt: skip


@dataclass
class Job:
    """Maps, or reduces: the tasks of one app that wait, by row, and how many have finished."""

    app: App
    kind: str
    waiting: list[int] = field(default_factory=list)
    finished: int = 0


@dataclass
class TaskTracker:
    """An executor with slots: free ones by kind, the tasks in the others, and how often in a row it was found idle.

    One that is `lost`, as far as the master knows, gets no more tasks, though it may run on out of sight. `untold` are
    its tasks that have ended while it was cut off, and how.
    """

    row: int
    node: int
    free: dict[str, int]
    tasks: dict[int, Job] = field(default_factory=dict)
    idle: int = 0
    lost: bool = False
    untold: dict[int, str] = field(default_factory=dict)


class Hadoop(Framework):
    """The JobTracker of one team.

    Parameters
    ----------
    places : callable
        Agent -> what is known of it.
    """

    def __init__(self, world: World, master: Master, role: str, places: Callable[[str], Place]) -> None:
        super().__init__(world, master, f"hadoop-{role}", role)
        self._params = world.settings.of(HadoopParameters)
        self._refuse_us = to_us(world.settings.of(OfferParameters).refuse_s)
        self._places = places
        self._jobs: dict[str, Job] = {}
        self._slots: dict[int, int] = {}
        self._starting: dict[int, TaskTracker] = {}
        self._trackers: dict[int, TaskTracker] = {}
        self._given_up: dict[int, TaskTracker] = {}  # trackers not heard of for too long, that may run on
        self._looked_us = 0
        self._orphans: dict[int, Job] = {}  # tasks of trackers that are gone
        self._passed_over = False  # a tracker that is cut off, for whose slots tasks wait
        self._made = 0
        self._tries: Counter[tuple[str, int]] = Counter()
        self._subscribed = False

    @property
    def suppressed(self) -> bool:
        """It never asks for no offers."""
        return False

    def submit(self, app: App, _request: Resources) -> None:
        """A user submits the maps or the reduces of a job."""
        job = self._jobs[app.name] = Job(app, "reduce" if app.after else "map")
        for slot in range(app.replicas):
            job.waiting.append(self._task(app, slot, f"{app.name}.{slot}", app.at_us))
        self.subscribe()
        self._assign()

    def subscribe(self) -> None:
        """Ask for offers; once is enough."""
        if not self._subscribed:
            self._subscribed = True
            self._master.send(self._master.subscribe, self)
            self._looked_us = self.world.now_us
            self.world.agenda.after(IDLE_CHECK_US, Order.FRAMEWORK, self._check)

    def _task(self, app: App, slot: int, name: str, submitted_us: int | None) -> int:
        inner = replace(app, request={}, image="")
        row = self.world.new_task(inner, name, {}, slot=slot, submitted_us=submitted_us)
        self._slots[row] = slot
        return row

    def delete(self, app: App) -> None:
        """A user gives a job up: what waits is wanted no more, what runs is stopped by its tracker."""
        job = self._jobs.pop(app.name)
        for task in job.waiting:
            self.world.stop(task, "killed")
        for tracker in self._trackers.values():
            for task, owner in list(tracker.tasks.items()):
                if owner is job:
                    self.world.stop(task, "killed")

    # -- offers ---------------------------------------------------------------------------------------------

    def _ready(self, job: Job) -> bool:
        """Say whether tasks of a job may be given slots: maps always, reduces after a part of their maps."""
        maps = [self._jobs[name] for name in job.app.after if name in self._jobs]
        return all(one.finished >= self._params.slowstart * one.app.replicas for one in maps)

    def _lacking(self) -> dict[str, int]:
        """Return how many slots of each kind tasks wait for beyond those that are free or on their way."""
        trackers = [*(one for one in self._trackers.values() if not one.lost), *self._starting.values()]
        return {
            kind: sum(len(job.waiting) for job in self._jobs.values() if job.kind == kind and self._ready(job))
            - sum(one.free[kind] for one in trackers)
            for kind in ("map", "reduce")
        }

    def decide(self, offers: Sequence[Offer]) -> list[Answer]:
        """Launch a tracker on an offer while slots are lacking; decline the rest."""
        answers, rejected = [], Counter[str]()
        for offer in offers:
            slots = self._slots_on(offer, {kind: max(0, count) for kind, count in self._lacking().items()})
            launches = [self._tracker(offer, slots)] if any(slots.values()) else []
            if not launches:
                rejected[
                    "offer/too-small" if any(count > 0 for count in self._lacking().values()) else "hadoop/no-work"
                ] += 1
            answers.append(Answer(offer, launches, self._refuse_us))
        return answers

    def _one(self) -> App | None:
        """Return the app whose tasks a slot is made for: the first that waits."""
        return next((job.app for job in self._jobs.values() if job.waiting), None)

    def _slots_on(self, offer: Offer, lacking: dict[str, int]) -> dict[str, int]:
        """Return the slots of each kind of a tracker on an offer."""
        none, app = {"map": 0, "reduce": 0}, self._one()
        total = sum(lacking.values())
        if app is None or not total:
            return none
        place = self._places(offer.agent)
        if any(place.value(name) != value for name, value in app.node_selector.items()):
            return none
        fits = min(offer.resources.plain.get(name, 0) // amount for name, amount in app.request.items() if amount)
        if self._params.policy == "fixed":
            return dict(FIXED_SLOTS) if fits >= sum(FIXED_SLOTS.values()) else none
        fits = min(fits, total)
        maps = min(lacking["map"], -(-fits * lacking["map"] // total))
        return {"map": maps, "reduce": min(lacking["reduce"], fits - maps)}

    def _tracker(self, offer: Offer, slots: dict[str, int]) -> Launch:
        app = cast(App, self._one())
        count = sum(slots.values())
        request = {name: amount * count for name, amount in app.request.items() if amount}
        one = replace(
            app, name=f"tracker-{self.role}", request=request, replicas=0, duration=None, input=None, after=()
        )
        row = self.world.new_task(one, f"tracker-{self.role}-{self._made}", request, submitted_us=self.world.now_us)
        self._made += 1
        self._starting[row] = TaskTracker(row, self.world.node_names.index(offer.agent), dict(slots))
        self.note_decision(row, offer.agent, 1, {})
        return Launch(row, Resources(request))

    # -- slots ----------------------------------------------------------------------------------------------

    def _assign(self) -> None:
        """Give free slots to the tasks that wait, jobs in their order, near the data first."""
        for job in self._jobs.values():
            if not job.waiting:
                continue
            if not self._ready(job):
                self._note(job.waiting[0], "", 0, "hadoop/slowstart=1")
                continue
            for tracker in self._trackers.values():
                if tracker.lost:
                    continue
                if not self.world.connected(tracker.row):  # its heartbeats, which ask for tasks, do not arrive
                    self._passed_over = True
                    continue
                while tracker.free[job.kind] and job.waiting:
                    self._run(tracker, job, self._nearest(tracker, job))
            if job.waiting:
                self._note(job.waiting[0], "", 0, f"hadoop/slots-busy={max(1, len(self._trackers))}")

    def _nearest(self, tracker: TaskTracker, job: Job) -> int:
        """Return which waiting task to run: one whose block lies on the tracker's machine, or the first."""
        blocks = self.world.work.blocks
        near = (one for one in job.waiting if blocks.level(job.app, self._slots[one], tracker.node) == "node")
        return next(near, job.waiting[0])

    def _run(self, tracker: TaskTracker, job: Job, task: int) -> None:
        world = self.world
        job.waiting.remove(task)
        tracker.free[job.kind] -= 1
        tracker.tasks[task] = job
        tracker.idle = 0
        world.work.watch(task, self._task_ended)
        self._note(task, world.node_names[tracker.node], 1, "")
        world.place(task, tracker.node, world.now_us)
        world.agenda.after(self._master.message_us, Order.AGENT, world.guarded(task, partial(self._begin, task)))

    def _begin(self, task: int) -> None:
        self.world.bound(task)
        self.world.start_process(task)

    def _task_ended(self, task: int, outcome: str) -> None:
        """A task has ended in its slot; that is heard if its tracker can be reached, and has not been given up."""
        tracker = next((one for one in self._trackers.values() if task in one.tasks), None)
        if tracker is not None and self._cut_off(tracker):
            if not tracker.untold:
                self.world.agenda.after(HEARTBEAT_US, Order.FRAMEWORK, self._listen, tracker)
            tracker.untold[task] = outcome
        elif task in self._slots:
            self._settled(task, outcome, tracker)

    def _cut_off(self, tracker: TaskTracker) -> bool:
        machine = self.world.machines[tracker.node]
        return machine.up and not machine.connected

    def _listen(self, tracker: TaskTracker) -> None:
        """Hear what a tracker has to tell as soon as it can be reached."""
        if tracker.row not in self._trackers:
            return
        if self._cut_off(tracker):
            self.world.agenda.after(HEARTBEAT_US, Order.FRAMEWORK, self._listen, tracker)
            return
        untold, tracker.untold = tracker.untold, {}
        for task, outcome in untold.items():
            self._settled(task, outcome, tracker)

    def _settled(self, task: int, outcome: str, tracker: TaskTracker | None) -> None:
        """Count a task that has ended; one that did not finish waits again."""
        job = None
        if tracker is not None:
            job = tracker.tasks.pop(task)
            tracker.free[job.kind] += 1
        if job is None:
            job = self._orphans.pop(task)
        slot = self._slots.pop(task)
        if outcome == "finished":
            job.finished += 1
        else:
            self._wait_again(job, slot)
        self.world.agenda.after(0, Order.FRAMEWORK, self._assign)

    def _wait_again(self, job: Job, slot: int, since_us: int | None = None) -> None:
        """Have another task wait in the place of one, since the loss of that, or since it is known to be needed."""
        if job.app.name in self._jobs:
            self._tries[job.app.name, slot] += 1
            name = f"{job.app.name}.{slot}.{self._tries[job.app.name, slot]}"
            job.waiting.insert(0, self._task(job.app, slot, name, since_us))

    def _note(self, task: int, node: str, feasible: int, rejected: str) -> None:
        world = self.world
        world.trace["decisions"].append(
            world.now_us, world.name_of(task), self._attempts[task] + 1, node, feasible, rejected
        )
        if not node:
            world.attempted(task, rejected.partition("/")[2].partition("=")[0])

    # -- trackers -------------------------------------------------------------------------------------------

    @property
    def _over(self) -> bool:
        return all(job.finished >= job.app.replicas for job in self._jobs.values())

    def _check(self) -> None:
        """Take back the slots of trackers that have been idle for so many checks in a row."""
        self.world.agenda.after(IDLE_CHECK_US, Order.FRAMEWORK, self._check)
        if self._passed_over:
            self._passed_over = False
            self._assign()
        if self.world.now_us - self._looked_us >= EXPIRY_CHECK_US:
            self._looked_us += EXPIRY_CHECK_US
            self._expire()
        for tracker in list(self._trackers.values()):
            tracker.idle = 0 if tracker.tasks else tracker.idle + 1
            kept = self._params.policy == "fixed" and not self._over
            if tracker.idle >= self._params.idle_checks and not kept:
                self.world.event("slots-revoked", self.world.name_of(tracker.row), "tracker-idle")
                self._give_back(tracker.row)

    def _expire(self) -> None:
        """Give up trackers that have not been heard of for too long; those given up that are back are to stop."""
        world = self.world
        for row, tracker in list(self._given_up.items()):
            if not self._cut_off(tracker):
                self.kill(row, None, replaced=False)
        for row, tracker in list(self._trackers.items()):
            silent_us = world.now_us - world.machines[tracker.node].silent_since_us
            if not self._cut_off(tracker) or silent_us < EXPIRY_US:
                continue
            self._given_up[row] = self._trackers.pop(row)
            world.event("tracker-lost", world.name_of(row), "not-heard-of", str(len(tracker.tasks)))
            for task, job in tracker.tasks.items():
                alive = world.alive(task)
                if alive:
                    world.give_up(task)
                self._wait_again(job, self._slots.pop(task), None if alive else world.now_us)
        self._assign()
        self.ask_again()

    def _give_back(self, row: int) -> None:
        if row in self._trackers and not self._trackers[row].tasks:
            self._trackers[row].free = {"map": 0, "reduce": 0}
            self.kill(row, None, replaced=False)
            self.world.agenda.after(KILL_RETRY_US, Order.FRAMEWORK, self._give_back, row)

    def _tracker_ended(self, row: int, _outcome: str) -> None:
        """A tracker is gone, and with it, a moment later, what ran in its slots."""
        if (gone := self._given_up.pop(row, None)) is not None:
            for task in gone.tasks:
                self.world.agenda.after(0, Order.PHYSICS, self._lost, task)
            return
        tracker = self._trackers.pop(row, None) or self._starting.pop(row, None)
        for task, outcome in list(tracker.untold.items()) if tracker is not None else ():
            self._settled(task, outcome, tracker)
        for task, job in (tracker.tasks if tracker is not None else {}).items():
            self._orphans[task] = job
            self.world.agenda.after(0, Order.PHYSICS, self._lost, task)

    def _lost(self, task: int) -> None:
        if self.world.alive(task):
            self.world.stop(task, "failed")

    def status_update(self, update: StatusUpdate) -> None:
        """A tracker runs, and its slots can be used; or it has ended."""
        row = update.task
        if update.state is TaskState.RUNNING and row in self._starting and self.world.alive(row):
            self._trackers[row] = self._starting.pop(row)
            self.world.work.watch(row, self._tracker_ended)
            self._assign()
        elif update.state.terminal:
            if row in self._trackers:  # it is out of sight; a tracker that has ended is known of already
                self._trackers[row].lost = True
            if self._starting.pop(row, None) is not None and self.world.node_of(row) < 0:
                self.world.stop(row, "killed")  # its offer was taken back before the launch; others will be made
            self.ask_again()

    def launched(self) -> list[int]:
        """Return its trackers."""
        return [*self._starting, *self._trackers]

    def ask_again(self) -> None:
        """Ask for offers if slots are lacking."""
        if any(count > 0 for count in self._lacking().values()):
            self.revive()
