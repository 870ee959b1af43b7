"""The way back of an app, rung by rung, read from traces."""

from __future__ import annotations

import pytest

from tests.make import app, scenario, seconds
from workbench.experiments.recovery import RUNGS, ladder
from workbench.experiments.run import run
from workbench.model.clock import NEVER
from workbench.model.faults import Fault
from workbench.model.workload import Volume

LOSS = Fault(seconds(100), "node-loss", hosting="db")
PERSISTENT = {"mesos.workloads.network_volumes": "persistent"}
ACTS = {"world.operator.on_call": True, "world.operator.reaction_s": 600.0}


def lost(kind="stateful", *, volume=True, horizon=2000, faults=(LOSS,), **settings):
    """Return a scenario with one app of three on five machines, one of which is lost at 100 s."""
    disk = Volume(2**30) if volume else None
    one = app("db", kind=kind, replicas=3, start=5, ready=5, volume=disk, max_per_node=1)
    return scenario(one, machines=5, horizon=horizon, faults=faults, settings=settings)


def way(made, side):
    found = ladder(run(made, side), made, "db")
    assert found is not None
    return found


@pytest.mark.parametrize("side", ["kubernetes", "mesos"])
def test_a_stateless_service_comes_back_alone_and_its_rungs_come_one_after_another(side):
    one = way(lost("service", volume=False), side)
    assert one.alone
    assert "detached" not in one.rungs
    assert "person" not in one.rungs
    assert 0 < one.rungs["detected"] <= one.rungs["traffic"]
    assert one.rungs["detected"] <= one.rungs["replaced"] < one.rungs["in-service"]


@pytest.mark.parametrize("side", ["kubernetes", "mesos"])
def test_a_member_with_a_disk_never_comes_back_where_nobody_acts(side):
    one = way(lost(**PERSISTENT), side)
    assert not one.alone
    assert (one.rungs["replaced"], one.rungs["in-service"]) == (NEVER, NEVER)
    assert one.rungs["traffic"] != NEVER  # clients are told all the same


@pytest.mark.parametrize("side", ["kubernetes", "mesos"])
def test_a_machine_that_is_back_before_anybody_gave_it_up_brings_its_member_back(side):
    soon = Fault(seconds(100), "node-loss", hosting="db", back_us=seconds(240))
    one = way(lost(faults=(soon,), **PERSISTENT), side)
    assert one.alone
    assert seconds(140) <= one.rungs["replaced"] < one.rungs["in-service"] < seconds(300)


@pytest.mark.parametrize("side", ["kubernetes", "mesos"])
def test_it_comes_back_once_a_person_has_acted(side):
    one = way(lost(**PERSISTENT, **ACTS), side)
    assert not one.alone
    assert one.rungs["person"] == seconds(600)
    assert seconds(600) <= one.rungs["replaced"] < one.rungs["in-service"]


def test_a_disk_that_can_move_is_detached_before_the_new_pod_serves():
    late = way(lost(**ACTS, **{"kubernetes.operator.remedy": "delete-node"}), "kubernetes")
    soon = way(lost(**ACTS), "kubernetes")
    assert late.rungs["replaced"] < late.rungs["detached"] < late.rungs["in-service"]
    assert late.rungs["detached"] > soon.rungs["detached"] + seconds(300)  # force detach waits for six minutes


def test_a_disk_that_lies_on_the_machine_is_never_detached():
    assert "detached" not in way(lost(**PERSISTENT, **ACTS), "mesos").rungs


def test_an_external_disk_follows_its_task_with_marathon():
    one = way(lost(), "mesos")
    assert one.alone
    assert one.rungs["detached"] < one.rungs["in-service"]


def test_rungs_stand_in_their_order_and_without_a_fault_there_is_no_ladder():
    one = way(lost(**ACTS), "kubernetes")
    assert list(one.rungs) == [rung for rung in RUNGS if rung in one.rungs]
    calm = lost(faults=())
    assert ladder(run(calm, "kubernetes"), calm, "db") is None


def test_an_app_that_was_not_on_the_machine_has_no_ladder():
    made = lost()
    assert ladder(run(made, "kubernetes"), made, "web") is None
