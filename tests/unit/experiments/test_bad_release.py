"""The bad release on Marathon: what is left of the service, in how much room, what becomes of the mended version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.laws.conftest import loaded
from tests.unit.engines.mesos.runs import column, rows
from workbench.experiments.check import with_values
from workbench.experiments.run import run
from workbench.model.trace import Trace

MACHINES = "cluster.pools.node.count"
FORCE = {"mesos.marathon.force_deployments": True}


def released(settings: Mapping[str, Any], seed: int = 1) -> Trace:
    made = loaded("bad-release")
    return run(with_values(made, settings) if settings else made, "mesos", seed=seed)


def there(trace: Trace, at: float) -> list[int]:
    """Return how many instances of each version run at a time."""
    alive = [
        row["version"]
        for row in rows(trace, "tasks")
        if row["started_us"] is not None and row["started_us"] <= at < (row["ended_us"] or 1e9)
    ]
    return [alive.count(version) for version in range(3)]


@pytest.mark.parametrize("seed", range(1, 21))
def test_all_old_instances_stay_beside_as_many_new_ones_in_every_repeat(seed):
    trace = released({}, seed)
    assert there(trace, 540) == there(trace, 779) == [10, 10, 0]


@pytest.mark.parametrize(
    ("machines", "new"),
    [
        pytest.param(10, 10, id="double room"),
        pytest.param(8, 6, id="room for six more: four wait for offers"),
        pytest.param(5, 0, id="no room: none ever comes"),
    ],
)
def test_with_less_room_the_deployment_waits_for_offers(machines, new):
    assert there(released({MACHINES: machines}), 700) == [10, new, 0]


@pytest.mark.parametrize(
    ("settings", "end", "last"),
    [
        pytest.param({}, [10, 10, 0], "deployment-refused", id="refused: the app is locked"),
        pytest.param(FORCE, [0, 0, 10], "deployment-finished", id="forced: it takes the place of both"),
        pytest.param(
            {**FORCE, MACHINES: 5}, [10, 0, 0], "deployment-started", id="forced without room: it waits like the first"
        ),
    ],
)  # fmt: skip
def test_what_becomes_of_the_mended_version(settings, end, last):
    trace = released(settings)
    assert there(trace, 1079) == end
    kinds = [kind for kind in column(trace, "events", "kind") if kind.startswith("deployment")]
    assert kinds[-1] == last
