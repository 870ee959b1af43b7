"""Frameworks of Mesos on machines of their own: a standalone Spark, slots near data, a clock."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, nodes, scenario, seconds
from tests.unit.engines.static_partitions.test_static_partitions import column, times, traced
from workbench.engines.static_partitions import StaticPartitions
from workbench.engines.static_partitions.spark import spread
from workbench.engines.world import World
from workbench.model.batch_work import Input, Schedule
from workbench.model.faults import Fault

MIB = 1024**2


@pytest.mark.parametrize(
    ("free", "wanted", "per", "given"),
    [
        pytest.param({0: 4, 1: 4}, 100, 0, {0: 4, 1: 4}, id="all there is"),
        pytest.param({0: 4, 1: 4}, 3, 0, {0: 2, 1: 1}, id="a core in turn from each machine"),
        pytest.param({0: 1, 1: 4}, 2, 0, {0: 1, 1: 1}, id="the machine with most free cores first"),
        pytest.param({0: 1, 1: 4}, 1, 0, {1: 1}, id="and a single core from that one"),
        pytest.param({0: 3, 1: 5}, 100, 2, {0: 2, 1: 4}, id="whole executors only"),
        pytest.param({0: 3, 1: 5}, 3, 2, {1: 2}, id="no executor beyond what is wanted"),
        pytest.param({0: 0}, 5, 0, {}, id="nothing free"),
        pytest.param({}, 5, 0, {}, id="no machine"),
    ],
)
def test_cores_are_spread_over_machines(free, wanted, per, given):
    assert spread(free, wanted, per) == given


def spark(replicas=8, runs=10, team="a", name="job", **more):
    return app(
        name, "batch", replicas=replicas, cpu=1000, memory=GIB, start=0, runs=runs, framework="spark", team=team, **more
    )


def test_an_application_has_one_executor_on_each_machine_of_its_team_and_no_other():
    trace = traced(spark(), app("web", team="b"), machines=3)
    assert sorted(column(trace, "tasks", "node", app="job-exec")) == ["node-0", "node-1"]
    assert set(column(trace, "tasks", "cpu", app="job-exec")) == {4000}
    assert set(column(trace, "tasks", "outcome", app="job")) == {"finished"}
    assert set(column(trace, "tasks", "outcome", app="job-exec")) == {"finished"}


def test_its_tasks_run_one_per_core():
    trace = traced(spark(replicas=12), machines=1)
    assert times(trace, "started_us", app="job") == [0] * 4 + [10] * 4 + [20] * 4


def test_a_second_application_waits_until_the_first_lets_go():
    trace = traced(spark(replicas=4), spark(replicas=4, name="next"), machines=1)
    assert times(trace, "started_us", app="next") == [10] * 4


def test_no_more_cores_than_cores_max():
    trace = traced(spark(), machines=2, settings={"spark.cores_max": 3})
    assert sorted(column(trace, "tasks", "cpu", app="job-exec")) == [1000, 2000]


def test_executors_come_back_with_their_machine():
    lost = Fault(seconds(5), node="node-0", back_us=seconds(30))
    trace = traced(spark(replicas=8, runs=20), machines=1, faults=[lost])
    assert column(trace, "tasks", "outcome", app="job-exec") == ["lost", "finished"]
    assert column(trace, "tasks", "outcome", app="job").count("finished") == 8


def near(*apps, machines, **settings):
    made = scenario(*apps, machines=nodes(machines), settings=settings)
    return World(made, StaticPartitions(), 1).run()["reads"]


def test_spark_waits_for_an_executor_near_its_data():
    job = spark(replicas=16, input=Input(64 * MIB, copies=1))
    assert set(near(job, machines=4, **{"spark.locality_wait_s": 60.0})["level"]) == {"node"}
    assert "any" in set(near(job, machines=4, **{"spark.locality_wait_s": 0.0})["level"])


def test_data_on_machines_of_others_is_read_from_afar():
    job, other = spark(replicas=24, input=Input(64 * MIB, copies=1)), app("web", team="b")
    levels = list(near(job, other, machines=4, **{"static_partitions.divide_by": "weight"})["level"])
    assert 0 < levels.count("any") < len(levels)


def test_maps_go_where_their_block_is_while_there_is_room():
    maps = app(
        "maps", "batch", replicas=24, cpu=1000, start=0, runs=10, framework="hadoop", input=Input(64 * MIB, copies=1)
    )
    plain = app("maps", "batch", replicas=24, cpu=1000, start=0, runs=10, input=Input(64 * MIB, copies=1))
    found = [list(near(one, machines=6)["level"]).count("node") for one in (maps, plain)]
    assert found[0] > 2 * found[1]


def test_a_job_starts_by_the_clock_again_and_again():
    job = app("tick", "batch", cpu=1000, start=0, runs=5, schedule=Schedule(seconds(10), seconds(60), 3))
    assert times(traced(job), "submitted_us", app="tick") == [10, 70, 130]
