"""More than two sides: each against the first, and how sure one may be when chance has several tries."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import make
from workbench.experiments.compare import compare
from workbench.experiments.statistics import holm, p_value, paired, several


@pytest.mark.parametrize(
    ("values", "corrected"),
    [
        pytest.param([0.04], [0.04], id="one comparison: nothing to correct"),
        pytest.param([0.01, 0.04], [0.02, 0.04], id="the surest counts twice, the other once"),
        pytest.param([0.03, 0.04], [0.06, 0.06], id="none after one that fails"),
        pytest.param([0.04, 0.001, 0.02], [0.04, 0.003, 0.04], id="in the order in which they were given"),
        pytest.param([0.5, 0.9], [1.0, 1.0], id="no more than certain"),
        pytest.param([], [], id="none"),
    ],
)
def test_holm(values, corrected):
    assert holm(values) == pytest.approx(corrected)


def test_comparisons_that_cannot_be_tested_count_all_the_same():
    assert holm([0.01], of=3) == pytest.approx([0.03])


@given(st.lists(st.floats(0, 1), max_size=6))
def test_correction_never_makes_surer_and_keeps_the_order(values):
    found = holm(values)
    assert all(after >= min(1, before) for before, after in zip(values, found, strict=True))
    order = sorted(range(len(values)), key=lambda index: values[index])
    assert [found[index] for index in order] == sorted(found)


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=30), st.floats(0, 5))
def test_the_p_value_says_what_the_interval_says(values, grain):
    apart = paired([0.0] * len(values), values, grain)
    beyond = apart.low > grain or apart.high < -grain
    p = p_value(apart.pairs, grain)
    if abs(p - 0.05) > 1e-6:
        assert beyond == (p < 0.05)


BASE = [0.0] * 10
SURE = [10.0 + number % 3 for number in range(10)]
BARELY = [0.1, 4.0, 0.1, 4.0, 0.1, 4.0, 0.1, 0.4, 0.1, 0.4]
"""Higher in every repeat, and with a p-value of 0.03: clear alone, not as one of three."""


def test_what_is_clear_alone_may_not_be_as_one_of_three():
    assert paired(BASE, BARELY).verdict == "first"
    assert 0.05 / 3 < p_value(paired(BASE, BARELY).pairs, 0.0) < 0.05
    assert [one.verdict for one in several(BASE, [BARELY])] == ["first"]
    assert [one.verdict for one in several(BASE, [BARELY, BARELY, BARELY])] == ["close"] * 3
    assert [one.verdict for one in several(BASE, [SURE, SURE, BARELY])] == ["first"] * 3


def test_two_sides_are_as_they_were():
    assert several(BASE, [SURE]) == [paired(BASE, SURE)]


def test_without_an_interval_there_is_nothing_to_correct():
    one = several([1.0], [[3.0], [5.0]])
    assert [(apart.verdict, apart.corrected) for apart in one] == [("first", None)] * 2
    never = several([1.0, 2.0], [[math.inf, math.inf], [1.0, 2.0]])
    assert [apart.verdict for apart in never] == ["first", "close"]
    assert never[0].corrected is None


def test_a_comparison_holds_every_side_against_the_first():
    made = make.scenario(make.app("jobs", "batch", replicas=12, cpu=1000, runs=20))
    found = compare(made, replications=3, sides=("mesos", "kubernetes", "static-partitions"))
    for row in found.rows:
        assert list(row.against) == ["kubernetes", "static-partitions"]
        for side, apart in row.against.items():
            assert apart.pairs == paired(row.values["mesos"], row.values[side]).pairs
    assert "verdicts against mesos, corrected after Holm" in str(found)
