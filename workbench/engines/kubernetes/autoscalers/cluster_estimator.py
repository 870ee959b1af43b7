"""How many nodes of one kind do waiting pods need?

First-fit decreasing: the largest pods first, each to a node that was added already, else to one more, with the
filters of the real scheduler saying what fits. So all that they know (ports, spread, affinity) is heeded.

Source: kubernetes/autoscaler, cluster-autoscaler/estimator, binpacking_estimator.go and decreasing_pod_orderer.go
(version 1.36). As there, a pod that spreads over hosts and fits only a node that exists already counts that node as
one of those needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

from workbench.engines.kubernetes.autoscalers.cluster_limiter import Limiter
from workbench.engines.kubernetes.framework import Cluster
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE
from workbench.engines.kubernetes.plugins.pod_topology_spread import REASON as SPREAD_REASON
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.runtime import Profile, Refusal, run_filter, run_pre_filter
from workbench.engines.kubernetes.selectors import selects
from workbench.model.resources import CPU

HOSTNAME = "kubernetes.io/hostname"
MEMORY = "memory"

NodeMaker = Callable[[str], NodeInfo]
"""Makes an empty node with a name."""


class PodGroup(NamedTuple):
    """Equal pods."""

    pod: PodInfo
    size: int


class Estimate(NamedTuple):
    """How many nodes are needed, and which pods they hold."""

    nodes: int
    helped: tuple[PodInfo, ...]

    @property
    def pods(self) -> int:
        """How many pods they hold."""
        return len(self.helped)


def decreasing(groups: Sequence[PodGroup], template: NodeInfo) -> list[PodGroup]:
    """Return the groups, those that take most of a node first."""

    def score(group: PodGroup) -> float:
        shares = (
            group.pod.requests.get(one, 0) / template.allocatable[one]
            for one in (CPU, MEMORY)
            if template.allocatable.get(one)
        )
        return sum(shares)

    return sorted(groups, key=score, reverse=True)


def best_for_fast_path(groups: Sequence[PodGroup], template: NodeInfo) -> int:
    """Return the group for which it saves most not to pack each pod, -1 if none allows it.

    Pods that spread, or keep apart by anything but the host, do not: for them the second node is not like the first.
    """
    best, most = -1, 0
    for number, group in enumerate(groups):
        nodes = max(_nodes_by(group, template))
        saved = group.size - group.size // nodes if nodes else 0
        if saved >= most and _like_everywhere(group.pod):
            best, most = number, saved
    return best


def _nodes_by(group: PodGroup, template: NodeInfo) -> Iterator[int]:
    yield 0
    for one in (CPU, MEMORY):
        yield ceil(group.size * group.pod.requests.get(one, 0) / template.allocatable[one])
    apart = (one for one in group.pod.required_anti_affinity_terms if one.topology_key == HOSTNAME)
    if any(selects(one.selector, group.pod.labels) for one in apart):
        yield group.size


def _like_everywhere(pod: PodInfo) -> bool:
    return not pod.spec.topology_spread_constraints and all(
        one.topology_key == HOSTNAME for one in pod.required_anti_affinity_terms
    )


def estimate(
    groups: Sequence[PodGroup], template: NodeMaker, existing: Sequence[NodeInfo] = (), limiter: Limiter | None = None,
    profile: Profile = DEFAULT_PROFILE,
) -> Estimate:  # fmt: skip
    """Return how many nodes the pods need.

    Parameters
    ----------
    existing : sequence of NodeInfo
        The cluster as it is; nothing is changed there.
    limiter : Limiter or None
        How many nodes may be added.
    """
    packing = _Packing(profile, [node.copy() for node in existing], template, limiter or Limiter(()))
    for group in decreasing(groups, template("")):
        packing.pack(group)
    return Estimate(len(packing.used), tuple(packing.helped))


@dataclass
class _Packing:
    """The state of one estimate."""

    profile: Profile
    nodes: list[NodeInfo]
    template: NodeMaker
    limiter: Limiter
    added: list[NodeInfo] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    helped: list[PodInfo] = field(default_factory=list)

    def pack(self, group: PodGroup) -> None:
        """Put the pods of a group somewhere, until one fits nowhere."""
        left = group.size
        while left and self._put_on_any(group.pod, self.added):
            left -= 1
        while left and self._pack_one(group.pod):
            left -= 1

    def _pack_one(self, pod: PodInfo) -> bool:
        if self.added and self._on_last(pod):
            return True
        if self.added and self.added[-1].name not in self.used:
            return False  # the last one is empty: another like it would not help
        if not self.limiter.permission_to_add_node():
            return False
        node = self.template(f"e-{len(self.added)}")
        node.index = len(self.nodes)
        self.added.append(node)
        self.nodes.append(node)
        return self._put(pod, node) is None

    def _on_last(self, pod: PodInfo) -> bool:
        refusal = self._put(pod, self.added[-1])
        if refusal is None:
            return True
        by_host = any(one.topology_key == HOSTNAME for one in pod.spec.topology_spread_constraints)
        return by_host and SPREAD_REASON in refusal[1].reasons and self._put_on_any(pod, self.nodes[:-1])

    def _put_on_any(self, pod: PodInfo, nodes: Sequence[NodeInfo]) -> bool:
        return any(self._put(pod, node) is None for node in nodes)

    def _put(self, pod: PodInfo, node: NodeInfo) -> Refusal | None:
        """Put a pod on a node, or return why not."""
        found = run_pre_filter(self.profile, pod, Cluster(self.nodes))
        refusal = found.refusal or run_filter(found.filters, pod, node)
        if refusal is None:
            node.add_pod(pod)
            self.used.add(node.name)
            self.helped.append(pod)
        return refusal
