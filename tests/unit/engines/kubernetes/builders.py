"""Tiny builders for Kubernetes: pods and nodes as the scheduler sees them, runs, and what a trace says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.framework import Cluster, ClusterEvent, Plugin
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.queueing import QueueingHints
from workbench.engines.kubernetes.runtime import Profile
from workbench.engines.world import World
from workbench.formats.quantities import parse_quantity, parse_resources
from workbench.model.clock import NEVER, SECOND_US
from workbench.model.native.kubernetes.affinity import (
    Affinity,
    NodeAffinity,
    NodeSelector,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    PodAffinity,
    PodAffinityTerm,
    PodAntiAffinity,
    PreferredSchedulingTerm,
    Toleration,
    TopologySpreadConstraint,
    WeightedPodAffinityTerm,
)
from workbench.model.native.kubernetes.meta import LabelSelector, ObjectMeta
from workbench.model.native.kubernetes.nodes import ContainerImage, Node, NodeSpec, NodeStatus, Taint
from workbench.model.native.kubernetes.pods import Container, ContainerPort, PodSpec, ResourceRequirements
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"


def container(
    cpu: str = "", memory: str = "", image: str = "", ports: Iterable[int] = (), **requests: str
) -> Container:
    asked = {**({"cpu": cpu} if cpu else {}), **({"memory": memory} if memory else {}), **requests}
    return Container(
        name="c",
        image=image,
        ports=tuple(ContainerPort(container_port=port, host_port=port) for port in ports),
        resources=ResourceRequirements(requests=parse_resources(asked)),
    )


def pod(
    *containers: Container,
    labels: Mapping[str, str] | None = None,
    namespace: str = "default",
    **spec: Any,
) -> PodInfo:
    return PodInfo(
        namespace, dict(labels or {}), PodSpec(containers=containers or (container("500m", "512Mi"),), **spec)
    )


def api_node(
    name: str = "node-0",
    cpu: str = "4",
    memory: str = "16Gi",
    pods: str = "110",
    labels: Mapping[str, str] | None = None,
    taints: Iterable[Taint] = (),
    images: Mapping[str, int] | None = None,
    unschedulable: bool = False,
    **more: str,
) -> Node:
    allocatable = {"cpu": cpu, "memory": memory, "pods": pods, **more}
    return Node(
        metadata=ObjectMeta(name=name, labels={HOSTNAME: name, **(labels or {})}),
        spec=NodeSpec(taints=tuple(taints), unschedulable=unschedulable),
        status=NodeStatus(
            allocatable={key: parse_quantity(value) for key, value in allocatable.items()},
            images=tuple(ContainerImage(names=(image,), size_bytes=size) for image, size in (images or {}).items()),
        ),
    )


def node(name: str = "node-0", *pods: PodInfo, index: int = 0, **more: Any) -> NodeInfo:
    info = NodeInfo(api_node(name, **more), index)
    for one in pods:
        info.add_pod(one)
    return info


def cluster(*nodes: NodeInfo) -> Cluster:
    for index, one in enumerate(nodes):
        one.index = index
    return Cluster(nodes)


def taint(key: str, effect: str = "NoSchedule", value: str = "") -> Taint:
    return Taint(key=key, effect=effect, value=value)


def tolerates(
    key: str = "", effect: str = "", value: str = "", operator: str = "", seconds: int | None = None
) -> Toleration:
    operator = operator or ("Equal" if value else "Exists")
    return Toleration(key=key, operator=operator, value=value, effect=effect, toleration_seconds=seconds)


def expression(key: str, operator: str, *values: str) -> NodeSelectorRequirement:
    return NodeSelectorRequirement(key=key, operator=operator, values=values)


def node_affinity(*required: NodeSelectorTerm, preferred: Iterable[tuple[int, NodeSelectorTerm]] = ()) -> Affinity:
    wishes = tuple(PreferredSchedulingTerm(weight=weight, preference=term) for weight, term in preferred)
    return Affinity(
        node_affinity=NodeAffinity(
            required_during_scheduling_ignored_during_execution=(
                NodeSelector(node_selector_terms=required) if required else None
            ),
            preferred_during_scheduling_ignored_during_execution=wishes,
        )
    )


def term(*expressions: NodeSelectorRequirement, fields: Iterable[NodeSelectorRequirement] = ()) -> NodeSelectorTerm:
    return NodeSelectorTerm(match_expressions=expressions, match_fields=tuple(fields))


def near(topology_key: str, **labels: str) -> Affinity:
    return Affinity(
        pod_affinity=PodAffinity(required_during_scheduling_ignored_during_execution=(_term(topology_key, labels),))
    )


def apart(topology_key: str, **labels: str) -> Affinity:
    terms = (_term(topology_key, labels),)
    return Affinity(pod_anti_affinity=PodAntiAffinity(required_during_scheduling_ignored_during_execution=terms))


def wish_near(topology_key: str, weight: int, **labels: str) -> Affinity:
    wishes = (WeightedPodAffinityTerm(weight=weight, pod_affinity_term=_term(topology_key, labels)),)
    return Affinity(pod_affinity=PodAffinity(preferred_during_scheduling_ignored_during_execution=wishes))


def wish_apart(topology_key: str, weight: int, **labels: str) -> Affinity:
    wishes = (WeightedPodAffinityTerm(weight=weight, pod_affinity_term=_term(topology_key, labels)),)
    return Affinity(pod_anti_affinity=PodAntiAffinity(preferred_during_scheduling_ignored_during_execution=wishes))


def spread(max_skew: int, topology_key: str, when: str = "DoNotSchedule", **labels: str) -> TopologySpreadConstraint:
    return TopologySpreadConstraint(
        max_skew=max_skew,
        topology_key=topology_key,
        when_unsatisfiable=when,
        label_selector=LabelSelector(match_labels=dict(labels)),
    )


def _term(topology_key: str, labels: Mapping[str, str]) -> PodAffinityTerm:
    return PodAffinityTerm(topology_key=topology_key, label_selector=LabelSelector(match_labels=dict(labels)))


# -- runs ---------------------------------------------------------------------------------------------------


def simulate(scenario: Scenario, seed: int = 1) -> Trace:
    return World(scenario, Kubernetes(), seed).run()


def tasks(trace: Trace, app: str = "") -> list[dict[str, Any]]:
    return [row for row in trace["tasks"].dicts() if not app or row["app"] == app]


def at(micros: int) -> float | None:
    """Return a time of a trace in seconds, None if it has not come."""
    return None if micros == NEVER else micros / SECOND_US


def happened(trace: Trace, table: str, **wanted: Any) -> list[float]:
    """Return the times, in seconds, of the rows with these cells."""
    return [
        row["at_us"] / SECOND_US
        for row in trace[table].dicts()
        if all(row[name] == value for name, value in wanted.items())
    ]


def helped(plugin: Plugin, event: ClusterEvent, rejected: PodInfo) -> bool:
    """Say whether an event makes the queue try a pod again that this plugin alone has rejected."""
    hints = QueueingHints({rejected.spec.scheduler_name: Profile(filters=(plugin,), scores=())})
    return bool(hints.worth(event, rejected, (plugin.name,), ()))
