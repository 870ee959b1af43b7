"""NodeUnschedulable: nothing new on a cordoned node."""

from __future__ import annotations

from workbench.engines.kubernetes.framework import ClusterEvent, Plugin, State, Status, unresolvable
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.selectors import tolerated
from workbench.model.native.kubernetes.nodes import Taint

REASON = "node(s) were unschedulable"
TAINT = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")
"""A pod that tolerates this taint may go to a cordoned node."""


class NodeUnschedulable(Plugin):
    """Refuses nodes with `spec.unschedulable`, unless the pod tolerates the taint that goes with it.

    Source: kubernetes, pkg/scheduler/framework/plugins/nodeunschedulable (version 1.34).
    """

    name = "NodeUnschedulable"
    events = {"Node": ("Add", "UpdateNodeTaint"), "Pod": ("UpdatePodToleration",)}  # noqa: RUF012 - never changed

    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Refuse a cordoned node."""
        if node.unschedulable and not tolerated(TAINT, pod.spec.tolerations):
            return unresolvable(REASON)
        return None

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """A node that can be used has come, one is no longer cordoned, or the pod itself now puts up with it."""
        if event.resource != "Node":
            return event.own and tolerated(TAINT, event.new.spec.tolerations)
        return (event.old is None or event.old.unschedulable) and not event.new.unschedulable
