"""Fixed point and ranges."""

from __future__ import annotations

import pytest

from workbench.engines.mesos.resources import Resources
from workbench.engines.mesos.values import Ranges, fixed, floating, passed_on


@pytest.mark.parametrize(
    ("value", "thousandths"),
    [
        pytest.param(1.5, 1500, id="three decimals are exact"),
        pytest.param(1.0004, 1000, id="more are cut off"),
        pytest.param(0.0006, 1, id="or rounded up"),
        pytest.param(0.0125, 13, id="a half goes away from zero"),
        pytest.param(-0.0125, -13, id="below zero too"),
    ],
)
def test_scalars_are_whole_thousandths(value, thousandths):
    assert fixed(value) == thousandths


def test_a_value_that_is_never_counted_with_is_passed_on_as_it_came():
    """An agent with cpus 1.0004 is offered as 1.0004, as the real allocator does."""
    total = Resources({"cpus": fixed(1.0004)})
    assert passed_on(total.plain["cpus"]) == 1.0004
    half = Resources({"cpus": 500})
    assert passed_on((total - half + half).plain["cpus"]) == 1.0
    assert passed_on((Resources({"mem": 1}) + total).plain["cpus"]) == 1.0004


def test_floats_are_made_of_whole_part_and_remainder():
    assert [floating(300), floating(1250), floating(12_000)] == [0.3, 1.25, 12.0]


@pytest.mark.parametrize(
    ("found", "pairs"),
    [
        pytest.param(Ranges([(5, 9), (1, 4)]), [(1, 9)], id="neighbours are joined"),
        pytest.param(Ranges([(1, 5)]) | Ranges([(3, 8)]), [(1, 8)], id="overlaps are joined"),
        pytest.param(Ranges([(1, 9)]) - Ranges([(4, 5)]), [(1, 3), (6, 9)], id="a hole"),
        pytest.param(Ranges([(1, 9)]) - Ranges([(0, 20)]), [], id="nothing left"),
        pytest.param(Ranges([(9, 1)]), [], id="an empty range"),
    ],
)
def test_ranges(found, pairs):
    assert found == Ranges(pairs)
    assert bool(found) is bool(pairs)


def test_a_range_covers_what_lies_in_one_of_its_pieces():
    ports = Ranges([(1, 3), (6, 9)])
    assert ports >= Ranges([(2, 3), (6, 6)])
    assert not ports >= Ranges([(3, 6)])
