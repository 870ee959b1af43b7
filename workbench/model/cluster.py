"""Machines, as both systems find them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.model.resources import CPU, Resources, total_of


@dataclass(frozen=True, slots=True)
class Taint:
    """A mark that keeps work away from a machine unless the work tolerates it.

    `effect` is one of ``NoSchedule``, ``PreferNoSchedule``, ``NoExecute``.
    """

    key: str
    value: str = ""
    effect: str = "NoSchedule"


@dataclass(frozen=True, slots=True)
class Node:
    """A machine: a Kubernetes node, a Mesos agent.

    Parameters
    ----------
    name : str
        Unique in the cluster; also the host name.
    capacity : Resources
        What work may use (Kubernetes' *allocatable*, the resources a Mesos agent advertises).
    labels : mapping
        Labels of the node; attributes of the agent.
    zone, rack : str
        Failure domains; empty when the scenario names none.
    pool : str
        The node pool it came from.
    native : object or None
        The upstream object it was read from, for the system that has such objects.
    reserved : mapping
        Team -> what of the capacity is set aside for it (Mesos: a static reservation of the agent). Kubernetes has no
        counterpart.
    """

    name: str
    capacity: Resources
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    zone: str = ""
    rack: str = ""
    pool: str = ""
    native: object | None = None
    reserved: Mapping[str, Resources] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutOfStock:
    """A time in which whoever sells machines of a kind has none.

    Parameters
    ----------
    from_us, until_us : int
        None is sold from the one until the other; at the latter there are machines again.
    told : bool
        Whether an order is refused at once; if not it stays open until there are machines again, or it is cancelled.
    """

    from_us: int
    until_us: int
    told: bool = True

    def at(self, now_us: int) -> bool:
        """Say whether there are none at a time."""
        return self.from_us <= now_us < self.until_us


@dataclass(frozen=True, slots=True)
class NodePool:
    """Machines of one kind, of which more may be ordered while a run goes on.

    Parameters
    ----------
    count : int
        How many there are at the start.
    zones, racks : tuple of str
        Dealt out in turn, racks in turn within each zone. A rack stands in one zone, so its name carries the zone's:
        rack ``r1`` of zone ``north`` is ``north-r1``.
    reserved : tuple
        (team, amounts, on so many machines or None for all).
    boot_us : int
        From the order to the machine's agent running.
    least, most : int or None
        How small and how large a control plane that orders and returns machines by itself may make the pool; None:
        none does.
    fixed : int or None
        How many there are at the start under a control plane that does not, if not `count`.
    price : float or None
        What a machine costs an hour, for those who choose among kinds of machines.
    out_of_stock : OutOfStock or None
        When no machine can be had; None: at any time as many as are ordered.
    """

    name: str
    count: int
    capacity: Resources
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    zones: tuple[str, ...] = ()
    racks: tuple[str, ...] = ()
    reserved: tuple[tuple[str, Resources, int | None], ...] = ()
    boot_us: int = 0
    least: int | None = None
    most: int | None = None
    fixed: int | None = None
    price: float | None = None
    out_of_stock: OutOfStock | None = None

    @property
    def cost(self) -> float:
        """What a machine costs, in any unit: its price, or as much as it has cores where none has one."""
        return self.capacity.get(CPU, 0) / 1000 if self.price is None else self.price

    def machine(self, number: int) -> Node:
        """Return the machine of a number; from `count` on they are those that are ordered in the course of a run."""
        zones = self.zones or ("",)
        zone = zones[number % len(zones)]
        rack = self.racks[number // len(zones) % len(self.racks)] if self.racks else ""
        if rack and zone:
            rack = f"{zone}-{rack}"
        return Node(
            f"{self.name}-{number}", self.capacity, self.labels, self.taints, zone, rack, self.name,
            reserved=self._reserved(number),
        )  # fmt: skip

    def _reserved(self, number: int) -> Mapping[str, Resources]:
        here = {team: amounts for team, amounts, most in self.reserved if most is None or number < most}
        some = {team: {name: amount for name, amount in amounts.items() if amount} for team, amounts in here.items()}
        return {team: amounts for team, amounts in some.items() if amounts}


@dataclass(frozen=True, slots=True)
class Cluster:
    """All machines that there are at the start, in the order of the scenario, and the pools that they are of.

    A cluster that was read from elsewhere has no pools, and never any more machines.
    """

    nodes: tuple[Node, ...]
    pools: tuple[NodePool, ...] = ()

    def pool(self, name: str) -> NodePool:
        """Return the pool of a name."""
        return next(one for one in self.pools if one.name == name)

    def machine(self, name: str) -> Node:
        """Return a machine by name, whether it is there at the start or is ordered later."""
        known = next((node for node in self.nodes if node.name == name), None)
        if known is not None:
            return known
        pool, _, number = name.rpartition("-")
        return self.pool(pool).machine(int(number))

    @property
    def capacity(self) -> dict[str, int]:
        """The sum over all machines."""
        return total_of(node.capacity for node in self.nodes)
