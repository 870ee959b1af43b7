"""What agents advertise, and how a flag of the master is read: upstream's names and units, and ours."""

from __future__ import annotations

from workbench.engines.mesos.resources import Quantities, Resources
from workbench.engines.world import World
from workbench.model.resources import CPU, MEMORY

UNITS = {"cpus": (CPU, 1000), "mem": (MEMORY, 1024 * 1024), "disk": ("disk", 1024 * 1024)}
"""Upstream's name of a resource -> ours, and how many of our units make one of upstream's."""

NOT_OFFERED = ("pods",)
"""Capacities of a machine that have no counterpart among an agent's resources."""


def advertised(world: World, node: int) -> Resources:
    """Return what the agent on a machine advertises."""
    capacity = world.scenario.cluster.nodes[node].capacity
    return Resources({name: amount for name, amount in capacity.items() if amount > 0 and name not in NOT_OFFERED})


def min_allocatable(flag: str) -> tuple[Quantities, ...]:
    """Read ``cpus:0.01|mem:32`` as the master's flag: sets between bars, amounts in cpus and MiB."""
    sets = []
    for text in flag.split("|"):
        amounts = {}
        for part in text.split(";"):
            name, _, number = part.partition(":")
            ours, unit = UNITS[name]
            amounts[ours] = round(float(number) * unit)
        sets.append(amounts)
    return tuple(sets)


def by_number(agents: list[str]) -> None:
    """Sort so that node-2 comes before node-10."""
    agents.sort(key=lambda agent: (len(agent), agent))
