"""The driver's scheduler: stages one after another, each task onto a free core as near to its data as is allowed.

A stage begins when the one before it is over. Tasks that are lost with their executor wait again; one that is lost or
fails for the fourth time ends the application. Free cores are offered in an order drawn by lot, the nearest level
first; see `task_set.py` for who may go where.

Source: spark core/src/main/scala/org/apache/spark/scheduler/TaskSchedulerImpl.scala (2.4: resourceOffers),
TaskSetManager.scala (executorLost: a task lost with an executor that was not killed on purpose counts as failed;
handleFailedTask, spark.task.maxFailures).
Left out: several jobs in one application.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from workbench.engines.applications.spark.parameters import SparkParameters, task_app, task_cores
from workbench.engines.applications.spark.task_set import ANY, NODE, PROCESS, Place, TaskSet
from workbench.engines.world import World
from workbench.model.clock import to_us
from workbench.model.workload import App

MOST_FAILURES = 4
"""Of one task; then the application is given up (spark.task.maxFailures)."""


@dataclass(frozen=True, slots=True)
class Launched:
    """A task that goes to a place: its row in the trace, and the level it got."""

    task: int
    place: Place
    level: int


class TaskScheduler:
    """The tasks of one application.

    Parameters
    ----------
    done : callable
        Called when all tasks have finished.
    sees_machines : bool
        Whether the driver can tell on which machine an executor runs. On Kubernetes it knows the pod's address only.
    takes : mapping or None
        What each task takes of a machine; None: nothing beyond what its executor holds.
    """

    def __init__(
        self,
        world: World,
        app: App,
        done: Callable[[], None],
        *,
        sees_machines: bool = True,
        takes: Mapping[str, int] | None = None,
    ) -> None:
        self._world = world
        self.app = app
        self.cores = task_cores(app)
        self._done = done
        self._inner = replace(task_app(app), request=dict(takes or {}))
        self._sees_machines = sees_machines
        self._wait_us = to_us(world.settings.of(SparkParameters).locality_wait_s)
        self._random = world.streams.stream(f"spark/offers/{app.name}")
        self._slots: dict[int, int] = {}  # task -> number in the app
        self._tries: dict[int, int] = {}
        self._left: set[int] = set()
        self._stage = -1
        self.running: dict[int, Place] = {}
        self.tasks = TaskSet({}, 0, self._wait_us)
        self.over = False

    def start(self) -> None:
        """All tasks are known from the start; those of the first stage wait from now on."""
        world, app = self._world, self.app
        request = self._inner.request
        rows = [
            world.new_task(self._inner, f"{app.name}.{slot}", dict(request), slot=slot, submitted_us=app.at_us)
            for slot in range(app.replicas)
        ]
        self._slots = dict(zip(rows, range(app.replicas), strict=True))
        self._next_stage()

    def _next_stage(self) -> None:
        """Let the tasks of the next stage wait; without any more the application is done."""
        self._stage += 1
        whole = self.app.replicas
        size = whole if self.app.input is None or self.app.input.blocks is None else self.app.input.blocks
        now = [task for task, slot in self._slots.items() if slot // size == self._stage]
        if not now:
            self.over = True
            self._done()
            return
        self._left = set(now)
        self.tasks = TaskSet({task: self._reads(task) for task in now}, self._world.now_us, self._wait_us)

    def _reads(self, task: int) -> tuple[int, frozenset[int]]:
        blocks = self._world.work.blocks
        block = blocks.block_of(self.app, self._slots[task])
        return block, blocks.homes(self.app, block) if self._sees_machines else frozenset()

    def offered(self, places: Sequence[Place], known: Sequence[Place]) -> list[Launched]:
        """Return which tasks go to which free cores, now; `known` are all executors, free or not."""
        self.tasks.known(known)
        order = list(places)
        self._random.shuffle(order)
        now = self._world.now_us
        launched: list[Launched] = []
        for level in (PROCESS, NODE, ANY):
            again = len(self.tasks) > 0
            while again:
                again = False
                for place in order:
                    if place.cores < self.cores or not len(self.tasks):
                        continue
                    taken = self.tasks.take(place, level, now)
                    if taken is not None:
                        place.cores -= self.cores
                        launched.append(Launched(taken[0], place, taken[1]))
                        self.running[taken[0]] = place
                        again = True
        return launched

    def slot(self, task: int) -> int:
        """Return the number of a task in its app."""
        return self._slots[task]

    def knows(self, task: int) -> bool:
        """Say whether it still waits for news of a task: it has not heard the end, nor given it up."""
        return task in self._slots

    def lost(self, task: int) -> None:
        """The executor of a task is given up: another takes its place, whatever becomes of it."""
        world = self._world
        slot = self._slots[task]
        if not world.alive(task):
            self.ended(task, "lost", since_us=world.now_us)
            return
        if world.arrived(task):
            world.give_up(task)
            self.ended(task, "lost")
            return
        del self._slots[task]  # it never got there: nothing more will be heard of it
        world.stop(task, "failed")
        self._slots[task] = slot
        self.ended(task, "lost")

    def ended(self, task: int, outcome: str, since_us: int | None = None) -> None:
        """A task has ended: one that did not finish waits again, since its end or since a time that is given."""
        self.running.pop(task, None)
        slot = self._slots.pop(task)
        if self.over:
            return
        if outcome == "finished":
            self._left.discard(task)
            if not self._left:
                self._next_stage()
            return
        self._tries[slot] = self._tries.get(slot, 0) + 1
        if self._tries[slot] >= MOST_FAILURES:
            self._world.event("job-failed", self.app.name, "retries-used-up", str(MOST_FAILURES))
            self.stop()
            self._done()
            return
        name = f"{self.app.name}.{slot}.{self._tries[slot]}"
        again = self._world.new_task(self._inner, name, dict(self._inner.request), slot=slot, submitted_us=since_us)
        self._slots[again] = slot
        self._left.discard(task)
        self._left.add(again)
        self.tasks.add(again, *self._reads(again))

    def stop(self) -> None:
        """The driver is stopped: what waits is wanted no more."""
        self.over = True
        for task in self._slots:
            if self._world.node_of(task) < 0:
                self._world.stop(task, "killed")

    def returned(self, task: int) -> None:
        """A task never got to its place: it waits on."""
        self.running.pop(task, None)
        if self.over:
            self._world.stop(task, "killed")
            return
        self.tasks.add(task, *self._reads(task))

    @property
    def backlog(self) -> int:
        """How many tasks wait."""
        return len(self.tasks)
