"""LeastAllocated: the emptiest node is the best. A strategy of NodeResourcesFit."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.engines.kubernetes.framework import MAX_NODE_SCORE
from workbench.engines.kubernetes.plugins.resource_allocation import Share


def least_requested_score(requested: int, capacity: int) -> int:
    """Return 0 for a full node to 100 for an empty one; too much counts as full."""
    if capacity == 0 or requested > capacity:
        return 0
    return (capacity - requested) * MAX_NODE_SCORE // capacity


def least_allocated(shares: Iterable[Share]) -> int:
    """Return the weighted mean of what is left.

    Source: kubernetes, pkg/scheduler/framework/plugins/noderesources/least_allocated.go (version 1.34).
    """
    total = weights = 0
    for requested, allocatable, weight in shares:
        total += weight * least_requested_score(requested, allocatable)
        weights += weight
    return total // weights if weights else 0
