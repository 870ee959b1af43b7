"""What a machine is to Kubernetes: its Node object, and what the scheduler makes of it."""

from __future__ import annotations

from msgspec.structs import replace

from workbench.engines.kubernetes.admission import NOT_READY
from workbench.engines.kubernetes.ephemeral_storage import in_kubernetes
from workbench.engines.kubernetes.node_info import PODS, NodeInfo
from workbench.engines.kubernetes.objects import NodeObject
from workbench.model import cluster
from workbench.model.native.kubernetes import Node, ObjectMeta
from workbench.model.native.kubernetes.nodes import NodeSpec, NodeStatus, Taint
from workbench.model.resources import Resources

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
RACK = "topology.kubernetes.io/rack"


def node_object(node: cluster.Node) -> Node:
    """Return a machine as Kubernetes has it; one that came as a Kubernetes node keeps its labels and taints."""
    known = {HOSTNAME: node.name, ZONE: node.zone, RACK: node.rack}
    labels = {key: value for key, value in known.items() if value} | dict(node.labels)
    if isinstance(node.native, Node):
        own = node.native
        return Node(
            metadata=ObjectMeta(name=node.name, labels={**labels, **own.metadata.labels}),
            spec=own.spec,
            status=own.status,
        )
    taints = tuple(Taint(key=one.key, value=one.value, effect=one.effect) for one in node.taints)
    return Node(metadata=ObjectMeta(name=node.name, labels=labels), spec=NodeSpec(taints=taints))


def registered(machine: cluster.Node, status: NodeStatus) -> Node:
    """Return the object of a node that registers: with its kubelet's own taints, and that of not being ready yet.

    Source: kubernetes, pkg/kubelet/kubelet_node_status.go (registerWithAPIServer); plugin/pkg/admission/nodetaint
    (version 1.34).
    """
    made = node_object(machine)
    taints = (*made.spec.taints, Taint(key=NOT_READY, effect="NoSchedule"))
    return replace(made, spec=replace(made.spec, taints=taints), status=status)


def node_info(known: NodeObject, capacity: Resources, max_pods: int) -> NodeInfo:
    """Return a node without pods as the scheduler has it; `max_pods` holds where the machine does not say otherwise."""
    return NodeInfo(known.node, known.index, {PODS: max_pods, **in_kubernetes(capacity)})
