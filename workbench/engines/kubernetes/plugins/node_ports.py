"""NodePorts: a port of a node belongs to one pod at a time."""

from __future__ import annotations

from workbench.engines.kubernetes.framework import (
    SKIP,
    Cluster,
    ClusterEvent,
    Plugin,
    Sees,
    State,
    Status,
    unschedulable,
)
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import ANY_IP, PodInfo
from workbench.engines.kubernetes.shortcuts import by_sums

REASON = "node(s) didn't have free ports for the requested pod ports"


class NodePorts(Plugin):
    """Refuses nodes where a host port of the pod is taken: same protocol, same port, addresses that overlap.

    Source: kubernetes, pkg/scheduler/framework/plugins/nodeports (version 1.34).
    """

    name = "NodePorts"
    events = {"Node": ("Add",), "Pod": ("Delete",)}  # noqa: RUF012 - never changed
    sees: Sees = "pods"

    def pre_filter(self, pod: PodInfo, cluster: Cluster) -> State:
        """Step aside when the pod takes no port of its node."""
        return None if pod.host_ports else SKIP

    @by_sums
    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Refuse a node where a port is taken."""
        if any(node.port_taken(port) for port in pod.host_ports):
            return unschedulable(REASON)
        return None

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """A node has come, or a pod has gone that held, or was promised, a port which this one wants."""
        return event.resource == "Node" or _conflict(event.old, pod)


def _conflict(gone: PodInfo, pod: PodInfo) -> bool:
    return any(
        held[1:] == wanted[1:] and (held[0] == wanted[0] or ANY_IP in (held[0], wanted[0]))
        for held in gone.host_ports
        for wanted in pod.host_ports
    )
