"""Volumes: where the bytes are, and what it takes to reach them from a machine.

A *network* volume can be attached to one machine at a time, and moved. A *local* one lives on the machine where it
was made and shares its fate. Left out so far: several kinds of network disk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.engines.agenda import Agenda, Order
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters
from workbench.model.trace import Table
from workbench.model.workload import Reach

NOWHERE = -1


@parameters("world.disks")
@dataclass(frozen=True)
class DiskParameters:
    """What is true of disks for every control plane."""

    create_s: float = param(
        3.0, unit="s", low=0, high=600, help="how long it takes to make a network volume",
        source="assumption: a few seconds, as block storage services need", shown_in="first-look",
    )  # fmt: skip
    attach_s: float = param(
        5.0, unit="s", low=0, high=600, help="how long it takes to attach and mount a network volume",
        source="assumption: a few seconds, as block storage services need", shown_in="first-look",
    )  # fmt: skip


@dataclass(slots=True)
class Volume:
    """One volume. `node` is where it is attached or lives, `NOWHERE` while it is detached.

    `copies` is what a member of a replicated app keeps there: part of the data -> position in the log of writes.
    """

    name: str
    app: str
    size: int
    reach: Reach
    node: int = NOWHERE
    lost: bool = False
    copies: dict[int, int] = field(default_factory=dict)


class Disks:
    """All volumes of a run."""

    def __init__(self, agenda: Agenda, params: DiskParameters, table: Table, names: list[str]) -> None:
        self._agenda = agenda
        self._create_us = to_us(params.create_s)
        self._attach_us = to_us(params.attach_s)
        self._table = table
        self._names = names
        self._all: dict[str, Volume] = {}

    def get(self, name: str) -> Volume | None:
        """Return a volume by name, or None when it was never made."""
        return self._all.get(name)

    def mount(self, name: str, app: str, size: int, reach: Reach, node: int, then: Callable[[], None]) -> None:
        """Make the volume if it is new, attach it to the machine, then call `then`.

        A local volume is made on the spot and mounts at once, but only on its own machine: elsewhere, and where the
        volume is lost or still attached to another machine, `then` is never called.
        """
        volume = self._all.get(name)
        delay = 0
        if volume is None:
            volume = self._all[name] = Volume(name, app, size, reach, node if reach == "local" else NOWHERE)
            delay = self._create_us if reach == "network" else 0
            self._note(volume, "created")
        if volume.lost or volume.node not in (NOWHERE, node):
            return
        if volume.node == NOWHERE:
            delay += self._attach_us
            volume.node = node
        self._agenda.after(delay, Order.PHYSICS, self._mounted, volume, node, then)

    def _mounted(self, volume: Volume, node: int, then: Callable[[], None]) -> None:
        if volume.node == node and not volume.lost:
            self._note(volume, "attached")
            then()

    def detach(self, name: str) -> None:
        """Release a network volume from the machine it is attached to."""
        volume = self._all[name]
        if volume.reach == "network" and volume.node != NOWHERE:
            self._note(volume, "detached")
            volume.node = NOWHERE

    def delete(self, name: str) -> None:
        """Forget a volume and what it held; the next one of that name begins empty."""
        volume = self._all.pop(name, None)
        if volume is not None:
            self._note(volume, "deleted")

    def machine_lost(self, node: int, *, for_good: bool) -> None:
        """Note what the loss of a machine means for the volumes there."""
        for volume in self._on(node):
            if volume.reach == "local" and for_good:
                volume.lost = True
                self._note(volume, "lost")
            elif volume.reach == "local":
                self._note(volume, "unreachable")

    def machine_back(self, node: int) -> None:
        """Note that the local volumes of a machine can be reached again."""
        for volume in self._on(node):
            if volume.reach == "local":
                self._note(volume, "created")

    def _on(self, node: int) -> list[Volume]:
        return [volume for volume in self._all.values() if volume.node == node]

    def _note(self, volume: Volume, state: str) -> None:
        where = self._names[volume.node] if volume.node != NOWHERE else ""
        self._table.append(self._agenda.now_us, volume.name, volume.app, where, state, volume.size)
