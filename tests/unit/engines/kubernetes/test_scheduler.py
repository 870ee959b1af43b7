from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from msgspec.structs import replace

from tests.make import GIB, app, node, scenario, seconds
from tests.unit.engines.kubernetes.builders import at, happened, simulate, tasks
from workbench.engines.kubernetes.scheduler import SchedulerParameters
from workbench.engines.kubernetes.workloads import WorkloadParameters, objects_for
from workbench.model.cluster import Taint
from workbench.model.workload import Team, Toleration


def test_pods_are_decided_one_after_another():
    # three machines: 0.1 ms + 3 x 1.6 us a pod, rounded to whole microseconds
    trace = simulate(scenario(app("b", "batch", 20, cpu=100, memory=0, ready=0), horizon=5))
    decided = sorted(trace["decisions"]["at_us"])
    assert min(later - earlier for earlier, later in pairwise(decided)) == 105


def test_the_cost_of_a_decision_is_that_of_the_real_one():
    # measured: 586 pods/s at 1,000 nodes, 122 pods/s at 5,000 nodes, all of them scored, on 2 cores
    params = SchedulerParameters()
    for nodes, rate in ((1000, 586), (5000, 122)):
        modelled = 1 / (params.cycle_s + params.cycle_per_1000_nodes_s * nodes / 1000)
        assert modelled == pytest.approx(rate, rel=0.02)


def test_a_slow_decision_holds_up_everybody_behind():
    settings = {"kubernetes.scheduler.cycle_s": 1.0}
    trace = simulate(scenario(app("web", replicas=5), horizon=60, settings=settings))
    decided = [at(row["decided_us"]) for row in tasks(trace)]
    assert [round(later - decided[0]) for later in decided] == [0, 1, 2, 3, 4]


def test_a_team_that_decides_slowly_holds_up_those_behind_its_pods_only():
    slow = Team("slow", decides_us=seconds(5))
    quick = app("quick", "batch", 3, ready=0, team="quick", at=1)
    trace = simulate(scenario(app("slow", "batch", 2, ready=0, team="slow"), quick, horizon=60, teams=[slow]))
    first, second = sorted(at(row["decided_us"]) for row in tasks(trace, "slow"))
    behind = [at(row["decided_us"]) for row in tasks(trace, "quick")]
    assert second - first == pytest.approx(5, abs=0.01)
    assert [round(one - second, 1) for one in behind] == [0, 0, 0]


def test_bindings_go_through_the_schedulers_own_rate():
    settings = {"kubernetes.scheduler.cycle_s": 0.0, "kubernetes.api_server.scheduler_qps": 5.0}
    trace = simulate(scenario(app("web", replicas=20, cpu=10), horizon=60, settings=settings))
    bound = sorted(row["bound_us"] for row in tasks(trace))
    assert bound[-1] - bound[10] == 9 * 200_000  # ten at once, then one every 200 ms


def test_higher_priority_is_placed_first():
    first = app("first", "batch", 4, cpu=1000, ready=0, runs=30, priority=10)
    low = app("low", "batch", 4, cpu=1000, ready=0, runs=30, priority=0, at=3)
    high = app("high", "batch", 4, cpu=1000, ready=0, runs=30, priority=10, at=5)
    trace = simulate(scenario(first, low, high, machines=1, horizon=300))
    last_high = max(row["decided_us"] for row in tasks(trace, "high"))
    assert [row["decided_us"] > last_high for row in tasks(trace, "low")] == [True] * 4


def test_why_a_pod_waits_is_written_down():
    machines = (node("a", cpu=400), node("b", cpu=400), node("c", taints=[Taint("gpu")]))
    trace = simulate(scenario(app("web"), machines=machines, horizon=30))
    (row,) = tasks(trace)
    assert (row["outcome"], row["attempts"], row["why"]) == ("waiting", 1, "Insufficient cpu")
    (decision,) = trace["decisions"].dicts()
    assert (decision["node"], decision["feasible"], decision["attempt"]) == ("", 0, 1)
    assert decision["rejected"] == (
        "NodeResourcesFit/Insufficient cpu=2; TaintToleration/node(s) had untolerated taint {gpu: }=1"
    )


def test_a_waiting_pod_is_placed_once_the_end_of_another_is_known():
    trace = simulate(scenario(app("b", "batch", 5, cpu=1000, ready=0, runs=30), machines=1, horizon=120))
    rows = tasks(trace)
    waited = max(rows, key=lambda row: row["decided_us"])
    assert waited["considered_us"] == min(row["released_us"] for row in rows)
    assert waited["attempts"] == 2


def test_requests_are_held_until_the_end_is_known_so_no_node_is_ever_over_full():
    trace = simulate(scenario(app("b", "batch", 60, cpu=1000, ready=0, runs=7), machines=2, horizon=300))
    assert Counter(row["outcome"] for row in tasks(trace)) == {"finished": 60}


def test_ties_are_broken_by_chance_or_by_name():
    def first_nodes(**settings):
        made = scenario(app("web"), machines=8, horizon=10, settings=settings)
        return {tasks(simulate(made, seed))[0]["node"] for seed in range(12)}

    assert len(first_nodes()) > 3
    assert first_nodes(**{"kubernetes.scheduler.tie_break": "first-by-name"}) == {"node-0"}


def test_replicas_keep_apart_where_they_must():
    trace = simulate(scenario(app("web", replicas=4, max_per_node=1, cpu=100), machines=3, horizon=30))
    nodes = [row["node"] for row in tasks(trace)]
    assert sorted(nodes) == ["", "node-0", "node-1", "node-2"]
    assert tasks(trace)[nodes.index("")]["why"] == "node(s) didn't match pod anti-affinity rules"


def test_selectors_tolerations_and_ports_are_heeded():
    machines = (node("plain"), node("ssd", labels={"disk": "ssd"}), node("gpu", taints=[Taint("gpu")]))
    web = app("web", replicas=2, cpu=100, node_selector={"disk": "ssd"}, host_ports=(80,))
    tolerant = app("t", replicas=12, cpu=900, memory=GIB, tolerations=(Toleration("gpu", "Exists"),))
    trace = simulate(scenario(web, tolerant, machines=machines, horizon=30))
    placed, waiting = tasks(trace, "web")
    assert (placed["node"], waiting["node"]) == ("ssd", "")
    assert "gpu" in {row["node"] for row in tasks(trace, "t")}


def test_pods_of_another_scheduler_are_left_alone():
    native = objects_for(app("web"), WorkloadParameters())[0].native
    spec = replace(native.spec.template.spec, scheduler_name="volcano")
    template = replace(native.spec.template, spec=spec)
    foreign = replace(native, spec=replace(native.spec, template=template))
    trace = simulate(scenario(app("web", native=foreign), horizon=30))
    assert [(row["outcome"], row["attempts"]) for row in tasks(trace)] == [("waiting", 0)]


def test_a_rejected_pod_is_not_looked_at_again_without_a_reason():
    trace = simulate(scenario(app("web", cpu=9000), horizon=250))
    assert len(happened(trace, "decisions")) == 1
    later = simulate(scenario(app("web", cpu=9000), horizon=400))
    assert [round(one) for one in happened(later, "decisions")] == [0, 330]  # five minutes, at the flush every 30 s
