from __future__ import annotations

import pytest

from tests.make import GIB, app, node, scenario, seconds
from tests.unit.engines.kubernetes.builders import at, container, happened, simulate, tasks
from workbench.engines.kubernetes.crash_loop import restart_delay_us
from workbench.model.clock import SECOND_US
from workbench.model.faults import Fault
from workbench.model.native.kubernetes import ObjectMeta, Pod, PodSpec

MIB = 1024**2


@pytest.mark.parametrize(("restarts", "expected"), [(0, 0), (1, 10), (2, 20), (3, 40), (5, 160), (6, 300), (50, 300)])
def test_restarts_wait_longer_each_time(restarts, expected):
    assert restart_delay_us(restarts) == expected * SECOND_US


def two_images(**settings):
    apps = (
        app("a", replicas=1, image="a", cpu=100, memory=GIB, start=0, ready=0),
        app("b", replicas=1, image="b", cpu=100, memory=GIB, start=0, ready=0),
    )
    return simulate(scenario(*apps, machines=1, horizon=60, images={"a": 128 * MIB, "b": 128 * MIB}, settings=settings))


def test_images_are_fetched_one_after_another():
    # 128 MiB at 64 MiB/s: 2 s each
    first, second = sorted(row["image_us"] for row in tasks(two_images()))
    assert at(first) == pytest.approx(2.08, abs=0.02)
    assert at(second - first) == pytest.approx(2.0, abs=0.02)


def test_or_at_once_sharing_the_rate():
    trace = two_images(**{"kubernetes.kubelet.serialize_image_pulls": False})
    assert [at(row["image_us"]) for row in tasks(trace)] == pytest.approx([4.08, 4.08], abs=0.02)


def test_every_image_of_a_pod_is_fetched():
    spec = PodSpec(
        containers=(container("1", "1Gi", image="a"), container("1", "1Gi", image="b")),
        init_containers=(container("1", "1Gi", image="c"),),
    )
    native = Pod(metadata=ObjectMeta(name="p", namespace="default"), spec=spec)
    made = app("p", image="a", native=native)
    trace = simulate(scenario(made, machines=1, horizon=60, images=dict.fromkeys("abc", 64 * MIB)))
    (row,) = tasks(trace)
    assert 3.0 <= at(row["image_us"] - row["volume_us"]) <= 4.0  # one second each, and a look at the init container


def test_what_ends_is_noticed_at_the_next_look():
    trace = simulate(scenario(app("b", "batch", 1, cpu=1000, ready=0, runs=20), machines=1, horizon=60))
    (row,) = tasks(trace)
    delay = at(row["released_us"] - row["ended_us"])
    assert 0.020 <= delay <= 1.020  # a look every second, then a write and a watch


def test_pods_of_a_machine_that_comes_back_start_again_in_place():
    fault = Fault(seconds(60), hosting="web", back_us=seconds(90))
    trace = simulate(scenario(app("web", replicas=1), machines=2, horizon=200, faults=[fault]))
    (row,) = tasks(trace)
    starts = [(at(one["started_us"]), one["node"]) for one in trace["attempts"].dicts()]
    assert [place for _, place in starts] == [row["node"]] * 2
    assert starts[1][0] == pytest.approx(91.01, abs=0.01)
    assert row["outcome"] == "running"


def test_a_pod_that_was_evicted_meanwhile_is_cleared_away():
    fault = Fault(seconds(60), hosting="web", back_us=seconds(600))
    trace = simulate(scenario(app("web", replicas=1, cpu=3000), machines=2, horizon=900, faults=[fault]))
    lost, new = tasks(trace)
    assert (lost["outcome"], new["outcome"]) == ("lost", "running")
    assert 600 < at(lost["released_us"]) < 601
    assert len(trace["attempts"]) == 2


def test_no_more_pods_than_a_node_may_have():
    made = scenario(app("web", replicas=5, cpu=10), machines=1, horizon=60, settings={"kubernetes.kubelet.max_pods": 3})
    outcomes = [(row["outcome"], row["why"]) for row in tasks(simulate(made))]
    assert outcomes == [("running", "")] * 3 + [("waiting", "Too many pods")] * 2


def test_the_scheduler_hears_of_images_with_the_nodes_status():
    # 977 MiB is worth 97 of 100 points for one node of one; the second pod follows the image although the first
    # pod is there: emptiness differs by 12 points only
    first = app("first", replicas=1, cpu=500, memory=2 * GIB, image="big", ready=0)
    later = app("later", replicas=1, cpu=500, memory=2 * GIB, image="big", ready=0, at=60)
    machines = (node("node-0"), node("node-1"))
    trace = simulate(scenario(first, later, machines=machines, horizon=90, images={"big": 2000 * MIB}))
    assert len({row["node"] for row in tasks(trace)}) == 1
    assert happened(trace, "decisions", task=tasks(trace, "later")[0]["task"])[0] < 61
