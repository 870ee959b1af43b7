"""Executors that run many tasks, one after another: what the driver does with them, whoever gives it to them.

Whenever an executor registers, a task ends, or a second has passed, the free cores are offered to the waiting tasks. An
executor that ends takes its tasks with it; the driver knows at once, since the connection breaks.

Of one that is cut off it knows nothing: its free cores are given tasks, which do not get there, and how its tasks end
is not heard, until it is reached again. Executors send a heartbeat every 10 s; every 60 s the driver gives up on those
that it has not heard of for 120 s, and on those that the cluster manager calls lost at once. Their tasks wait again,
and what they still tell is not listened to; an executor that can be reached again is let go. A task that has failed
four times ends the application.

Source: spark core/src/main/scala/org/apache/spark/scheduler/cluster/CoarseGrainedSchedulerBackend.scala,
core/src/main/scala/org/apache/spark/HeartbeatReceiver.scala (2.4: expireDeadHosts, spark.network.timeout,
spark.network.timeoutInterval, spark.executor.heartbeatInterval).
Left out: results and shuffles over the network, even from a machine that is cut off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from workbench.engines.agenda import Order
from workbench.engines.applications.spark.allocation import LOOK_US, Wanted, looked, needed
from workbench.engines.applications.spark.parameters import SparkParameters
from workbench.engines.applications.spark.task_scheduler import Launched, TaskScheduler
from workbench.engines.applications.spark.task_set import Place
from workbench.engines.world import World
from workbench.model.clock import SECOND_US, to_us
from workbench.model.workload import App

REVIVE_US = SECOND_US
"""Free cores are offered again so often (spark.scheduler.revive.interval)."""

HEARTBEAT_US = 10 * SECOND_US
"""How often an executor says that it is there (spark.executor.heartbeatInterval)."""

TIMEOUT_US = 120 * SECOND_US
"""How long the driver has to hear nothing of an executor to give up on it (spark.network.timeout)."""

CHECK_US = 60 * SECOND_US
"""How often the driver looks for such executors (spark.network.timeoutInterval)."""


@dataclass(slots=True)
class Executor:
    """An executor that has registered: its row in the trace, its place, the tasks it runs, since when it is idle.

    `unsent` are tasks that were launched while it was cut off, `untold` those that ended meanwhile, and how.
    """

    row: int
    place: Place
    kept: set[int]
    tasks: dict[int, None] = field(default_factory=dict)
    idle_us: int = 0
    since_us: int = 0
    unsent: list[int] = field(default_factory=list)
    untold: dict[int, str] = field(default_factory=dict)

    def heard_us(self, silent_since_us: int) -> int:
        """Return when its last heartbeat got through before its machine fell silent."""
        whole = (silent_since_us - self.since_us) // HEARTBEAT_US
        return self.since_us + max(0, whole) * HEARTBEAT_US


class Executors:
    """The executors of one application, and what runs in them.

    Parameters
    ----------
    wanted : callable
        Told how many executors there should be, when dynamic allocation has changed its mind.
    let_go : callable
        Told the row of an executor that has been idle for too long.
    done : callable
        Called when the application is over and its executors are about to stop.
    message_us : int
        From the driver to an executor.
    """

    def __init__(
        self, world: World, app: App, *, wanted: Callable[[int], None], let_go: Callable[[int], None],
        done: Callable[[], None], message_us: int, sees_machines: bool = True,
    ) -> None:  # fmt: skip
        self._world = world
        self._params = world.settings.of(SparkParameters)
        self._wanted_told, self._let_go, self._done = wanted, let_go, done
        self._message_us = message_us
        self.scheduler = TaskScheduler(world, app, self._over, sees_machines=sees_machines)
        self.registered: dict[int, Executor] = {}
        self.asked = 0  # executors on their way count with those that have registered
        self.wanted = Wanted()
        self._leaving: set[int] = set()
        self._strays: dict[int, Executor] = {}  # given up, and not known to have ended
        self._checked_us = 0
        self._attempts = world.trace["tasks"]["attempts"]

    def start(self) -> None:
        """The driver begins."""
        self.scheduler.start()
        agenda = self._world.agenda
        self._checked_us = self._world.now_us
        if not self.scheduler.over:
            agenda.after(REVIVE_US, Order.FRAMEWORK, self._revive)
            if self._params.dynamic_allocation:
                agenda.after(0, Order.FRAMEWORK, self._look)

    def _revive(self) -> None:
        if not self.scheduler.over:
            self._world.agenda.after(REVIVE_US, Order.FRAMEWORK, self._revive)
            self._hear()
            self.offer()

    # -- executors come and go --------------------------------------------------------------------------------

    def register(self, row: int, node: int, cores: int) -> None:
        """An executor runs and has told the driver so."""
        if self.scheduler.over:
            self._world.work.finish(row)
            return
        kept: set[int] = set()
        now = self._world.now_us
        self.registered[row] = Executor(row, Place(row, node, cores, kept), kept, idle_us=now, since_us=now)
        self._world.work.watch(row, self._gone)
        self.offer()

    def given_up(self, row: int) -> None:
        """An executor is lost, as far as the cluster manager knows: its tasks wait again, even if it runs on."""
        if row not in self.registered:
            return
        executor = self._strays[row] = self.registered.pop(row)
        self._leaving.discard(row)
        self._world.event("executor-lost", self._world.name_of(row), "not-heard-of", str(len(executor.tasks)))
        executor.unsent, executor.untold = [], {}
        for task in executor.tasks:
            self.scheduler.lost(task)
        self._world.agenda.after(self._message_us, Order.FRAMEWORK, self.offer)

    def _hear(self) -> None:
        """Executors that can be reached tell what they have to tell; those not heard of for too long are given up."""
        world, now = self._world, self._world.now_us
        check = now - self._checked_us >= CHECK_US
        if check:
            self._checked_us += CHECK_US
        for one in list(self.registered.values()):
            if not self._cut_off(one):
                self._reached(one)
            elif check and now - one.heard_us(world.machines[one.place.node].silent_since_us) > TIMEOUT_US:
                self.given_up(one.row)
                self._let_go(one.row)
        for row, one in list(self._strays.items()):
            if check and not self._cut_off(one):
                self._let_go(row)

    def _cut_off(self, one: Executor) -> bool:
        """Say whether an executor runs and cannot be reached."""
        machine = self._world.machines[one.place.node]
        return machine.up and not machine.connected

    def _reached(self, one: Executor) -> None:
        unsent, one.unsent = one.unsent, []
        for task in unsent:
            self._begin(task)
        untold, one.untold = one.untold, {}
        for task, outcome in untold.items():
            self._settled(one, task, outcome)

    def _gone(self, row: int, _outcome: str) -> None:
        """An executor has ended; what ran in it ends with it, a moment later, if its machine has not ended it yet."""
        executor = self.registered.pop(row, None) or self._strays.pop(row)
        self._leaving.discard(row)
        for task, outcome in executor.untold.items():
            self._settled(executor, task, outcome)
        for task in executor.tasks:
            self._world.agenda.after(0, Order.PHYSICS, self._lost, task)

    def _lost(self, task: int) -> None:
        if self._world.alive(task):
            self._world.stop(task, "failed")

    def _over(self) -> None:
        """The application is over: its executors stop by themselves."""
        self._done()
        for row in [*self.registered, *self._strays]:
            self._world.agenda.after(self._message_us, Order.PHYSICS, self._finish, row)

    def _finish(self, row: int) -> None:
        """Tell an executor to stop, as soon as it can be reached."""
        if not self._world.alive(row):
            return
        if self._world.connected(row):
            self._world.work.finish(row)
        else:
            self._world.agenda.after(REVIVE_US, Order.PHYSICS, self._finish, row)

    # -- tasks ----------------------------------------------------------------------------------------------

    def offer(self) -> None:
        """Offer all free cores to the tasks that wait."""
        places = [one.place for one in self.registered.values() if one.row not in self._leaving]
        free = [place for place in places if place.cores >= self.scheduler.cores]
        if not self.scheduler.backlog or self.scheduler.over:
            return
        for launched in self.scheduler.offered(free, places):
            self._launch(launched, len(free))
        left = [place for place in free if place.cores >= self.scheduler.cores]
        if self.scheduler.backlog:
            reason, count = ("locality-wait", len(left)) if left else ("executors-busy", len(places))
            self._note(self.scheduler.tasks.first, "", 0, f"spark/{reason}={count}" if count else "spark/no-executor=1")
            if left:
                next_us = self.scheduler.tasks.next_us(self._world.now_us)
                if next_us is not None and next_us > self._world.now_us:
                    self._world.agenda.at(next_us, Order.FRAMEWORK, self.offer)

    def _launch(self, launched: Launched, feasible: int) -> None:
        world, task = self._world, launched.task
        executor = self.registered[launched.place.number]
        executor.tasks[task] = None
        world.work.watch(task, self._ended, executor.kept)
        node = launched.place.node
        self._note(task, world.node_names[node], feasible, "")
        world.place(task, node, world.now_us)
        world.agenda.after(self._message_us, Order.AGENT, world.guarded(task, partial(self._arrives, executor, task)))

    def _arrives(self, executor: Executor, task: int) -> None:
        """A task gets to its executor, or waits for the network to be mended."""
        if self._cut_off(executor):
            executor.unsent.append(task)
        else:
            self._begin(task)

    def _begin(self, task: int) -> None:
        if self._world.alive(task):
            self._world.bound(task)
            self._world.start_process(task)

    def _ended(self, task: int, outcome: str) -> None:
        """A task has ended; the driver hears of it if its executor can be reached, and has not been given up."""
        place = self.scheduler.running.get(task)
        executor = None if place is None else self.registered.get(place.number)
        if executor is not None and self._cut_off(executor):
            executor.untold[task] = outcome
        elif self.scheduler.knows(task):
            self._settled(executor, task, outcome)

    def _settled(self, executor: Executor | None, task: int, outcome: str) -> None:
        slot = self.scheduler.slot(task)
        if executor is not None:
            del executor.tasks[task]
            executor.place.cores += self.scheduler.cores
            executor.idle_us = self._world.now_us
            app = self.scheduler.app
            if outcome == "finished" and app.input is not None and app.input.blocks is not None:
                executor.kept.add(self._world.work.blocks.block_of(app, slot))
        self.scheduler.ended(task, outcome)
        self._world.agenda.after(self._message_us, Order.FRAMEWORK, self.offer)

    def _note(self, task: int, node: str, feasible: int, rejected: str) -> None:
        world = self._world
        attempt = self._attempts[task] + 1
        world.trace["decisions"].append(world.now_us, world.name_of(task), attempt, node, feasible, rejected)
        if not node:
            world.attempted(task, rejected.partition("/")[2].partition("=")[0])

    # -- dynamic allocation -----------------------------------------------------------------------------------

    def _look(self) -> None:
        """Ask for more executors while tasks wait, let go of those that were idle for too long."""
        if self.scheduler.over:
            return
        now = self._world.now_us
        self._world.agenda.after(LOOK_US, Order.FRAMEWORK, self._look)
        per = max(1, (self._params.executor_cores or 1) // self.scheduler.cores)
        backlog = self.scheduler.backlog
        most = needed(backlog, len(self.scheduler.running), per)
        timeout_us = to_us(self._params.backlog_timeout_s)
        before = self.wanted.target
        self.wanted = looked(self.wanted, now, most, backlog=backlog > 0, timeout_us=timeout_us)
        if self.wanted.target != before:
            self._wanted_told(self.wanted.target)
        idle_us = to_us(self._params.executor_idle_timeout_s)
        for row, one in list(self.registered.items()):
            if not one.tasks and not one.kept and row not in self._leaving and now - one.idle_us >= idle_us:
                self._leaving.add(row)
                self._let_go(row)
