from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engines.kubernetes.autoscalers.cluster import Backoffs, NodeGroup, balance_scale_up
from workbench.engines.kubernetes.autoscalers.cluster_drain import SAFE_TO_EVICT, DrainedPod, DrainOptions, pods_to_move
from workbench.engines.kubernetes.autoscalers.cluster_eligibility import (
    Candidate,
    HeldBy,
    unremovable_reason,
    utilization,
)
from workbench.engines.kubernetes.autoscalers.cluster_estimator import PodGroup, estimate
from workbench.engines.kubernetes.autoscalers.cluster_expanders import Option, by_priority, least_waste
from workbench.engines.kubernetes.autoscalers.cluster_limiter import Limiter, Threshold, room_of_cluster
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.model.clock import to_us
from workbench.model.native.kubernetes.meta import ObjectMeta
from workbench.model.native.kubernetes.nodes import Node
from workbench.model.native.kubernetes.pods import Container, PodSpec, ResourceRequirements
from workbench.model.native.kubernetes.quantity import Quantity

NOW = to_us(10_000)
GIB = 2**30


def _node(name, cpu=4000, pods=110):
    node = Node(metadata=ObjectMeta(name=name, labels={"kubernetes.io/hostname": name}))
    return NodeInfo(node, 0, {"cpu": cpu, "memory": 16 * GIB, "pods": pods})


def _pods(cpu, size):
    asks = ResourceRequirements(requests={"cpu": Quantity.of_milli(cpu)})
    return PodGroup(PodInfo("default", {}, PodSpec(containers=(Container(name="a", resources=asks),))), size)


@given(st.lists(st.tuples(st.integers(1, 4000), st.integers(1, 12)), min_size=1, max_size=5))
def test_every_pod_gets_a_place_on_hardly_more_nodes_than_needed(groups):
    found = estimate([_pods(cpu, size) for cpu, size in groups], _node)
    asked, pods = sum(cpu * size for cpu, size in groups), sum(size for _, size in groups)
    assert found.pods == pods
    assert asked / 4000 <= found.nodes <= 11 / 9 * max(1, 2 * asked / 4000) + 1, (
        "first fit leaves no two nodes half empty"
    )


@pytest.mark.parametrize(
    ("groups", "limit", "nodes", "pods"),
    [
        pytest.param([_pods(1500, 4)], 0, 2, 4, id="two to a node"),
        pytest.param([_pods(1500, 4)], 1, 1, 2, id="no more nodes than allowed"),
        pytest.param([_pods(5000, 4)], 0, 0, 0, id="a pod larger than a node gets none"),
        pytest.param([_pods(1000, 2), _pods(3000, 2)], 0, 2, 4, id="the large ones first, small ones fill up"),
    ],
)
def test_how_many_nodes_waiting_pods_need(groups, limit, nodes, pods):
    found = estimate(groups, _node, limiter=Limiter([Threshold(limit)]))
    assert (found.nodes, found.pods) == (nodes, pods)


def test_an_estimate_leaves_the_cluster_as_it_was():
    there = _node("there")
    estimate([_pods(1000, 3)], _node, [there])
    assert there.pod_count == 0


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=6), st.integers(0, 60))
def test_a_shared_scale_up_is_as_large_as_possible_and_levels(groups, nodes):
    before = {str(number): NodeGroup(str(number), *sizes) for number, sizes in enumerate(groups)}
    after = {name: group.size for name, group in before.items()} | balance_scale_up(before.values(), nodes)
    added = sum(after.values()) - sum(group.size for group in before.values())
    assert added == min(nodes, sum(group.room for group in before.values()))
    grown = [size for name, size in after.items() if size > before[name].size]
    with_room = [size for name, size in after.items() if size < before[name].most]
    assert not grown or not with_room or max(grown) <= min(with_room) + 1


def test_a_back_off_doubles_only_once_the_one_before_is_over():
    state = Backoffs({}, to_us(60), to_us(180), to_us(3600)).after_failure("a", 0)
    assert [state.backed_off("a", to_us(at)) for at in (0, 59, 60)] == [True, True, False]
    inside = state.after_failure("a", to_us(30))
    assert inside.failed["a"].until_us == to_us(90), "a failure inside starts the same wait again"
    assert inside.after_failure("a", to_us(100)).failed["a"].duration_us == to_us(120)
    twice = inside.after_failure("a", to_us(100)).after_failure("a", to_us(300))
    assert twice.failed["a"].duration_us == to_us(180), "and never beyond the longest"
    assert twice.without_stale(to_us(3900)).failed == twice.failed
    assert twice.without_stale(to_us(3901)).failed == {}
    assert not twice.after_success("a").backed_off("a", to_us(301))


def test_utilisation_is_of_requests_and_the_larger_share_counts():
    node = Candidate("n", {"cpu": 1000, "memory": 1000}, [HeldBy({"cpu": 100, "memory": 300}), HeldBy({"cpu": 400})])
    assert utilization(node) == {"cpu": 0.5, "memory": 0.3}
    assert unremovable_reason(node, NOW) == ""
    assert unremovable_reason(node, NOW, threshold=0.4) == "NotUnderutilized"


def test_pods_that_are_skipped_leave_both_sides():
    node = Candidate("n", {"cpu": 1000, "memory": 1000}, [HeldBy({"cpu": 200}), HeldBy({"cpu": 500}, daemon=True)])
    assert utilization(node, skip_daemons=True)["cpu"] == 0.4


@pytest.mark.parametrize(
    ("pod", "outcome"),
    [
        pytest.param({"owner": "ReplicaSet"}, "move", id="a controller brings it back"),
        pytest.param({}, "NotReplicated", id="nobody would bring it back"),
        pytest.param({"owner": "Unknown"}, "NotReplicated", id="a controller that is not known"),
        pytest.param({"phase": "Failed"}, "move", id="it will never run again"),
        pytest.param({"phase": "Succeeded"}, "NotReplicated", id="it is done, but would be started again"),
        pytest.param({"owner": "ReplicaSet", "volumes": [("a", "hostPath")]}, "LocalStorageRequested", id="its data"),
        pytest.param(
            {"owner": "ReplicaSet", "annotations": {SAFE_TO_EVICT: "false"}},
            "NotSafeToEvictAnnotation",
            id="it says no",
        ),
        pytest.param({"annotations": {SAFE_TO_EVICT: "true"}}, "move", id="it says yes, whatever else"),
        pytest.param({"mirror": True}, "gone", id="pods of the node itself do not count"),
    ],
)
def test_what_becomes_of_a_pod(pod, outcome):
    found = pods_to_move([DrainedPod("a", **pod)], DrainOptions(NOW))
    if found.blocking:
        assert found.blocking == ("a", outcome)
    else:
        assert found.move == (("a",) if outcome == "move" else ())


def test_expanders_name_all_that_are_equally_good():
    pods = {"cpu": 1000, "memory": GIB}
    options = [
        Option(name, 1, {"cpu": cpu, "memory": 4 * GIB}, pods) for name, cpu in (("a", 2000), ("b", 4000), ("c", 2000))
    ]
    assert [one.group for one in least_waste(options)] == ["a", "c"]
    assert [one.group for one in by_priority(options, {10: ["a"], 20: ["b|c"]})] == ["b", "c"]
    assert by_priority(options, {1: ["x"]}) == options


def test_the_strictest_limit_holds():
    limiter = Limiter([Threshold(5, to_us(60)), Threshold(2)], NOW)
    assert [limiter.permission_to_add_node(NOW) for _ in range(3)] == [True, True, False]
    limiter.restart(NOW)
    assert not limiter.permission_to_add_node(NOW + to_us(61))
    assert [room_of_cluster(*sizes) for sizes in ((0, 9), (9, 4), (4, 4))] == [0, 5, -1]
