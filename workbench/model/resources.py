"""Resources are named amounts: whole numbers under open names.

| name | one unit is |
|---|---|
| ``cpu`` | a thousandth of a core (millicore) |
| ``memory``, ``disk`` (Kubernetes: ``ephemeral-storage``), ``hugepages-*`` | a byte |
| ``pods`` | a pod or task |
| anything else, such as ``nvidia.com/gpu`` | one piece |

Whole numbers make sums exact; an open set of names means that a new resource is a new name, not a new field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

Amount = TypeVar("Amount")

Resources = Mapping[str, int]
"""Amounts by name. An absent name is an amount of zero."""

CPU = "cpu"
MEMORY = "memory"
DISK = "disk"
EPHEMERAL_STORAGE = "ephemeral-storage"
"""What Kubernetes calls the disk of a machine."""


def add(*parts: Resources) -> dict[str, int]:
    """Return the sum of all `parts`, name by name."""
    total: dict[str, int] = {}
    for part in parts:
        for name, amount in part.items():
            total[name] = total.get(name, 0) + amount
    return total


def subtract(whole: Resources, part: Resources) -> dict[str, int]:
    """Return `whole` less `part`; amounts may become negative."""
    left = dict(whole)
    for name, amount in part.items():
        left[name] = left.get(name, 0) - amount
    return left


def renamed(amounts: Mapping[str, Amount], old: str, new: str) -> dict[str, Amount]:
    """Return amounts with the one of a name under another, in the same order."""
    return {new if name == old else name: amount for name, amount in amounts.items()}


def scale(amounts: Resources, times: int) -> dict[str, int]:
    """Return every amount multiplied by `times`."""
    return {name: amount * times for name, amount in amounts.items()}


def fits(asked: Resources, free: Resources) -> bool:
    """Say whether every amount asked for is there; an amount of zero always is."""
    return all(amount <= free.get(name, 0) for name, amount in asked.items() if amount > 0)


def lacking(asked: Resources, free: Resources) -> dict[str, int]:
    """Return what is missing, by name; empty when everything fits."""
    return {
        name: amount - free.get(name, 0) for name, amount in asked.items() if amount > 0 and amount > free.get(name, 0)
    }


def dominant_share(used: Resources, total: Resources, weight: float = 1.0) -> float:
    """Return the largest fraction of any one resource, divided by `weight`.

    Parameters
    ----------
    used, total : Resources
        The same units on both sides. Names whose total is zero do not count.
    weight : float
        The holder's weight, > 0.

    Source: Ghodsi et al., Dominant Resource Fairness, NSDI 2011.
    """
    return max((used.get(name, 0) / whole for name, whole in total.items() if whole > 0), default=0.0) / weight


def total_of(parts: Iterable[Resources]) -> dict[str, int]:
    """Return the sum over an iterable of amounts."""
    return add(*parts)
