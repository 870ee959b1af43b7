"""What batch apps of Mesos frameworks become on Kubernetes, and what gets lost."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, scenario, seconds
from tests.unit.engines.mesos.runs import column, rows
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.batch_work import cron, not_carried
from workbench.engines.world import World
from workbench.model.batch_work import Input, Schedule

MINUTE = 60


def traced(*apps, **more):
    settings = {"world.images.default_size_mib": 0, **more.pop("settings", {})}
    return World(scenario(*apps, settings=settings, **more), Kubernetes(), 1).run()


@pytest.mark.parametrize(
    ("first", "period", "times", "expression"),
    [
        pytest.param(0, 10 * MINUTE, None, "0-59/10 * * * *", id="a part of an hour"),
        pytest.param(125 * MINUTE, 60 * MINUTE, None, "5 * * * *", id="every hour at five past"),
        pytest.param(90 * MINUTE, 360 * MINUTE, None, "30 1-23/6 * * *", id="a part of a day"),
        pytest.param(120 * MINUTE, 1440 * MINUTE, None, "0 2 * * *", id="every night at two"),
        pytest.param(120 * MINUTE, 0, 1, "0 2 5 1 *", id="once"),
        pytest.param(0, 7 * MINUTE, None, "", id="seven minutes do not divide an hour"),
        pytest.param(0, 30, None, "", id="seconds"),
        pytest.param(0, 300 * MINUTE, None, "", id="five hours do not divide a day"),
    ],
)
def test_what_cron_can_say_of_a_schedule(first, period, times, expression):
    assert cron(Schedule(seconds(first), seconds(period), times)) == expression


@pytest.mark.parametrize(
    ("more", "reasons"),
    [
        ({"framework": "spark", "input": Input(1)}, ["no-locality"]),
        ({"framework": "mpi"}, ["no-gang"]),
        ({"framework": "chronos", "after": ("x",)}, ["no-dependencies"]),
        ({"framework": "hadoop", "after": ("x",)}, ["no-slots"]),
        ({"framework": "chronos", "schedule": Schedule(seconds(30), seconds(600), 3)}, ["no-seconds", "no-last-start"]),
        ({"framework": "chronos", "schedule": Schedule(0, seconds(420))}, ["no-such-schedule"]),
        ({}, []),
    ],
)
def test_what_gets_lost(more, reasons):
    assert [reason for reason, _ in not_carried(app("a", "batch", **more))] == reasons


def test_a_job_by_the_clock_is_a_cron_job_that_does_not_stop():
    tick = app("tick", "batch", replicas=0, runs=5, start=0, framework="chronos",
               schedule=Schedule(seconds(60), seconds(120), 2))  # fmt: skip
    trace = traced(tick, horizon=500)
    assert [round(start) for start in column(trace, "tasks", "started_us")] == [60, 180, 300, 420]


def test_a_job_after_another_starts_by_the_clock_done_or_not():
    first = app("first", "batch", runs=100, start=0, framework="chronos")
    second = app("second", "batch", runs=10, start=0, framework="chronos", after=("first",), clock_us=seconds(60))
    trace = traced(first, second, horizon=300)
    assert round(column(trace, "tasks", "started_us", app="second")[0]) == 60
    assert column(trace, "events", "reason", subject="second", kind="NoCounterpart") == ["no-dependencies"]


def spark(**more):
    return app("job", "batch", replicas=12, cpu=1000, memory=GIB, start=2, runs=20, framework="spark", **more)


def test_spark_has_a_driver_pod_that_comes_before_its_executors():
    trace = traced(spark(), machines=6, settings={"spark.cores_max": 8})
    (driver,) = rows(trace, "tasks", app="job-driver")
    pods = rows(trace, "tasks", app="job-exec")
    assert len(pods) == 8
    assert min(one["queued_us"] for one in pods) > driver["started_us"]
    assert {one["outcome"] for one in [driver, *pods]} == {"finished"}
    assert max(one["ended_us"] for one in pods) <= driver["ended_us"]


def test_executor_pods_are_asked_for_five_at_a_time_a_second_apart():
    trace = traced(spark(), machines=6, settings={"spark.cores_max": 12})
    asked = [round(at, 2) for at in column(trace, "tasks", "queued_us", app="job-exec")]
    assert [asked.count(at) for at in sorted(set(asked))] == [5, 5, 2]
    assert sorted(set(asked))[1] - sorted(set(asked))[0] == pytest.approx(1)


def test_without_a_number_there_are_two_executors():
    assert len(rows(traced(spark(), machines=6), "tasks", app="job-exec")) == 2


def test_nobody_waits_for_data_however_long_the_locality_wait_is():
    reading = spark(input=Input(100 * 1024**2, 1))
    ends = {
        wait: max(column(traced(reading, machines=6, settings={"spark.locality_wait_s": wait, "spark.cores_max": 12}),
                         "tasks", "ended_us", app="job"))
        for wait in (0.0, 30.0)
    }  # fmt: skip
    assert ends[0.0] == ends[30.0]


def test_reduces_hold_their_pods_while_the_maps_run():
    maps = app("maps", "batch", replicas=4, cpu=1000, runs=50, start=0, framework="hadoop")
    reduce = app("reduce", "batch", replicas=1, cpu=1000, runs=10, start=0, framework="hadoop", after=("maps",))
    trace = traced(maps, reduce, machines=3)
    assert column(trace, "tasks", "started_us", app="reduce")[0] < 1
    assert column(trace, "tasks", "ended_us", app="reduce")[0] == pytest.approx(60, abs=1)
