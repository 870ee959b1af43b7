"""A machine is lost at the defaults: what follows for Deployments and StatefulSets, step by step, with reasons."""

from __future__ import annotations

import pytest

from tests.make import app, scenario, seconds
from tests.unit.engines.mesos.runs import rows
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.workload import Toleration, Volume

GIB = 1024**3
LOST = 100.0
ACTS = 900.0
"""When the operator acts, in seconds after the loss."""

SEEDS = pytest.mark.parametrize("seed", [1, 2, 3])


def db(reach="network", **more):
    return app("db", "stateful", replicas=1, volume=Volume(GIB, reach), **more)


def traced(of, *, seed=1, back=None, remedy="", horizon=2400, machines=3, faults=()):
    settings = {"world.operator.on_call": True, "world.operator.reaction_s": ACTS, "kubernetes.operator.remedy": remedy}
    back_us = None if back is None else seconds(back)
    faults = [Fault(seconds(LOST), hosting=of.name, back_us=back_us), *faults]
    made = scenario(of, machines=machines, horizon=horizon, faults=faults, settings=settings if remedy else {})
    return World(made, Kubernetes(), seed).run()


def events(trace, *kinds):
    return [(row["at_us"], row["kind"], row["reason"]) for row in rows(trace, "events") if row["kind"] in kinds]


def at(trace, kind):
    """Return when an event of a kind happened, in seconds after the loss; it happened once."""
    ((when, _, _),) = events(trace, kind)
    return when - LOST


def second(trace):
    """Return the pod that took the place of the first one."""
    _, other = rows(trace, "tasks")
    return other


@SEEDS
def test_a_node_is_not_ready_50_s_after_its_last_heartbeat_and_at_most_one_look_later(seed):
    # the last heartbeat was up to 10 s before the loss, the controller looks every 5 s
    assert 40 <= at(traced(app(), seed=seed), "NodeNotReady") <= 50 + 5


@SEEDS
def test_a_pod_of_a_deployment_is_evicted_300_s_later_and_replaced_at_once(seed):
    trace = traced(app(), seed=seed)
    evicted = at(trace, "TaintManagerEviction") - at(trace, "NodeNotReady")
    assert (
        300 <= evicted <= 300 + 1
    )  # the taint itself may wait for its turn: one node in ten seconds, the first at once
    other = second(trace)
    assert other["queued_us"] - LOST - at(trace, "TaintManagerEviction") < 1
    assert other["outcome"] == "running"
    assert [reason for _, _, reason in events(trace, "NodeNotReady", "TaintManagerEviction")] == [
        "node-silent", "node-tainted",
    ]  # fmt: skip


@SEEDS
def test_clients_are_sent_there_no_more_once_the_node_is_not_ready(seed):
    trace = traced(app(), seed=seed)
    (removed,) = [row for row in rows(trace, "endpoints") if row["change"] == "removed"]
    assert 0 <= removed["at_us"] - LOST - at(trace, "NodeNotReady") < 2


def test_a_member_of_a_stateful_set_is_evicted_and_never_replaced():
    trace = traced(db())
    assert len(events(trace, "TaintManagerEviction")) == 1
    assert len(rows(trace, "tasks")) == 1
    assert not events(trace, "PodGC", "ForceDetach")


@SEEDS
def test_the_out_of_service_taint_moves_pod_and_disk_within_one_look_of_the_garbage_collector(seed):
    trace = traced(db(), seed=seed, remedy="out-of-service")
    assert events(trace, "PodGC")[0][2] == "node-out-of-service"
    assert 0 <= at(trace, "PodGC") - ACTS <= 20
    assert not events(trace, "WaitForUnmount", "ForceDetach")
    assert 0 <= second(trace)["volume_us"] - LOST - at(trace, "PodGC") < 10  # attaching alone takes 5 s


@SEEDS
def test_a_deleted_node_makes_orphans_after_40_s_and_holds_the_disk_for_six_minutes_more(seed):
    trace = traced(db(), seed=seed, remedy="delete-node")
    assert events(trace, "PodGC")[0][2] == "node-deleted"
    assert 40 <= at(trace, "PodGC") - ACTS <= 60
    assert at(trace, "ForceDetach") - at(trace, "WaitForUnmount") == pytest.approx(360)
    assert 0 <= second(trace)["volume_us"] - LOST - at(trace, "ForceDetach") < 10


def test_a_pod_deleted_by_force_is_replaced_at_once_but_waits_six_minutes_for_its_disk():
    trace = traced(db(), remedy="force-delete")
    other = second(trace)
    assert 0 <= other["bound_us"] - LOST - ACTS < 1
    assert events(trace, "FailedAttachVolume")[0][2] == "multi-attach"
    assert at(trace, "ForceDetach") - ACTS == pytest.approx(360, abs=1)
    assert 0 <= other["volume_us"] - LOST - at(trace, "ForceDetach") < 10


@SEEDS
def test_a_disk_that_is_used_again_on_its_node_is_not_detached_when_the_six_minutes_are_over(seed):
    # one machine only: it is back two minutes before the time is over, and the new pod comes there too
    trace = traced(db(), seed=seed, machines=1, back=LOST + ACTS + 240, remedy="force-delete")
    assert events(trace, "WaitForUnmount")
    assert not events(trace, "ForceDetach")
    assert [row["state"] for row in rows(trace, "volumes")] == ["created", "attached", "attached"]
    assert second(trace)["outcome"] == "running"


def test_a_new_controller_manager_waits_six_minutes_for_a_disk_anew():
    lost_too = Fault(seconds(LOST + ACTS + 180), "control-plane-loss")
    trace = traced(db(), remedy="force-delete", faults=[lost_too])
    leads = next(row["at_us"] for row in rows(trace, "events") if row["subject"] == "kube-controller-manager")
    assert at(trace, "ForceDetach") == pytest.approx(leads - LOST + 360, abs=1)


def test_pods_are_collected_only_while_a_controller_manager_leads():
    lost_too = Fault(seconds(LOST + ACTS - 1), "control-plane-loss")
    trace = traced(db(), remedy="delete-node", faults=[lost_too])
    leads = next(row["at_us"] for row in rows(trace, "events") if row["subject"] == "kube-controller-manager")
    assert 40 <= LOST + at(trace, "PodGC") - leads <= 60


def test_a_node_that_comes_back_ends_the_pod_and_the_disk_moves():
    trace = traced(db(), back=700)
    first, other = rows(trace, "tasks")
    assert first["outcome"] == "lost"
    assert other["outcome"] == "running"
    assert 700 < other["queued_us"] < 730
    assert not events(trace, "WaitForUnmount", "ForceDetach")


def test_bytes_on_the_lost_machine_itself_are_given_up_with_the_claim():
    trace = traced(db("local"), remedy="out-of-service")
    states = [(row["state"], row["node"]) for row in rows(trace, "volumes")]
    lost = next(node for state, node in states if state == "lost")
    assert ("deleted", lost) in states
    assert states[-1][0] == "attached"
    assert states[-1][1] != lost
    assert second(trace)["outcome"] == "running"


def test_nobody_on_call_changes_nothing():
    assert not events(traced(db()), "operator-acts", "OperatorActs")


@SEEDS
def test_a_node_whose_object_was_deleted_registers_anew_and_nothing_of_the_old_one_stays(seed):
    """Its taints would drive out every pod that the scheduler sends there, every 300 s, for ever."""
    web = app("web", replicas=3, cpu=3000)
    plane = Kubernetes()
    made = scenario(
        web, machines=3, horizon=3000, faults=[Fault(seconds(LOST), node="node-1", back_us=seconds(LOST + ACTS + 200))],
        changes=[PlannedChange(seconds(90), "cordon", node="node-1")],
        settings={"world.operator.on_call": True, "world.operator.reaction_s": ACTS,
                  "kubernetes.operator.remedy": "delete-node"},
    )  # fmt: skip
    trace = World(made, plane, seed).run()
    known = plane.api.nodes[1]
    assert (known.ready, known.deleted, known.node.spec.taints) == ("True", False, ())
    assert not known.node.spec.unschedulable
    states = [row["state"] for row in rows(trace, "nodes", node="node-1") if row["seen_by"] == "kubernetes"]
    assert states == ["ready", "unreachable", "not-ready", "ready"]
    assert len([row for row in rows(trace, "tasks") if row["node"] == "node-1"]) == 2  # one before, one after
    assert [pod.ready for pod in plane.api.pods.values()] == [True] * 3


def test_what_tolerates_the_out_of_service_taint_is_spared_the_eviction_and_collected_once_it_is_deleted():
    web = app("web", tolerations=(Toleration(operator="Exists"),))
    settings = {"world.operator.on_call": True, "world.operator.reaction_s": ACTS}
    gone = PlannedChange(seconds(LOST + ACTS + 100), "delete", "web")
    plane = Kubernetes()
    lost = Fault(seconds(LOST), hosting="web")
    made = scenario(web, machines=2, horizon=1500, faults=[lost], changes=[gone], settings=settings)
    trace = World(made, plane, 1).run()
    assert not events(trace, "TaintManagerEviction")
    assert 100 <= at(trace, "PodGC") - ACTS <= 100 + 20 + 1
    assert plane.api.pods == {}
