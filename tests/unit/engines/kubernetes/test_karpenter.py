"""Karpenter in whole runs: batches, the cheapest kinds that hold the pods, and consolidation."""

from __future__ import annotations

from tests.unit.engines.kubernetes.builders import api_node, container, pod
from tests.unit.engines.kubernetes.test_cluster_autoscaler import WEB, events, sizes
from tests.unit.engines.kubernetes.test_cluster_autoscaler import posed as posed_for_either
from workbench.engines.kubernetes.autoscalers.karpenter import MachineType, provision
from workbench.engines.kubernetes.controllers.karpenter import Karpenter
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE
from workbench.experiments import machines
from workbench.experiments.check import load, with_values
from workbench.experiments.run import run
from workbench.model.clock import NEVER, to_us

AFTER = "kubernetes.karpenter.consolidate_after_s"
KARPENTER = "parameters: {kubernetes.nodes.provisioner: karpenter}"
BACK = "  - {name: back, replicas: 4, request: {cpu: 1, memory: 1Gi}}"
LARGE = "    - {name: large, count: 0, capacity: {cpu: 16, memory: 64Gi}, boot: 60s, autoscale: {most: 9}, price: %s}"


def posed(*apps, more="", **rest):
    return posed_for_either(*apps, more=f"{KARPENTER}\n{more}", **rest)


def kind(name, cpu, price, room=9):
    return MachineType(name, price, room, lambda node: NodeInfo(api_node(node, cpu=cpu, memory="64Gi")))


class TestWhatIsOrdered:
    SMALL, BIG = kind("small", "4", 4.0), kind("big", "16", 15.0)
    ONE = pod(container("1", "1Gi"))

    def ordered(self, number, *kinds):
        return provision([self.ONE] * number, kinds, DEFAULT_PROFILE)

    def test_each_machine_becomes_the_cheapest_kind_that_holds_its_pods(self):
        assert self.ordered(3, self.SMALL, self.BIG) == {"small": 1}
        assert self.ordered(16, self.SMALL, self.BIG) == {"big": 1}
        assert self.ordered(18, self.SMALL, self.BIG) == {"big": 1, "small": 1}

    def test_no_more_of_a_kind_than_there_may_be(self):
        assert self.ordered(9, kind("small", "4", 4.0, room=1)) == {"small": 1}
        assert self.ordered(9, kind("small", "4", 4.0, room=0)) == {}

    def test_nothing_for_pods_that_no_kind_holds(self):
        assert provision([pod(container("32", "1Gi"))], [self.SMALL, self.BIG], DEFAULT_PROFILE) == {}


def test_machines_are_ordered_once_no_further_pod_has_come_for_a_second():
    made = posed(WEB % (14, ""))
    trace = run(made, "kubernetes")
    (ordered,) = {one.ordered_us for one in machines.stays(trace, made) if one.ordered_us}
    assert to_us(1) <= ordered <= to_us(3)  # not the next look, up to 10 s later
    assert sum(row["decided_us"] != NEVER for row in trace["tasks"].dicts()) == 14


def test_the_cheaper_of_two_kinds_is_taken():
    dear, cheap = (run(posed(WEB % (16, ""), pools=LARGE % price), "kubernetes") for price in (20, 8))
    assert (sizes(dear)[:1], sizes(dear, "large")[:1]) == ([], [1])  # twelve more pods: one machine holds them all
    assert sizes(cheap, "large")[:1] == [1]


def test_an_empty_node_goes_within_half_a_minute():
    job = "  - {name: job, kind: batch, replicas: 8, request: {cpu: 1, memory: 1Gi}, duration: 300s}"
    trace = run(posed(job), "kubernetes")
    (at, node, reason) = events(trace, "ScaleDownEmpty")[0]
    last = max(row["ended_us"] for row in trace["tasks"].dicts() if row["node"] == node)
    assert reason == "node-empty"
    assert last + to_us(15) <= at <= last + to_us(40)
    assert sizes(trace)[-1] == 1


def test_a_node_on_its_way_out_bears_the_taint_of_its_own_autoscaler():
    def refused(provisioner):
        made = with_values(load("crowd-comes-back"), {"kubernetes.nodes.provisioner": provisioner})
        return " ".join(run(made, "kubernetes")["decisions"]["rejected"])

    assert "{karpenter.sh/disrupted: }" in refused("karpenter")
    assert "karpenter" not in refused("cluster-autoscaler")
    assert "{ToBeDeletedByClusterAutoscaler: }" not in refused("karpenter")


def test_pods_that_fit_elsewhere_move_whatever_is_in_use():
    change = "changes: [{kind: scale, app: web, replicas: 5, at: 200s}]"
    trace = run(posed(WEB % (10, ""), more=change), "kubernetes")
    assert sizes(trace)[-1] == 2  # five pods need two nodes of four; the third went, though it was half in use
    assert "lost" not in trace["tasks"]["outcome"]
    assert sum(row["outcome"] == "running" for row in trace["tasks"].dicts()) == 5


def test_a_node_is_replaced_by_a_cheaper_one_that_holds_its_pods():
    change = "changes: [{kind: scale, app: web, replicas: 3, at: 300s}]"
    made = posed(WEB % (14, ""), count=1, pools=LARGE % 16, more=change)
    trace = run(made, "kubernetes")
    large = [one for one in machines.stays(trace, made) if one.node.pool == "large"]
    assert len(large) == 1
    assert large[0].removed_us < trace.horizon_us
    assert sum(row["outcome"] == "running" for row in trace["tasks"].dicts()) == 3


class TestQuiet:
    CHANGE = "changes: [{kind: scale, app: web, replicas: 5, at: 200s}]"

    def gone_us(self, settings):
        made = with_values(posed(WEB % (10, ""), more=self.CHANGE), settings)
        trace = run(made, "kubernetes")
        return [one.removed_us for one in machines.stays(trace, made) if one.removed_us < trace.horizon_us]

    def test_a_node_is_left_alone_as_long_as_pods_came_or_went_there_lately(self):
        (soon,) = self.gone_us({})
        (later,) = self.gone_us({AFTER: 300})
        assert soon < to_us(250)
        assert later > to_us(300)

    def test_for_ever_if_need_be(self):
        assert self.gone_us({AFTER: 7200}) == []


def test_a_replacement_whose_machine_is_lost_counts_no_longer(monkeypatch):
    change = "changes: [{kind: scale, app: web, replicas: 3, at: 300s}]"
    made = posed(BACK, WEB % (12, ""), pools=LARGE % 16, more=change)
    seen = []
    lost = Karpenter._lost

    def first_one_lost(self, one):
        seen.append(one.name)
        return len(seen) == 1 or lost(self, one)

    monkeypatch.setattr(Karpenter, "_lost", first_one_lost)
    trace = run(made, "kubernetes")
    assert seen == ["node-1"]
    joined = next(one.joined_us for one in machines.stays(trace, made) if one.node.name == "node-1")
    given_back = [row["at_us"] for row in trace["scaling"].dicts() if row["reason"] == "node-unneeded"]
    assert min(given_back) < joined  # the budget of one node was free again at once
