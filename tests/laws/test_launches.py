"""Launches keep to what was asked: no rule about places is broken by one, and nothing starts away from its data."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.laws.conftest import SCENARIOS, loaded, traced
from tests.make import GIB, app, scenario
from tests.unit.engines.mesos.frameworks.clusters import KAFKA, SERVICE, away, cluster
from workbench.engines.kubernetes.control_plane import node_object
from workbench.engines.mesos import Mesos
from workbench.engines.world import World
from workbench.model.clock import NEVER
from workbench.model.trace import Trace

LOOKS_AT_NEIGHBOURS = ("mesos", "static-partitions", "kubernetes")
"""Control planes that know a limit of instances per machine; the scheduler of Kubernetes on Mesos did not."""


def launches(trace: Trace, name: str) -> list[dict]:
    return [row for row in trace["tasks"].dicts() if row["app"] == name and row["decided_us"] != NEVER]


def beside(rows: list[dict], one: dict) -> Iterator[dict]:
    """Yield who was on the machine when a task was sent there, as far as anybody could know."""
    for row in rows:
        there = row["decided_us"] <= one["decided_us"] and (
            row["ended_us"] == NEVER or row["ended_us"] > one["decided_us"]
        )
        if row is not one and row["node"] == one["node"] and there:
            yield row


@pytest.mark.parametrize("plane", LOOKS_AT_NEIGHBOURS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_no_machine_gets_more_instances_than_its_app_allows(name, plane):
    made, trace = loaded(name), traced(name, plane)
    for one in made.apps:
        most = one.max_per_node
        if one.native is not None or most is None or (plane == "kubernetes" and most != 1):
            continue
        rows = launches(trace, one.name)
        for row in rows:
            assert sum(1 for _ in beside(rows, row)) < most, (one.name, row["task"])


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_machine_has_the_labels_that_its_tasks_ask_for(name, control_plane):
    made, trace = loaded(name), traced(name, control_plane)
    labels = {node.name: node_object(node).metadata.labels for node in made.cluster.nodes}
    for one in made.apps:
        if one.native is None and one.node_selector:
            for row in launches(trace, one.name):
                if row["node"] in labels:  # not one that has joined since
                    assert one.node_selector.items() <= labels[row["node"]].items(), row["task"]


def away_from_its_data(trace: Trace, name: str) -> list[str]:
    """Return the tasks of an app with local disks that started where none of its disks had been mounted before."""
    mounted = [row for row in trace["volumes"].dicts() if row["app"] == name and row["state"] == "attached"]
    return [
        row["task"]
        for row in launches(trace, name)
        if row["started_us"] != NEVER
        and not any(one["node"] == row["node"] and one["at_us"] <= row["started_us"] for one in mounted)
    ]


def moved(trace: Trace, name: str) -> set[str]:
    """Return the local disks of an app that were seen on two machines."""
    seen: dict[str, set[str]] = {}
    for row in trace["volumes"].dicts():
        if row["app"] == name and row["state"] == "attached":
            seen.setdefault(row["volume"], set()).add(row["node"])
    return {volume for volume, nodes in seen.items() if len(nodes) > 1}


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_starts_away_from_its_local_disk(name, control_plane):
    made, trace = loaded(name), traced(name, control_plane)
    for one in made.apps:
        if one.volume is not None and one.volume.reach == "local" and one.native is None:
            assert not away_from_its_data(trace, one.name)


@pytest.mark.parametrize("settings", [SERVICE, KAFKA], ids=["dcos-commons", "Kafka"])
@pytest.mark.parametrize("seed", range(20))
def test_a_member_is_only_where_its_disk_is_whatever_its_neighbours_take(settings, seed):
    """A disk stays on its machine; who moves, moves to a disk of its own."""
    hungry = app("hungry", "batch", 30, cpu=2000, memory=GIB, at=100, runs=300)
    db = cluster("log", max_per_node=None)
    made = scenario(
        db, hungry, machines=4, horizon=2400, settings={**settings, "world.operator.on_call": True},
        faults=[away(200, 420), away(600, node="node-1"), away(900, 1000, node="node-2")],
    )  # fmt: skip
    trace = World(made, Mesos(), seed).run()
    assert launches(trace, "db")
    assert not away_from_its_data(trace, "db")
    assert not moved(trace, "db")
    # a machine refuses a disk that is elsewhere: what was launched there would never start
    assert all(row["started_us"] != NEVER or row["ended_us"] != NEVER for row in launches(trace, "db"))
