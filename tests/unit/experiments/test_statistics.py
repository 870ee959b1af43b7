"""Intervals and verdicts, held against SciPy."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from workbench.experiments.statistics import interval, paired, t_quantile

values = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40).filter(lambda xs: max(xs) - min(xs) > 1e-3)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 9, 19, 29, 99, 1000])
@pytest.mark.parametrize("p", [0.5, 0.9, 0.95, 0.975, 0.995])
def test_quantiles_of_students_t_are_those_of_scipy(p, freedom):
    assert t_quantile(p, freedom) == pytest.approx(stats.t.ppf(p, freedom), rel=1e-8, abs=1e-8)


@given(values)
def test_intervals_are_those_of_scipy(xs):
    mean, low, high = interval(xs)
    wanted = stats.t.interval(0.95, len(xs) - 1, loc=sum(xs) / len(xs), scale=stats.sem(xs))
    assert (low, high) == pytest.approx(wanted, rel=1e-6, abs=1e-6)
    assert low <= mean <= high


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40))
def test_an_interval_cut_to_what_is_possible_is_the_part_of_the_whole_one_that_lies_there(xs):
    mean, low, high = interval(xs)
    assert interval(xs, possible=(0.0, 1.0)) == (mean, max(0.0, low), min(1.0, high))


@given(values)
def test_the_interval_of_a_difference_is_not_cut(xs):
    apart = paired(xs, [0.0] * len(xs))
    assert (apart.mean, apart.low, apart.high) == interval([-x for x in xs])


@given(values)
def test_a_paired_interval_is_that_of_scipys_paired_test(xs):
    ys = [x + (index % 3) + 0.5 * index for index, x in enumerate(xs)]
    got = paired(xs, ys)
    if max(got.pairs) - min(got.pairs) > 1e-6:
        wanted = stats.ttest_rel(ys, xs).confidence_interval(0.95)
        assert (got.low, got.high) == pytest.approx((wanted.low, wanted.high), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize(
    ("first", "second", "grain", "verdict"),
    [
        pytest.param([1, 2, 3], [5, 6, 7], 0, "first", id="every repeat the same way"),
        pytest.param([5, 6, 7], [1, 2, 3], 0, "second", id="every repeat the other way"),
        pytest.param([1, 9, 1, 9], [9, 1, 9, 1], 0, "close", id="dots on both sides"),
        pytest.param([1.0, 1.0], [1.001, 1.001], 0.5, "close", id="too small to matter"),
        pytest.param([2.0, 2.0], [2.0, 2.0], 0, "close", id="equal"),
        pytest.param([1.0], [4.0], 0.5, "first", id="one repeat"),
        pytest.param([1, 2], [math.inf, math.inf], 0.5, "first", id="the other never gets there"),
        pytest.param([math.inf, math.inf], [math.inf, math.inf], 0.5, "close", id="neither gets there"),
        pytest.param([1, math.inf], [math.inf, 1], 0.5, "close", id="each fails once"),
    ],
)
def test_verdicts(first, second, grain, verdict):
    assert paired(first, second, grain).verdict == verdict


def test_pairs_need_equal_lengths():
    with pytest.raises(ValueError, match="equal, positive lengths, not 1 and 2"):
        paired([1], [1, 2])
