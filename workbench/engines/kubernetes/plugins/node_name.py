"""NodeName: a pod that names its node goes there or nowhere."""

from __future__ import annotations

from workbench.engines.kubernetes.framework import ClusterEvent, Plugin, State, Status, unresolvable
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo

REASON = "node(s) didn't match the requested node name"


class NodeName(Plugin):
    """Refuses every node but the one in `spec.nodeName`.

    Source: kubernetes, pkg/scheduler/framework/plugins/nodename (version 1.34).
    """

    name = "NodeName"

    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Refuse other nodes."""
        if pod.spec.node_name and pod.spec.node_name != node.name:
            return unresolvable(REASON)
        return None

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """A node has come, or its taints changed."""
        return event.resource == "Wildcard" or (event.resource == "Node" and event.action in ("Add", "UpdateNodeTaint"))
