"""Where the blocks of an app's input lie, and how long a task takes to read its own.

Each block has copies on some machines, drawn once for a run and the same for every control plane. A task on one of them
reads from the disk beside it; any other reads over the network. What a process has read it may keep (`keeps`): whoever
runs in that process reads it in no time.

Left out: racks; readers that share a disk or a link; copies on a lost machine being made again (a block whose machines
are all lost is read as if one of them were there).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from workbench.engines.randomness import Streams
from workbench.model.clock import SECOND_US
from workbench.model.parameters import param, parameters
from workbench.model.workload import App

MEBI = 1024**2

Level = Literal["process", "node", "any"]
"""From where a task reads: its own process, a disk of its machine, another machine."""


@parameters("world.data")
@dataclass(frozen=True)
class DataParameters:
    """How fast input is read."""

    disk_mib_s: float = param(
        100.0, unit="MiB/s", low=1, high=10_000, help="how fast a task reads a block that lies on its machine",
        source="assumption: one hard disk, read in sequence", shown_in="spark-waits",
    )  # fmt: skip
    network_mib_s: float = param(
        20.0, unit="MiB/s", low=1, high=10_000, help="how fast a task reads a block that lies on another machine",
        source="assumption: a gigabit link to a machine, shared by several readers", shown_in="spark-waits",
    )  # fmt: skip


class Blocks:
    """The input of all apps.

    Parameters
    ----------
    nodes : list of str
        The machines, by number.
    """

    def __init__(self, streams: Streams, params: DataParameters, nodes: list[str]) -> None:
        self._streams = streams
        self._disk = params.disk_mib_s * MEBI
        self._network = params.network_mib_s * MEBI
        self._nodes = len(nodes)  # machines that join later hold none
        self._homes: dict[tuple[str, int], frozenset[int]] = {}

    def block_of(self, app: App, slot: int) -> int:
        """Return the number of the block that task `slot` reads; -1 if the app reads nothing."""
        if app.input is None:
            return -1
        return slot if app.input.blocks is None else slot % app.input.blocks

    def homes(self, app: App, block: int) -> frozenset[int]:
        """Return the machines that hold a copy of a block."""
        if app.input is None or block < 0:
            return frozenset()
        key = (app.name, block)
        if key not in self._homes:
            stream = self._streams.stream(f"blocks/{app.name}/{block}")
            self._homes[key] = frozenset(stream.sample(range(self._nodes), min(app.input.copies, self._nodes)))
        return self._homes[key]

    def level(self, app: App, slot: int, node: int, kept: Iterable[int] = ()) -> Level:
        """Return from where a task on a machine reads, in a process that has `kept` those blocks."""
        block = self.block_of(app, slot)
        if block in kept:
            return "process"
        return "node" if node in self.homes(app, block) else "any"

    def read_us(self, app: App, level: Level) -> int:
        """Return how long it takes to read a block, in microseconds."""
        if app.input is None or level == "process":
            return 0
        return round(app.input.size * SECOND_US / (self._disk if level == "node" else self._network))
