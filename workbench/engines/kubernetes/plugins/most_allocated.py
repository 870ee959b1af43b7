"""MostAllocated: the fullest node is the best. A strategy of NodeResourcesFit."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.engines.kubernetes.framework import MAX_NODE_SCORE
from workbench.engines.kubernetes.plugins.resource_allocation import Share


def most_requested_score(requested: int, capacity: int) -> int:
    """Return 0 for an empty node to 100 for a full one; more than full counts as full."""
    return min(requested, capacity) * MAX_NODE_SCORE // capacity if capacity else 0


def most_allocated(shares: Iterable[Share]) -> int:
    """Return the weighted mean of what is taken.

    Source: kubernetes, pkg/scheduler/framework/plugins/noderesources/most_allocated.go (version 1.34).
    """
    total = weights = 0
    for requested, allocatable, weight in shares:
        total += weight * most_requested_score(requested, allocatable)
        weights += weight
    return total // weights if weights else 0
