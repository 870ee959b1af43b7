"""Volumes by themselves: with one machine at a time, and nothing in them that has ended everywhere."""

from __future__ import annotations

import pytest

from tests.make import node
from workbench.engines.agenda import Agenda
from workbench.engines.disks import Disks
from workbench.engines.volumes.plugin import Site, VolumePlugin, Want
from workbench.engines.volumes.registry import BUILT_IN
from workbench.model.clock import SECOND_US
from workbench.model.trace import Trace


class Bench:
    """Four machines, and a kind of volume that keeps its bytes in some places."""

    def __init__(self, places=()):
        class Placed(VolumePlugin):
            name = "placed"

            def provision(self, want, site):
                return places

        self.agenda, self.trace = Agenda(), Trace("bench", "nobody", 1, 10**12)
        self.down: set[int] = set()
        site = Site([node(f"n{number}") for number in range(4)], lambda machine: machine not in self.down, 3.0, 5.0)
        self.disks = Disks(self.agenda, self.trace["volumes"], site, {**BUILT_IN, "placed": Placed()})

    def mounted(self, kind, machine, task, **more):
        """Mount the volume, and say whether it came."""
        there = []
        self.disks.mount(kind, Want("v", node=machine, task=task, **more), lambda: there.append(task))
        self.agenda.run(self.agenda.now_us + 20 * SECOND_US)
        return bool(there)

    def lose(self, machine, *, for_good=False):
        self.down.add(machine)
        self.disks.machine_lost(machine, for_good=for_good)

    def back(self, machine):
        self.down.discard(machine)
        self.disks.machine_back(machine)


@pytest.mark.parametrize(("kind", "shared", "both"), [("csi", False, False), ("csi", True, True), ("nfs", False, True)])
def test_a_disk_is_with_one_machine_unless_it_is_shared_or_not_attached_at_all(kind, shared, both):
    bench = Bench()
    assert bench.mounted(kind, 0, 1, shared=shared)
    assert bench.mounted(kind, 1, 2, shared=shared) is both
    assert bench.mounted(kind, 0, 3, shared=shared)
    bench.disks.detach("v")
    assert bench.mounted(kind, 1, 4, shared=shared)


MEMORY = (0, 1)


@pytest.mark.parametrize(
    ("events", "left"),
    [
        ([("lose", 0), ("back", 0), ("lose", 1)], True),
        ([("lose", 0), ("lose", 1)], False),
        ([("lose", 0), ("lose", 1), ("back", 0), ("back", 1)], False),
        ([("lose", 0), ("for good", 1)], False),
        ([("lose", 0), ("back", 0), ("for good", 1)], True),
    ],
    ids=[
        "one after the other: each gets them from the other", "both at once: nobody has them any more",
        "and they do not come back with the machines", "one away, the other gone", "one is back, the other gone",
    ],
)  # fmt: skip
def test_bytes_in_the_memory_of_two_machines(events, left):
    bench = Bench()
    site = bench.disks.site
    bench = Bench([site.in_memory(machine) for machine in MEMORY])
    assert bench.mounted("placed", 0, 1)
    bench.disks.written(1, 0)
    for what, machine in events:
        if what == "back":
            bench.back(machine)
        else:
            bench.lose(machine, for_good=what == "for good")
    assert bool(bench.disks.get("v").marks) is left
