"""Chronos: by the clock, after parents, tried again, made up for."""

from __future__ import annotations

import pytest

from tests.make import app, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.model.batch_work import Schedule
from workbench.model.faults import Fault


def job(name, runs=20, replicas=1, **more):
    return app(name, "batch", replicas=replicas, cpu=500, runs=runs, start=0, framework="chronos", **more)


def clocked(name="tick", first=10, period=60, times=3, **more):
    return job(name, replicas=0, schedule=Schedule(seconds(first), seconds(period), times), **more)


def test_a_schedule_starts_a_task_each_time_and_stops_after_the_last():
    trace = traced(clocked(), machines=1, horizon=600)
    assert column(trace, "tasks", "submitted_us") == [10.0, 70.0, 130.0]
    assert column(trace, "tasks", "outcome") == ["finished"] * 3


def test_a_job_starts_when_the_last_of_its_parents_is_done():
    quick, slow = job("quick", runs=10), job("slow", runs=50)
    trace = traced(quick, slow, job("child", after=("quick", "slow")), machines=1, horizon=300)
    (child,) = rows(trace, "tasks", app="child")
    assert child["started_us"] > 50
    assert child["submitted_us"] == 0.0


def test_while_parents_are_not_done_that_is_why_it_waits():
    trace = traced(job("parent", runs=100), job("child", after=("parent",)), machines=1, horizon=50)
    assert column(trace, "tasks", "why", app="child") == ["parents-not-done"]


def test_a_parent_that_was_done_before_its_child_was_posted_counts():
    trace = traced(job("parent", runs=10), job("child", after=("parent",), at=100), machines=1, horizon=200)
    (child,) = rows(trace, "tasks", app="child")
    assert child["started_us"] == pytest.approx(100, abs=7)


def test_the_clock_is_not_asked_about_a_job_with_parents():
    child = job("child", after=("parent",), clock_us=seconds(5))
    trace = traced(job("parent", runs=60), child, machines=1, horizon=200)
    assert column(trace, "tasks", "started_us", app="child")[0] > 60


def test_a_child_of_scheduled_jobs_runs_once_for_each_of_their_rounds():
    trace = traced(clocked(), job("child", runs=5, after=("tick",)), machines=2, horizon=600)
    ends = column(trace, "tasks", "ended_us", app="tick")
    starts = column(trace, "tasks", "started_us", app="child")
    assert len(starts) == 3
    assert all(start > end for start, end in zip(starts, ends, strict=True))


@pytest.mark.parametrize(("retries", "outcomes"), [(0, ["lost"]), (2, ["lost", "finished"])])
def test_a_task_that_fails_is_tried_again_as_often_as_allowed(retries, outcomes):
    trace = traced(
        job("one", runs=60), machines=2, faults=[Fault(seconds(10), hosting="one")], horizon=400,
        settings={"mesos.chronos.retries": retries},
    )  # fmt: skip
    assert column(trace, "tasks", "outcome") == outcomes
    assert bool(rows(trace, "events", kind="job-failed")) == (retries == 0)


def test_jobs_after_one_that_has_failed_for_good_wait_on():
    trace = traced(
        job("one", runs=60), job("child", after=("one",)), machines=2, faults=[Fault(seconds(10), hosting="one")],
        horizon=400, settings={"mesos.chronos.retries": 0},
    )  # fmt: skip
    assert column(trace, "tasks", "outcome", app="child") == ["waiting"]


@pytest.mark.parametrize(("back", "starts"), [(60, 3), (100, 2)])
def test_a_start_that_was_missed_is_made_up_for_within_a_minute(back, starts):
    """Chronos is away from 5 s on; the start at 10 s is 50 s or 90 s late when it is back."""
    fault = Fault(seconds(5), kind="scheduler-loss", hosting="tick", back_us=seconds(back))
    trace = traced(clocked(period=200), machines=1, faults=[fault], horizon=600)
    assert len(rows(trace, "tasks")) == starts
    assert len(rows(trace, "events", kind="start-missed")) == 3 - starts


def test_its_tasks_run_on_while_it_is_away():
    fault = Fault(seconds(5), kind="scheduler-loss", hosting="one", back_us=seconds(100))
    trace = traced(job("one", runs=60), machines=1, faults=[fault], horizon=200)
    assert column(trace, "tasks", "outcome") == ["finished"]


def test_a_start_that_fails_for_good_does_not_keep_later_ones_from_starting_the_children():
    """The first start is lost with its machine and not tried again; the child begins after the second."""
    machine = Fault(seconds(20), hosting="tick", back_us=seconds(40))
    tick, child = clocked(period=200, runs=30), job("child", after=("tick",), runs=5)
    settings = {"mesos.chronos.retries": 0}
    trace = traced(tick, child, machines=1, horizon=700, faults=[machine], settings=settings)
    assert column(trace, "tasks", "outcome", app="tick") == ["lost", "finished", "finished"]
    ends = column(trace, "tasks", "ended_us", app="tick")
    first = min(row["started_us"] for row in rows(trace, "tasks", app="child") if row["started_us"] is not None)
    assert ends[1] <= first < ends[1] + 10
