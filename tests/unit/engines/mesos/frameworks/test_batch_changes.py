"""Batch apps that change while they go on: what frameworks of Mesos make of it, which is less than Kubernetes does."""

from __future__ import annotations

import itertools

import pytest

from tests.make import app, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.model.batch_work import Schedule
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.workload import Arrivals


def change(at, kind, name="jobs", **more):
    return PlannedChange(seconds(at), kind, name, **more)


def batch(replicas=4, runs=60, **more):
    return app("jobs", "batch", replicas=replicas, start=0, cpu=1000, runs=runs, **more)


def ran(one, *changes, machines=1, horizon=600, **more):
    return traced(one, machines=machines, horizon=horizon, changes=changes, **more)


def of(trace, outcome):
    return sorted(row["slot"] for row in rows(trace, "tasks") if row["outcome"] == outcome)


def test_a_job_that_is_held_starts_nothing_more_and_loses_nothing():
    trace = ran(batch(8), change(30, "suspend"), change(200, "resume"))
    assert of(trace, "finished") == list(range(8))
    started = column(trace, "tasks", "started_us")
    assert all(time < 30 for time in started[:4])
    assert all(time > 200 for time in started[4:])
    assert column(trace, "events", "subject", kind="job-held") == ["jobs"]


def test_while_it_is_held_that_is_why_its_tasks_wait():
    assert column(ran(batch(8), change(30, "suspend")), "tasks", "why")[4:] == ["suspended"] * 4


def test_a_task_that_is_lost_meanwhile_waits_with_the_others():
    lost = Fault(seconds(40), hosting="jobs", back_us=seconds(50))
    trace = ran(batch(1), change(30, "suspend"), change(300, "resume"), faults=[lost])
    assert [row["outcome"] for row in rows(trace, "tasks")] == ["lost", "finished"]
    assert column(trace, "tasks", "started_us")[1] > 300


def test_the_tasks_of_an_app_that_comes_suspended_come_when_it_is_resumed():
    trace = ran(batch(2, suspended=True), change(100, "resume"))
    assert column(trace, "tasks", "submitted_us") == [100.0, 100.0]
    assert of(trace, "finished") == [0, 1]


def test_with_fewer_tasks_those_of_the_lowest_numbers_stay():
    trace = ran(batch(8), change(30, "scale", replicas=3))
    assert of(trace, "finished") == [0, 1, 2]
    assert of(trace, "killed") == [3, 4, 5, 6, 7]


def test_further_tasks_are_wanted_since_then_and_have_names_of_their_own():
    trace = ran(batch(4), change(30, "scale", replicas=2), change(40, "scale", replicas=5))
    assert of(trace, "finished") == [0, 1, 2, 3, 4]
    assert column(trace, "tasks", "submitted_us")[4:] == [40.0] * 3
    names = column(trace, "tasks", "task")
    assert len(set(names)) == len(names)


def test_a_task_that_is_still_stopping_does_not_come_back():
    slow = batch(2, runs=300, stop_us=seconds(20))
    trace = ran(slow, change(30, "scale", replicas=1), change(31, "scale", replicas=2), machines=2)
    assert of(trace, "killed") == [1]
    assert of(trace, "finished") == [0, 1]
    assert column(trace, "events", "reason", kind="given-up") == ["still-stopping"]


def test_with_fewer_at_once_what_runs_goes_on():
    trace = ran(batch(8), change(30, "scale", parallelism=1))
    assert of(trace, "killed") == []
    started = sorted(column(trace, "tasks", "started_us"))
    assert started[3] < 30
    assert all(later - sooner >= 60 for sooner, later in itertools.pairwise(started[4:]))


def test_with_more_at_once_more_are_launched():
    trace = ran(batch(4, parallelism=1), change(30, "scale", parallelism=4))
    assert max(column(trace, "tasks", "started_us")) < 40


def test_tasks_that_arrive_one_by_one_can_be_held():
    arriving = app(
        "jobs", "batch", replicas=0, cpu=100, start=0, runs=5, arrivals=Arrivals(1.0, "constant", seconds(60))
    )
    trace = ran(arriving, change(20, "suspend"), change(50, "resume"), horizon=200)
    assert not [time for time in column(trace, "tasks", "started_us") if 21 < time < 50]
    assert {row["outcome"] for row in rows(trace, "tasks")} == {"finished"}


@pytest.mark.parametrize("framework", ["mpi", "spark", "hadoop"])
@pytest.mark.parametrize("asked", [change(30, "suspend"), change(30, "scale", replicas=2)])
def test_frameworks_that_know_nothing_of_the_kind_say_so(framework, asked):
    trace = ran(batch(4, framework=framework), asked, machines=3, horizon=200)
    assert column(trace, "events", "reason", kind="NoCounterpart") == ["no-such-change"]
    assert {row["outcome"] for row in rows(trace, "tasks", app="jobs")} >= {"finished"}


# -- Chronos --------------------------------------------------------------------------------------------------


def clocked(**more):
    schedule = Schedule(seconds(10), seconds(60), 6)
    return app("jobs", "batch", replicas=0, cpu=500, start=0, runs=20, framework="chronos", schedule=schedule, **more)


def test_a_job_that_is_disabled_misses_its_starts_but_for_those_within_epsilon():
    trace = ran(clocked(), change(15, "suspend"), change(200, "resume"))
    assert column(trace, "tasks", "submitted_us") == [10.0, 190.0, 250.0, 310.0]
    assert column(trace, "events", "reason", kind="start-missed") == ["beyond-epsilon"] * 2
    assert set(column(trace, "tasks", "outcome")) == {"finished"}, "what ran when it was disabled went on"


def test_what_waits_for_an_offer_when_a_job_is_disabled_is_dropped():
    many = app("jobs", "batch", replicas=8, cpu=1000, start=0, runs=60, framework="chronos")
    trace = ran(many, change(30, "suspend"), change(40, "resume"))
    assert (of(trace, "finished"), of(trace, "killed")) == ([0, 1, 2, 3], [4, 5, 6, 7])
    assert column(trace, "events", "detail", kind="job-expired") == ["4"]


def test_a_job_that_is_disabled_does_not_start_when_its_parents_are_done_but_when_one_is_done_once_more():
    child = app("jobs", "batch", replicas=1, cpu=500, start=0, runs=5, framework="chronos", after=("tick",))
    schedule = Schedule(seconds(10), seconds(100), 2)
    tick = app("tick", "batch", replicas=0, cpu=500, start=0, runs=20, framework="chronos", schedule=schedule)
    trace = traced(tick, child, machines=1, horizon=300, changes=[change(5, "suspend"), change(60, "resume")])
    started = [time for time in column(trace, "tasks", "started_us", app="jobs") if time is not None]
    assert started == [pytest.approx(133, abs=4)]


def test_a_job_of_chronos_has_no_size():
    trace = ran(clocked(), change(15, "scale", replicas=3))
    assert column(trace, "events", "reason", kind="NoCounterpart") == ["no-such-change"]
