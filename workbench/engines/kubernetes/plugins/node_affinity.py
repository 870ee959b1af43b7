"""NodeAffinity: which node labels a pod needs, and which it would like."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

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
from workbench.engines.kubernetes.shortcuts import by_objects
from workbench.model.native.kubernetes import affinity

REASON = "node(s) didn't match Pod's node affinity/selector"
ENFORCED = "node(s) didn't match scheduler-enforced node affinity"
CONFLICT = "pod affinity terms conflict"


def required_node_affinity_matches(pod: PodInfo, node: NodeInfo) -> bool:
    """Say whether a node has the labels of the selector and satisfies one of the required terms."""
    if pod.spec.node_selector and not has_all(pod.spec.node_selector, node.labels):
        return False
    required = pod.required_node_selector
    return required is None or node_selector_matches(required, node.labels, node.name)


class NodeAffinity(ScorePlugin):
    """Refuses nodes without the labels that the pod needs; prefers those with labels that it would like.

    Parameters
    ----------
    added : NodeAffinity or None
        What the scheduler's configuration demands and wishes for every pod (addedAffinity).

    Source: kubernetes, pkg/scheduler/framework/plugins/nodeaffinity (version 1.34).
    """

    name = "NodeAffinity"
    events = {"Node": ("Add", "UpdateNodeLabel")}  # noqa: RUF012 - never changed

    def __init__(self, added: affinity.NodeAffinity | None = None) -> None:
        self._added_required = None if added is None else added.required_during_scheduling_ignored_during_execution
        self._added_wishes = () if added is None else added.preferred_during_scheduling_ignored_during_execution

    def pre_filter(self, pod: PodInfo, cluster: Cluster) -> State:
        """Step aside when nothing is needed of the node; refuse the pod when its terms name no common node."""
        if not (pod.spec.node_selector or pod.required_node_selector is not None or self._added_required is not None):
            return SKIP
        return unresolvable(CONFLICT) if pod.node_names is not None and not pod.node_names else None

    def narrow(self, pod: PodInfo) -> frozenset[str] | None:
        """Look at no other node than those that the required terms name, where every term names some."""
        return pod.node_names or None

    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Refuse a node that lacks what is needed."""
        added = self._added_required
        if added is not None and not node_selector_matches(added, node.labels, node.name):
            return unresolvable(ENFORCED)
        return None if required_node_affinity_matches(pod, node) else unresolvable(REASON)

    @by_objects
    def pre_score(self, pod: PodInfo, cluster: Cluster, feasible: Sequence[NodeInfo]) -> State:
        """Step aside when there are no wishes."""
        return None if pod.preferred_node_terms or self._added_wishes else SKIP

    @by_objects
    def score(self, state: State, pod: PodInfo, node: NodeInfo) -> int:
        """Sum the weights of the wishes that the node fulfils."""
        return sum(
            wish.weight
            for wish in (*self._added_wishes, *pod.preferred_node_terms)
            if wish.weight and term_matches(wish.preference, node.labels, node.name)
        )

    def normalize_score(self, state: State, scores: list[int], feasible: Sequence[NodeInfo]) -> list[int]:
        """Give 100 to the nodes that fulfil most."""
        return default_normalize_score(scores, reverse=False)

    def group(self, pod: PodInfo, node: NodeInfo) -> Hashable:
        """The score depends on the node object alone."""
        return self.score(None, pod, node)

    def needs_whole_cluster(self, pod: PodInfo, cluster: Cluster) -> bool:
        """A pod for one node alone: what is remembered of the others would never pay."""
        return pod.node_names is not None

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """A node that matches has come, or one matches now that did not before."""
        added, new = self._added_required, event.new
        if added is not None and not node_selector_matches(added, new.labels, new.name):
            return False
        before = event.old is not None and required_node_affinity_matches(pod, event.old)
        return not before and required_node_affinity_matches(pod, new)
