"""The loop of the Cluster Autoscaler in whole runs: what makes it order nodes, and what it takes to give one back."""

from __future__ import annotations

import pytest

from tests.unit.formats.test_scenario_yaml import scenario
from workbench.experiments import machines
from workbench.experiments.run import run
from workbench.model.clock import NEVER, to_us

HEAD = """
name: cas
horizon: {horizon}
cluster:
  pools:
    - {{name: node, count: {count}, capacity: {{cpu: 4, memory: 16Gi}}, boot: 60s, autoscale: {{least: 1, most: 5}}}}
{pools}
{files}
apps:
{apps}
{more}
"""
WEB = "  - {name: web, replicas: %d, request: {cpu: 1, memory: 1Gi}, stop: 1s%s}"


def posed(*apps, count=1, horizon="1800s", pools="", more="", files=None):
    text = HEAD.format(
        apps="\n".join(apps) or "  []", count=count, horizon=horizon, pools=pools, more=more,
        files=f"manifests: [{', '.join(files)}]" if files else "",
    )  # fmt: skip
    return scenario(text, files)


def sizes(trace, pool="node"):
    return [after for _, name, _, after, _ in trace["scaling"].rows() if name == f"pool/{pool}"]


def events(trace, kind):
    columns = (trace["events"][name] for name in ("at_us", "kind", "subject", "reason"))
    return [(at, subject, reason) for at, one, subject, reason in zip(*columns, strict=True) if one == kind]


def test_as_many_nodes_are_ordered_as_the_waiting_pods_need_and_no_more():
    made = posed(WEB % (14, ""))
    trace = run(made, "kubernetes")
    assert sizes(trace) == [4]  # 14 pods, four to a node
    assert len(events(trace, "TriggeredScaleUp")) == 10
    assert all(row["ready_us"] != NEVER for row in trace["tasks"].dicts())
    (order,) = {one.ordered_us for one in machines.stays(trace, made) if one.ordered_us}
    assert order < to_us(10 + 1)  # the next look
    late = [row for row in trace["tasks"].dicts() if row["decided_us"] > order]
    assert len(late) == 10
    assert all(order + to_us(60) < row["decided_us"] < order + to_us(65) for row in late)


def test_nodes_on_their_way_are_reckoned_with():
    trace = run(
        posed(WEB % (6, ""), "  - {name: more, at: 30s, replicas: 2, request: {cpu: 1, memory: 1Gi}}"), "kubernetes"
    )
    assert sizes(trace) == [2]  # the second node has room for those that came while it booted


def test_a_pool_grows_no_further_than_it_may():
    trace = run(posed(WEB % (30, "")), "kubernetes")
    assert sizes(trace) == [5]
    assert sum(row["decided_us"] == NEVER for row in trace["tasks"].dicts()) == 10
    refused = events(trace, "NotTriggerScaleUp")
    assert len(refused) == len({subject for _, subject, _ in refused}) == 10  # said once of each


def test_a_pod_that_fits_no_machine_of_a_pool_orders_none():
    other = "    - {name: big, count: 1, capacity: {cpu: 16, memory: 64Gi}}"
    trace = run(posed("  - {name: fat, replicas: 2, request: {cpu: 12, memory: 1Gi}}", pools=other), "kubernetes")
    assert sizes(trace) == []
    assert [reason for _, _, reason in events(trace, "NotTriggerScaleUp")] == ["no-group-helps"]


def test_the_pool_is_taken_that_leaves_the_least_over():
    other = (
        "    - {name: small, count: 0, capacity: {cpu: 1, memory: 4Gi}, autoscale: {most: 9}}\n"
        "    - {name: large, count: 0, capacity: {cpu: 64, memory: 256Gi}, autoscale: {most: 9}}"
    )
    trace = run(posed(WEB % (6, ""), count=1, pools=other), "kubernetes")
    assert (sizes(trace), sizes(trace, "small"), sizes(trace, "large")) == ([], [2], [])


def test_what_daemons_ask_for_counts_on_a_new_node():
    agent = "  - {name: agent, kind: daemon, request: {cpu: 500m, memory: 64Mi}}"
    trace = run(posed(agent, WEB % (9, ", at: 20s")), "kubernetes")
    assert sizes(trace) == [3]  # three to a node beside the daemon, not four


class TestAwayAgain:
    JOB = "  - {name: job, kind: batch, replicas: 8, request: {cpu: 1, memory: 1Gi}, duration: 300s}"
    TWO = (
        "  - {name: early, replicas: 4, request: {cpu: 1, memory: 1Gi}, stop: 1s, may_miss: %d}",
        "  - {name: late, at: 20s, replicas: 2, request: {cpu: 1, memory: 1Gi}, stop: 1s, may_miss: %d}",
    )
    SHRINKS = "changes: [{kind: scale, app: early, replicas: 1, at: 200s}]"

    def test_an_empty_node_is_given_back_ten_minutes_after_nobody_needs_it(self):
        made = posed(self.JOB)
        trace = run(made, "kubernetes")
        assert sizes(trace) == [2, 1]
        (at, node, reason) = events(trace, "ScaleDownEmpty")[0]
        last = max(row["ended_us"] for row in trace["tasks"].dicts() if row["node"] == node)
        assert reason == "node-empty"
        assert last + to_us(600) <= at <= last + to_us(600 + 3 * 10)

    def test_the_delay_after_an_order_holds_too(self):
        settings = "parameters: {kubernetes.cluster_autoscaler.scale_down_unneeded_time_s: 0}"
        made = posed(self.JOB, more=settings)
        trace = run(made, "kubernetes")
        (ordered,) = {one.ordered_us for one in machines.stays(trace, made) if one.ordered_us}
        (at, _, _) = events(trace, "ScaleDownEmpty")[0]
        assert ordered + to_us(600) <= at <= ordered + to_us(600 + 10)

    def test_no_node_goes_for_the_sake_of_one_that_is_still_on_its_way(self):
        at_once = ("scale_down_unneeded_time_s", "scale_down_delay_after_add_s")
        settings = ", ".join(f"kubernetes.cluster_autoscaler.{name}: 0" for name in at_once)
        trace = run(posed(WEB % (6, ""), more=f"parameters: {{{settings}}}"), "kubernetes")
        assert sizes(trace) == [2]

    def test_no_pool_gets_smaller_than_its_least(self):
        trace = run(posed(self.JOB, count=3, horizon="3600s"), "kubernetes")
        assert sizes(trace)[-1] == 1
        stays = machines.stays(trace, posed(self.JOB, count=3))
        assert sum(one.removed_us == trace.horizon_us for one in stays) == 1

    def two(self, may_miss):
        return [one % may_miss for one in self.TWO]

    def test_pods_that_fit_elsewhere_move_and_their_node_goes(self):
        trace = run(posed(*self.two(1), more=self.SHRINKS), "kubernetes")
        assert sizes(trace) == [2, 1]
        assert [reason for _, _, reason in events(trace, "ScaleDown")] == ["node-unneeded"]
        assert len(events(trace, "Evicted")) == 1  # the one pod of the emptier node
        running = [row["node"] for row in trace["tasks"].dicts() if row["outcome"] == "running"]
        assert len(running) == 3
        assert len(set(running)) == 1
        assert "lost" not in trace["tasks"]["outcome"]

    def test_a_node_in_use_by_half_or_more_stays(self):
        change = "changes: [{kind: scale, app: web, replicas: 6, at: 120s}]"
        assert sizes(run(posed(WEB % (8, ""), more=change), "kubernetes")) == [2]

    def test_a_threshold_of_nothing_keeps_every_node_that_anything_is_asked_of(self):
        more = f"{self.SHRINKS}\nparameters: {{kubernetes.cluster_autoscaler.scale_down_utilization_threshold: 0}}"
        assert sizes(run(posed(*self.two(1), more=more), "kubernetes")) == [2]

    @pytest.mark.parametrize(
        ("annotation", "sizes_after"),
        [
            pytest.param('"true"', [1], id="a pod without an owner that says it is safe to evict does not"),
            pytest.param('"false"', [], id="one that says it is not does"),
        ],
    )
    def test_a_pod_may_stand_in_the_way(self, annotation, sizes_after):
        pod = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}, annotations: {{cluster-autoscaler.kubernetes.io/safe-to-evict: {annotation}}}}}
spec:
  nodeSelector: {{{on}}}
  containers: [{{name: c, image: i, resources: {{requests: {{cpu: 100m, memory: 1Mi}}}}}}]
---
"""
        both = "".join(
            pod.format(name=f"lone-{node}", annotation=annotation, on=f"kubernetes.io/hostname: node-{node}")
            for node in (0, 1)
        )
        free = both.replace("nodeSelector: {kubernetes.io/hostname: node-1}", "nodeSelector: {}")
        trace = run(posed(WEB % (1, ""), count=2, files={"pods.yaml": free}), "kubernetes")
        assert sizes(trace) == sizes_after

    def test_a_budget_that_allows_nothing_keeps_the_node(self):
        assert sizes(run(posed(*self.two(0), more=self.SHRINKS), "kubernetes")) == [2]


def test_it_does_nothing_where_no_pool_may_change():
    text = HEAD.format(apps=WEB % (14, ""), count=1, horizon="600s", pools="", more="", files="")
    trace = run(scenario(text.replace(", autoscale: {least: 1, most: 5}", "")), "kubernetes")
    assert len(trace["scaling"]) == 0
    assert sum(row["decided_us"] == NEVER for row in trace["tasks"].dicts()) == 10


def test_where_nobody_orders_machines_an_event_says_so():
    for on in ("mesos", "static-partitions"):
        trace = run(posed(WEB % (14, "")), on)
        assert ("node", "no-autoscaler") in {(subject, reason) for _, subject, reason in events(trace, "NoCounterpart")}
        assert len(machines.stays(trace, posed(WEB % (1, "")))) == 1
