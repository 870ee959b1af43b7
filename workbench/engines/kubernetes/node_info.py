"""A node as the scheduler sees it: what it has, and what the pods on it hold together.

Source: kubernetes, pkg/scheduler/framework/types.go (NodeInfo).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from workbench.engines.kubernetes.pod_info import ANY_IP, HostPort, PodInfo
from workbench.model.native.kubernetes.nodes import Node
from workbench.model.native.kubernetes.quantity import amounts

PODS = "pods"


class NodeInfo:
    """A node and the sums over its pods.

    Parameters
    ----------
    node : Node
        The node as it stands in the API.
    index : int
        Its number in the order of the cluster.
    allocatable : mapping or None
        What pods may ask for, in whole units (cpu: millicores); None takes it from the node's status.

    Attributes
    ----------
    requested : dict
        Sum of the pods' requests.
    non_zero_cpu, non_zero_memory : int
        The same for scoring, where a container that names no request counts as a small one.
    pods : dict
        PodInfo -> how many such pods are here.
    measured_cpu : int
        Millicores that its processes used when that was measured last; 0 where nobody measures.
    """

    __slots__ = (
        "allocatable", "allowed_pods", "images", "index", "labels", "measured_cpu", "name", "node", "non_zero_cpu",
        "non_zero_memory", "pod_count", "pods", "requested", "taints", "unschedulable", "used_ports",
    )  # fmt: skip

    def __init__(self, node: Node, index: int = 0, allocatable: Mapping[str, int] | None = None) -> None:
        self.index = index
        self.measured_cpu = 0
        self.requested: dict[str, int] = {}
        self.non_zero_cpu = 0
        self.non_zero_memory = 0
        self.pod_count = 0
        self.pods: dict[PodInfo, int] = {}
        self.used_ports: dict[HostPort, int] = {}
        self.set_node(node, allocatable)

    def set_node(self, node: Node, allocatable: Mapping[str, int] | None = None) -> None:
        """Take over a new version of the node object."""
        self.node = node
        self.name = node.metadata.name
        self.labels = node.metadata.labels
        self.taints = node.spec.taints
        self.unschedulable = node.spec.unschedulable
        if allocatable is None:
            allocatable = amounts(node.status.allocatable or node.status.capacity)
        self.allocatable = dict(allocatable)
        self.allowed_pods = self.allocatable.pop(PODS, 0)
        self.images = {name: image.size_bytes for image in node.status.images for name in image.names}

    def add_pod(self, pod: PodInfo, sign: int = 1) -> None:
        """Count a pod in, or out with `sign` -1."""
        requested = self.requested
        for name, amount in pod.requests.items():
            requested[name] = requested.get(name, 0) + sign * amount
        cpu, memory = pod.non_zero
        self.non_zero_cpu += sign * cpu
        self.non_zero_memory += sign * memory
        self.pod_count += sign
        pods = self.pods
        left = pods.get(pod, 0) + sign
        if left:
            pods[pod] = left
        else:
            del pods[pod]
        for port in pod.host_ports:
            _count(self.used_ports, port, sign)

    def sums(self) -> tuple[Hashable, ...]:
        """Return all that is known of the pods here taken together: their number, what they ask for, their ports."""
        requested = self.requested
        ports = (frozenset(self.used_ports),) if self.used_ports else ()
        return (self.pod_count, self.non_zero_cpu, self.non_zero_memory, *requested, *requested.values(), *ports)

    def remove_pod(self, pod: PodInfo) -> None:
        """Count a pod out."""
        self.add_pod(pod, -1)

    def copy(self) -> NodeInfo:
        """Return a copy on which pods can be put, or taken off, without changing this one."""
        other = NodeInfo.__new__(NodeInfo)
        for name in NodeInfo.__slots__:
            setattr(other, name, getattr(self, name))
        other.requested, other.pods, other.used_ports = dict(self.requested), dict(self.pods), dict(self.used_ports)
        return other

    def port_taken(self, wanted: HostPort) -> bool:
        """Say whether a port conflicts with one in use; the address 0.0.0.0 stands for all of them."""
        if not self.used_ports:
            return False
        ip, protocol, port = wanted
        return any(
            protocol == used_protocol and port == used_port and (ip == used_ip or ANY_IP in (ip, used_ip))
            for used_ip, used_protocol, used_port in self.used_ports
        )


def _count(counts: dict[Any, int], key: Any, sign: int) -> None:
    left = counts.get(key, 0) + sign
    if left:
        counts[key] = left
    else:
        del counts[key]
