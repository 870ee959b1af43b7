"""The volumes of a run: where their bytes are, which machines have them attached, who has written what there.

What each kind of volume does of its own is in `volumes/`. Here is what is true of all: bytes end with the places that
hold them; a volume that is attached is with one machine at a time; what lies on another machine cannot be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from workbench.engines.agenda import Agenda, Order
from workbench.engines.fleet import Fleet
from workbench.engines.volumes.places import NOWHERE, Place
from workbench.engines.volumes.plugin import Site, VolumePlugin, Want
from workbench.engines.volumes.registry import kinds
from workbench.engines.volumes.volume import SOURCE, Mark, Volume
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters
from workbench.model.scenario import Scenario
from workbench.model.trace import Table

__all__ = ["NOWHERE", "SOURCE", "DiskParameters", "Disks", "Mark", "Volume"]


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


class Disks:
    """All volumes of a run.

    Parameters
    ----------
    table : Table
        The trace's ``volumes``.
    site : Site
        The machines, and how fast storage is.
    kinds : mapping
        Name -> kind of volume.

    Attributes
    ----------
    refusing : bool
        Whether the storage service makes no new volumes at present.
    """

    def __init__(self, agenda: Agenda, table: Table, site: Site, kinds: dict[str, VolumePlugin]) -> None:
        self._agenda = agenda
        self._table = table
        self.site = site
        self.kinds = kinds
        self._all: dict[str, Volume] = {}
        self._mounted: dict[int, dict[str, None]] = {}
        self.refusing = False
        self._refused: list[Callable[[], None]] = []

    def get(self, name: str) -> Volume | None:
        """Return a volume by name, or None when it was never made."""
        return self._all.get(name)

    def named(self, kind: str, want: Want) -> str:
        """Return what the volume is called that somebody wants."""
        return self.kinds[kind].identity(want, self.site)

    def all(self) -> Iterable[Volume]:
        """Return the volumes that there are, in the order in which they were made."""
        return self._all.values()

    # -- making and reaching --------------------------------------------------------------------------------

    def provision(self, kind: str, want: Want, then: Callable[[Volume], None]) -> None:
        """Make a volume ahead of anybody mounting it, then call `then`; one that is there already will do."""
        plugin = self.kinds[kind]
        name = plugin.identity(want, self.site)
        delay_us = 0 if name in self._all else to_us(plugin.provision_s(want, self.site))

        def made() -> None:
            volume = self._all.get(name)
            then(volume if volume is not None else self._make(plugin, name, want))

        self._agenda.after(delay_us, Order.PHYSICS, made)

    def mount(self, kind: str, want: Want, then: Callable[[], None], again: Callable[[], None] | None = None) -> None:
        """Make the volume if it is new, attach it to the machine, bring it into the task, then call `then`.

        Where the machine cannot reach the bytes, they are lost, or the volume is attached to another machine, `then`
        is never called. Where the storage service makes no volumes now, `again` is called once it does, in place of
        trying the same again: whoever wants it may be gone by then, or the volume somebody else's.
        """
        plugin, site = self.kinds[kind], self.site
        name = plugin.identity(want, site)
        volume = self._all.get(name)
        delay_s = 0.0
        if volume is None:
            if self.refuses(kind, want):
                self._refused.append(again or partial(self.mount, kind, want, then))
                return
            delay_s = plugin.provision_s(want, site)
            volume = self._make(plugin, name, want)
            if any(
                one.task == want.task != NOWHERE for one in volume.places
            ):  # goes with it, even before it is in place
                self._mounted.setdefault(want.task, {})[name] = None
        elif not self.reachable(volume, want.node):
            return
        attach_s = plugin.attach_s(want, site)
        if attach_s is not None and want.node not in volume.attached:
            if volume.attached and not volume.shared:
                return
            volume.attached[want.node] = None
            delay_s += attach_s
        delay_us = to_us(delay_s + plugin.mount_s(want, site))
        self._agenda.after(delay_us, Order.PHYSICS, self._in_place, volume, want, attach_s is not None, then)

    def _in_place(self, volume: Volume, want: Want, attaches: bool, then: Callable[[], None]) -> None:
        there = self._all.get(volume.name) is volume and self.reachable(volume, want.node)
        if there and (not attaches or want.node in volume.attached):
            self._note(volume, "attached", want.node)
            volume.users[want.task] = None
            self._mounted.setdefault(want.task, {})[volume.name] = None
            then()

    def _make(self, plugin: VolumePlugin, name: str, want: Want) -> Volume:
        places = tuple(plugin.provision(want, self.site))
        volume = self._all[name] = Volume(name, want.app, want.size, plugin, want.shared, places)
        if plugin.read_only:
            volume.marks[SOURCE] = None
        self._note(volume, "created")
        return volume

    def reachable(self, volume: Volume, node: int) -> bool:
        """Say whether a machine can reach the bytes of a volume, now."""
        return any(self._reaches(one, node) for one in volume.places if one not in volume.gone)

    def _reaches(self, place: Place, node: int) -> bool:
        if place.machine == NOWHERE:
            return place.zone in ("", self.site.zone(node))
        return place.machine == node or (place.served and self.site.up(place.machine))

    def written(self, task: int, run: int) -> None:
        """Note that a process of a task has written to what it has mounted, as far as it may."""
        for name in self._mounted.get(task, ()):
            volume = self._all[name]
            if not volume.kind.read_only and not volume.lost:
                volume.marks[task, run] = None

    def held_by(self, task: int) -> list[Volume]:
        """Return the volumes that a task has mounted."""
        return [self._all[name] for name in self._mounted.get(task, ())]

    # -- letting go -----------------------------------------------------------------------------------------

    def refuses(self, kind: str, want: Want) -> bool:
        """Say whether a new volume cannot be made now: the storage service makes those that are attached."""
        return self.refusing and self.kinds[kind].attach_s(want, self.site) is not None

    def refuse(self) -> None:
        """From now on the storage service makes no new volumes; who mounts one that is not there yet waits."""
        self.refusing = True

    def refuse_no_more(self) -> None:
        """The storage service makes volumes again."""
        self.refusing = False
        waiting, self._refused = self._refused, []
        for mount in waiting:
            mount()

    def detach(self, name: str, node: int = NOWHERE) -> None:
        """Release a volume from a machine it is attached to, or from all."""
        volume = self._all[name]
        attached = [one for one in volume.attached if node in (NOWHERE, one)]
        for one in attached:
            self._note(volume, "detached", one)
            del volume.attached[one]
        if attached and not volume.attached:
            self._unmount(volume)

    def delete(self, name: str) -> None:
        """Forget a volume and what it held; the next one of that name begins empty."""
        volume = self._all.pop(name, None)
        if volume is not None:
            self._note(volume, "deleted")
            self._unmount(volume)

    def grow(self, name: str, size: int) -> None:
        """Make a volume larger; what it holds stays, and one that has as much already is left alone."""
        volume = self._all[name]
        if size > volume.size:
            volume.size = size
            self._note(volume, "grown")

    def wipe(self, name: str) -> None:
        """Remove what a volume holds, which stays."""
        volume = self._all.get(name)
        if volume is not None:
            volume.marks.clear()
            volume.copies.clear()

    def found(self, kind: str, want: Want) -> None:
        """Take in a volume that was there before anybody asked for it."""
        plugin = self.kinds[kind]
        self._make(plugin, plugin.identity(want, self.site), want)

    def remove_directory(self, task: int) -> None:
        """Remove the directory of a task from its machine, and let go of all else that it had mounted."""
        for name in [*self._mounted.pop(task, ())]:
            volume = self._all[name]
            volume.users.pop(task, None)
            if any(one.task == task for one in volume.places):
                self.delete(name)

    def _unmount(self, volume: Volume) -> None:
        for task in volume.users:
            self._mounted.get(task, {}).pop(volume.name, None)
        volume.users.clear()

    # -- machines -------------------------------------------------------------------------------------------

    def machine_lost(self, node: int, *, for_good: bool) -> None:
        """Note what the loss of a machine means for the bytes there: those in memory are gone in any case."""
        for volume in self._on(node):
            if for_good:
                volume.gone.update(one for one in volume.places if one.machine == node)
            if volume.lost:
                self._note(volume, "lost", node)
            elif volume.home == node:
                self._note(volume, "unreachable", node)
            left = [one for one in volume.places if one not in volume.gone]
            if all(one.memory and (one.machine == node or not self.site.up(one.machine)) for one in left):
                volume.marks.clear()
                volume.copies.clear()

    def machine_back(self, node: int) -> None:
        """Note that what lies on a machine's disk alone can be reached again."""
        for volume in self._on(node):
            if volume.home == node and not volume.lost:
                self._note(volume, "created")

    def _on(self, node: int) -> list[Volume]:
        return [one for one in self._all.values() if any(place.machine == node for place in one.places)]

    def _note(self, volume: Volume, state: str, node: int = NOWHERE) -> None:
        at = node if node != NOWHERE else volume.node
        where = self.site.name(at) if at != NOWHERE else ""
        self._table.append(self._agenda.now_us, volume.name, volume.app, where, state, volume.size)


def disks_of(scenario: Scenario, agenda: Agenda, table: Table, fleet: Fleet) -> Disks:
    """Return the volumes of a run, none so far, with every kind that its scenario knows."""
    params = scenario.settings.of(DiskParameters)
    site = Site(fleet.nodes, lambda node: fleet.machines[node].up, params.create_s, params.attach_s)
    return Disks(agenda, table, site, kinds(scenario.volume_kinds))
