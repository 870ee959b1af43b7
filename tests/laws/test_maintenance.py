"""Machines are switched off and on as announced, among other faults: once all is well, every place is held once."""

from __future__ import annotations

import random

import pytest

from tests.laws.accounts import unknown_doubles
from tests.laws.test_failovers import APPS, MACHINES, drawn
from tests.make import scenario, seconds
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.clock import NEVER


def windows(seed: int) -> list[PlannedChange]:
    """Return windows of maintenance, one for each of some machines; some are announced late."""
    lots = random.Random(seed)
    made = []
    for node in lots.sample(range(MACHINES), lots.randrange(1, 4)):
        at = lots.uniform(30, 600)
        begins = at + lots.choice((0.0, lots.uniform(1, 30), lots.uniform(60, 300)))
        ends = begins + lots.choice((lots.uniform(5, 60), lots.uniform(100, 400)))
        made.append(
            PlannedChange(
                seconds(at), "maintenance", node=f"node-{node}", begins_us=seconds(begins), ends_us=seconds(ends)
            )
        )
    return made


def traced(plane: str, seed: int, faults, settings=None):
    made = scenario(*APPS, machines=MACHINES, horizon=4000, faults=faults, changes=windows(seed), settings=settings)
    return World(made, CONTROL_PLANES[plane].make(), seed).run()


@pytest.mark.parametrize("seed", range(1, 9))
@pytest.mark.parametrize("other_faults", [False, True])
@pytest.mark.parametrize(
    ("plane", "settings"),
    [(plane, {}) for plane in CONTROL_PLANES]
    + [("mesos", {"mesos.batch.inverse_offers": "accept", "mesos.marathon.draining_s": 120.0})],
)
def test_every_task_is_accounted_for_across_maintenance(plane, settings, other_faults, seed):
    trace = traced(plane, seed, drawn(seed) if other_faults else (), settings)
    tasks = list(trace["tasks"].dicts())
    running = sorted((row["app"], row["slot"]) for row in tasks if row["outcome"] == "running")
    assert running == [("db", 0), ("db", 1), *(("web", slot) for slot in range(4))], windows(seed)
    finished = {row["slot"] for row in tasks if row["app"] == "jobs" and row["outcome"] == "finished"}
    assert finished == set(range(6)), windows(seed)
    assert unknown_doubles(trace) == []
    assert all(row["released_us"] != NEVER for row in tasks if row["node"] and row["outcome"] != "running")
