"""Against what was measured with the real allocator, driven by simple closed-loop frameworks.

Twenty machines of 8 cpus; one busy framework with a task of 1 cpu x 60 s a second (Poisson) that launches as many as
wait, and idle ones that decline at once; batches each second, answers after 0.05 s, nobody revives.
"""

from __future__ import annotations

from statistics import fmean

import pytest

from tests.make import GIB, app, nodes, seconds
from tests.unit.engines.mesos.runs import rows, traced
from workbench.model.workload import Arrivals, Team

HORIZON = 900


def waits(idle: int, seed: int, refuse: float = 5.0, idle_refuse: float = 5.0, rate: float = 1.0):
    """Return the waits of all tasks of the busy framework; one that still waits has waited until the end."""
    busy = app("busy", "batch", replicas=0, cpu=1000, memory=GIB // 4, start=0, team="busy",
               arrivals=Arrivals(rate, "poisson", seconds(HORIZON)))  # fmt: skip
    trace = traced(
        busy, machines=nodes(20, 8000, 64 * GIB), horizon=HORIZON, seed=seed,
        teams=[Team(f"idle-{number}", always_on=True) for number in range(idle)],
        settings={"mesos.offers.refuse_s": refuse, "mesos.batch.idle_refuse_s": idle_refuse},
    )  # fmt: skip
    return [
        (HORIZON if row["decided_us"] is None else row["decided_us"]) - row["submitted_us"]
        for row in rows(trace, "tasks", app="busy")
    ]


def mean_wait(*args, seeds: int = 2, **more) -> float:
    return fmean(fmean(waits(*args, seed=seed, **more)) for seed in range(1, seeds + 1))


@pytest.mark.parametrize(
    ("settings", "low", "high"),
    [
        pytest.param({"idle": 0}, 1.0, 1.4, id="no neighbour: its own refusal costs it a second (1.2 s)"),
        pytest.param({"idle": 5}, 0.45, 0.55, id="five idle neighbours cost nothing (0.50 s)"),
        pytest.param({"idle": 6}, 160, 210, id="the sixth leaves a sixth of the machines (184 s, spread 11 s)"),
        pytest.param({"idle": 6, "idle_refuse": 120}, 0.45, 0.55, id="unless they refuse for two minutes (0.5 s)"),
        pytest.param({"idle": 6, "rate": 0.25}, 0.4, 0.7, id="or there is little to do"),
        pytest.param({"idle": 0, "refuse": 120}, 28, 38, id="refusing for two minutes oneself (33 s)"),
    ],
)
def test_who_starves_beside_idle_neighbours(settings, low, high):
    assert low < mean_wait(**settings) < high
