"""Agents under Kubernetes on Mesos stop, start again and are heard of again: what becomes of the pods on them."""

from __future__ import annotations

import pytest

from tests.make import app, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.engines.kubernetes_on_mesos import KubernetesOnMesos
from workbench.model.faults import Fault

SLOW = {"mesos.agent.executor_reregister_s": 15.0, "mesos.agent.executor_reregistration_timeout_s": 0.1}
CLEANING = {"mesos.agent.recover": "cleanup"}


def run(*faults, machines=3, horizon=900, settings=(), apps=None):
    apps = apps or [app("web", "service", 6, cpu=500, start=2, ready=3)]
    return traced(
        *apps,
        control_plane=KubernetesOnMesos(),
        machines=machines,
        horizon=horizon,
        faults=faults,
        settings=dict(settings),
    )


def away(at, back, node="node-0"):
    return Fault(seconds(at), "agent-restart", node, back_us=seconds(back))


def running(trace):
    return sorted(row["slot"] for row in rows(trace, "tasks") if row["outcome"] == "running")


def on(trace, node):
    return [row for row in rows(trace, "tasks") if row["node"] == node and row["started_us"] < 100]


def test_pods_run_on_while_their_agent_is_away_and_after():
    trace = run(away(100, 130))
    assert column(trace, "tasks", "outcome") == ["running"] * 6
    assert len(rows(trace, "attempts")) == 6


def test_an_executor_that_registers_late_is_killed_with_all_its_pods_and_others_are_made():
    trace = run(away(100, 130), settings=SLOW)
    there = on(trace, "node-0")
    assert len(there) == 2
    assert {row["outcome"] for row in there} == {"failed"}
    assert len({row["ended_us"] for row in there}) == 1
    assert sorted(column(trace, "events", "subject", kind="RoguePodDeleted")) == sorted(row["task"] for row in there)
    assert running(trace) == list(range(6))


@pytest.mark.parametrize("back", [130, 250])
def test_an_agent_that_begins_anew_runs_nothing_of_before(back):
    trace = run(away(100, back), settings=CLEANING, horizon=1500)
    there = on(trace, "node-0")
    assert there
    assert {row["ended_us"] for row in there} == {float(back)}
    assert running(trace) == list(range(6))


def test_a_pod_of_an_agent_given_up_goes_on_when_a_new_master_hears_of_it():
    """The pod still stands in the API server: there is nothing to replace it with."""
    trace = run(
        Fault(seconds(100), "network-partition", "node-0", back_us=seconds(195)),
        Fault(seconds(192), "control-plane-loss", back_us=seconds(260)),
    )
    given_up = column(trace, "events", "at_us", kind="agent-unreachable")
    assert given_up
    assert given_up[0] < 192
    assert column(trace, "events", "kind").count("task-back") == 2
    assert column(trace, "tasks", "outcome") == ["running"] * 6


def test_pods_that_went_down_with_their_machine_unknown_to_a_new_master_are_asked_for_and_replaced():
    """Kubernetes sees the node well again in time, and the new master has never heard of them."""
    trace = run(
        Fault(seconds(100), "node-loss", "node-0", back_us=seconds(330)),
        Fault(seconds(200), "control-plane-loss", back_us=seconds(260)),
        horizon=1500,
    )
    lost = [row for row in on(trace, "node-0") if row["outcome"] == "lost"]
    assert len(lost) == 2
    again = [row for row in rows(trace, "tasks") if row["incarnation"] == 1]
    assert running(trace) == list(range(6))
    assert len(again) == 2
    assert all(row["started_us"] < 200 + 600 + 60 for row in again)


def test_a_member_that_was_to_go_when_its_machine_went_down_has_a_successor_once_that_is_back():
    trace = run(
        Fault(seconds(100), "node-loss", "node-1", back_us=seconds(800)),
        Fault(seconds(500), "control-plane-loss", back_us=seconds(560)),
        machines=2,
        horizon=1500,
        apps=[app("db", "stateful", 4)],
    )
    assert [row for row in on(trace, "node-1") if row["outcome"] == "lost"]
    assert running(trace) == [0, 1, 2, 3]


def test_pods_that_are_to_go_and_cannot_be_told_so_leave_no_room_for_others_until_they_are():
    """Given up, back, and cut off again while the message is on its way that its pods are to go."""
    jobs = app("jobs", "batch", 1, cpu=4000, at=200, runs=50)
    full = [app("web", "service", 2, cpu=4000, start=2, ready=3), jobs]
    first = Fault(seconds(100), "network-partition", "node-0", back_us=seconds(300))
    slow = {"mesos.master.message_s": 0.5, "kubernetes_on_mesos.beside": "frameworks"}
    [back] = column(run(first, settings=slow, apps=full, machines=2), "events", "at_us", kind="agent-reregistered")
    second = Fault(seconds(back + 0.2), "network-partition", "node-0", back_us=seconds(back + 40))
    trace = run(first, second, settings=slow, apps=full, machines=2)
    [killed] = [row for row in rows(trace, "tasks") if row["outcome"] == "killed"]
    assert killed["ended_us"] > back + 40
    assert [(row["app"], row["why"]) for row in rows(trace, "tasks", outcome="failed")] == [("jobs", "launch-lost")]
    [done] = rows(trace, "tasks", outcome="finished")
    assert done["started_us"] > killed["ended_us"]
