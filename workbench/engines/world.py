"""What is physically true for every control plane: machines, running tasks, volumes, images, the clock, the books.

A control plane decides, the World executes. It refuses the impossible: placing more on a machine than it holds raises
`OverPlacementError` with the time, task, node, what is free and what was asked. What goes wrong is in `faults.py`.

The life of a task, step by step, each a call of a control plane (or of its agent on the machine):

    new_task -> place -> bound -> fetch_image -> mount_volume -> start_process -> (Started, Ready, Ended are reported)

Tasks are rows of the trace's table ``tasks``; a row number is a task's identity everywhere in the engines.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

from workbench.engines.agenda import Agenda, Order
from workbench.engines.copies import Copies
from workbench.engines.disks import disks_of
from workbench.engines.draws import Draws, TaskParameters
from workbench.engines.faults import Faults
from workbench.engines.feed import Feed
from workbench.engines.fleet import Fleet
from workbench.engines.health import Health
from workbench.engines.images import ImageParameters, Images
from workbench.engines.machine import Machine
from workbench.engines.maintenance import Maintenance
from workbench.engines.memory import Memory
from workbench.engines.operator import Operator, OperatorParameters
from workbench.engines.processors import Processors
from workbench.engines.protocol import Change, ControlPlane, Ended, EndReason, GiveUp, Ready, Started
from workbench.engines.proxies import TrafficParameters
from workbench.engines.randomness import Streams
from workbench.engines.scratch import Scratch
from workbench.engines.shutdown import Shutdowns
from workbench.engines.slots import Slots
from workbench.engines.timeline import Timeline, not_understood
from workbench.engines.traffic import Traffic
from workbench.engines.volumes.plugin import Want
from workbench.engines.volumes.registry import kind_by
from workbench.engines.work import Work
from workbench.errors import CancelledError, OverPlacementError
from workbench.model.clock import NEVER, to_seconds
from workbench.model.resources import CPU, MEMORY
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace
from workbench.model.workload import App

Then = Callable[[], None]


class World:
    """One run of a scenario under one control plane.

    Parameters
    ----------
    scenario : Scenario
        What is to be run.
    control_plane : ControlPlane
        Who decides.
    seed : int
        Of this run; two control planes under one seed meet identical draws.
    """

    def __init__(self, scenario: Scenario, control_plane: ControlPlane, seed: int) -> None:
        self.scenario = scenario
        self.settings = scenario.settings
        self.streams = Streams(seed)
        self.agenda = Agenda()
        self.trace = Trace(scenario.name, control_plane.name, seed, scenario.horizon_us)
        self.fleet = Fleet(self, scenario.cluster, control_plane)
        self.machines, self.node_names = self.fleet.machines, self.fleet.names
        self.images = Images(self.agenda, scenario.images, self.settings.of(ImageParameters), len(self.machines))
        self.disks = disks_of(scenario, self.agenda, self.trace["volumes"], self.fleet)
        self._control_plane = control_plane
        self._tasks = self.trace["tasks"]
        self._apps: list[App] = []
        self._requests: list[dict[str, int]] = []
        self._nodes: list[int] = []
        self._epochs: list[int] = []
        self._runs: list[int] = []
        self._attempt: list[int] = []
        self._slots = Slots()
        self.copies = Copies(self)
        self.without_room: dict[int, str] = {}  # task placed where it does not fit -> the resource that is short
        self.work = Work(self, control_plane, self._end)
        self._draws = Draws(self.streams, self.settings.of(TaskParameters))
        through = self.settings.of(TrafficParameters).through_machines
        self.traffic = Traffic(self.agenda, self.trace["traffic"], scenario.apps, through, self.fleet.up)
        self.health = Health(self)
        self.memory = Memory(self)
        self.scratch = Scratch(self)
        self.processors = Processors(self)
        self.shutdowns = Shutdowns()
        self._given_up: set[int] = set()  # tasks that may run beside the one that takes their place
        self._unbooked: set[int] = set()  # tasks that hold nothing any more, whatever becomes of their processes
        self._faults = Faults(self, control_plane.notify)
        self._timeline = Timeline(
            self.agenda,
            scenario.apps,
            scenario.changes,
            self._faults.target,
            self.resized,
            self.fleet.order,
            self.fleet.to_give_back,
            self.fleet.autoscaled,
            Maintenance(self.agenda, self._faults.switch_off, self._faults.switch_on).announce,
        )
        self.operator = Operator(self.agenda, self.settings.of(OperatorParameters), self._away_since, self._give_up)

    @property
    def now_us(self) -> int:
        """The time now, in microseconds since the start."""
        return self.agenda.now_us

    # -- tasks: what a control plane calls ------------------------------------------------------------------

    def new_task(
        self, app: App, name: str, request: dict[str, int], *, slot: int | None = None, submitted_us: int | None = None
    ) -> int:
        """Note that the control plane knows of one more task to place; return its row.

        Parameters
        ----------
        name : str
            The pod's or task's name.
        request : dict
            What it asks for; kept, not copied.
        slot : int or None
            Ordinal or number of the batch task. None lets the World count: a task that stands in for a lost one
            takes its slot, any other a new one.
        submitted_us : int or None
            When it was first wanted. None: since the loss of the task it stands in for, or since the app was
            handed over or last changed.
        """
        place = self._slots.take(app.name, slot)
        if submitted_us is None:
            submitted_us = place.since_us if place.since_us != NEVER else self._timeline.wanted_us(app)
        row = self._tasks.append(
            name, app.name, app.team, app.kind, place.slot, place.incarnation,
            request.get(CPU, 0), request.get(MEMORY, 0),
            submitted_us, self.now_us, *[NEVER] * 10,
            "", 0, "waiting", "", app.version,
        )  # fmt: skip
        self._apps.append(app)
        self._requests.append(request)
        self._nodes.append(NEVER)
        self._epochs.append(0)
        self._runs.append(0)
        self._attempt.append(NEVER)
        return row

    def attempted(self, task: int, why: str) -> None:
        """Count a decision that placed the task nowhere, with its reason."""
        self._tasks["attempts"][task] += 1
        self._tasks["why"][task] = why

    def not_tried(self, task: int, why: str) -> None:
        """Say why nobody tries to place the task."""
        self._tasks["why"][task] = why

    def place(
        self, task: int, node: int, considered_us: int, *, contested: bool = False, decided_us: int | None = None
    ) -> None:
        """Book the task on a machine, now.

        Parameters
        ----------
        considered_us : int
            When the decision began: start of the scheduling cycle, or the moment the offer was made.
        contested : bool
            Somebody else decides too, from a picture of their own: where there is no room the task is not booked, and
            the machine's agent turns it away (`turn_away`).
        decided_us : int or None
            When the decision was made, if that is not now.

        Raises
        ------
        OverPlacementError
            When the machine does not hold what the task asks for, and nobody else could have filled it.
        """
        machine = self.machines[node]
        request = self._requests[task]
        booked, capacity = machine.booked, machine.capacity
        for name, amount in request.items():
            if amount > 0 and booked.get(name, 0) + amount > capacity.get(name, 0):
                if not contested:
                    self._refuse(task, machine)
                self.without_room.setdefault(task, name)
        if task not in self.without_room:
            for name, amount in request.items():
                booked[name] = booked.get(name, 0) + amount
            machine.tasks[task] = None
        self._nodes[task] = node
        tasks = self._tasks
        tasks["node"][task] = machine.name
        tasks["considered_us"][task] = considered_us
        tasks["decided_us"][task] = self.now_us if decided_us is None else decided_us
        tasks["attempts"][task] += 1
        tasks["why"][task] = ""
        if not machine.up and task in machine.tasks:  # nobody has noticed yet; what is sent there is lost
            self._end(task, "lost")

    def turn_away(self, task: int, why: str) -> None:
        """End a task, now, for which there was no room on its machine when it was placed."""
        tasks = self._tasks
        tasks["ended_us"][task] = self.now_us
        tasks["outcome"][task], tasks["why"][task] = "failed", why
        self._epochs[task] += 1
        self._slots.vacate(self._apps[task].name, self.slot_of(task), tasks["submitted_us"][task])

    def _refuse(self, task: int, machine: Machine) -> None:
        placed = f"t={to_seconds(self.now_us)}s: {self._tasks['task'][task]} placed on "
        raise OverPlacementError(placed + machine.lacking(self._requests[task]))

    def bound(self, task: int) -> None:
        """Note that the agent on the task's machine has learned of it, now."""
        self._tasks["bound_us"][task] = self.now_us

    def fetch_image(self, task: int, then: Then, *, serial: bool) -> None:
        """Bring the task's image to its machine, then call `then`; see `Images.fetch`."""

        def fetched() -> None:
            if self._tasks["image_us"][task] == NEVER:
                self._tasks["image_us"][task] = self.now_us
            then()

        self.images.fetch(self._nodes[task], self._apps[task].image, self.guarded(task, fetched), serial=serial)

    def mount_volume(self, task: int, volume: str, then: Then) -> None:
        """Make and attach the named volume of the task (none if empty), then call `then`; see `Disks.mount`."""
        need, app = self._apps[task].volume, self._apps[task].name
        if not volume or need is None:
            self.volumes_there(task, then)
            return
        zone = self.fleet.nodes[self._nodes[task]].zone if need.zonal else ""
        want = Want(volume, app, need.size, self._nodes[task], task, zone=zone)
        kind = need.kind or kind_by(need.reach)
        self.copies.lie_on(task, self.disks.named(kind, want))
        self.mount(kind, want, lambda: self.volumes_there(task, then))

    def mount(self, kind: str, want: Want, then: Then, again: Then | None = None) -> None:
        """Bring a volume into the task that wants it, then call `then`; see `Disks.mount`."""
        retry = again or (lambda: self.mount(kind, want, then))
        self.disks.mount(kind, want, self.guarded(want.task, then), self.guarded(want.task, retry))

    def volumes_there(self, task: int, then: Then) -> None:
        """Note that the task has all its volumes from now on, then call `then`."""
        if self._tasks["volume_us"][task] == NEVER:
            self._tasks["volume_us"][task] = self.now_us
        then()

    def start_process(self, task: int) -> None:
        """Start the task's process: it runs after its start-up time, and is ready some time later.

        A second call after the process ended (a restart on the same machine) books its resources again.
        """
        app = self._apps[task]
        machine = self.machines[self._nodes[task]]
        if task not in machine.tasks:
            self._rebook(task, machine)
        slow = self.slowness(task)
        start_us = round(app.start_us * slow)
        ready_us = start_us + round(app.ready_us * slow)
        self.agenda.after(start_us, Order.PHYSICS, self.guarded(task, lambda: self._started(task, slow)))
        if app.kind != "batch" and not app.broken:
            self.agenda.after(ready_us, Order.PHYSICS, self.guarded(task, lambda: self._ready(task, slow)))

    def slowness(self, task: int) -> float:
        """Return the factor on the times of the task's next start."""
        return self._draws.slowness(*self._key(task), self._runs[task])

    def initialised(self, task: int) -> None:
        """Note that what has to be done before the task's process may start is done, now."""
        if self._tasks["init_us"][task] == NEVER:
            self._tasks["init_us"][task] = self.now_us

    def fail(self, task: int, why: str) -> None:
        """End a task's process amiss, now: by itself, or because its machine did not let it go on."""
        self.event("process-failed", self.name_of(task), why)
        self._end(task, "failed")
        self._control_plane.notify(Ended(task, "failed"))

    def stop(self, task: int, reason: EndReason = "killed", *, replaced: bool = False) -> None:
        """Stop the task's process, if it runs, and give back what it holds on its machine, now.

        A killed task does not leave its slot to a successor with a claim to its waiting time, unless it is to be
        `replaced`; a failed one does.
        """
        if self._nodes[task] == NEVER:
            self._tasks["outcome"][task] = reason
        elif task in self.machines[self._nodes[task]].tasks:
            self.copies.asked_to_stop(task, lambda: None, replaced=replaced)
            self._end(task, reason, replaced=replaced)

    def lose(self, task: int) -> None:
        """End a task whose machine has stopped."""
        self._end(task, "lost")

    def give_up(self, task: int) -> None:
        """Note that another task is to take the place of one that may still run, out of sight.

        From now on two may hold that place at once. The newer one has waited since now; the end of the older one,
        whatever it is, leaves nothing to stand in for.
        """
        self._replace(task, "may-still-run")

    def in_touch(self, task: int) -> bool:
        """Say whether messages about a task pass between its machine and the control plane."""
        return self.machines[self._nodes[task]].in_touch

    def connected(self, task: int) -> bool:
        """Say whether others reach what runs in a task, whatever becomes of the agent beside it."""
        return self.machines[self._nodes[task]].connected

    def terminate(self, task: int, grace_us: int, *, replaced: bool = False) -> None:
        """Ask the task's process to stop: it does so after its app's `stop_us`, and has to when the grace is over.

        One that leaves a cluster for good hands its data over first. Once it has stopped, `Ended` is reported with the
        reason ``killed``; at once if nothing runs. It holds what it asked for until then. A task that ends by itself
        meanwhile, or with its machine, is not reported again. `replaced` is as for `stop`.
        """

        def stopped() -> None:
            self._end(task, "killed", replaced=replaced)
            self._control_plane.notify(Ended(task, "killed"))

        if not self.alive(task):
            return
        stop_us = self._apps[task].stop_us if self.health.stops_when_asked(task) else grace_us
        takes_us = min(stop_us, grace_us) if self._attempt[task] != NEVER else 0
        end = self.guarded(task, stopped)
        if self.copies.asked_to_stop(task, lambda: self.agenda.after(takes_us, Order.END, end), replaced=replaced):
            self.agenda.after(grace_us, Order.END, end)
        elif takes_us > 0:
            self.agenda.after(takes_us, Order.END, end)
        else:
            stopped()

    def keeps_place(self, task: int) -> None:
        """Note that a task which has just failed runs again by itself: nobody is to stand in for it."""
        self._slots.back(self._apps[task].name, self.slot_of(task), task)

    def not_coming_back(self, task: int, *, awaited: bool) -> None:
        """Note that a task which may have gone down with its machine will not be started again there.

        With `awaited` another is to take its place, from now on; else that was settled before it went down.
        """
        if task in self._slots.kept:
            self._slots.settle(task, awaited=awaited)

    def make_way(self, task: int, why: str = "to-move") -> None:
        """Note that another task is to take the place of one that is to go, or to stay beside: awaited from now on."""
        self._replace(task, why)

    def _replace(self, task: int, why: str) -> None:
        """Let the place of a task be taken from now on, while it may still run."""
        if self.alive(task) and task not in self._given_up:
            self._given_up.add(task)
            self._slots.vacate(self._apps[task].name, self.slot_of(task), self.now_us)
            self.event("given-up", self.name_of(task), why)

    def resized(self, app: str, replicas: int) -> None:
        """Note that so many instances of an app are wanted from now on: a vacancy too many is none any more."""
        there = sum(
            name == app and outcome in ("waiting", "running")
            for name, outcome in zip(self._tasks["app"], self._tasks["outcome"], strict=True)
        )
        self._slots.resize(app, replicas, there)
        self.copies.resized(app, replicas)

    def released(self, task: int) -> None:
        """Note that the control plane counts the task's resources as free again, now."""
        if self._tasks["released_us"][task] == NEVER:
            self._tasks["released_us"][task] = self.now_us

    def unbook(self, task: int) -> None:
        """Give back what a task holds on a machine that nobody can reach, where it may run on.

        Somebody has taken it off the books by force, and others may be sent where it is. Its machine will see to it.
        """
        if task in self._unbooked or self._nodes[task] == NEVER:
            return
        if self.alive(task):
            self._give_back(task, self.machines[self._nodes[task]])
        self._unbooked.add(task)

    # -- what a control plane may ask -----------------------------------------------------------------------

    def app_of(self, task: int) -> App:
        """Return the app a task belongs to."""
        return self._apps[task]

    def node_of(self, task: int) -> int:
        """Return the index of the machine a task was placed on, -1 if nowhere."""
        return self._nodes[task]

    def name_of(self, task: int) -> str:
        """Return a task's name."""
        name: str = self._tasks["task"][task]
        return name

    def slot_of(self, task: int) -> int:
        """Return a task's ordinal or number."""
        slot: int = self._tasks["slot"][task]
        return slot

    def arrived(self, task: int) -> bool:
        """Say whether the agent on the task's machine has learned of it."""
        learned: bool = self._tasks["bound_us"][task] != NEVER
        return learned

    def alive(self, task: int) -> bool:
        """Say whether the task holds resources on a machine: it was placed and has not ended."""
        return self._nodes[task] != NEVER and task in self.machines[self._nodes[task]].tasks

    def runs(self, task: int) -> bool:
        """Say whether the task's process runs."""
        return self._attempt[task] != NEVER

    def serving(self, task: int) -> bool:
        """Say whether the task's process runs, and has once been ready."""
        return self._attempt[task] != NEVER and self._tasks["ready_us"][task] != NEVER

    def used_cpu(self, node: int) -> int:
        """Return how much cpu the processes on a machine use now, in millicores; never more than the machine has."""
        machine = self.machines[node]
        running = (task for task in machine.tasks if self._attempt[task] != NEVER)
        wanted = sum(self._apps[task].wanted_cpu for task in running)
        return min(wanted, machine.capacity.get(CPU, 0))

    # -- what a control plane writes into the trace ---------------------------------------------------------

    def event(self, kind: str, subject: str, reason: str = "", detail: str = "") -> None:
        """Write a row into the table of events."""
        self.trace["events"].append(self.now_us, kind, subject, reason, detail)

    def rescaled(self, app: App, before: int, after: int, reason: str) -> None:
        """Write that an autoscaler wants another number of instances of an app, from now on."""
        self.trace["scaling"].append(self.now_us, app.name, before, after, reason)
        self._timeline.rescaled(app.name, after)

    def deleted(self, app: App) -> bool:
        """Say whether the user wants the app to go."""
        return self._timeline.deleted(app.name)

    def not_understood(self, change: Change) -> None:
        """Write that the control plane has no counterpart for a change."""
        not_understood(change, self.event, self.node_names)

    def endpoint(self, task: int, change: str, reason: str, front: str = "") -> None:
        """Write that clients are sent to a task from now on (``added``) or no more (``removed``).

        They are those of the app `front`; empty: of the app that the task's own stands behind.
        """
        app = front or self._apps[task].front
        self.trace["endpoints"].append(self.now_us, app, self._tasks["task"][task], change, reason)
        (self.traffic.joined if change == "added" else self.traffic.left)(app, task)

    def node_seen(self, node: int, state: str) -> None:
        """Write how the control plane sees a machine from now on: ready, not-ready, unreachable, gone."""
        self.trace["nodes"].append(self.now_us, self.node_names[node], state, self.trace.control_plane)

    # -- physics --------------------------------------------------------------------------------------------

    def guarded(self, task: int, then: Then) -> Then:
        """Return `then`, made void by the end of the task or the loss of its machine in the meantime."""
        epoch = self._epochs[task]

        def go() -> None:
            if self._epochs[task] == epoch and self.machines[self._nodes[task]].up:
                then()

        return go

    def _started(self, task: int, slow: float) -> None:
        now = self.now_us
        app = self._apps[task]
        if self._tasks["started_us"][task] == NEVER:
            self._tasks["started_us"][task] = now
        self._tasks["ended_us"][task] = NEVER
        self._tasks["outcome"][task] = "running"
        self._runs[task] += 1
        node = self._tasks["node"][task]
        self._attempt[task] = self.trace["attempts"].append(
            self._tasks["task"][task], self._runs[task] - 1, node, now, NEVER, ""
        )
        self.disks.written(task, self._runs[task] - 1)
        self._control_plane.notify(Started(task))
        if app.trouble is not None:
            self.health.started(task, app.trouble, slow)
        if self.memory.followed:
            self.memory.started(task)
        if self.scratch.followed:
            self.scratch.started(task)
        if app.kind == "batch":
            self._ready(task, slow)
            self.work.began(task)
        elif self.processors.followed:
            self.processors.started(task)

    def _ready(self, task: int, slow: float) -> None:
        if self._tasks["ready_us"][task] == NEVER:
            self._tasks["ready_us"][task] = self.now_us
        self.traffic.up(self._apps[task].name, task, self._apps[task])
        self.copies.joined(task)
        self.health.ready(task, slow)
        self._control_plane.notify(Ready(task))

    def run_time(self, task: int) -> int:
        """Return how long a batch task works once it has begun and has what it reads, in microseconds."""
        duration = self._apps[task].duration
        return 0 if duration is None else self._draws.duration(*self._key(task), duration)

    def _end(self, task: int, outcome: str, *, replaced: bool = False) -> None:
        machine = self.machines[self._nodes[task]]
        del machine.tasks[task]
        self._give_back(task, machine)
        self._epochs[task] += 1
        self.traffic.down(self._apps[task].name, task)
        self.health.ended(task)
        if self.memory.followed:
            self.memory.ended(task)
        if self.scratch.followed:
            self.scratch.ended(task)
        if self.processors.followed:
            self.processors.ended(task)
        tasks = self._tasks
        tasks["ended_us"][task] = self.now_us
        tasks["outcome"][task] = outcome
        tasks["why"][task] = outcome
        self._close_attempt(task, outcome)
        self.copies.left(task, silent=not machine.connected)
        if (replaced or outcome in ("lost", "failed")) and task not in self._given_up:
            started = tasks["started_us"][task] != NEVER
            since_us = self.now_us if started else tasks["submitted_us"][task]
            kept_for = task if outcome == "lost" and self._control_plane.starts_over else None
            self._slots.vacate(self._apps[task].name, self.slot_of(task), since_us, kept_for)
        self.work.ended(task, outcome)

    def _give_back(self, task: int, machine: Machine) -> None:
        if task not in self._unbooked:
            for name, amount in self._requests[task].items():
                machine.booked[name] -= amount

    def _close_attempt(self, task: int, outcome: str) -> None:
        row = self._attempt[task]
        if row != NEVER:
            self.trace["attempts"]["ended_us"][row] = self.now_us
            self.trace["attempts"]["reason"][row] = outcome
            self._attempt[task] = NEVER

    def _rebook(self, task: int, machine: Machine) -> None:
        for name, amount in self._requests[task].items() if task not in self._unbooked else ():
            if amount > 0 and machine.booked.get(name, 0) + amount > machine.capacity.get(name, 0):
                self._refuse(task, machine)
            machine.booked[name] = machine.booked.get(name, 0) + amount
        machine.tasks[task] = None
        if task not in self._given_up:
            self._slots.back(self._apps[task].name, self.slot_of(task), task)

    def _key(self, task: int) -> tuple[str, int, int]:
        return self._apps[task].name, self.slot_of(task), self._tasks["incarnation"][task]

    # -- the person on call -----------------------------------------------------------------------------------

    def _away_since(self, node: int) -> int:
        machine = self.machines[node]
        return NEVER if machine.in_touch else machine.silent_since_us

    def _give_up(self, node: int) -> None:
        self.event("operator-acts", self.node_names[node])
        self._control_plane.apply(GiveUp(node))

    # -- the run --------------------------------------------------------------------------------------------

    def run(
        self, *, cancelled: Callable[[], bool] | None = None, progress: Callable[[float], None] | None = None
    ) -> Trace:
        """Let the whole scenario happen and return its trace.

        Parameters
        ----------
        cancelled : callable, optional
            Asked about a hundred times in a run; True stops it.
        progress : callable, optional
            Told the fraction of simulated time that has passed, from 0 to 1.

        Raises
        ------
        CancelledError
            When `cancelled` said so.
        OverPlacementError
            When the control plane placed more on a machine than it holds.
        """
        self._control_plane.start(self)
        self._faults.plan()
        Feed(self.agenda, self.scenario, self._draws, self._timeline, self._control_plane.apply).plan()
        self._timeline.plan(self._control_plane.apply, self.event, self.node_names)
        horizon = self.scenario.horizon_us
        collecting = gc.isenabled()
        gc.disable()  # a run makes no cycles worth finding; collecting costs a third of its time
        try:
            for step in range(1, 101):
                until = horizon * step // 100
                if until > self.now_us:
                    self.agenda.run(until)
                if cancelled is not None and cancelled():
                    raise CancelledError(f"stopped at t={to_seconds(self.now_us)}s of {to_seconds(horizon)}s")
                if progress is not None:
                    progress(step / 100)
        finally:
            if collecting:
                gc.enable()
        self.traffic.finish()
        return self.trace
