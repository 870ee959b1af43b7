"""RequestedToCapacityRatio: the operator draws how good each degree of use is. A strategy of NodeResourcesFit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import floor

from workbench.engines.kubernetes.framework import MAX_NODE_SCORE
from workbench.engines.kubernetes.plugins.resource_allocation import Share

MAX_UTILIZATION = 100
MAX_CUSTOM_SCORE = 10
"""Scores of a shape go from 0 to this."""

Shape = Sequence[tuple[int, int]]
"""(utilisation in per cent, score 0..100) in rising order of utilisation."""


def broken_line(shape: Shape, at: int) -> int:
    """Return the height of the line through the points; divisions truncate toward zero, on falling parts too."""
    before: tuple[int, int] | None = None
    for utilization, score in shape:
        if at <= utilization:
            if before is None:
                return score
            rise = (score - before[1]) * (at - before[0])
            return before[1] + truncated(rise, utilization - before[0])
        before = (utilization, score)
    return shape[-1][1]


def truncated(dividend: int, divisor: int) -> int:
    """Return the quotient of whole numbers, cut off toward zero; the divisor is positive."""
    return dividend // divisor if dividend >= 0 else -(-dividend // divisor)


def requested_to_capacity_ratio(shares: Iterable[Share], shape: Shape) -> int:
    """Return the weighted mean of the line's heights; resources with height 0 drop out, weight and all.

    The mean is a fraction, rounded half away from zero.

    Source: kubernetes, pkg/scheduler/framework/plugins/noderesources/requested_to_capacity_ratio.go (version 1.34).
    """
    total = weights = 0
    for requested, allocatable, weight in shares:
        used = MAX_UTILIZATION if requested > allocatable else requested * MAX_UTILIZATION // allocatable
        score = broken_line(shape, used)
        if score > 0:
            total += weight * score
            weights += weight
    return floor(total / weights + 0.5) if weights else 0


def shape_of(points: Iterable[tuple[int, int]]) -> Shape:
    """Return a shape from the points of a configuration, whose scores go to 10."""
    return tuple((utilization, score * MAX_NODE_SCORE // MAX_CUSTOM_SCORE) for utilization, score in points)
