"""Whatever is lost, cut off and brought back in whatever order: once all is well again, every place is held once.

Faults are drawn by lot, all of them over by 1,200 s; what has been given up, replaced, killed and heard of again must
have come out even at 4,000 s, on every side.
"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.laws.accounts import unknown_doubles
from tests.laws.conftest import loaded
from tests.make import GIB, app, scenario, seconds
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.engines.world import World
from workbench.model.clock import NEVER
from workbench.model.faults import Fault
from workbench.model.workload import Volume

MACHINES = 6
APPS = (
    app("web", replicas=4, start=2, ready=3),
    app("db", "stateful", replicas=2, volume=Volume(GIB, "local"), max_per_node=1),
    app("jobs", "batch", replicas=6, cpu=1000, runs=200, at=20),
)


def drawn(seed: int) -> list[Fault]:
    """Return faults of all kinds."""
    lots = random.Random(seed)
    faults = []
    for _ in range(lots.randrange(3, 8)):
        at = lots.uniform(30, 900)
        back = at + lots.choice((lots.uniform(1, 40), lots.uniform(60, 300)))
        kind = lots.choice(("node-loss", "network-partition", "network-partition", "scheduler-loss",
                            "control-plane-loss", "quorum-loss"))  # fmt: skip
        of_machine = kind in ("node-loss", "network-partition")
        faults.append(
            Fault(
                seconds(at),
                kind,
                node=f"node-{lots.randrange(MACHINES)}" if of_machine else "",
                hosting=lots.choice(("web", "jobs")) if kind == "scheduler-loss" else "",
                back_us=seconds(back),
            )
        )
    return sorted(faults, key=lambda fault: fault.at_us)


def traced(plane: str, seed: int):
    made = scenario(*APPS, machines=MACHINES, horizon=4000, faults=drawn(seed))
    return World(made, CONTROL_PLANES[plane].make(), seed).run()


@pytest.mark.parametrize("seed", range(1, 16))
@pytest.mark.parametrize("plane", list(CONTROL_PLANES))
def test_every_task_is_accounted_for_across_failovers(plane, seed):
    trace = traced(plane, seed)
    tasks = list(trace["tasks"].dicts())
    running = sorted((row["app"], row["slot"]) for row in tasks if row["outcome"] == "running")
    assert running == [("db", 0), ("db", 1), *(("web", slot) for slot in range(4))], drawn(seed)
    finished = {row["slot"] for row in tasks if row["app"] == "jobs" and row["outcome"] == "finished"}
    assert finished == set(range(6)), drawn(seed)
    assert unknown_doubles(trace) == []
    assert all(row["released_us"] != NEVER for row in tasks if row["node"] and row["outcome"] != "running")
    listed: dict[str, str] = {row["task"]: row["change"] for row in trace["endpoints"].dicts()}
    names = sorted(row["task"] for row in tasks if row["outcome"] == "running" and row["app"] == "web")
    assert sorted(name for name, change in listed.items() if change == "added" and not name.startswith("db")) == names


@pytest.mark.parametrize("plane", list(CONTROL_PLANES))
def test_the_same_faults_under_the_same_seed_give_the_same_bytes(plane):
    assert traced(plane, 3).digest() == traced(plane, 3).digest()


@pytest.mark.parametrize("seed", range(120, 140))
def test_on_full_machines_nothing_is_placed_twice_whatever_is_cut_off_and_lost(seed):
    """Two teams hold all cores; the World ends a run in which more is placed than a machine holds."""
    lots = random.Random(seed)
    faults = []
    for kind in ("network-partition", "network-partition", "scheduler-loss", "scheduler-loss", "agent-restart"):
        at = lots.uniform(20, 400)
        hosting = lots.choice(("memory-hungry", "core-hungry"))
        faults.append(Fault(seconds(at), kind, hosting=hosting, back_us=seconds(at + lots.uniform(10, 200))))
    made = replace(loaded("whole-machines"), faults=tuple(sorted(faults, key=lambda one: one.at_us)))
    trace = World(made, CONTROL_PLANES["mesos"].make(), seed).run()
    assert {row["outcome"] for row in trace["tasks"].dicts()} >= {"running"}
