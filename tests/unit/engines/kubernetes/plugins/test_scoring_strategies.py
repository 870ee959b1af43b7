"""MostAllocated and RequestedToCapacityRatio, by hand."""

import pytest

from workbench.engines.kubernetes.plugins.most_allocated import most_allocated, most_requested_score
from workbench.engines.kubernetes.plugins.requested_to_capacity_ratio import (
    broken_line,
    requested_to_capacity_ratio,
    shape_of,
)
from workbench.engines.kubernetes.plugins.resource_allocation import Share

FALLING = shape_of([(0, 9), (37, 2), (71, 8), (100, 1)])


@pytest.mark.parametrize(
    ("requested", "capacity", "expected"),
    [(0, 4, 0), (1, 4, 25), (4, 4, 100), (9, 4, 100), (1, 3, 33), (1, 0, 0)],
)
def test_most_requested(requested, capacity, expected):
    assert most_requested_score(requested, capacity) == expected


def test_most_allocated_is_a_weighted_mean():
    assert most_allocated([Share(1, 4, 2), Share(3, 4, 1)]) == 41  # (2 * 25 + 75) / 3 = 41.7


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param(0, 90, id="the first point"),
        pytest.param(10, 72, id="falling: 90 - 700 / 37 = 90 - 18.9, cut off toward zero to 18"),
        pytest.param(37, 20, id="a corner"),
        pytest.param(50, 42, id="rising: 20 + 780 / 34 = 20 + 22.9"),
        pytest.param(100, 10, id="the last point"),
    ],
)
def test_the_line(at, expected):
    assert broken_line(FALLING, at) == expected


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        pytest.param([Share(1, 2, 1), Share(3, 4, 1)], 63, id="(50 + 75) / 2 = 62.5, rounded up"),
        pytest.param([Share(0, 2, 5), Share(3, 4, 1)], 75, id="a score of zero drops out with its weight"),
        pytest.param([Share(9, 2, 1)], 100, id="more than there is counts as full"),
        pytest.param([], 0, id="nothing to score"),
    ],
)
def test_ratio(shares, expected):
    assert requested_to_capacity_ratio(shares, shape_of([(0, 0), (100, 10)])) == expected
