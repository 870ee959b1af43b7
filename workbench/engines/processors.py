"""Cpu as machines have it: who gets how much when more is wanted than there is, and what that does to work.

Cpu is shared in proportion to what processes ask for, and nobody gets more than it wants or than its quota allows;
what one leaves the others share. A batch task with less than it wants takes longer in proportion; an instance with
requests answers fewer of them a second. Nothing is reckoned on a machine that has enough for all at their most.

Source: Linux, kernel/sched/fair.c (shares, kept to over any stretch of time) and CFS bandwidth control (quotas).
Left out: the 100 ms periods of quotas, within which a process stands still; caches and memory bandwidth; several
threads; sockets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.engines.agenda import Order
from workbench.model.clock import SECOND_US
from workbench.model.parameters import param, parameters
from workbench.model.resources import CPU

if TYPE_CHECKING:
    from workbench.engines.world import World

LEAST_WEIGHT = 2
"""Thousandths of a core that a process counts for that asks for less (the kernel's least cpu.shares)."""

LOOK_US = SECOND_US
"""Shares of instances with requests are reckoned anew this often, as what they want changes."""


@parameters("world.processors")
@dataclass(frozen=True)
class ProcessorParameters:
    """What is true of cpu for every control plane."""

    contention: bool = param(
        True, help="whether processes that want more cpu than their machine has slow each other down",
        source="Linux, kernel/sched/fair.c: cpu is shared by weight", shown_in="hot-machines",
    )  # fmt: skip


def shared(wants: Mapping[int, float], weights: Mapping[int, float], capacity: float) -> dict[int, float]:
    """Return who gets how much: by weight, nobody more than it wants (weighted max-min fairness).

    Parameters
    ----------
    wants, weights : mapping
        Process -> thousandths of a core it wants; and its weight, > 0.
    capacity : float
        Thousandths of a core to be shared.
    """
    got: dict[int, float] = {}
    left, weight = capacity, sum(weights[one] for one in wants)
    for one in sorted(wants, key=lambda one: wants[one] / weights[one]):
        share = left * weights[one] / weight if weight > 0 else 0.0
        got[one] = min(wants[one], max(0.0, share))
        left -= got[one]
        weight -= weights[one]
    return got


@dataclass(slots=True)
class Process:
    """A process that runs.

    Parameters
    ----------
    most : float
        Thousandths of a core it wants at most, its quota reckoned with; `wants` is what it would like without one.
    left_us : float
        Batch: work that is left, as the time it takes at full speed; at full speed it has all that it wants.
    speed : float
        Batch: share of full speed, since `since_us`.
    """

    weight: float
    wants: float
    most: float
    app: str = ""
    left_us: float = 0.0
    speed: float = 1.0
    since_us: int = 0
    plan: int = 0
    end: Callable[[], None] | None = None


class Processors:
    """The cpu of all machines of a run."""

    def __init__(self, world: World) -> None:
        self._world = world
        apps = world.scenario.apps
        beyond = any(app.cpu_use > 1 or (app.load is not None and (app.load.cap or 0) > app.request.get(CPU, 0))
                     for app in apps)  # fmt: skip
        self.followed = beyond and world.settings.of(ProcessorParameters).contention
        self._quotas: dict[int, int] = {}
        self._running: defaultdict[int, dict[int, Process]] = defaultdict(dict)  # by machine
        self._looking = False

    def confine(self, task: int, quota: int | None) -> None:
        """Say how many thousandths of a core a task's process may use from its next start on; None: all there are."""
        if quota is not None:
            self._quotas[task] = quota

    def speed(self, task: int) -> float:
        """Return at what share of full speed a batch task works now."""
        process = self._running[self._world.node_of(task)].get(task)
        return 1.0 if process is None else process.speed

    # -- what happens to processes ----------------------------------------------------------------------------

    def started(self, task: int, work_us: int | None = None, end: Callable[[], None] | None = None) -> None:
        """A process runs from now on; `end` is called once it has done so much work, if it is one that ends."""
        if not self.followed:
            if end is not None and work_us is not None:
                self._world.agenda.after(work_us, Order.END, end)
            return
        app, node = self._world.app_of(task), self._world.node_of(task)
        wants = float(app.wanted_cpu)
        if app.load is not None:
            wants = float(app.request.get(CPU, 0) if app.load.cap is None else app.load.cap)
        most = min(wants, self._quotas.get(task, wants))
        weight = float(max(LEAST_WEIGHT, app.request.get(CPU, 0)))
        process = Process(weight, wants, most, app.name if app.load is not None else "", end=end)
        process.left_us, process.since_us = float(work_us or 0), self._world.now_us
        self._running[node][task] = process
        self._share(node)
        if process.app and not self._looking:
            self._looking = True
            self._world.agenda.after(LOOK_US, Order.PHYSICS, self._look)

    def ended(self, task: int) -> None:
        """A process is no more."""
        if self._running[self._world.node_of(task)].pop(task, None) is not None:
            self._share(self._world.node_of(task))

    # -- who gets how much ------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Share anew every second, from when the first process runs that has requests."""
        for node, running in self._running.items():
            if self._short(node) and any(process.app for process in running.values()):
                self._share(node)
        self._world.agenda.after(LOOK_US, Order.PHYSICS, self._look)

    def _capacity(self, node: int) -> int:
        return self._world.machines[node].capacity.get(CPU, 0)

    def _short(self, node: int) -> bool:
        """Say whether a machine could not give everybody the most they may want."""
        return sum(process.most for process in self._running[node].values()) > self._capacity(node)

    def _share(self, node: int) -> None:
        """Share a machine's cpu anew, now."""
        running = self._running[node]
        if self._short(node):
            wants = {task: self._wanted(task, process) for task, process in running.items()}
            weights = {task: process.weight for task, process in running.items()}
            got = shared(wants, weights, self._capacity(node))
        else:
            wants = got = {task: process.most for task, process in running.items()}
        for task, process in running.items():
            if process.app:
                enough = got[task] >= wants[task]
                rate = process.most if enough else got[task]
                self._world.traffic.pace(process.app, task, rate / process.wants if process.wants else 1.0)
            elif process.end is not None:
                self._pace(process, got[task] / process.wants if process.wants else 1.0)

    def _wanted(self, task: int, process: Process) -> float:
        """Return what a process would use now: with requests, what those cost that are there or come."""
        if not process.app:
            return process.most
        return min(process.most, self._world.traffic.wanted_cpu(process.app, task))

    def _pace(self, process: Process, speed: float) -> None:
        """Let a batch task work at another speed from now on."""
        now_us = self._world.now_us
        process.left_us = max(0.0, process.left_us - (now_us - process.since_us) * process.speed)
        process.since_us = now_us
        if speed == process.speed and process.plan:
            return
        process.speed = speed
        process.plan += 1
        if speed > 0:
            after_us = max(0, round(process.left_us / speed))
            self._world.agenda.after(after_us, Order.END, self._done, process, process.plan)

    def _done(self, process: Process, plan: int) -> None:
        if plan == process.plan and process.end is not None:
            process.end()
