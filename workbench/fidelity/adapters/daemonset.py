"""Rows about DaemonSets, put to `controllers.daemonset`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.engines.kubernetes.controllers.daemonset import node_should_run_daemon_pod, with_daemon_tolerations
from workbench.fidelity.adapters.comparing import amounts_of, differences, known_only
from workbench.fidelity.records import Case
from workbench.model.native.kubernetes.affinity import (
    Affinity,
    NodeAffinity,
    NodeSelector,
    NodeSelectorRequirement,
    NodeSelectorTerm,
)
from workbench.model.native.kubernetes.meta import ObjectMeta
from workbench.model.native.kubernetes.nodes import Node, NodeSpec, NodeStatus
from workbench.model.native.kubernetes.pods import Container, ContainerPort, PodSpec, ResourceRequirements

Given = Mapping[str, Any]

_TEMPLATE = frozenset({"nodeName", "nodeSelector", "nodeAffinityIn", "hostPort", "requests"})


def difference(case: Case) -> str:
    """Return how the model differs from the row, or an empty text. Pods on the node play no part in the decision."""
    given = case.document["input"]
    known_only(given, frozenset({"node", "podsOnNode", "podTemplate"}))
    spec = with_daemon_tolerations(_spec(given["podTemplate"]))
    should_run, should_continue = node_should_run_daemon_pod(spec, _node(given["node"]))
    return differences(case.document["expect"], {"shouldRun": should_run, "shouldContinueRunning": should_continue})


def _node(given: Given) -> Node:
    return Node(
        metadata=ObjectMeta(name=given["name"], labels=given["labels"]),
        spec=NodeSpec(unschedulable=given["unschedulable"]),
        status=NodeStatus(allocatable=amounts_of(given["allocatable"])),
    )


def _spec(given: Given) -> PodSpec:
    known_only(given, _TEMPLATE)
    port = given.get("hostPort")
    container = Container(
        resources=ResourceRequirements(requests=amounts_of(given.get("requests"))),
        ports=() if port is None else (ContainerPort(container_port=port, host_port=port),),
    )
    return PodSpec(
        containers=(container,),
        node_name=given.get("nodeName", ""),
        node_selector=given.get("nodeSelector", {}),
        affinity=_affinity(given.get("nodeAffinityIn")),
    )


def _affinity(wanted: Given | None) -> Affinity | None:
    if wanted is None:
        return None
    asked = tuple(NodeSelectorRequirement(key=key, operator="In", values=tuple(wanted[key])) for key in wanted)
    terms = (NodeSelectorTerm(match_expressions=asked),)
    required = NodeSelector(node_selector_terms=terms)
    return Affinity(node_affinity=NodeAffinity(required_during_scheduling_ignored_during_execution=required))
