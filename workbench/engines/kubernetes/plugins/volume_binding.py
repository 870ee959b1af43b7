"""VolumeBinding: a pod goes where its disk can be reached."""

from __future__ import annotations

from workbench.engines.kubernetes.framework import SKIP, Cluster, ClusterEvent, Plugin, State, Status, unresolvable
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo

REASON = "node(s) didn't match PersistentVolume's node affinity"


class VolumeBinding(Plugin):
    """Refuses nodes that cannot reach a volume to which a claim of the pod is bound already: a local disk elsewhere.

    Source: kubernetes, pkg/scheduler/framework/plugins/volumebinding (version 1.34).
    Left out: the choice among unbound volumes, storage classes and their topology, capacity tracking; a claim that
    is not bound yet finds its volume on whatever node is chosen.
    """

    name = "VolumeBinding"

    def pre_filter(self, pod: PodInfo, cluster: Cluster) -> State:
        """Return the nodes to which volumes bind the pod, or step aside when there are none."""
        bound = [cluster.bound_claims(claim) for claim in pod.claims]
        names = [name for name in bound if name is not None]
        return names or SKIP

    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Refuse a node from which some volume cannot be reached."""
        names: list[str] = state
        return None if all(name == node.name for name in names) else unresolvable(REASON)

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """A node has come, or its labels or taints changed."""
        return event.resource == "Wildcard" or (
            event.resource == "Node" and event.action in ("Add", "UpdateNodeLabel", "UpdateNodeTaint")
        )
