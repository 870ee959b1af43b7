"""What becomes of the directories of tasks that have ended, their sandboxes: an agent keeps them, and may not for long.

A sandbox goes `gc_delay` after its task has ended. Every so often the agent looks at the file system that they lie on:
the fuller it is, the younger a sandbox may be that goes at once. With no more than the headroom left, all go.

Source: mesos src/slave/slave.cpp (age, checkDiskUsage), src/slave/gc.cpp, src/slave/constants.hpp (1.12.0-dev).
Left out: the collection of images (off by default) and of what Docker keeps of containers; that removing takes time.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engines.agenda import Order
from workbench.engines.world import World
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters


@parameters("mesos.agent")
@dataclass(frozen=True)
class SandboxParameters:
    """How long an agent keeps what tasks have written."""

    gc_delay_s: float = param(
        604_800.0, unit="s", low=0, high=604_800, help="how long the sandbox of a task that has ended is kept at most",
        source="mesos src/slave/constants.hpp, --gc_delay: 1 week", shown_in="disk-full",
    )  # fmt: skip
    gc_disk_headroom: float = param(
        0.1, low=0, high=1, help="part of the disk that is to stay free: with less, no sandbox is kept",
        source="mesos src/slave/constants.hpp, --gc_disk_headroom: 0.1", shown_in="disk-full",
    )  # fmt: skip
    disk_watch_interval_s: float = param(
        60.0, unit="s", low=1, high=3600, help="how often an agent looks how full its disk is",
        source="mesos src/slave/constants.hpp, --disk_watch_interval: 1 min", shown_in="disk-full",
    )  # fmt: skip


def age_us(gc_delay_us: int, headroom: float, usage: float) -> int:
    """Return how old a sandbox may become on a disk of which a part (0 to 1) is in use."""
    return round(gc_delay_us * max(0.0, 1.0 - headroom - usage))


class Sandboxes:
    """The sandboxes on one machine whose tasks have ended."""

    def __init__(self, world: World, node: int) -> None:
        params = world.settings.of(SandboxParameters)
        self._world = world
        self._node = node
        self._delay_us = to_us(params.gc_delay_s)
        self._headroom = params.gc_disk_headroom
        self._watch_us = to_us(params.disk_watch_interval_s)
        self._ended_us: dict[int, int] = {}  # by task, in order
        if world.scratch.followed:
            draw = world.streams.stream(f"mesos/sandboxes/{world.node_names[node]}").random()
            world.agenda.after(int(draw * self._watch_us), Order.AGENT, self._watch)

    def ended(self, task: int) -> None:
        """A task has ended: its sandbox is to go some time."""
        if self._world.scratch.followed:
            self._ended_us[task] = self._world.now_us
            self._world.agenda.after(self._delay_us, Order.AGENT, self._collect, task)

    def _watch(self) -> None:
        machine = self._world.machines[self._node]
        if machine.gone:
            return
        if machine.up and machine.agent_up and self._world.scratch.watched(self._node):
            whole, now_us = self._world.scratch.whole(self._node), self._world.now_us
            usage = 1 - self._world.scratch.available(self._node) / whole
            oldest_us = age_us(self._delay_us, self._headroom, usage)
            for task in [task for task, ended_us in self._ended_us.items() if now_us - ended_us >= oldest_us]:
                self._collect(task)
        self._world.agenda.after(self._watch_us, Order.AGENT, self._watch)

    def _collect(self, task: int) -> None:
        if self._ended_us.pop(task, None) is not None:
            self._world.scratch.remove(task)
