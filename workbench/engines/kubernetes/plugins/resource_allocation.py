"""What the scores by resources reckon with: how much of each resource would be asked for, of how much.

Source: kubernetes, pkg/scheduler/framework/plugins/noderesources/resource_allocation.go (version 1.34).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo

NATIVE = frozenset({"cpu", "memory", "ephemeral-storage"})
"""Resources of every node; all others are scalar resources, which count only for pods that ask for them."""

Weighted = tuple[tuple[str, int], ...]
"""Resource -> weight."""

CPU_AND_MEMORY: Weighted = (("cpu", 1), ("memory", 1))


class Share(NamedTuple):
    """One resource of a node with the pod on it: whole amounts (cpu: millicores)."""

    requested: int
    allocatable: int
    weight: int


def scoring_shares(pod: PodInfo, node: NodeInfo, resources: Weighted) -> Iterator[Share]:
    """Yield the shares that the strategies of NodeResourcesFit score; small containers count as such."""
    held = {"cpu": node.non_zero_cpu, "memory": node.non_zero_memory}
    for name, weight in resources:
        asked, whole = pod.scoring_requests.get(name, 0), node.allocatable.get(name, 0)
        if whole and (asked or name in NATIVE):
            already = held[name] if name in held else node.requested.get(name, 0)
            yield Share(already + asked, whole, weight)


def true_fractions(pod: PodInfo, node: NodeInfo, resources: Iterable[str]) -> Iterator[float]:
    """Yield, for requests as they are written, the part of each resource that would be asked for, at most 1."""
    for name in resources:
        asked, whole = pod.requests.get(name, 0), node.allocatable.get(name, 0)
        if whole and (asked or name in NATIVE):
            yield min((node.requested.get(name, 0) + asked) / whole, 1.0)
