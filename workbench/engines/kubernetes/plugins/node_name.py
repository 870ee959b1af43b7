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
    events = {"Node": ("Add",)}  # noqa: RUF012 - never changed

    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Refuse other nodes."""
        if pod.spec.node_name and pod.spec.node_name != node.name:
            return unresolvable(REASON)
        return None

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """Any node that has come may be the one."""
        return True
