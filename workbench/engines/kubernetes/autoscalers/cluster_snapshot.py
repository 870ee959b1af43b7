"""The cluster as the Cluster Autoscaler pictures it: nodes, nodes on their way, and pods it has put there in thought.

What fits where is said by the filters of the real scheduler. Nothing here changes the cluster.

Source: kubernetes/autoscaler, cluster-autoscaler/simulator (clustersnapshot, scheduling/hinting_simulator.go)
(version 1.36).
Left out: hints where a pod fitted before; the first node in the order that would do is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from workbench.engines.kubernetes.framework import Cluster
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.runtime import Profile, run_filter, run_pre_filter


class Snapshot:
    """A picture that can be changed.

    Parameters
    ----------
    cluster : Cluster
        As the scheduler has it; it is copied.
    coming : sequence of NodeInfo
        Nodes that have been ordered and are not there yet.

    Attributes
    ----------
    coming : frozenset of str
        Names of those.
    """

    def __init__(self, cluster: Cluster, coming: Sequence[NodeInfo], profile: Profile) -> None:
        self.coming = frozenset(node.name for node in coming)
        self.nodes = [node.copy() for node in (*cluster.nodes, *coming)]
        for place, node in enumerate(self.nodes):
            node.index = place
        self._cluster = Cluster(self.nodes, cluster.namespaces, cluster.listers)
        self._profile = profile

    def put(self, pod: PodInfo, without: Collection[str] = ()) -> NodeInfo | None:
        """Put a pod on the first node that would take it, some left out by name; return that node, None for none."""
        found = run_pre_filter(self._profile, pod, self._cluster)
        if found.refusal is not None:
            return None
        for node in self.nodes:
            allowed = node.name not in without and (found.narrowed is None or node.name in found.narrowed)
            if allowed and run_filter(found.filters, pod, node) is None:
                node.add_pod(pod)
                return node
        return None

    def put_all(self, pods: Iterable[PodInfo], without: Collection[str] = ()) -> bool:
        """Put all of some pods somewhere; if one fits nowhere, put none."""
        put: list[tuple[NodeInfo, PodInfo]] = []
        for pod in pods:
            node = self.put(pod, without)
            if node is None:
                for there, one in put:
                    there.remove_pod(one)
                return False
            put.append((node, pod))
        return True
