"""Memory as machines have it: what processes use, what they may use, and whom the kernel kills when none is left.

Memory is followed only where some app of the scenario says how much it uses; apps that do not say then use what they
ask for. An agent confines each process before it starts: to a limit, at which it is killed, and with a score that the
kernel reckons with when the whole machine runs out. A machine has a little more memory than work may ask for.

Source: Linux, mm/oom_kill.c (oom_badness: memory used, plus the adjustment in thousandths of all memory) and
mm/memcontrol.c (a cgroup at its limit).
Left out: caches that can be given back, swap, memory of the system itself beyond the reserve; a process is one piece.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.engines.agenda import Order
from workbench.model.clock import SECOND_US
from workbench.model.lives import MemoryUse
from workbench.model.parameters import param, parameters
from workbench.model.resources import MEMORY
from workbench.model.workload import App

if TYPE_CHECKING:
    from workbench.engines.world import World

MIB = 1024**2


@parameters("world.memory")
@dataclass(frozen=True)
class MemoryParameters:
    """What is true of memory for every control plane."""

    reserve_mib: int = param(
        100, unit="MiB", low=0, high=4096, help="memory that a machine has beyond what work may ask for",
        source="kubernetes 1.34, allocatable memory: capacity less the reserve, with evictionHard 100Mi part of it",
        shown_in="memory-leak",
    )  # fmt: skip


@dataclass(slots=True)
class Process:
    """A process that runs: its use of memory, and since when."""

    use: MemoryUse
    since_us: int
    limit: int | None
    score: int

    def used(self, now_us: int) -> int:
        """Return the bytes it uses now."""
        return self.use.at(now_us - self.since_us)


def badness(used: int, score: int, whole: int) -> int:
    """Return how much the kernel wants to kill a process: the bytes it uses, adjusted by its score (-1000 to 1000)."""
    return used + score * whole // 1000


class Memory:
    """The memory of all machines of a run."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.followed = any(app.memory_use is not None for app in world.scenario.apps) or any(
            change.memory_use is not None for change in world.scenario.changes
        )
        self._reserve = world.settings.of(MemoryParameters).reserve_mib * MIB
        self._confined: dict[int, tuple[int | None, int]] = {}
        self._running: defaultdict[int, dict[int, Process]] = defaultdict(dict)  # by machine
        self._plans: defaultdict[int, int] = defaultdict(int)

    def whole(self, node: int) -> int:
        """Return the bytes that a machine has."""
        return self._world.machines[node].capacity.get(MEMORY, 0) + self._reserve

    def used(self, task: int) -> int:
        """Return the bytes that a task's process uses now; 0 if it does not run."""
        process = self._running[self._world.node_of(task)].get(task)
        return 0 if process is None else process.used(self._world.now_us)

    def available(self, node: int) -> int:
        """Return the bytes that nobody uses on a machine now."""
        return self.whole(node) - self._used_on(node)

    def confine(self, task: int, limit: int | None, score: int = 0) -> None:
        """Say what a task's process may use from its next start on, and how willingly the kernel kills it."""
        if self.followed:
            self._confined[task] = (limit, score)

    # -- what happens to processes ----------------------------------------------------------------------------

    def started(self, task: int) -> None:
        """A process runs from now on; called only where memory is followed, as is `ended`."""
        world, node = self._world, self._world.node_of(task)
        limit, score = self._confined.get(task, (None, 0))
        process = Process(use_of(world.app_of(task)), world.now_us, limit, score)
        self._running[node][task] = process
        after_us = None if limit is None else process.use.reaches_us(limit + 1)
        if after_us is not None:
            kill = world.guarded(task, lambda: world.fail(task, "oom-limit"))
            world.agenda.after(after_us, Order.END, kill)
        self._plan(node)

    def ended(self, task: int) -> None:
        """A process is no more."""
        if self._running[self._world.node_of(task)].pop(task, None) is not None:
            self._plan(self._world.node_of(task))

    # -- a machine without any left ---------------------------------------------------------------------------

    def _used_on(self, node: int) -> int:
        now_us = self._world.now_us
        return sum(process.used(now_us) for process in self._running[node].values())

    def _plan(self, node: int) -> None:
        """Plan when to look again at a machine: at the earliest when it may have run out of memory."""
        self._plans[node] += 1
        after_us = self._runs_out_after_us(node)
        if after_us is not None:
            self._world.agenda.after(after_us, Order.END, self._look, node, self._plans[node])

    def _runs_out_after_us(self, node: int) -> int | None:
        """Return a time before which no more memory is used than there is; None if never more will be.

        As if nobody stopped to grow: that comes too early, never too late.
        """
        now_us = self._world.now_us
        growing = [one for one in self._running[node].values() if one.use.reaches_us(one.used(now_us) + 1) is not None]
        slope = sum(one.use.grows for one in growing)
        left = self.available(node)
        if left < 0:
            return 0
        return -(-(left + 1) * SECOND_US // slope) if slope else None

    def _look(self, node: int, plan: int) -> None:
        if plan != self._plans[node]:
            return
        if self.available(node) < 0:
            self._kill_one(node)
        else:
            self._plan(node)

    def _kill_one(self, node: int) -> None:
        """The kernel kills the process that is worst; what follows is planned as it ends."""
        whole, now_us = self.whole(node), self._world.now_us
        running = self._running[node]
        worst = max(running, key=lambda task: badness(running[task].used(now_us), running[task].score, whole))
        self._world.fail(worst, "oom-machine")


def use_of(app: App) -> MemoryUse:
    """Return how much memory an instance uses where memory is followed."""
    return MemoryUse(app.request.get(MEMORY, 0)) if app.memory_use is None else app.memory_use
