"""NodeAffinity: which node labels a pod needs, and which it would like."""

from __future__ import annotations

from collections.abc import Hashable

from workbench.engines.kubernetes.framework import (
    SKIP,
    Cluster,
    ClusterEvent,
    ScorePlugin,
    State,
    Status,
    default_normalize_score,
    unresolvable,
)
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.selectors import has_all, node_selector_matches, term_matches

REASON = "node(s) didn't match Pod's node affinity/selector"


def required_node_affinity_matches(pod: PodInfo, node: NodeInfo) -> bool:
    """Say whether a node has the labels of the selector and satisfies one of the required terms."""
    if pod.spec.node_selector and not has_all(pod.spec.node_selector, node.labels):
        return False
    required = pod.required_node_selector
    return required is None or node_selector_matches(required, node.labels, node.name)


class NodeAffinity(ScorePlugin):
    """Refuses nodes without the labels that the pod needs; prefers those with labels that it would like.

    Source: kubernetes, pkg/scheduler/framework/plugins/nodeaffinity (version 1.34).
    Left out: affinity that a scheduler configuration adds to every pod.
    """

    name = "NodeAffinity"

    def pre_filter(self, pod: PodInfo, cluster: Cluster) -> State:
        """Step aside when the pod needs nothing of its node."""
        return None if pod.spec.node_selector or pod.required_node_selector is not None else SKIP

    def narrow(self, pod: PodInfo) -> tuple[frozenset[str], Status] | None:
        """Look at no other node than those that the required terms name, where every term names some."""
        return None if pod.node_names is None else (pod.node_names, unresolvable(REASON))

    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Refuse a node that lacks what is needed."""
        return None if required_node_affinity_matches(pod, node) else unresolvable(REASON)

    def pre_score(self, pod: PodInfo, cluster: Cluster) -> State:
        """Step aside when the pod has no wishes."""
        return None if pod.preferred_node_terms else SKIP

    def score(self, state: State, pod: PodInfo, node: NodeInfo) -> int:
        """Sum the weights of the wishes that the node fulfils."""
        return sum(
            wish.weight
            for wish in pod.preferred_node_terms
            if wish.weight and term_matches(wish.preference, node.labels, node.name)
        )

    def normalize_score(self, scores: list[int]) -> list[int]:
        """Give 100 to the nodes that fulfil most."""
        return default_normalize_score(scores, reverse=False)

    def group(self, pod: PodInfo, node: NodeInfo) -> Hashable:
        """The score depends on the node object alone."""
        return self.score(None, pod, node)

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """A node that matches has come, or one matches now that did not before; any change of taints counts."""
        if event.resource != "Node":
            return event.resource == "Wildcard"
        if event.action == "UpdateNodeTaint":
            return True
        if event.action == "Add":
            return required_node_affinity_matches(pod, event.new)
        if event.action == "UpdateNodeLabel":
            before = required_node_affinity_matches(pod, event.old)
            return not before and required_node_affinity_matches(pod, event.new)
        return False
