"""How long the process of a batch task works: its own time, what it reads, and whom it has to wait for.

The ranks of an MPI program begin together: none gets anywhere before all of them run, and when one goes the others
fail. They leave together, too: one that is done early, since the others lack cpu, waits for them. A reduce of Hadoop
holds its place, but works only when all its maps are done. That is so for every control plane; what it starts when is
another matter.

A task can run inside the process of another, as tasks of Spark do in an executor: whoever runs that process says so
(`watch`), hears how each ends, and ends the process when it is not needed any more (`finish`).
"""

from __future__ import annotations

from collections.abc import Callable, Set
from functools import partial
from typing import TYPE_CHECKING

from workbench.engines.agenda import Order
from workbench.engines.blocks import Blocks, DataParameters
from workbench.engines.protocol import ControlPlane, Ended
from workbench.model.clock import SECOND_US

if TYPE_CHECKING:
    from workbench.engines.world import World


class Work:
    """The work of all batch tasks of a run.

    Parameters
    ----------
    control_plane : ControlPlane
        Whose agents see processes end.
    end : callable
        Ends a task's process: (task, outcome).
    """

    def __init__(self, world: World, control_plane: ControlPlane, end: Callable[[int, str], None]) -> None:
        self._world = world
        self._end = end
        self._tell = control_plane.notify
        self.blocks = Blocks(world.streams, world.settings.of(DataParameters), world.node_names)
        self._watched: dict[int, Callable[[int, str], None]] = {}
        self._kept: dict[int, Set[int]] = {}
        self._ranks: dict[str, dict[int, int]] = {}  # app -> slot -> task that runs, while not all do
        self._together: dict[str, list[int]] = {}
        self._awaited: dict[str, set[int]] = {}  # app -> ranks of its gang that still work
        self._finished: dict[str, set[int]] = {}  # app -> slots of which a task has finished; some are done twice
        self._sizes = {app.name: app.replicas for app in world.scenario.apps}
        self._reduces: list[int] = []  # tasks that run and wait for what their maps make

    def watch(self, task: int, ended: Callable[[int, str], None], kept: Set[int] = frozenset()) -> None:
        """Have somebody told (task, outcome) when a task ends; `kept` are the blocks that its process has read."""
        self._watched[task] = ended
        self._kept[task] = kept

    def began(self, task: int) -> None:
        """The process of a batch task runs: it works from now on, or waits for others."""
        app = self._world.app_of(task)
        if app.framework == "hadoop" and any(self._unfinished(parent) for parent in app.after):
            self._reduces.append(task)
            return
        if app.framework != "mpi":
            self._begin(task)
            return
        ranks = self._ranks.setdefault(app.name, {})
        ranks[self._world.slot_of(task)] = task
        if len(ranks) == app.replicas:
            together = self._together[app.name] = list(self._ranks.pop(app.name).values())
            self._awaited[app.name] = set(together)
            self._world.event("gang-began", app.name, "all-ranks-run")
            longest_us = max(self._takes_us(one) for one in together)
            for one in together:
                self._when_worked(one, longest_us, partial(self._finalize, app.name, one))

    def _begin(self, task: int) -> None:
        if self._world.app_of(task).duration is None:
            self._world.processors.started(task)
        else:
            self._when_worked(task, self._takes_us(task), partial(self.finish, task))

    def _when_worked(self, task: int, work_us: int, then: Callable[[], None]) -> None:
        """Let a task work for so long, or longer where cpu is short, then call `then`."""
        self._world.processors.started(task, work_us, self._world.guarded(task, then))

    def _finalize(self, name: str, task: int) -> None:
        """A rank is done with its work: MPI_Finalize returns, in all of them, once all are, and reach each other."""
        awaited = self._awaited[name]
        awaited.discard(task)
        if awaited:
            return
        together = self._together[name]
        if not all(self._world.connected(one) for one in together):
            again = partial(self._finalize, name, task)
            self._world.agenda.after(SECOND_US, Order.PHYSICS, self._world.guarded(task, again))
            return
        for one in list(together):
            self.finish(one)

    def _takes_us(self, task: int) -> int:
        """Return how long a task works from now on, what it reads included."""
        world, app = self._world, self._world.app_of(task)
        if app.input is None:
            return world.run_time(task)
        level = self.blocks.level(app, world.slot_of(task), world.node_of(task), self._kept.get(task, ()))
        reads_us = self.blocks.read_us(app, level)
        world.trace["reads"].append(
            world.now_us, world.name_of(task), app.name, world.node_names[world.node_of(task)], level,
            app.input.size, reads_us / 1e6,
        )  # fmt: skip
        return reads_us + world.run_time(task)

    def finish(self, task: int) -> None:
        """The process of a task is done, and ends."""
        self._end(task, "finished")
        self._tell(Ended(task, "finished"))

    def ended(self, task: int, outcome: str) -> None:
        """A task has ended, in whatever way: whoever watches it hears of it, and a gang breaks up."""
        watcher = self._watched.pop(task, None)
        self._kept.pop(task, None)
        app = self._world.app_of(task)
        if app.framework == "mpi":
            self._rank_ended(task, outcome)
        if task in self._reduces:
            self._reduces.remove(task)
        if outcome == "finished":
            self._count(app.name, self._world.slot_of(task))
        if watcher is not None:
            watcher(task, outcome)

    def _unfinished(self, app: str) -> bool:
        """Say whether tasks of an app have still to finish."""
        return len(self._finished.get(app, ())) < self._sizes[app]

    def _count(self, app: str, slot: int) -> None:
        """One more task of an app has finished: what waits for the last of them begins."""
        self._finished.setdefault(app, set()).add(slot)
        if self._reduces and app in self._sizes and not self._unfinished(app):  # an executor is of no app with a size
            waiting, self._reduces = self._reduces, []
            for task in waiting:
                self.began(task)

    def _rank_ended(self, task: int, outcome: str) -> None:
        name = self._world.app_of(task).name
        ranks = self._ranks.get(name, {})
        if ranks.get(self._world.slot_of(task)) == task:
            del ranks[self._world.slot_of(task)]
        together = self._together.get(name, [])
        if task in together:
            together.remove(task)
            if outcome != "finished" and together:
                rest, self._together[name] = together, []
                self._world.event("gang-broke", name, "rank-lost")
                for one in rest:
                    self._world.agenda.after(0, Order.PHYSICS, self._world.guarded(one, partial(self._fail, one)))

    def _fail(self, task: int) -> None:
        self._end(task, "failed")
        self._tell(Ended(task, "failed"))
