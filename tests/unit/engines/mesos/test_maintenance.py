"""An announced window of maintenance, from the schedule to the agent that comes back as another one."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.workload import Volume


def window(at=100, begins=200, lasts=100, node="node-0", hosting=""):
    return PlannedChange(seconds(at), "maintenance", node="" if hosting else node, hosting=hosting,
                         begins_us=seconds(begins), ends_us=seconds(begins + lasts))  # fmt: skip


def told(trace, *kinds):
    return [(row["at_us"], row["kind"]) for row in rows(trace, "events") if row["kind"] in kinds]


def test_what_the_master_does_and_when():
    trace = traced(app(), machines=1, changes=[window()])
    steps = told(trace, "maintenance-scheduled", "maintenance-begins", "agent-removed", "maintenance-over", "node-back")
    assert steps == [
        (100.0, "maintenance-scheduled"), (200.0, "agent-removed"), (200.0, "maintenance-begins"),
        (300.0, "maintenance-over"), (300.0, "node-back"),
    ]  # fmt: skip
    [again] = column(trace, "events", "at_us", kind="agent-registered")
    assert 300 <= again < 301


def test_tasks_run_on_until_the_window_begins_and_are_replaced_at_once():
    trace = traced(app(start=2, ready=3), machines=2, changes=[window(hosting="web")])
    first, second = rows(trace, "tasks")
    assert (first["outcome"], first["ended_us"]) == ("lost", 200.0)
    assert 200 <= second["started_us"] < 210  # not 75 s later: nobody has to notice
    assert first["node"] != second["node"]


@pytest.mark.parametrize(
    ("draining", "launched"),
    [
        pytest.param(0.0, True, id="by default Marathon launches there until the window begins"),
        pytest.param(60.0, False, id="with draining_seconds it does not so long before"),
        pytest.param(10.0, True, id="the window is not that near yet"),
    ],
)
def test_marathon_and_an_agent_that_will_be_away(draining, launched):
    settings = {"mesos.marathon.draining_s": draining}
    trace = traced(app(at=150, start=1, ready=1), machines=1, changes=[window()], settings=settings, horizon=190)
    assert column(trace, "tasks", "outcome") == ["running" if launched else "waiting"]
    if not launched:
        assert column(trace, "tasks", "why") == ["maintenance"]


def test_what_was_declined_for_maintenance_is_launched_there_once_it_is_over():
    settings = {"mesos.marathon.draining_s": 60.0}
    trace = traced(app(at=150), machines=1, changes=[window()], settings=settings)
    [row] = rows(trace, "tasks")
    assert row["outcome"] == "running"
    assert row["decided_us"] > 300


@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_a_batch_framework_answers_inverse_offers(answer):
    jobs = app("jobs", "batch", replicas=4, cpu=1000, runs=60)
    late = app("late", "batch", replicas=2, cpu=1000, runs=200, at=120)
    trace = traced(jobs, late, machines=1, changes=[window(at=30)], settings={"mesos.batch.inverse_offers": answer})
    kind = "inverse-offer-accepted" if answer == "accept" else "inverse-offer-declined"
    assert [row["detail"] for row in rows(trace, "events", kind="inverse-offer")] == ["batch-default"]
    assert len(rows(trace, "events", kind=kind)) == 1
    lost = [row for row in rows(trace, "tasks", app="late") if row["outcome"] == "lost"]
    assert len(lost) == (0 if answer == "accept" else 2)
    assert {row["slot"] for row in rows(trace, "tasks", app="late") if row["outcome"] == "finished"} == {0, 1}


def test_those_that_say_nothing_are_not_asked_again():
    jobs = app("jobs", "batch", runs=300)
    trace = traced(jobs, machines=1, changes=[window(at=30, begins=250)], horizon=240)
    assert len(rows(trace, "events", kind="inverse-offer")) == 1


def test_offers_that_are_out_when_the_schedule_is_posted_are_taken_back():
    jobs = app("jobs", "batch", at=99, runs=10)
    trace = traced(jobs, machines=1, changes=[window()], settings={"mesos.frameworks.answer_s": 10.0})
    assert "rescinded" in column(trace, "offers", "answer")


def test_a_resident_instance_waits_for_its_agent_and_goes_on_there():
    db = app("db", "stateful", volume=Volume(GIB, "local"))
    settings = {"mesos.frameworks.reconcile_interval_s": 60.0}
    trace = traced(db, machines=2, changes=[window(hosting="db")], settings=settings)
    first, second = rows(trace, "tasks")
    assert (first["node"], first["outcome"]) == (second["node"], "lost")
    assert second["outcome"] == "running"
    assert second["decided_us"] > 300


def test_a_new_master_keeps_the_schedule_and_lets_nobody_register_from_a_machine_that_is_down():
    faults = [Fault(seconds(150), "control-plane-loss"), Fault(seconds(220), "control-plane-loss")]
    settings = {"mesos.master.members": 7, "mesos.marathon.draining_s": 40.0}
    trace = traced(app(at=165), machines=1, changes=[window()], faults=faults, settings=settings)
    assert column(trace, "tasks", "decided_us")[0] > 300  # the second master still knows of the window
    assert min(at for at, _ in told(trace, "agent-reregistered", "agent-registered") if at > 170) >= 300


def test_a_machine_that_is_lost_before_its_window_is_not_taken_down_again():
    fault = Fault(seconds(150), "node-loss", node="node-0", back_us=seconds(400))
    trace = traced(app(), machines=2, changes=[window()], faults=[fault])
    assert told(trace, "maintenance-begins") == []
    [again] = column(trace, "events", "at_us", kind="agent-registered")
    assert 400 <= again < 401
    assert "running" in column(trace, "tasks", "outcome")


def test_a_second_window_is_asked_about_and_answered_anew():
    jobs = app("jobs", "batch", replicas=1, cpu=1000, runs=1000)
    windows = [window(at=30, begins=100, lasts=50), window(at=300, begins=400, lasts=50)]
    trace = traced(jobs, machines=1, changes=windows, settings={"mesos.batch.inverse_offers": "decline"}, horizon=500)
    assert len(rows(trace, "events", kind="inverse-offer")) == 2
    assert len(rows(trace, "events", kind="inverse-offer-declined")) == 2


def test_a_new_master_does_not_know_what_was_answered():
    jobs = app("jobs", "batch", replicas=1, cpu=1000, runs=1000)
    faults = [Fault(seconds(100), kind="control-plane-loss", back_us=seconds(160))]
    settings = {"mesos.batch.inverse_offers": "decline", "mesos.frameworks.failover_timeout_s": 600.0}
    trace = traced(
        jobs, machines=1, changes=[window(at=30, begins=400, lasts=50)], settings=settings, faults=faults, horizon=300
    )
    assert len(rows(trace, "events", kind="inverse-offer-declined")) == 2


def test_a_window_that_nobody_could_be_told_of_in_time_is_made_up_for():
    """The machine is back before there is a master to take it down: its agent stops what it runs, and begins anew."""
    lost = Fault(seconds(90), "quorum-loss", back_us=seconds(150))
    db = app("db", "stateful", replicas=1, volume=Volume(GIB, "local"))
    settings = {"mesos.registry.store_s": 3.0}
    trace = traced(db, machines=1, changes=[window(100, 100, 20)], faults=[lost], horizon=600, settings=settings)
    kinds = [kind for _, kind in told(trace, "agent-reregistered", "agent-removed", "maintenance-over")]
    assert kinds == ["agent-reregistered", "agent-removed", "maintenance-over"]
    [over] = column(trace, "events", "at_us", kind="maintenance-over")
    [again] = column(trace, "events", "at_us", kind="agent-registered")
    assert over + 3 <= again < over + 4
    assert column(trace, "tasks", "outcome") == ["lost", "running"]
    assert column(trace, "tasks", "started_us")[1] > again


def test_a_window_that_begins_while_the_agent_has_yet_to_register_again():
    """Its process was away and looks after its executors: it is removed as any other, and comes back as another."""
    away = Fault(seconds(150), "agent-restart", node="node-0", back_us=seconds(199))
    db = app("db", "stateful", replicas=1, volume=Volume(GIB, "local"))
    trace = traced(db, machines=1, changes=[window()], faults=[away], horizon=1200)
    assert told(trace, "agent-removed", "agent-unreachable") == [(200.0, "agent-removed")]
    [again] = column(trace, "events", "at_us", kind="agent-registered")
    assert 300 <= again < 301
    assert column(trace, "tasks", "outcome") == ["lost", "running"]
