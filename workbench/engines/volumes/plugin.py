"""What a kind of volume is asked. Write a class of one's own against this; the built-in ones do the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.engines.volumes.places import NOWHERE, Place
from workbench.model.cluster import Node


@dataclass(frozen=True, slots=True)
class Want:
    """What somebody wants to have made or mounted.

    Parameters
    ----------
    name : str
        Of the volume: a claim, an instance's place, a share.
    app : str
        The app it is for.
    size : int
        Bytes; 0 where nobody says.
    node : int
        The machine it is wanted on; `NOWHERE` when it is made before anybody knows.
    task : int
        The pod or task that wants it; `NOWHERE` when it is made before there is one.
    path : str
        On the machine or on the server, for kinds that have one.
    memory : bool
        Whether memory is asked for instead of disk.
    zone : str
        Where it is to be made, if that has been decided; empty if not.
    shared : bool
        Whether several machines may attach it at once (ReadOnlyMany, ReadWriteMany).
    """

    name: str
    app: str = ""
    size: int = 0
    node: int = NOWHERE
    task: int = NOWHERE
    path: str = ""
    memory: bool = False
    zone: str = ""
    shared: bool = False


@dataclass(frozen=True)
class Site:
    """What a kind may know of the cluster, and how it says where bytes lie.

    Parameters
    ----------
    nodes : sequence of Node
        The machines, by number.
    up : callable
        Number of a machine -> whether it runs now.
    create_s, attach_s : float
        How long network storage takes to make a volume, and to attach one: the settings ``world.disks``.
    """

    nodes: Sequence[Node]
    up: Callable[[int], bool]
    create_s: float = 0.0
    attach_s: float = 0.0

    @property
    def machines(self) -> range:
        """The numbers of all machines."""
        return range(len(self.nodes))

    def name(self, machine: int) -> str:
        """Return the name of a machine."""
        return self.nodes[machine].name

    def zone(self, machine: int) -> str:
        """Return the zone of a machine, empty if it has none."""
        return self.nodes[machine].zone

    def outside(self, zone: str = "") -> Place:
        """Return a place outside of the machines, which those of the zone reach, or all."""
        return Place(zone=zone)

    def on_disk(self, machine: int, *, served: bool = False) -> Place:
        """Return a place on a machine's disk; `served`: which it gives to the others as long as it is up."""
        return Place(machine, served=served)

    def in_memory(self, machine: int) -> Place:
        """Return a place in a machine's memory."""
        return Place(machine, memory=True)

    def directory(self, want: Want) -> Place:
        """Return a place in the directory of the pod or task that wants it, on its machine."""
        return Place(want.node, want.memory, want.task)


class VolumePlugin:
    """One kind of volume. `provision` is a must; the rest has a plain answer.

    A run asks a copy of it, so what it remembers of one run does not reach the next. It draws no lots.

    Attributes
    ----------
    name : str
        What scenarios and manifests call it; empty: the name of its class.
    read_only : bool
        Whether pods only read what stands in it: the bytes come from elsewhere.
    """

    name = ""
    read_only = False

    def identity(self, want: Want, site: Site) -> str:
        """Return the name of the volume that is wanted: two who get the same name share its bytes."""
        return want.name

    def provision(self, want: Want, site: Site) -> Sequence[Place]:
        """Return where the bytes of a new volume are to lie; with several places each holds all of them.

        `want.node` is the machine of the first that wants it, `NOWHERE` if it is made ahead of that.
        """
        raise NotImplementedError  # a kind has to say this itself: who registers one without it is told so

    def provision_s(self, want: Want, site: Site) -> float:
        """Return how long it takes to make it, in seconds."""
        return 0.0

    def attach_s(self, want: Want, site: Site) -> float | None:
        """Return how long it takes to attach it to the machine `want.node`, in seconds.

        None: nothing is attached, it is used over the network or where it lies, and by any number of machines at once.
        One that is attached is with one machine at a time, unless `want.shared`.
        """
        return None

    def grow_s(self, want: Want, site: Site) -> float | None:
        """Return how long it takes to make it larger, `want.size` bytes in all, in seconds, while it is in use or not.

        None: nobody can; it keeps its size.
        """
        return None

    def mount_s(self, want: Want, site: Site) -> float:
        """Return how long it takes to bring it into the pod once it is attached, in seconds, each time."""
        return 0.0
