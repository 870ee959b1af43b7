"""Agents and kubelets stop and start again, machines too: once all is well again, every place is held once."""

from __future__ import annotations

import random

import pytest

from tests.laws.accounts import unknown_doubles
from tests.laws.test_failovers import APPS, MACHINES
from tests.make import scenario, seconds
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.engines.world import World
from workbench.model.clock import NEVER
from workbench.model.faults import Fault

KEEPING = {"mesos.frameworks.checkpoint": True, "mesos.agent.executor_reregister_s": 1.0}
CLEANING = {"mesos.agent.recover": "cleanup"}
FORGETFUL = {"mesos.marathon.checkpoint": False}


def drawn(seed: int) -> list[Fault]:
    """Return restarts of agents, many of them overlapping with other faults of the same machine."""
    lots = random.Random(seed)
    faults = []
    for _ in range(lots.randrange(4, 9)):
        at = lots.uniform(30, 600)
        back = at + lots.choice((lots.uniform(0.5, 40), lots.uniform(60, 500)))
        kind = lots.choice(("agent-restart", "agent-restart", "agent-restart", "node-loss", "network-partition",
                            "control-plane-loss"))  # fmt: skip
        node = "" if kind == "control-plane-loss" else f"node-{lots.randrange(MACHINES // 2)}"
        faults.append(Fault(seconds(at), kind, node=node, back_us=seconds(back)))
    return sorted(faults, key=lambda fault: fault.at_us)


def traced(plane: str, seed: int, settings=None):
    made = scenario(*APPS, machines=MACHINES, horizon=4000, faults=drawn(seed), settings=settings)
    return World(made, CONTROL_PLANES[plane].make(), seed).run()


@pytest.mark.parametrize("seed", range(1, 13))
@pytest.mark.parametrize(
    ("plane", "settings"),
    [(plane, {}) for plane in CONTROL_PLANES]
    + [("mesos", one) for one in (KEEPING, CLEANING, FORGETFUL)]
    + [("kubernetes-on-mesos", one) for one in (KEEPING, CLEANING)],
)
def test_every_task_is_accounted_for_across_restarts_of_agents(plane, settings, seed):
    trace = traced(plane, seed, settings)
    tasks = list(trace["tasks"].dicts())
    running = sorted((row["app"], row["slot"]) for row in tasks if row["outcome"] == "running")
    if settings is CLEANING:  # a resident instance of an agent that was given up, and began anew, waits for the old one
        running = [("db", slot) for slot in range(2)] + [one for one in running if one[0] != "db"]
    assert running == [("db", 0), ("db", 1), *(("web", slot) for slot in range(4))], drawn(seed)
    finished = {row["slot"] for row in tasks if row["app"] == "jobs" and row["outcome"] == "finished"}
    assert finished == set(range(6)), drawn(seed)
    assert unknown_doubles(trace) == []
    assert all(row["released_us"] != NEVER for row in tasks if row["node"] and row["outcome"] != "running")
    listed: dict[str, str] = {row["task"]: row["change"] for row in trace["endpoints"].dicts()}
    names = sorted(row["task"] for row in tasks if row["outcome"] == "running" and row["app"] == "web")
    assert sorted(name for name, change in listed.items() if change == "added" and not name.startswith("db")) == names
