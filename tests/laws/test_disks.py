"""Laws of disks, for every shipped scenario under every control plane."""

from __future__ import annotations

import pytest

from tests.laws.conftest import SCENARIOS, loaded, traced
from tests.unit.engines.mesos.runs import rows
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.experiments.sides import known

RUNS = [(name, plane) for name in SCENARIOS for plane in CONTROL_PLANES]


@pytest.mark.parametrize(("name", "plane"), RUNS)
def test_a_disk_is_made_before_it_is_used_keeps_its_size_and_is_with_one_machine_at_a_time(name, plane):
    assert plane in known(loaded(name))
    size: dict[str, int] = {}
    where: dict[str, set[str]] = {}
    for row in rows(traced(name, plane), "volumes"):
        volume, state = row["volume"], row["state"]
        if state == "created":
            size.setdefault(volume, row["size"])
            where.setdefault(volume, set())
            continue
        assert row["size"] == size[volume]
        if state == "attached":
            where[volume].add(row["node"])
        elif state == "detached":
            where[volume].discard(row["node"])
        elif state == "deleted":
            del size[volume], where[volume]
            continue
        assert len(where[volume]) <= 1, f"{volume} is attached to {sorted(where[volume])}"
