"""Each team on machines of its own."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.make import GIB, app, scenario, seconds
from workbench.engines.static_partitions import StaticPartitions
from workbench.engines.world import World
from workbench.model.clock import NEVER, to_seconds
from workbench.model.faults import Fault
from workbench.model.workload import Volume

NO_IMAGES = {"world.images.default_size_mib": 0, "static_partitions.divide_by": "weight"}


def traced(*apps, settings=None, **more):
    made = scenario(*apps, settings={**NO_IMAGES, **(settings or {})}, **more)
    return World(made, StaticPartitions(), 1).run()


def column(trace, table: str, name: str, **wanted):
    return [row[name] for row in trace[table].dicts() if all(row[key] == value for key, value in wanted.items())]


def times(trace, name: str, **wanted) -> list[float | None]:
    return [None if one == NEVER else to_seconds(one) for one in column(trace, "tasks", name, **wanted)]


def jobs(name: str, replicas: int, **more):
    return app(name, "batch", replicas=replicas, cpu=1000, start=0, team=name, **more)


def test_a_partition_is_filled_in_order_and_idle_machines_of_others_stay_idle():
    trace = traced(jobs("a", 6, runs=100), jobs("b", 1), machines=2, horizon=300)
    assert set(column(trace, "tasks", "node", app="a")) == {"node-0"}
    decided = times(trace, "decided_us", app="a")
    assert decided[:4] == [0.01, 0.02, 0.03, 0.04]
    assert all(100 < time < 101 for time in decided[4:])


def test_the_first_in_the_queue_holds_up_those_behind_it():
    trace = traced(app("big", cpu=8000), app("small"), machines=1)
    assert column(trace, "tasks", "outcome") == ["waiting", "waiting"]
    assert column(trace, "tasks", "why", app="big") == ["too-full"]


def test_a_lost_machine_is_noticed_after_a_minute_and_its_tasks_start_again_in_the_partition():
    trace = traced(
        app("web", replicas=3, cpu=1000, start=1, ready=1), machines=2, faults=[Fault(seconds(100), node="node-0")]
    )
    assert [to_seconds(time) for time in column(trace, "nodes", "at_us", state="unreachable")] == [160.0]
    assert times(trace, "released_us", outcome="lost") == [160.0] * 3
    assert set(column(trace, "tasks", "node", incarnation=1)) == {"node-1"}
    assert all(160 < time < 161 for time in times(trace, "decided_us", incarnation=1))
    removed = column(trace, "endpoints", "at_us", change="removed")
    assert {to_seconds(time) for time in removed} == {161.0}


def test_a_member_waits_for_the_machine_with_its_disk():
    trace = traced(
        app("db", "stateful", volume=Volume(GIB, "local")),
        app("web", replicas=2),
        machines=2,
        faults=[Fault(seconds(100), hosting="db", back_us=seconds(400))],
    )
    first, second = [row for row in trace["tasks"].dicts() if row["app"] == "db"]
    assert second["node"] == first["node"]
    assert 400 <= to_seconds(second["decided_us"]) < 401
    assert all(time < 161 for time in times(trace, "decided_us", app="web"))  # nobody is held up by it


def test_a_machine_that_comes_back_unnoticed_has_lost_its_tasks():
    trace = traced(
        app("web", replicas=2), machines=1, faults=[Fault(seconds(100), node="node-0", back_us=seconds(110))]
    )
    assert column(trace, "nodes", "state", seen_by="static-partitions") == ["ready", "ready"]
    assert all(110 <= time < 111 for time in times(trace, "decided_us", incarnation=1))


def test_what_is_placed_on_a_machine_not_yet_known_to_be_lost_is_placed_again():
    trace = traced(app("late", at=120), machines=2, faults=[Fault(seconds(100), node="node-0")])
    assert column(trace, "tasks", "outcome") == ["lost", "running"]


@pytest.mark.parametrize(
    ("more", "nodes"),
    [
        pytest.param({"kind": "daemon"}, {"node-0", "node-1", "node-2"}, id="a daemon is everywhere"),
        pytest.param({"replicas": 2, "max_per_node": 1}, {"node-0", "node-1"}, id="one per machine"),
        pytest.param({"replicas": 2, "host_ports": (80,)}, {"node-0", "node-1"}, id="a port is taken once"),
    ],
)
def test_where_instances_may_be(more, nodes):
    assert set(column(traced(app("web", **more), machines=3), "tasks", "node")) == nodes


def test_parallelism_is_respected():
    trace = traced(jobs("a", 3, runs=10, parallelism=1), machines=1, horizon=60)
    starts = times(trace, "started_us")
    assert all(later - earlier >= 10 for earlier, later in pairwise(starts))


def test_the_same_seed_gives_the_same_bytes():
    apps = (app("web", replicas=5), jobs("b", 20))
    assert traced(*apps).digest() == traced(*apps).digest()
