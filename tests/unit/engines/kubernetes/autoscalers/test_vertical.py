from __future__ import annotations

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engines.kubernetes.autoscalers.vertical import (
    DAY_S,
    SAMPLES_PER_DAY,
    History,
    after_oom,
    pod_minimum,
    recommend,
    whole_cores,
)
from workbench.engines.kubernetes.autoscalers.vertical_histogram import (
    CPU_BUCKETS,
    MEMORY_BUCKETS,
    ExponentialBuckets,
    Histogram,
    LinearBuckets,
)
from workbench.engines.kubernetes.autoscalers.vertical_updater import Sized, evictable, update_priority
from workbench.model.clock import to_us

MB = 2**20


def _history(cores=(), days=0, memory=1e9):
    cpu, bytes_ = Histogram(CPU_BUCKETS), Histogram(MEMORY_BUCKETS)
    for one in cores:
        cpu.add(one)
        bytes_.add(memory)
    return History(cpu, bytes_, 0, days * DAY_S, days * SAMPLES_PER_DAY)


@given(st.floats(0, 1e4), st.sampled_from([CPU_BUCKETS, LinearBuckets(10, 0.3), ExponentialBuckets(100, 1, 2)]))
def test_a_value_lies_in_its_bucket_unless_beyond_the_last(value, buckets):
    bucket = buckets.find(value)
    assert buckets.start(bucket) <= value * (1 + 1e-9)
    assert bucket == buckets.count - 1 or value <= buckets.start(bucket + 1) * (1 + 1e-9)


@given(st.lists(st.tuples(st.floats(0.01, 900), st.floats(0.1, 10)), min_size=1, max_size=30), st.floats(0.01, 1))
def test_a_percentile_covers_that_share_of_the_weight_and_hardly_more(samples, share):
    histogram = Histogram(CPU_BUCKETS)
    for value, weight in samples:
        histogram.add(value, weight)
    found = histogram.percentile(share)
    covered = sum(weight for value, weight in samples if value <= found)
    assert covered >= share * sum(weight for _, weight in samples) * (1 - 1e-9)
    assert found <= max(value for value, _ in samples) * 1.05 + 0.01


def test_a_sample_is_worth_half_as_much_after_a_half_life():
    histogram = Histogram(LinearBuckets(10, 1), to_us(DAY_S))
    histogram.add(1, 2, 0)
    histogram.add(5, 1, to_us(DAY_S))
    assert isclose(histogram.weights[1], histogram.weights[5])


def test_what_is_remembered_does_not_change_when_the_reference_moves():
    near, far = (Histogram(LinearBuckets(10, 1), to_us(3600)) for _ in range(2))
    for histogram, start in ((near, 0), (far, to_us(3600) * 99)):
        for number in range(5):
            histogram.add(number, 1, start + to_us(3600) * number)
    assert far.reference_us > near.reference_us
    assert [near.percentile(p / 10) for p in range(1, 11)] == [far.percentile(p / 10) for p in range(1, 11)]


def test_nobody_gets_less_than_the_minimum_of_a_pod_shared_among_its_containers():
    found = recommend(_history(days=30), containers=2)
    assert found.target == (12, 125 * MB), "half of 25 millicores, cut to whole ones"
    assert pod_minimum(1) == (0.025, 250 * MB)


def test_bounds_close_in_as_history_grows():
    young, old = (recommend(_history([0.5] * 50, days=days)) for days in (1, 50))
    assert young.target == old.target
    assert young.upper.millicores > old.upper.millicores >= old.target.millicores
    assert young.lower.millicores <= old.lower.millicores <= old.target.millicores


def test_the_margin_is_fifteen_per_cent_above_the_end_of_the_bucket():
    end = CPU_BUCKETS.start(CPU_BUCKETS.find(0.5) + 1)
    assert recommend(_history([0.5], days=10)).target.millicores == int(end * 1.15 * 1000)


@pytest.mark.parametrize(
    ("used", "counts"),
    [
        pytest.param(100 * MB, 200 * MB, id="small: a hundred megabytes more"),
        pytest.param(1000 * MB, 1200 * MB, id="large: a fifth more"),
    ],
)
def test_a_kill_for_memory_counts_as_more_usage(used, counts):
    assert after_oom(used) == counts


def test_only_annotated_containers_get_whole_cores():
    assert whole_cores({"a": 8100, "b": 8100, "c": 2000}, frozenset("ac")) == {"a": 9000, "b": 8100, "c": 2000}


@pytest.mark.parametrize(
    ("container", "outside", "up", "difference"),
    [
        pytest.param(Sized({"cpu": 100}, {"cpu": 150}), False, True, 0.5, id="half as much more"),
        pytest.param(Sized({"cpu": 100}, {"cpu": 50}, upper={"cpu": 80}), True, False, 0.5, id="above its bound"),
        pytest.param(Sized({"cpu": 100}, {"cpu": 150}, actual={"cpu": 150}), False, False, 0, id="in force already"),
        pytest.param(Sized({}, {"cpu": 10}), True, True, 10, id="without a request anything is more"),
    ],
)
def test_how_urgent_an_eviction_is(container, outside, up, difference):
    assert update_priority([container]) == (outside, up, difference)


@pytest.mark.parametrize(
    ("replicas", "phases", "tolerance", "evicted"),
    [
        pytest.param(4, ["Running"] * 4, 0.5, 2, id="half of them"),
        pytest.param(4, ["Running"] * 3, 0.5, 1, id="one is missing already"),
        pytest.param(4, ["Running"] * 2, 0.5, 0, id="half of them are missing"),
        pytest.param(4, ["Running"] * 4, 0.1, 1, id="a small tolerance still allows one"),
        pytest.param(4, ["Running"] * 3, 0.1, 0, id="but not if one is missing"),
        pytest.param(
            4, ["Running", "Pending", "Pending", "Pending"], 0.0, 3, id="those that do not run are not missed"
        ),
        pytest.param(1, ["Running"], 0.5, 0, id="a single pod is left alone"),
    ],
)
def test_how_many_go_at_a_time(replicas, phases, tolerance, evicted):
    assert evictable(replicas, phases, tolerance=tolerance) == evicted
