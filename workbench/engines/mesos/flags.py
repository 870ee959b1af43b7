"""What agents advertise, and how a flag of the master is read: upstream's names and units, and ours."""

from __future__ import annotations

from functools import lru_cache

from workbench.engines.mesos.kinds import STATIC, Kind, Reservation
from workbench.engines.mesos.resources import Quantities, Resources
from workbench.model.cluster import Node
from workbench.model.resources import CPU, MEMORY

UNITS = {"cpus": (CPU, 1000), "mem": (MEMORY, 1024 * 1024), "disk": ("disk", 1024 * 1024)}
"""Upstream's name of a resource -> ours, and how many of our units make one of upstream's."""

Amounts = tuple[tuple[str, int], ...]

NOT_OFFERED = ("pods",)
"""Capacities of a machine that have no counterpart among an agent's resources."""


def advertised(node: Node) -> Resources:
    """Return what an agent advertises: what is set aside for a team is a static reservation to its role.

    Machines of one size advertise one and the same bundle, whose sums are then known (see `Resources`).
    """
    aside = tuple((team, tuple(amounts.items())) for team, amounts in node.reserved.items())
    return _advertised(tuple(node.capacity.items()), aside)


@lru_cache(maxsize=256)
def _advertised(capacity: Amounts, aside: tuple[tuple[str, Amounts], ...]) -> Resources:
    free = {name: amount for name, amount in capacity if name not in NOT_OFFERED}
    reserved = {}
    for team, amounts in aside:
        for name, amount in amounts:
            if name in free:
                reserved[Kind(name, (Reservation(team, STATIC),))] = amount
                free[name] -= amount
    return Resources({name: amount for name, amount in free.items() if amount > 0}, reserved)


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
