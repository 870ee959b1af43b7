"""Executors that run many tasks, one after another: what the driver does with them, whoever gives it to them.

Whenever an executor registers, a task ends, or a second has passed, the free cores are offered to the waiting tasks. An
executor that ends takes its tasks with it; the driver knows at once, since the connection breaks. One that is cut off
gets no tasks until it is reached again.

Source: spark core/src/main/scala/org/apache/spark/scheduler/cluster/CoarseGrainedSchedulerBackend.scala (2.4).
Left out: heartbeats; results and shuffles over the network, even from a machine that is cut off.
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


@dataclass(slots=True)
class Executor:
    """An executor that has registered: its row in the trace, its place, the tasks it runs, since when it is idle."""

    row: int
    place: Place
    kept: set[int]
    tasks: dict[int, None] = field(default_factory=dict)
    idle_us: int = 0


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
        self._attempts = world.trace["tasks"]["attempts"]

    def start(self) -> None:
        """The driver begins."""
        self.scheduler.start()
        agenda = self._world.agenda
        if not self.scheduler.over:
            agenda.after(REVIVE_US, Order.FRAMEWORK, self._revive)
            if self._params.dynamic_allocation:
                agenda.after(0, Order.FRAMEWORK, self._look)

    def _revive(self) -> None:
        if not self.scheduler.over:
            self._world.agenda.after(REVIVE_US, Order.FRAMEWORK, self._revive)
            self.offer()

    # -- executors come and go --------------------------------------------------------------------------------

    def register(self, row: int, node: int, cores: int) -> None:
        """An executor runs and has told the driver so."""
        if self.scheduler.over:
            self._world.work.finish(row)
            return
        kept: set[int] = set()
        self.registered[row] = Executor(row, Place(row, node, cores, kept), kept, idle_us=self._world.now_us)
        self._world.work.watch(row, self._gone)
        self.offer()

    def given_up(self, row: int) -> None:
        """An executor is lost, as far as the cluster manager knows: it gets no more tasks, even if it runs on."""
        if row in self.registered:
            self._leaving.add(row)

    def _gone(self, row: int, _outcome: str) -> None:
        """An executor has ended; what ran in it ends with it, a moment later, if its machine has not ended it yet."""
        executor = self.registered.pop(row)
        self._leaving.discard(row)
        for task in executor.tasks:
            self._world.agenda.after(0, Order.PHYSICS, self._lost, task)

    def _lost(self, task: int) -> None:
        if self._world.alive(task):
            self._world.stop(task, "failed")

    def _over(self) -> None:
        """The application is over: its executors stop by themselves."""
        self._done()
        for row in list(self.registered):
            self._world.agenda.after(self._message_us, Order.PHYSICS, self._finish, row)

    def _finish(self, row: int) -> None:
        if self._world.alive(row):
            self._world.work.finish(row)

    # -- tasks ----------------------------------------------------------------------------------------------

    def offer(self) -> None:
        """Offer all free cores to the tasks that wait."""
        reached = self._world.connected
        places = [one.place for one in self.registered.values() if one.row not in self._leaving and reached(one.row)]
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
        world.agenda.after(self._message_us, Order.AGENT, world.guarded(task, partial(self._begin, task)))

    def _begin(self, task: int) -> None:
        self._world.bound(task)
        self._world.start_process(task)

    def _ended(self, task: int, outcome: str) -> None:
        place = self.scheduler.running.get(task)
        slot = self.scheduler.slot(task)
        executor = None if place is None else self.registered.get(place.number)
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
