"""The process of an agent stops and starts again while its machine runs on: who lives, who is told, who is killed."""

from __future__ import annotations

import pytest

from tests.make import app, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.workload import Volume

KEEP = {"mesos.frameworks.checkpoint": True, "mesos.agent.executor_reregister_s": 0.0}


def away(at, back, hosting="web"):
    return Fault(seconds(at), "agent-restart", hosting=hosting, back_us=None if back is None else seconds(back))


def told(trace, *kinds):
    found = rows(trace, "events")
    return [(row["kind"], row["reason"]) for row in found if not kinds or row["kind"] in kinds]


def test_tasks_of_marathon_outlive_the_agents_process_and_nobody_outside_notices():
    trace = traced(app(start=2, ready=3), faults=[away(100, 130)])
    assert column(trace, "tasks", "outcome") == ["running"]
    assert column(trace, "endpoints", "change") == ["added"]
    assert told(trace) == [
        ("agent-restart", ""), ("agent-disconnected", "agent-stopped"), ("agent-back", ""), ("agent-reregistered", "")
    ]  # fmt: skip


def test_an_agent_waits_for_its_executors_before_it_registers():
    [at] = column(traced(app(), faults=[away(100, 130)]), "events", "at_us", kind="agent-reregistered")
    assert 132 <= at < 133
    idle = traced(app(at=300), faults=[Fault(seconds(100), "agent-restart", node="node-0", back_us=seconds(130))])
    [at] = column(idle, "events", "at_us", kind="agent-reregistered")
    assert 130 <= at < 131  # it knows of none


def test_a_framework_that_does_not_checkpoint_loses_its_tasks_with_the_agents_process():
    trace = traced(app("jobs", "batch", replicas=2, runs=300), faults=[away(100, 130, "jobs")], horizon=900)
    first = rows(trace, "tasks")[:2]
    assert [(row["outcome"], row["ended_us"]) for row in first] == [("killed", 100.0)] * 2
    assert told(trace, "task-lost") == [("task-lost", "agent-disconnected")] * 2
    again = rows(trace, "tasks")[2:]
    assert [row["submitted_us"] for row in again] == [100.0] * 2  # each has waited since
    assert [row["outcome"] for row in again] == ["finished"] * 2
    assert {row["node"] for row in again}.isdisjoint({first[0]["node"]})  # not offered while it is away


def test_with_checkpoints_batch_tasks_go_on_and_what_ended_meanwhile_is_told():
    trace = traced(app("jobs", "batch", runs=110), faults=[away(100, 130, "jobs")], settings=KEEP)
    [row] = rows(trace, "tasks")
    assert row["outcome"] == "finished"
    assert row["ended_us"] == pytest.approx(111, abs=2)
    assert 132 <= row["released_us"] < 133.1


def test_an_executor_that_does_not_come_back_in_time_is_killed():
    slow = {**KEEP, "mesos.agent.executor_reregister_s": 15.0, "mesos.agent.executor_reregistration_timeout_s": 0.1}
    trace = traced(app("jobs", "batch", replicas=3, runs=300), faults=[away(100, 130, "jobs")], settings=slow)
    killed = [row for row in rows(trace, "tasks") if row["outcome"] == "failed"]
    assert killed
    assert {row["ended_us"] for row in killed} == {130.1}
    assert {row["slot"] for row in rows(trace, "tasks") if row["outcome"] == "finished"} == {0, 1, 2}


def test_a_task_that_was_being_brought_up_is_not_picked_up_again():
    trace = traced(app("jobs", "batch", runs=50, at=99.9), faults=[away(102, 110, "jobs")],
                   settings={**KEEP, "mesos.agent.executor_start_s": 5.0})  # fmt: skip
    first, second = rows(trace, "tasks")
    assert (first["outcome"], first["started_us"], second["outcome"]) == ("failed", None, "finished")


def test_executors_that_wait_in_vain_stop_and_their_end_is_told_when_the_agent_is_back():
    impatient = {**KEEP, "mesos.agent.recovery_timeout_s": 20.0}
    trace = traced(app("jobs", "batch", runs=300), faults=[away(100, 130, "jobs")], settings=impatient, horizon=900)
    first, second = rows(trace, "tasks")
    assert (first["outcome"], first["ended_us"], second["outcome"]) == ("failed", 120.0, "finished")
    assert 132 <= second["decided_us"] < 140  # nobody knew before: the agent was away, and had only just been missed


def test_an_agent_that_stays_away_is_given_up_like_any_that_is_silent():
    trace = traced(app(), faults=[away(100, 400)], horizon=600)
    [given_up] = column(trace, "events", "at_us", kind="agent-unreachable")
    assert 175 <= given_up <= 190
    first, second = rows(trace, "tasks")
    assert second["started_us"] < 400 < first["ended_us"]


def test_cleaning_up_kills_everything_and_the_agent_is_another_one():
    trace = traced(app(), faults=[away(100, 130)], settings={"mesos.agent.recover": "cleanup"})
    first, second = rows(trace, "tasks")
    assert (first["outcome"], first["ended_us"], second["outcome"]) == ("killed", 130.0, "running")
    assert second["submitted_us"] == 130.0
    assert told(trace, "task-lost", "agent-reregistered") == [
        ("task-lost", "agent-replaced"), ("agent-reregistered", "as-another")
    ]  # fmt: skip


def test_reservations_outlive_a_cleanup():
    db = app("db", "stateful", volume=Volume(2**30, "local"))
    settings = {"mesos.agent.recover": "cleanup", "mesos.frameworks.reconcile_interval_s": 60.0}
    trace = traced(db, faults=[away(100, 130, "db")], settings=settings)
    first, second = rows(trace, "tasks")
    assert (first["node"], second["outcome"]) == (second["node"], "running")


def test_without_checkpoints_a_resident_instance_is_asked_after_and_started_again_in_its_place():
    db = app("db", "stateful", volume=Volume(2**30, "local"))
    settings = {"mesos.marathon.checkpoint": False, "mesos.frameworks.reconcile_interval_s": 60.0}
    trace = traced(db, faults=[away(100, 130, "db")], settings=settings)
    first, second = rows(trace, "tasks")
    assert (first["node"], first["outcome"], second["outcome"]) == (second["node"], "killed", "running")
    assert second["decided_us"] == pytest.approx(160, abs=2)  # it waited until it asked: an agent may come back


def test_a_drained_agent_is_emptied_once_it_is_back():
    changes = [PlannedChange(seconds(110), "drain", node="node-0")]
    fault = Fault(seconds(100), "agent-restart", node="node-0", back_us=seconds(130))
    trace = traced(app(replicas=1), machines=2, faults=[fault], changes=changes,
                   settings={"mesos.allocator.agent_order": "number"})  # fmt: skip
    where = column(trace, "tasks", "node")
    if where[0] == "node-0":
        assert where == ["node-0", "node-1"]
    assert "agent-drained" in column(trace, "events", "kind")


def test_a_new_master_learns_of_an_agent_that_restarts_meanwhile():
    faults = [away(100, 140), Fault(seconds(105), "control-plane-loss", back_us=seconds(300))]
    trace = traced(app(), faults=faults)
    assert column(trace, "tasks", "outcome") == ["running"]
    assert ("agent-reregistered", "new-master") in told(trace, "agent-reregistered")


def test_a_machine_that_is_lost_while_its_agent_is_away_starts_again_with_an_agent():
    faults = [away(100, 300), Fault(seconds(120), "node-loss", hosting="web", back_us=seconds(150))]
    trace = traced(app(), machines=1, faults=faults)
    assert column(trace, "tasks", "outcome") == ["lost", "running"]
    assert "agent-back" not in column(trace, "events", "kind")
