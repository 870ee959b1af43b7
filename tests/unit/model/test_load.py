from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make import seconds
from workbench.model.load import Diurnal, Load, Points, constant, flash_crowd, ramp, replay, step

MINUTE = seconds(60)
DAY = seconds(86_400)

times = st.integers(0, 10 * MINUTE)
demands = st.one_of(
    st.builds(
        lambda points: Points(tuple(sorted(points))),
        st.lists(st.tuples(times, st.floats(0, 1000)), min_size=1, max_size=8),
    ),
    st.builds(Diurnal, st.floats(0, 1000), st.floats(0, 1), st.integers(MINUTE, DAY), times),
)


@pytest.mark.parametrize(
    ("demand", "rates"),
    [
        pytest.param(constant(50), {0: 50, 600: 50}, id="constant"),
        pytest.param(step(50, 250, MINUTE), {0: 50, 59.999: 50, 60: 250, 61: 250}, id="a step counts at once"),
        pytest.param(ramp(0, 120, 0, 2 * MINUTE), {0: 0, 60: 60, 120: 120, 200: 120}, id="a ramp"),
        pytest.param(
            flash_crowd(50, 250, MINUTE, seconds(10), MINUTE, seconds(20)),
            {59: 50, 65: 150, 70: 250, 129: 250, 140: 150, 150: 50, 900: 50}, id="a flash crowd rises, stays and falls",
        ),
        pytest.param(Diurnal(100, 0.5, DAY, DAY // 2), {0: 50, 43_200: 150, 21_600: 100}, id="a day and its peak"),
        pytest.param(replay([(0, 10), (MINUTE, 30)]), {0: 10, 59: 10, 60: 30, 99: 30}, id="a recording"),
    ],
)  # fmt: skip
def test_how_many_come_when(demand, rates):
    assert {at: round(demand.rate(seconds(at)), 6) for at in rates} == rates


@given(demands, st.tuples(times, times, times))
def test_requests_of_two_stretches_add_up(demand, edges):
    start, middle, end = sorted(edges)
    whole = demand.requests(start, end)
    assert whole == pytest.approx(demand.requests(start, middle) + demand.requests(middle, end), abs=1e-6)


@given(demands, times, st.integers(seconds(1), MINUTE))
def test_requests_are_what_many_looks_at_the_rate_add_up_to(demand, start, length):
    looks = [demand.rate(start + length * (2 * one + 1) // 400) for one in range(200)]
    ends = [rate for _, rate in getattr(demand, "points", ())] or [0, 4 * demand.mean * demand.swing]
    moves = sum(abs(later - one) for one, later in pairwise(ends))  # a sum of looks is off by at most so much, over 200
    mean_rate = demand.requests(start, start + length) * seconds(1) / length
    assert mean_rate == pytest.approx(sum(looks) / len(looks), abs=moves / 200 + 1e-3)


def test_a_whole_day_has_the_mean():
    assert Diurnal(100, 0.9, DAY, 12345).requests(0, DAY) == pytest.approx(100 * 86_400)


@pytest.mark.parametrize("points", [[], [(0, 1), (0, 2)], [(10, 1), (5, 2)]])
def test_a_recording_needs_times_that_rise(points):
    with pytest.raises(ValueError, match="rise"):
        replay(points)


def test_an_instance_answers_as_many_as_its_cap_allows():
    assert Load(constant(1), cpu_us=20_000).capacity(500) == 25
    assert Load(constant(1), cpu_us=20_000, cap=1500).capacity(500) == 75


def test_no_request_comes_before_the_doors_open():
    load = Load(constant(10), cpu_us=1, from_us=MINUTE)
    assert load.requests(0, MINUTE) == 0
    assert load.requests(MINUTE // 2, 2 * MINUTE) == 600
