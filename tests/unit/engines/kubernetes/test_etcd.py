"""Members of the control plane are lost: what waits, what goes on, and who decides again when."""

from __future__ import annotations

import pytest

from tests.make import app, scenario, seconds
from tests.unit.engines.mesos.runs import column, rows
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.world import World
from workbench.model.faults import Fault


def lost(kind, at, back=None):
    return Fault(seconds(at), kind, back_us=None if back is None else seconds(back))


def traced(*apps, faults, machines=3, horizon=1500, seed=1, settings=None):
    made = scenario(*apps, machines=machines, horizon=horizon, faults=faults, settings=settings)
    return World(made, Kubernetes(), seed).run()


def steps(trace):
    told = [row for row in rows(trace, "events") if row["kind"] != "DeploymentCondition"]
    return [(row["at_us"], row["kind"], row["subject"], row["reason"]) for row in told]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_lost_leader_is_replaced_in_etcd_within_two_seconds_and_behind_leases_within_seventeen(seed):
    trace = traced(app(), faults=[lost("control-plane-loss", 100)], seed=seed)
    (_, kind, _, _), silent, etcd, *leaders = steps(trace)
    assert kind == "control-plane-loss"
    assert silent == (100, "api-server-silent", "kube-apiserver", "etcd-no-leader")
    assert 101 <= etcd[0] <= 102
    assert etcd[1:] == ("etcd-leader-elected", "etcd", "election-timeout")
    assert sorted(step[2] for step in leaders) == ["kube-controller-manager", "kube-scheduler"]
    assert all(113 <= step[0] <= 117 and step[1:2] == ("leader-elected",) for step in leaders)
    assert column(trace, "tasks", "outcome") == ["running"]


def test_work_that_comes_meanwhile_waits_for_both_leaders():
    trace = traced(app("late", at=101), faults=[lost("control-plane-loss", 100)])
    [row] = rows(trace, "tasks")
    leads = {step[2]: step[0] for step in steps(trace) if step[1] == "leader-elected"}
    assert leads["kube-controller-manager"] < row["queued_us"] < leads["kube-controller-manager"] + 1
    assert row["decided_us"] >= leads["kube-scheduler"]
    assert row["outcome"] == "running"


@pytest.mark.parametrize("members", [1, 2])
def test_without_a_majority_left_the_loss_of_one_lasts_until_it_is_back(members):
    settings = {"kubernetes.control_plane.members": members}
    trace = traced(app("late", at=101), faults=[lost("control-plane-loss", 100, 400)], settings=settings)
    [row] = rows(trace, "tasks")
    assert ("api-server-silent", "kube-apiserver", "etcd-no-quorum") in [step[1:] for step in steps(trace)]
    assert 401 < row["decided_us"] < 405


def test_without_a_quorum_pods_run_on_and_nothing_is_written_until_it_is_back():
    sums = app("sum", "batch", runs=150)
    trace = traced(app(), sums, app("late", at=200), faults=[lost("quorum-loss", 100, 700)])
    web, done, late = (rows(trace, "tasks", app=name)[0] for name in ("web", "sum", "late"))
    assert web["outcome"] == "running"
    assert done["ended_us"] < 153
    assert 700 < done["released_us"] < 706
    assert 700 < late["queued_us"] < 706


def test_after_the_quorum_is_back_nobody_is_evicted_for_leases_that_could_not_be_renewed():
    trace = traced(app(replicas=6), faults=[lost("quorum-loss", 100, 900)])
    assert {step[1] for step in steps(trace)} == {
        "quorum-loss", "api-server-silent", "members-back", "etcd-leader-elected", "leader-elected",
    }  # fmt: skip
    assert column(trace, "tasks", "outcome") == ["running"] * 6
    assert column(trace, "endpoints", "change") == ["added"] * 6


def test_a_node_lost_meanwhile_is_missed_a_grace_period_after_somebody_leads_again():
    faults = [lost("quorum-loss", 100, 400), Fault(seconds(150), hosting="web")]
    trace = traced(app(replicas=2), faults=faults)
    leads = next(step[0] for step in steps(trace) if step[2] == "kube-controller-manager")
    [missed] = [step[0] for step in steps(trace) if step[1] == "NodeNotReady"]
    assert 50 <= missed - leads <= 55
    [evicted] = [step[0] for step in steps(trace) if step[1] == "TaintManagerEviction"]
    assert evicted - missed == pytest.approx(300, abs=1)


def test_a_short_outage_costs_the_leases_all_the_same():
    trace = traced(app("late", at=101), faults=[lost("quorum-loss", 100, 105)])
    leads = [step[0] for step in steps(trace) if step[1] == "leader-elected"]
    assert all(113 <= at <= 117 for at in leads)
    [row] = rows(trace, "tasks")
    assert max(leads) < row["decided_us"] < max(leads) + 1


def test_a_toleration_counts_anew_under_another_controller_manager():
    faults = [Fault(seconds(50), hosting="web"), lost("control-plane-loss", 300)]
    trace = traced(app(replicas=2), faults=faults)
    leads = next(step[0] for step in steps(trace) if step[2] == "kube-controller-manager")
    [evicted] = [step[0] for step in steps(trace) if step[1] == "TaintManagerEviction"]
    assert evicted == pytest.approx(leads + 300, abs=1)
