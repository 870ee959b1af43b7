"""The isolator disk/du: containers that have written more than they have taken are killed, if the agent is told so.

One ``du`` runs at a time, a quarter of a minute after the one before it: with many containers each has its turn seldom.
Only those are looked at whose tasks have taken disk at all. Without enforcement, as by default, disk is a number in
offers: who has taken some may write any amount, until the disk is full.

Source: mesos src/slave/containerizer/mesos/isolators/posix/disk.cpp, docs/isolators/disk-du.md (1.12.0-dev).
Left out: volumes, which have turns of their own; the time that du itself takes; the isolator disk/xfs, which holds
writers to their quota by itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from workbench.engines.agenda import Order
from workbench.engines.world import World
from workbench.model.clock import SECOND_US
from workbench.model.parameters import param, parameters
from workbench.model.resources import DISK

INTERVAL_US = 15 * SECOND_US
"""Between two runs of du (--container_disk_watch_interval)."""


@parameters("mesos.agent")
@dataclass(frozen=True)
class DiskIsolatorParameters:
    """Whether an agent holds containers to the disk they have taken."""

    enforce_container_disk_quota: bool = param(
        False, help="whether a task is killed that has written more than the disk it has taken",
        source="mesos docs/configuration/agent.md, --enforce_container_disk_quota: false by default",
        shown_in="disk-full",
    )  # fmt: skip


class DiskIsolator:
    """The isolator on one machine.

    Parameters
    ----------
    here : callable
        Says whether the container of a task is still there.
    """

    def __init__(self, world: World, node: int, here: Callable[[int], bool]) -> None:
        self._world = world
        self._node = node
        self._here = here
        self._turns: deque[int] = deque()
        quota = world.settings.of(DiskIsolatorParameters).enforce_container_disk_quota
        self._enforced = quota and world.scratch.followed
        if self._enforced:
            draw = world.streams.stream(f"mesos/du/{world.node_names[node]}").random()
            world.agenda.after(int(draw * INTERVAL_US), Order.AGENT, self._look)

    def launched(self, task: int) -> None:
        """The container of a task is there: it has its turn after all others."""
        if self._enforced and task not in self._turns and self._quota(task):
            self._turns.append(task)

    def _quota(self, task: int) -> int:
        """Return the disk that a task has taken beside volumes; none where agents offer none."""
        offered = self._world.machines[self._node].capacity.get(DISK, 0)
        return self._world.app_of(task).request.get(DISK, 0) if offered else 0

    def _look(self) -> None:
        machine = self._world.machines[self._node]
        if machine.gone:
            return
        if machine.up and machine.agent_up:
            while self._turns and not self._here(self._turns[0]):
                self._turns.popleft()
            if self._turns:
                task = self._turns[0]
                self._turns.rotate(-1)
                if self._world.scratch.used(task) > self._quota(task):
                    self._world.fail(task, "disk-limit")
        self._world.agenda.after(INTERVAL_US, Order.AGENT, self._look)
