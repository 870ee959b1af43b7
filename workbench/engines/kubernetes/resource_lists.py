"""Arithmetic on amounts by resource name, as quotas are reckoned.

Source: kubernetes/apiserver, pkg/quota/v1/resources.go (version 1.34).
"""

from __future__ import annotations

from collections.abc import Iterable

from workbench.model.native.kubernetes.quantity import Quantity, ResourceList

ZERO = Quantity()


def add(one: ResourceList, other: ResourceList) -> dict[str, Quantity]:
    """Return the sum; a name that one side lacks counts as zero there."""
    result = dict(one)
    for name, amount in other.items():
        result[name] = result[name] + amount if name in result else amount
    return result


def subtract(one: ResourceList, other: ResourceList) -> dict[str, Quantity]:
    """Return the difference, which may be negative; a name that one side lacks counts as zero there."""
    result = dict(one)
    for name, amount in other.items():
        result[name] = result[name] - amount if name in result else -amount
    return result


def largest(one: ResourceList, other: ResourceList) -> dict[str, Quantity]:
    """Return, name by name, the larger amount."""
    result = dict(one)
    for name, amount in other.items():
        if name not in result or result[name] < amount:
            result[name] = amount
    return result


def equals(one: ResourceList, other: ResourceList) -> bool:
    """Say whether both have the same names with the same amounts."""
    return dict(one) == dict(other)


def mask(one: ResourceList, names: Iterable[str]) -> dict[str, Quantity]:
    """Return only the amounts with these names."""
    return {name: one[name] for name in names if name in one}


def negative_keys(one: ResourceList) -> list[str]:
    """Return the names with less than nothing, in order (upstream's IsNegative)."""
    return sorted(name for name, amount in one.items() if amount < ZERO)


def exceeded(used: ResourceList, hard: ResourceList) -> list[str]:
    """Return the names, in order, of which more is used than there may be (upstream's LessThanOrEqual, turned)."""
    return sorted(name for name, amount in used.items() if name in hard and amount > hard[name])
