"""Where each node stands in a scheduler's order of search, as nodes come and go, with what is counted on each.

The order is that of `node_tree.py`: zones in turn. A node that comes or goes moves others, so that all tables begin
anew with the new order; that is rare. What is counted on a node that is gone is kept: its pods are still there until
somebody deletes them, and it may come back.

Source: kubernetes, pkg/scheduler/backend/cache (AddNode, RemoveNode, updateNodeInfoSnapshotList) (version 1.34).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from workbench.engines.kubernetes.framework import Cluster
from workbench.engines.kubernetes.listers import Listers
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.node_table import NodeTable
from workbench.engines.kubernetes.node_tree import NodeTree
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.runtime import Profile


class NodePlaces:
    """The nodes of one scheduler process.

    Parameters
    ----------
    nodes : sequence of NodeInfo
        The nodes at the start, in the order of the cluster; their `index` becomes their place in the order of search.
    profiles : sequence of Profile
        Each gets a table with nodes of its own, since a table notes what it counts in and out of them.

    Attributes
    ----------
    machines : list of int
        Place -> number of the machine.
    places : dict
        Number of a machine -> its place; those that are gone have none.
    tables : dict
        Name of a profile -> its table.
    """

    def __init__(
        self,
        nodes: Sequence[NodeInfo],
        profiles: Sequence[Profile],
        namespaces: Mapping[str, Mapping[str, str]],
        listers: Listers,
    ) -> None:
        self._tree = NodeTree()
        for node in nodes:
            self._tree.add(str(node.index), node.labels)
        own = [{node.index: node.copy() if number else node for node in nodes} for number, _ in enumerate(profiles)]
        self._settle(own)
        self.tables = {
            profile.name: NodeTable(Cluster(self._in_order(infos), namespaces, listers), profile)
            for profile, infos in zip(profiles, own, strict=True)
        }
        self._counted = list(zip(self.tables.values(), own, strict=True))

    def _settle(self, own: Iterable[dict[int, NodeInfo]]) -> None:
        """Work out the order, and tell each node its place."""
        self.machines = list(map(int, self._tree.names()))
        self.places = {machine: place for place, machine in enumerate(self.machines)}
        for infos in own:
            for machine, place in self.places.items():
                infos[machine].index = place

    def _in_order(self, infos: Mapping[int, NodeInfo]) -> list[NodeInfo]:
        return [infos[machine] for machine in self.machines]

    def _rearrange(self) -> None:
        self._settle(infos for _, infos in self._counted)
        for table, infos in self._counted:
            table.rearrange(self._in_order(infos))

    def of(self, machine: int) -> NodeInfo:
        """Return a node that is or was there, as the first table has it."""
        return self._counted[0][1][machine]

    def all_of(self, machine: int) -> list[NodeInfo]:
        """Return a node as each table has it; nothing if it was never there."""
        return [infos[machine] for _, infos in self._counted if machine in infos]

    def add(self, machine: int, node: NodeInfo) -> NodeInfo:
        """Take in a node that is new, or back: with the pods that are counted on it already."""
        for number, (_, infos) in enumerate(self._counted):
            known = infos.get(machine)
            if known is None:
                infos[machine] = node.copy() if number else node
            else:
                known.set_node(node.node, {**node.allocatable, "pods": node.allowed_pods})
        self._tree.add(str(machine), node.labels)
        self._rearrange()
        return self.of(machine)

    def remove(self, machine: int) -> NodeInfo:
        """Take out a node; what is counted on it is kept."""
        self._tree.remove(str(machine))
        self._rearrange()
        return self.of(machine)

    def count(self, machine: int, pod: PodInfo, sign: int) -> None:
        """Count a pod in on a node, or out with `sign` -1."""
        place = self.places.get(machine)
        for table, infos in self._counted:
            if place is None:
                infos[machine].add_pod(pod, sign)
            else:
                table.add_pod(place, pod, sign)
