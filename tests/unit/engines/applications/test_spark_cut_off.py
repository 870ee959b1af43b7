"""Executors on a machine that is cut off: what the driver does not hear of, when it gives up, and how often."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, scenario, seconds
from tests.unit.engines.mesos.runs import EXACT, column, rows
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.mesos import Mesos
from workbench.engines.static_partitions import StaticPartitions
from workbench.engines.world import World
from workbench.model.faults import Fault

PARTS = {**EXACT, "static_partitions.notice_s": 600.0, "world.images.default_size_mib": 0}
"""Partitions that do not notice: only the driver's own clock runs."""


def job(replicas=8, runs=10, **more):
    return app("job", "batch", replicas=replicas, cpu=1000, memory=GIB, start=0, runs=runs, framework="spark", **more)


def cut(at, back, node="node-1"):
    return Fault(seconds(at), "network-partition", node=node, back_us=seconds(back))


def run(plane, *faults, settings=None, machines=2, horizon=600, **of):
    made = scenario(
        job(**of), machines=machines, faults=faults, horizon=horizon, settings={**PARTS, **(settings or {})}
    )
    return World(made, plane(), 1).run()


def finished(trace):
    return len({row["slot"] for row in rows(trace, "tasks", app="job", outcome="finished")})


def test_how_tasks_ended_is_heard_when_their_machine_is_reached_again():
    """Sixteen tasks on eight cores: those that end at 10 s out of sight make room for others at 30 s only."""
    trace = run(StaticPartitions, cut(5, 30), replicas=16)
    assert column(trace, "tasks", "ended_us", app="job", node="node-1")[:4] == [10] * 4
    assert [start for start in column(trace, "tasks", "started_us", app="job", node="node-1") if 5 < start < 30] == []
    assert rows(trace, "events", kind="executor-lost") == []
    assert column(trace, "tasks", "outcome", app="job") == ["finished"] * 16


def test_a_task_that_is_sent_to_an_executor_out_of_sight_begins_when_that_is_reached():
    """Ten tasks on twelve cores; two cores are free on the machine that is cut off when another one is lost."""
    lost = Fault(seconds(10), node="node-1", back_us=seconds(500))
    trace = run(StaticPartitions, cut(5, 40, "node-2"), lost, replicas=10, runs=60, machines=3)
    sent = [one for one in rows(trace, "tasks", app="job", node="node-2") if 5 < one["decided_us"] < 40]
    assert sent != []
    assert {one["decided_us"] for one in sent} == {10}
    assert all(40 <= one["started_us"] <= 41 for one in sent)
    assert finished(trace) == 10


def test_the_driver_gives_up_after_120_s_when_it_looks_next():
    trace = run(StaticPartitions, cut(15, 500), runs=200)
    (lost,) = rows(trace, "events", kind="executor-lost")
    assert lost["at_us"] == 180  # it looks every 60 s; at 120 s the last heartbeat is 110 s old, at 180 s 170 s
    again = rows(trace, "tasks", app="job", incarnation=1)
    assert len(again) == 4
    assert {one["node"] for one in again} == {"node-0"}
    assert finished(trace) == 8


def test_what_an_executor_that_was_given_up_tells_is_not_heard():
    """Tasks of 200 s end at 200 s on the machine that is cut off, 20 s after they were given up: done once more."""
    trace = run(StaticPartitions, cut(15, 300), runs=200)
    assert column(trace, "tasks", "ended_us", app="job", node="node-1", incarnation=0) == [200] * 4
    assert min(column(trace, "tasks", "started_us", app="job", incarnation=1)) >= 200
    assert column(trace, "tasks", "outcome", app="job", incarnation=1) == ["finished"] * 4


def test_an_executor_that_is_reached_again_is_let_go_and_its_cores_may_be_had_anew():
    trace = run(StaticPartitions, cut(15, 200), runs=150, replicas=16, horizon=900)
    first, second = rows(trace, "tasks", app="job-exec", node="node-1")
    assert 200 <= first["ended_us"] <= 260
    assert second["started_us"] >= first["ended_us"]
    assert finished(trace) == 16


def test_mesos_tells_the_driver_before_that():
    """An agent is called lost after five pings of 15 s; Spark takes its tasks for lost, too."""
    trace = run(Mesos, cut(15, 500), runs=200)
    (lost,) = rows(trace, "events", kind="executor-lost")
    assert 75 <= lost["at_us"] - 15 <= 91
    assert finished(trace) == 8


def test_on_kubernetes_the_driver_gives_up_long_before_pods_are_evicted():
    """Eviction comes 40 s + 300 s after; the driver asks for another executor when its own time is up."""
    settings = {"spark.cores_max": 4, "kubernetes.spark.batch_delay_s": 1.0}
    where = column(run(Kubernetes, runs=200, replicas=4, settings=settings), "tasks", "node", app="job-driver")[0]
    other = next(name for name in ("node-0", "node-1") if name != where)
    trace = run(Kubernetes, cut(15, 500, other), runs=200, replicas=4, settings=settings)
    (lost,) = {one["at_us"] for one in rows(trace, "events", kind="executor-lost")}
    assert 120 < lost - 15 < 190
    assert finished(trace) == 4


@pytest.mark.parametrize("back", [60, 500])
def test_fine_grained_tasks_on_an_agent_that_is_given_up_run_elsewhere(back):
    settings = {"mesos.spark.coarse": False, "mesos.spark.executor_cores": 0.0}
    trace = run(Mesos, cut(15, back), runs=200, settings=settings, horizon=900)
    again = rows(trace, "tasks", app="job", incarnation=1)
    assert len(again) == (0 if back < 90 else 4)
    assert all(90 <= one["submitted_us"] < 110 for one in again)
    assert finished(trace) == 8


@pytest.mark.parametrize("losses", [3, 4])
def test_a_task_that_is_lost_four_times_ends_the_application(losses):
    faults = [
        Fault(seconds(20 + 60 * number), node="node-0", back_us=seconds(50 + 60 * number)) for number in range(losses)
    ]
    trace = run(
        StaticPartitions, *faults, replicas=1, runs=35, machines=1, settings={"static_partitions.notice_s": 1.0}
    )
    assert len(rows(trace, "events", kind="job-failed")) == (losses == 4)
    assert column(trace, "tasks", "outcome", app="job").count("lost") == losses
    assert finished(trace) == (losses == 3)
    assert "running" not in column(trace, "tasks", "outcome", app="job-exec")
