"""NodeResourcesFit: is there room, and which node is the emptiest (or the fullest)?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

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
from workbench.engines.kubernetes.plugins.least_allocated import least_allocated
from workbench.engines.kubernetes.plugins.resource_allocation import CPU_AND_MEMORY, Share, Weighted, scoring_shares
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.shortcuts import Check, Score, by_sums, quick

TOO_MANY_PODS = "Too many pods"
FIRST = ("cpu", "memory", "ephemeral-storage")
"""Reasons come in this order, then the other resources by name."""


def insufficient(resource: str) -> str:
    """Return upstream's words for a resource that does not suffice."""
    return f"Insufficient {resource}"


Strategy = Callable[[Iterable[Share]], int]
"""From what would be asked for of each resource to a score of 0 to 100."""


def room_check(plugin: NodeResourcesFit, state: State, pod: PodInfo) -> Check:
    """Return the filter for one pod: it sees at a glance that there is room, and looks for words only if not."""
    wanted = [(name, amount) for name, amount in pod.requests.items() if amount > 0]

    def check(node: NodeInfo) -> Status | None:
        if node.pod_count < node.allowed_pods:
            requested, allocatable = node.requested, node.allocatable
            for name, amount in wanted:
                if amount > allocatable.get(name, 0) - requested.get(name, 0):
                    break
            else:
                return None
        return NodeResourcesFit.filter(plugin, state, pod, node)

    return check


def least_of_cpu_and_memory(plugin: NodeResourcesFit, state: State, pod: PodInfo) -> Score | None:
    """Return the score for one pod where it is LeastAllocated of cpu and memory alike, without detours."""
    if plugin.strategy is not least_allocated or plugin.resources != CPU_AND_MEMORY:
        return None
    cpu, memory = pod.scoring_requests.get("cpu", 0), pod.scoring_requests.get("memory", 0)

    def score(node: NodeInfo) -> int:
        cpus, memories = node.allocatable.get("cpu", 0), node.allocatable.get("memory", 0)
        left_cpu, left_memory = cpus - node.non_zero_cpu - cpu, memories - node.non_zero_memory - memory
        if left_cpu < 0 or left_memory < 0 or not cpus or not memories:
            return NodeResourcesFit.score(plugin, state, pod, node)
        return (left_cpu * MAX_NODE_SCORE // cpus + left_memory * MAX_NODE_SCORE // memories) // 2

    return score


class NodeResourcesFit(ScorePlugin):
    """Refuses nodes that lack what the pod asks for; prefers those with most left, unless configured otherwise.

    The filter looks at what is asked for, as it is written. The score takes containers that name no cpu or memory as
    small ones. Amounts are whole numbers and divisions truncate.

    Parameters
    ----------
    strategy : function
        LeastAllocated, MostAllocated or RequestedToCapacityRatio.
    resources : tuple
        Resource -> weight in the score.
    ignored, ignored_groups : frozenset of str
        Extended resources that the filter does not check, by name or by what is before the slash.

    Source: kubernetes, pkg/scheduler/framework/plugins/noderesources/fit.go (version 1.34).
    """

    name = "NodeResourcesFit"
    events = {  # noqa: RUF012 - never changed
        "Node": ("Add", "UpdateNodeAllocatable"),
        "Pod": ("Delete", "UpdatePodScaleDown"),
    }
    sees: Sees = "pods"
    local = True

    def __init__(
        self,
        strategy: Strategy = least_allocated,
        resources: Weighted = CPU_AND_MEMORY,
        ignored: frozenset[str] = frozenset(),
        ignored_groups: frozenset[str] = frozenset(),
    ) -> None:
        self.strategy = strategy
        self.resources = resources
        self._ignored = ignored
        self._ignored_groups = ignored_groups

    @by_sums
    @quick(room_check)
    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Refuse a full node, with every resource that is short.

        What exceeds the whole node can never be put right by removing other pods.
        """
        reasons = [TOO_MANY_PODS] if node.pod_count + 1 > node.allowed_pods else []
        hopeless = False
        requested, allocatable = node.requested, node.allocatable
        for name, amount in pod.requests.items():
            whole = allocatable.get(name, 0)
            if amount > 0 and amount > whole - requested.get(name, 0) and self._checks(name):
                reasons.append(insufficient(name))
                hopeless = hopeless or amount > whole
        if not reasons:
            return None
        reasons.sort(key=_rank)
        return unresolvable(*reasons) if hopeless else unschedulable(*reasons)

    @by_sums
    @quick(least_of_cpu_and_memory)
    def score(self, state: State, pod: PodInfo, node: NodeInfo) -> int:
        """Return what the strategy makes of the node with the pod on it."""
        return self.strategy(scoring_shares(pod, node, self.resources))

    def _checks(self, name: str) -> bool:
        """Say whether the filter looks at a resource."""
        if not (self._ignored or self._ignored_groups) or not is_extended_resource(name):
            return True
        return name not in self._ignored and name.partition("/")[0] not in self._ignored_groups

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """Room has been made: by a pod that has gone (any pod, anywhere) or asks for less, or by a node.

        A node counts that has come or grown and could hold the pod if it were empty.
        """
        if event.resource != "Node":
            return event.action == "Delete" or _scaled_down(event, pod)
        return fits_empty(pod.requests, event.new) and (event.old is None or any(_grown(pod, event.old, event.new)))


def is_extended_resource(name: str) -> bool:
    """Say whether a resource is one that Kubernetes does not know itself (upstream's IsExtendedResourceName)."""
    return "/" in name and "kubernetes.io/" not in name and not name.startswith("requests.")


def fits_empty(requests: Mapping[str, int], node: NodeInfo) -> bool:
    """Say whether a node could hold a pod if nothing else were there."""
    return node.allowed_pods > 0 and all(
        amount <= node.allocatable.get(name, 0) for name, amount in requests.items() if amount > 0
    )


def _grown(pod: PodInfo, old: NodeInfo, new: NodeInfo) -> Iterator[bool]:
    yield new.allowed_pods > old.allowed_pods
    for name, amount in pod.requests.items():
        yield amount > 0 and new.allocatable.get(name, 0) > old.allocatable.get(name, 0)


def _scaled_down(event: ClusterEvent, pod: PodInfo) -> bool:
    """Say whether a pod that asks for less now helps: the pod itself, or one that has its node, in what is wanted."""
    if event.own or event.resource != "AssignedPod":
        return event.own
    before, after = event.old.requests, event.new.requests
    return any(amount and before.get(name, 0) > after.get(name, 0) for name, amount in pod.requests.items())


def _rank(reason: str) -> tuple[int, str]:
    if reason == TOO_MANY_PODS:
        return -1, reason
    name = reason.removeprefix("Insufficient ")
    return (FIRST.index(name) if name in FIRST else len(FIRST)), name
