"""Agents out of use: no offers; and emptied, whatever that means for the apps on them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.make import GIB, app, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.native import marathon as native
from workbench.model.workload import Volume


def change(at: float, kind: Any, node: str) -> PlannedChange:
    return PlannedChange(seconds(at), kind, node=node)


def test_a_cordoned_agent_is_not_offered_and_what_runs_there_runs_on():
    trace = traced(
        app("web", replicas=2, max_per_node=1), app("late", at=60, replicas=8, cpu=1000),
        machines=3, changes=[change(30, "cordon", "node-2"), change(200, "uncordon", "node-2")], horizon=400,
    )  # fmt: skip
    assert all(row["made_us"] <= 30 or row["made_us"] >= 200 for row in rows(trace, "offers", node="node-2"))
    assert column(trace, "tasks", "outcome", app="web") == ["running", "running"]


def test_a_drained_agent_s_tasks_are_killed_at_once_and_replaced_elsewhere():
    """However few of the app are left meanwhile: both instances are on that machine."""
    web = app("web", replicas=2, stop_us=seconds(2), start=5)
    trace = traced(web, machines=2, changes=[change(60, "drain", "node-0")], horizon=200)
    before, after = rows(trace, "tasks", incarnation=0), rows(trace, "tasks", incarnation=1)
    assert {(row["node"], row["ended_us"], row["outcome"]) for row in before} == {("node-0", 62.0, "killed")}
    assert {(row["node"], row["submitted_us"], row["outcome"]) for row in after} == {("node-1", 62.0, "running")}
    assert column(trace, "events", "at_us", kind="agent-drained") == [62.0]


def test_batch_tasks_that_are_killed_so_are_run_again():
    jobs = app("jobs", "batch", replicas=4, cpu=1000, runs=50)
    trace = traced(jobs, machines=2, changes=[PlannedChange(seconds(20), "drain", hosting="jobs")], horizon=200)
    assert column(trace, "tasks", "outcome", incarnation=0) == ["killed"] * 4
    assert column(trace, "tasks", "outcome", incarnation=1) == ["finished"] * 4


def test_a_resident_instance_waits_until_its_agent_is_back_in_use():
    db = app("db", "stateful", cpu=1000, volume=Volume(GIB, "local"))
    where = column(traced(db, machines=3, horizon=20), "tasks", "node")[0]
    trace = traced(
        db, machines=3, changes=[change(60, "drain", where), change(300, "uncordon", where)], horizon=600
    )  # fmt: skip
    first, second = rows(trace, "tasks")
    assert (first["outcome"], second["node"]) == ("killed", where)
    assert 300 < second["decided_us"] < 306


@pytest.mark.parametrize("kind", ["cordon", "uncordon", "drain"])
def test_an_agent_that_was_given_up_already_is_left_alone(kind):
    trace = traced(
        app("web"), machines=2, changes=[change(200, kind, "node-0")], faults=[Fault(seconds(10), node="node-0")],
        horizon=300,
    )  # fmt: skip
    assert column(trace, "tasks", "outcome", node="node-1") == ["running"]


# -- whatever becomes of the agent or the master -----------------------------------------------------------------------


def test_what_is_asked_while_nobody_leads_is_done_by_the_next_master():
    """Not by nobody: an agent whose tasks are unknown is not taken for empty."""
    trace = traced(
        app("web", replicas=2), machines=2, changes=[change(35, "drain", "node-0")],
        faults=[Fault(seconds(30), "control-plane-loss")], horizon=150,
    )  # fmt: skip
    (drained,) = column(trace, "events", "at_us", kind="agent-drained")
    assert 40 < drained < 42
    assert column(trace, "tasks", "node", outcome="running") == ["node-1", "node-1"]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(seconds(60), "control-plane-loss"), id="the master is lost"),
        pytest.param(Fault(seconds(60), node="node-1", back_us=seconds(75)), id="its machine starts again"),
        pytest.param(
            Fault(seconds(60), "network-partition", node="node-1", back_us=seconds(200)), id="it was given up meanwhile"
        ),
    ],
)
def test_an_agent_out_of_use_stays_so_when_it_registers_again(fault):
    web = app("web", replicas=1)
    more = app("more", at=300, replicas=2, max_per_node=1)
    changes = [change(35, "cordon", "node-1"), change(400, "uncordon", "node-1")]
    trace = traced(web, more, machines=2, changes=changes, faults=[fault], horizon=600)
    assert len(column(trace, "events", "at_us", kind="agent-reregistered", subject="node-1")) == 1
    placed = sorted((row["node"], row["decided_us"] > 400) for row in rows(trace, "tasks", app="more"))
    assert placed == [("node-0", False), ("node-1", True)]


def test_an_agent_that_could_not_be_reached_is_emptied_once_it_registers_again():
    trace = traced(
        app("web", replicas=2), machines=2, changes=[change(35, "drain", "node-0")],
        faults=[Fault(seconds(30), "network-partition", node="node-0", back_us=seconds(60))], horizon=200,
    )  # fmt: skip
    (drained,) = column(trace, "events", "at_us", kind="agent-drained")
    assert 60 < drained < 90
    assert column(trace, "tasks", "node", outcome="running") == ["node-1", "node-1"]


@pytest.mark.parametrize(
    ("grace", "takes"),
    [
        pytest.param(None, 3, id="the executor's, as nobody says otherwise"),
        pytest.param(20, 20, id="that of its app"),
    ],
)
def test_a_drained_task_has_its_own_grace_period(grace, takes):
    own = native.App(id="/shop/web", instances=1, task_kill_grace_period_seconds=grace)
    web = app("web", stop_us=seconds(60), native=own)
    trace = traced(web, machines=2, changes=[change(60, "drain", "node-0")], horizon=200)
    assert column(trace, "tasks", "ended_us", incarnation=0) == [60 + takes]


def test_an_agent_put_back_to_use_while_its_process_is_away_is_offered_once_it_is_back():
    changes = [change(20, "cordon", "node-0"), change(60, "uncordon", "node-0")]
    fault = Fault(seconds(40), kind="agent-restart", node="node-0", back_us=seconds(70))
    jobs = app("jobs", "batch", replicas=2, cpu=1000, runs=10, at=50)
    trace = traced(jobs, machines=1, changes=changes, faults=[fault], horizon=200)
    assert all(row["made_us"] < 20 or row["made_us"] >= 70 for row in rows(trace, "offers"))
    assert column(trace, "tasks", "outcome") == ["finished"] * 2
