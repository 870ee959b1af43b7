"""Disks that are made before anybody knows where they are needed: the surprise of `wrong-zone`, in numbers."""

from __future__ import annotations

import pytest

from tests.laws.conftest import loaded
from tests.unit.engines.mesos.runs import rows
from workbench.experiments.check import with_values
from workbench.experiments.run import run

MODE = "kubernetes.storage.volume_binding_mode"
OTHERS = "cluster.pools.plain.count"
WORDS = "node(s) didn't match PersistentVolume's node affinity"


def waiting(on, seed=1, **values):
    trace = run(with_values(loaded("wrong-zone"), values), on, seed=seed)
    return [row["why"] for row in rows(trace, "tasks") if not row["node"]]


@pytest.mark.parametrize("seed", range(1, 21))
def test_two_of_three_disks_are_made_where_no_machine_suits(seed):
    assert waiting("kubernetes", seed) == [WORDS] * 6
    assert waiting("kubernetes", seed, **{MODE: "WaitForFirstConsumer"}) == []
    assert waiting("mesos", seed) == []


@pytest.mark.parametrize(("others", "waits"), [(0, 0), (1, 4.5), (2, 6), (3, 6.75), (4, 7.2)])
def test_the_more_zones_the_more_wait_unless_disks_wait_for_their_pods(others, waits):
    assert len(waiting("kubernetes", **{OTHERS: others})) == pytest.approx(waits, abs=1)
    assert not waiting("kubernetes", **{OTHERS: others, MODE: "WaitForFirstConsumer"})
    assert not waiting("mesos", **{OTHERS: others})


def test_the_disk_of_mesos_never_leaves_its_machine():
    trace = run(loaded("wrong-zone"), "mesos")
    tasks = {row["node"] for row in rows(trace, "tasks")}
    assert {row["node"] for row in rows(trace, "volumes") if row["state"] == "attached"} == tasks
