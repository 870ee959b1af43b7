"""Spark on machines of its own: a standalone cluster on the partition of its team.

Each application gets cores of the team's machines, one core in turn from each, the machine with the most free cores
first: up to `spark.cores_max`, and in executors of `spark.executor_cores` if those are given, else in one executor on
each machine. It keeps them to its end. Applications go in the order of their submission; cores that become free, or
come with a machine, are given to the first that wants more. The driver knows on which machines its executors run, and
waits for near ones as it does on Mesos (`applications/spark`); which machines those are is not chosen by where data
lies.

Source: spark core/src/main/scala/org/apache/spark/deploy/master/Master.scala (2.4: scheduleExecutorsOnWorkers,
startExecutorsOnWorkers; spark.deploy.spreadOut is true by default).
Left out: the driver's own machine; messages take no time, as nowhere in partitions; limits on executors that fail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workbench.engines.applications.spark.executors import Executors
from workbench.engines.applications.spark.parameters import NO_LIMIT, SparkParameters, executor_app, executor_memory
from workbench.engines.static_partitions.partition import Books, Partition
from workbench.engines.world import World
from workbench.model.resources import CPU, MEMORY
from workbench.model.workload import App


def spread(free: Mapping[int, int], wanted: int, per: int = 0) -> dict[int, int]:
    """Return how many cores an application gets of each machine.

    Parameters
    ----------
    free : mapping
        Machine -> its free cores.
    wanted : int
        Cores that the application may still have.
    per : int
        Cores of an executor; 0: one executor on a machine has all that it gets there.

    Returns
    -------
    dict
        Machine -> cores, those that get any only; a multiple of `per`.
    """
    step = per or 1
    order = sorted(free, key=lambda node: -free[node])
    given = dict.fromkeys(order, 0)
    left = min(wanted, sum(free.values()))
    able = True
    while able:
        able = False
        for node in order:
            if left >= step and free[node] - given[node] >= step:
                given[node] += step
                left -= step
                able = True
    return {node: cores for node, cores in given.items() if cores}


class SparkMaster:
    """The masters of all standalone clusters: each application asks the one on its team's machines."""

    def __init__(self, world: World, books: Books) -> None:
        self._world, self._books = world, books
        self._applications: list[SparkApplication] = []

    def submit(self, app: App, part: Partition) -> None:
        """A user starts an application."""
        made = SparkApplication(self._world, self._books, part, app, self.schedule)
        self._applications.append(made)
        made.start()

    def schedule(self) -> None:
        """Cores may be free: the first application that wants some gets them."""
        for one in self._applications:
            one.schedule()

    def _of(self, row: int) -> SparkApplication | None:
        return next((one for one in self._applications if one.has(row)), None)

    def started(self, row: int) -> None:
        """A task runs, which may be an executor."""
        if (application := self._of(row)) is not None:
            application.started(row)

    def has(self, row: int) -> bool:
        """Say whether a task is an executor."""
        return self._of(row) is not None

    def lost(self, row: int) -> bool:
        """Say whether a task that has ended, or was given up, was an executor; its application asks for others."""
        if (application := self._of(row)) is None:
            return False
        application.lost(row)
        return True


class SparkApplication:
    """One application: its driver, and the executors that it holds in its team's partition.

    Parameters
    ----------
    freed : callable
        Called when it is over and has let go of its cores, which others may want.
    """

    def __init__(self, world: World, books: Books, part: Partition, app: App, freed: Callable[[], None]) -> None:
        self._world, self._books, self._part, self._app = world, books, part, app
        self._params = world.settings.of(SparkParameters)
        self._freed = freed
        self._held: dict[int, int] = {}  # row of an executor -> its cores
        self._made = 0
        self._limit = 0 if self._params.dynamic_allocation else NO_LIMIT
        self._driver = Executors(
            world, app, wanted=self._want, let_go=self._let_go, done=self._done, message_us=0
        )  # fmt: skip

    def start(self) -> None:
        """A user starts the driver."""
        self._driver.start()
        self.schedule()

    def schedule(self) -> None:
        """Take the cores that are free and wanted."""
        if self._driver.scheduler.over or self._part.stopped:
            return
        free = {node: cores for node in self._part.machines if (cores := self._cores_on(node)) > 0}
        wanted = self._params.cores_max - sum(self._held.values())
        for node, cores in sorted(spread(free, wanted, self._params.executor_cores).items()):
            per = self._params.executor_cores or cores
            for _ in range(cores // per):
                if len(self._held) < self._limit:
                    self._launch(node, per)

    def _cores_on(self, node: int) -> int:
        """Return the cores of a machine that are free for executors: whole ones, with memory beside them."""
        if self._books.why_not(executor_app(self._app, self._params.executor_cores or 1), node):
            return 0
        cores = self._books.free[node].get(CPU, 0) // 1000
        per, memory = self._params.executor_cores, executor_memory(self._app)
        return min(cores, per * (self._books.free[node].get(MEMORY, 0) // memory)) if per and memory else cores

    def _launch(self, node: int, cores: int) -> None:
        world, app = self._world, executor_app(self._app, cores)
        name = f"{self._app.name}-exec-{self._made}"
        self._made += 1
        row = world.new_task(app, name, dict(app.request), submitted_us=world.now_us)
        self._held[row] = cores
        self._part.take(row, app, node)

    # -- what the driver wants ----------------------------------------------------------------------------------

    def _want(self, executors: int) -> None:
        self._limit = executors
        self.schedule()

    def _let_go(self, row: int) -> None:
        if self._world.alive(row) and self._world.connected(row):
            self._world.work.finish(row)

    def _done(self) -> None:
        """The application is over; its executors stop by themselves, and cores are free once they have."""

    # -- what becomes of executors ------------------------------------------------------------------------------

    def has(self, row: int) -> bool:
        """Say whether a task is an executor of this application."""
        return row in self._held

    def started(self, row: int) -> None:
        """An executor runs, and registers with the driver."""
        if self._world.alive(row):
            self._driver.register(row, self._world.node_of(row), self._held[row])

    def lost(self, row: int) -> None:
        """An executor has ended, or its machine is given up: it gets no more tasks, and its cores may be had anew."""
        del self._held[row]
        self._driver.given_up(row)
        self._freed()
