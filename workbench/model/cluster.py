"""Machines, as both systems find them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.model.resources import Resources, total_of


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
class Cluster:
    """All machines, in the order of the scenario."""

    nodes: tuple[Node, ...]

    @property
    def capacity(self) -> dict[str, int]:
        """The sum over all machines."""
        return total_of(node.capacity for node in self.nodes)
