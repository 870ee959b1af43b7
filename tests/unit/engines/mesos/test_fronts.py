"""Several apps behind one name on Marathon: one backend of the proxy; what there is no counterpart for."""

from __future__ import annotations

import pytest

from tests.make import app, scenario, seconds
from workbench.engines.mesos import Mesos
from workbench.engines.static_partitions import StaticPartitions
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.load import Load, constant

PLANES = [pytest.param(Mesos, id="mesos"), pytest.param(StaticPartitions, id="static partitions")]


def ran(plane, *changes: PlannedChange) -> World:
    web = app("web", replicas=3, cpu=100, behind="web", load=Load(constant(100.0), 1_000))
    canary = app("canary", replicas=1, cpu=100, behind="web", errors=1.0)
    world = World(scenario(web, canary, machines=4, horizon=200, changes=changes), plane(), 1)
    world.run()
    return world


@pytest.mark.parametrize("plane", PLANES)
def test_each_healthy_instance_gets_as_many_requests_as_any_other(plane):
    world = ran(plane)
    assert sorted(world.app_of(task).name for task in world._control_plane.endpoints("web")) == ["canary"] + ["web"] * 3
    last = list(world.trace["traffic"].dicts())[-1]
    assert last["lost"] == pytest.approx(25.0)
    assert set(world.trace["endpoints"]["app"]) == {"web"}


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        pytest.param("route", {"to": "canary"}, id="another selector"),
        pytest.param("relabel", {"labels": {"app": "x"}}, id="other labels of an instance"),
        pytest.param("delete", {"cascade": "orphan"}, id="deletion without the instances"),
    ],
)
def test_nothing_selects_by_labels(plane, kind, more):
    world = ran(plane, PlannedChange(seconds(60), kind, "web", **more))
    found = [row for row in world.trace["events"].dicts() if row["kind"] == "NoCounterpart"]
    assert [(row["subject"], row["reason"], row["detail"]) for row in found] == [("web", "no-such-change", kind)]
    assert list(world.trace["tasks"]["outcome"]).count("running") == 4
