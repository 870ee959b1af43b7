"""Jobs in the queue of a team: held, larger, smaller, more at once."""

from __future__ import annotations

import itertools

from tests.make import seconds
from tests.unit.engines.static_partitions.test_static_partitions import column, jobs, times, traced
from workbench.model.batch_work import Schedule
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault


def change(at, kind, **more):
    return PlannedChange(seconds(at), kind, "a", **more)


def ran(one, *changes, machines=1, horizon=600, **more):
    return traced(one, machines=machines, horizon=horizon, changes=changes, **more)


def of(trace, outcome):
    return sorted(column(trace, "tasks", "slot", outcome=outcome))


def test_a_job_that_is_held_starts_nothing_more_and_those_behind_it_go_on():
    trace = traced(
        jobs("a", 8), jobs("b", 4), machines=2, horizon=600, changes=[change(30, "suspend"), change(300, "resume")]
    )
    later = [time for time in times(trace, "started_us", app="a") if time > 30]
    assert len(later) == 4
    assert min(later) > 300
    assert of(trace, "finished").count(0) == 2
    assert max(times(trace, "ended_us", app="b")) < 70


def test_while_it_is_held_that_is_why_its_tasks_wait():
    assert column(ran(jobs("a", 8), change(30, "suspend")), "tasks", "why")[4:] == ["suspended"] * 4


def test_the_tasks_of_a_job_that_comes_suspended_come_when_it_is_resumed():
    trace = ran(jobs("a", 2, suspended=True), change(100, "resume"))
    assert times(trace, "submitted_us") == [100.0, 100.0]
    assert of(trace, "finished") == [0, 1]


def test_with_fewer_tasks_those_of_the_lowest_numbers_stay():
    trace = ran(jobs("a", 8), change(30, "scale", replicas=3), change(40, "scale", replicas=5))
    assert of(trace, "killed") == [3, 4, 5, 6, 7]
    assert of(trace, "finished") == [0, 1, 2, 3, 4]
    assert times(trace, "submitted_us")[8:] == [40.0, 40.0]


def test_with_fewer_at_once_what_runs_goes_on():
    trace = ran(jobs("a", 8), change(30, "scale", parallelism=1))
    started = sorted(times(trace, "started_us"))
    assert of(trace, "killed") == []
    assert all(later - sooner >= 60 for sooner, later in itertools.pairwise(started[4:]))


def test_a_start_by_the_clock_is_left_out_while_the_job_is_held():
    schedule = Schedule(seconds(10), seconds(60), 5)
    trace = ran(jobs("a", 0, runs=20, schedule=schedule), change(15, "suspend"), change(150, "resume"))
    assert times(trace, "submitted_us") == [10.0, 190.0, 250.0]
    assert column(trace, "events", "detail", kind="start-missed") == ["1", "2"]


def test_a_task_that_is_not_wanted_any_more_is_not_started_again_when_its_machine_is_lost():
    lost = Fault(seconds(20), "network-partition", node="node-0", back_us=seconds(300))
    trace = ran(jobs("a", 3), change(30, "scale", replicas=1), faults=[lost])
    assert {row["slot"] for row in trace["tasks"].dicts() if row["incarnation"]} <= {0}


def test_what_is_asked_while_nobody_decides_is_heard_afterwards():
    away = Fault(seconds(20), "control-plane-loss", back_us=seconds(100))
    trace = ran(jobs("a", 8), change(30, "suspend"), faults=[away])
    assert [when / 1e6 for when in column(trace, "events", "at_us", kind="job-held")] == [100.0]


def test_a_gang_has_no_size():
    trace = ran(jobs("a", 3, framework="mpi"), change(30, "scale", replicas=2), machines=1, horizon=100)
    assert column(trace, "events", "reason", kind="NoCounterpart") == ["no-such-change"]
