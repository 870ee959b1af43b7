"""NodeResourcesFit: is there room, and which node is the emptiest?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workbench.engines.kubernetes.framework import (
    MAX_NODE_SCORE,
    ClusterEvent,
    ScorePlugin,
    Sees,
    State,
    Status,
    unresolvable,
    unschedulable,
)
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo

TOO_MANY_PODS = "Too many pods"
FIRST = ("cpu", "memory", "ephemeral-storage")
"""Reasons come in this order, then the other resources by name."""

LEAST_ALLOCATED = (("cpu", 1), ("memory", 1))
"""Resource -> weight of the LeastAllocated strategy."""


def insufficient(resource: str) -> str:
    """Return upstream's words for a resource that does not suffice."""
    return f"Insufficient {resource}"


def least_requested_score(requested: int, capacity: int) -> int:
    """Return 0 for a full node to 100 for an empty one; too much counts as full."""
    if capacity == 0 or requested > capacity:
        return 0
    return (capacity - requested) * MAX_NODE_SCORE // capacity


class NodeResourcesFit(ScorePlugin):
    """Refuses nodes that lack what the pod asks for; prefers those with most left (LeastAllocated).

    The filter looks at what is asked for, as it is written. The score looks at cpu and memory, and takes containers
    that name none as small ones. Amounts are whole numbers and divisions truncate.

    Source: kubernetes, pkg/scheduler/framework/plugins/noderesources/fit.go, least_allocated.go (version 1.34).
    Left out: the strategies MostAllocated and RequestedToCapacityRatio, resources ignored by configuration.
    """

    name = "NodeResourcesFit"
    sees: Sees = "pods"
    local = True

    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Refuse a full node, with every resource that is short.

        What exceeds the whole node can never be put right by removing other pods.
        """
        reasons = [TOO_MANY_PODS] if node.pod_count + 1 > node.allowed_pods else []
        hopeless = False
        requested, allocatable = node.requested, node.allocatable
        for name, amount in pod.requests.items():
            whole = allocatable.get(name, 0)
            if amount > 0 and amount > whole - requested.get(name, 0):
                reasons.append(insufficient(name))
                hopeless = hopeless or amount > whole
        if not reasons:
            return None
        reasons.sort(key=_rank)
        return unresolvable(*reasons) if hopeless else unschedulable(*reasons)

    def score(self, state: State, pod: PodInfo, node: NodeInfo) -> int:
        """Return how empty the node would be with the pod on it: weighted mean over cpu and memory."""
        total = weights = 0
        allocatable, asked = node.allocatable, pod.scoring_requests
        held = {"cpu": node.non_zero_cpu, "memory": node.non_zero_memory}
        for name, weight in LEAST_ALLOCATED:
            capacity = allocatable.get(name, 0)
            if capacity:
                total += weight * least_requested_score(held[name] + asked.get(name, 0), capacity)
                weights += weight
        return total // weights if weights else 0

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """A pod has gone (any pod, anywhere), or a node has come or grown that could hold this one when empty."""
        if event.resource == "AssignedPod":
            return event.action == "Delete"
        if event.resource != "Node":
            return event.resource == "Wildcard"
        if event.action == "UpdateNodeTaint":
            return True
        if event.action == "Add":
            return fits_empty(pod.requests, event.new)
        if event.action == "UpdateNodeAllocatable":
            return fits_empty(pod.requests, event.new) and any(_grown(pod, event.old, event.new))
        return False


def fits_empty(requests: Mapping[str, int], node: NodeInfo) -> bool:
    """Say whether a node could hold a pod if nothing else were there."""
    return node.allowed_pods > 0 and all(
        amount <= node.allocatable.get(name, 0) for name, amount in requests.items() if amount > 0
    )


def _grown(pod: PodInfo, old: NodeInfo, new: NodeInfo) -> Iterator[bool]:
    yield new.allowed_pods > old.allowed_pods
    for name, amount in pod.requests.items():
        yield amount > 0 and new.allocatable.get(name, 0) > old.allocatable.get(name, 0)


def _rank(reason: str) -> tuple[int, str]:
    if reason == TOO_MANY_PODS:
        return -1, reason
    name = reason.removeprefix("Insufficient ")
    return (FIRST.index(name) if name in FIRST else len(FIRST)), name
