"""The disk that a machine has of its own: what instances write there, and who fails when it is full.

It is followed only where some app of the scenario says how much it writes, and can be full only on machines that say
how much disk they have. A process writes its files anew each time that it starts. They stay where they are when it
ends, until whoever looks after the machine removes them. A process that has more to write than there is room for fails;
nobody else does.

Left out: images and volumes, which take none of this disk; the speed of disks; files that a process takes away again;
what the system itself writes beyond the reserve; blocks kept for root.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from workbench.engines.agenda import Order
from workbench.model.clock import SECOND_US
from workbench.model.lives import DiskUse
from workbench.model.parameters import param, parameters
from workbench.model.resources import DISK

if TYPE_CHECKING:
    from workbench.engines.world import World


@parameters("world.scratch")
@dataclass(frozen=True)
class ScratchParameters:
    """What is true of machines' own disks for every control plane."""

    reserve_percent: int = param(
        10, unit="%", low=0, high=50, help="part of its disk that a machine has beyond what work may ask for",
        source="kubernetes 1.34, allocatable ephemeral-storage: capacity less the reserve, with evictionHard "
        "nodefs.available 10% part of it",
        shown_in="disk-full",
    )  # fmt: skip


class Written(NamedTuple):
    """What a process that has ended has left: bytes, and the volume they are in; see `DiskUse`."""

    size: int
    volume: str


@dataclass(slots=True)
class Writer:
    """A process that runs: what it writes, and since when."""

    use: DiskUse
    since_us: int

    def written(self, now_us: int) -> int:
        """Return the bytes it has written until now."""
        return self.use.at(now_us - self.since_us)

    def writes_on(self, now_us: int) -> bool:
        """Say whether it has more to write."""
        return self.use.reaches_us(self.written(now_us) + 1) is not None


class Scratch:
    """The own disks of all machines of a run."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.followed = any(app.disk_use is not None for app in world.scenario.apps) or any(
            change.disk_use is not None for change in world.scenario.changes
        )
        self._reserve = world.settings.of(ScratchParameters).reserve_percent
        self._running: defaultdict[int, dict[int, Writer]] = defaultdict(dict)  # by machine
        self._left: defaultdict[int, dict[int, list[Written]]] = defaultdict(dict)  # by machine, of tasks
        self._going: set[int] = set()  # tasks that run, of which nothing is to stay
        self._plans: defaultdict[int, int] = defaultdict(int)

    def whole(self, node: int) -> int:
        """Return the bytes that a machine's disk holds; 0 for one that does not say, whose disk is never full."""
        return self._world.machines[node].capacity.get(DISK, 0) * 100 // (100 - self._reserve)

    def watched(self, node: int) -> bool:
        """Say whether a machine's disk can ever be full."""
        return self.followed and self.whole(node) > 0

    def available(self, node: int) -> int:
        """Return the bytes that are free on a machine's disk now."""
        return self.whole(node) - self._written_on(node)

    def used(self, task: int, volume: str | None = None) -> int:
        """Return the bytes of a task: what its process has written, and what stays in its volumes when that ends.

        With `volume` only those in that volume.
        """
        node = self._world.node_of(task)
        writer = self._running[node].get(task)
        there = [one for one in self._left[node].get(task, ()) if one.volume]
        if writer is not None:
            there.append(Written(writer.written(self._world.now_us), writer.use.volume))
        return sum(one.size for one in there if volume in (None, one.volume))

    def writers_on(self, node: int) -> list[int]:
        """Return the tasks that run on a machine and write there, then those that have left something."""
        return [*self._running[node], *self.left_on(node)]

    def left_on(self, node: int) -> list[int]:
        """Return the tasks that do not run on a machine and have left something there."""
        return [task for task in self._left[node] if task not in self._running[node]]

    # -- what happens to processes ----------------------------------------------------------------------------

    def started(self, task: int) -> None:
        """A process runs from now on; called only where disks are followed, as is `ended`."""
        use, node = self._world.app_of(task).disk_use, self._world.node_of(task)
        if use is None:
            return
        if self.watched(node) and use.begins > (room := max(0, self.available(node))):
            use = replace(use, begins=room, grows=max(1, use.grows), most=None)  # it fills what is left, and has more
        self._running[node][task] = Writer(use, self._world.now_us)
        self._plan(node)

    def ended(self, task: int) -> None:
        """A process is no more; what it has written stays."""
        node = self._world.node_of(task)
        writer = self._running[node].pop(task, None)
        if writer is None:
            return
        if task in self._going:
            self._going.discard(task)
            self._left[node].pop(task, None)
        elif size := writer.written(self._world.now_us):
            self._left[node].setdefault(task, []).append(Written(size, writer.use.volume))
        self._plan(node)

    # -- what those do who look after machines ----------------------------------------------------------------

    def remove(self, task: int) -> None:
        """Remove all that a task has written, as soon as its process has ended."""
        node = self._world.node_of(task)
        if task in self._running[node]:
            self._going.add(task)
        elif self._left[node].pop(task, None) is not None:
            self._plan(node)

    def empty_volumes(self, task: int) -> None:
        """Remove what a task that has ended has left in volumes."""
        self._keep(task, [one for one in self._left_by(task) if not one.volume])

    def keep_last(self, task: int) -> None:
        """Remove what the processes of a task have written, but for the last of them and what is in volumes."""
        left = self._left_by(task)
        self._keep(task, [*(one for one in left[:-1] if one.volume), *left[-1:]])

    def _left_by(self, task: int) -> list[Written]:
        return self._left[self._world.node_of(task)].get(task, [])

    def _keep(self, task: int, kept: list[Written]) -> None:
        node = self._world.node_of(task)
        if len(kept) == len(self._left_by(task)):
            return
        if kept:
            self._left[node][task] = kept
        else:
            del self._left[node][task]
        self._plan(node)

    # -- a disk that is full ----------------------------------------------------------------------------------

    def _written_on(self, node: int) -> int:
        now_us = self._world.now_us
        left = sum(one.size for written in self._left[node].values() for one in written)
        return left + sum(writer.written(now_us) for writer in self._running[node].values())

    def _plan(self, node: int) -> None:
        """Plan when to look again at a machine: at the earliest when its disk may be full."""
        self._plans[node] += 1
        after_us = self._full_after_us(node)
        if after_us is not None:
            self._world.agenda.after(after_us, Order.END, self._look, node, self._plans[node])

    def _full_after_us(self, node: int) -> int | None:
        """Return a time before which the disk has room for all; None if it always will.

        As if nobody stopped to write: that comes too early, never too late.
        """
        if not self.watched(node):
            return None
        now_us = self._world.now_us
        slope = sum(one.use.grows for one in self._running[node].values() if one.writes_on(now_us))
        return -(-max(0, self.available(node)) * SECOND_US // slope) if slope else None

    def _look(self, node: int, plan: int) -> None:
        if plan != self._plans[node]:
            return
        if self.available(node) > 0:
            self._plan(node)
            return
        now_us, running = self._world.now_us, self._running[node]
        for task in [task for task, one in running.items() if one.writes_on(now_us)]:
            if task in running:  # the end of one may be the end of others
                self._world.fail(task, "disk-full")
