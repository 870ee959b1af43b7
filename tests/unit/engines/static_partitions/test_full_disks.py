"""Disks of machines in partitions: nobody looks after them."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, scenario
from workbench.engines.static_partitions import StaticPartitions
from workbench.engines.world import World
from workbench.model.cluster import Node
from workbench.model.lives import DiskUse
from workbench.model.resources import CPU, DISK, MEMORY

MIB = 1024**2


def run(*apps, horizon=300):
    """Return when programs failed for want of disk, in s, and how many MiB are written at the end."""
    machines = (Node("node-0", {CPU: 4000, MEMORY: 16 * GIB, DISK: 1000 * MIB}),)
    settings = {"world.scratch.reserve_percent": 0}
    world = World(scenario(*apps, machines=machines, horizon=horizon, settings=settings), StaticPartitions(), 1)
    rows = world.run()["events"].dicts()
    times = [row["at_us"] / 1e6 for row in rows if row["reason"] == "disk-full"]
    return times, (world.scratch.whole(0) - world.scratch.available(0)) // MIB


def test_a_disk_that_is_full_stays_full_and_whoever_writes_there_fails_again_and_again():
    times, written = run(app("log", start=10, ready=0, disk_use=DiskUse(0, 10 * MIB)))
    assert times[0] == pytest.approx(110, abs=1)
    assert len(times) > 15
    assert written == 1000


def test_a_program_that_ends_well_takes_its_files_away():
    times, written = run(app("job", "batch", replicas=20, cpu=4000, runs=5, disk_use=DiskUse(400 * MIB)))
    assert times == []
    assert written == 0
