"""Resources as the allocator sees them, and the arithmetic it needs.

An agent's resources are of two sorts. *Plain* ones are unreserved scalars: they may be split at will, and quota and
headroom are about them. *Special* ones carry more than a name and an amount (a reservation, a volume) and are offered
whole or not at all. The split follows what the allocator asks of them, so that the common case, an agent with plain
resources only, costs two small dictionaries.

Amounts are whole numbers of thousandths, as upstream keeps three decimals. In a run ``cpu`` comes in millicores
(thousandths of a cpu) and ``memory`` and ``disk`` in bytes: upstream counts memory in thousandths of a MiB, ours is
finer, and no ratio differs by more than the last bit of a float.

Source: mesos src/common/resources.cpp, resource_quantities.cpp, values.cpp (1.12.0-dev).
Left out so far: ranges and sets (ports), revocable and shared resources, refined reservations, MOUNT and BLOCK disks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

K = TypeVar("K")

Quantities = Mapping[str, int]
"""Amounts by name, whatever they are reserved for; an absent name is zero. Upstream's ResourceQuantities."""


class Kind(NamedTuple):
    """What sets a special resource apart from a plain one of the same name.

    Parameters
    ----------
    role : str
        Reserved to this role.
    label : str
        The reservation's label: reservations with different labels do not merge.
    volume : str
        Id of the persistent volume made of this disk; empty for anything else.
    """

    name: str
    role: str
    label: str = ""
    volume: str = ""


_NO_PLAIN: Mapping[str, int] = {}
_NO_SPECIAL: Mapping[Kind, int] = {}


class Resources:
    """A bundle of resources on one agent. A value: no method changes it, parts may be shared between bundles.

    Parameters
    ----------
    plain : mapping
        Unreserved scalars by name; no zeros.
    special : mapping
        Everything else by kind; no zeros.
    """

    __slots__ = ("plain", "special")

    def __init__(self, plain: Mapping[str, int] = _NO_PLAIN, special: Mapping[Kind, int] = _NO_SPECIAL) -> None:
        self.plain = plain
        self.special = special

    def __bool__(self) -> bool:
        return bool(self.plain or self.special)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Resources) and self.plain == other.plain and self.special == other.special

    def __repr__(self) -> str:
        return f"Resources({dict(self.plain)}, {dict(self.special)})"

    def __add__(self, other: Resources) -> Resources:
        if not (self.plain or self.special):
            return other
        return Resources(
            _sum(self.plain, other.plain) if other.plain else self.plain,
            _sum(self.special, other.special) if other.special else self.special,
        )

    def __sub__(self, other: Resources) -> Resources:
        """Return what is left; what was not there cannot be taken away, and nothing becomes negative."""
        if self is other:
            return NOTHING
        return Resources(
            _difference(self.plain, other.plain) if other.plain else self.plain,
            _difference(self.special, other.special) if other.special else self.special,
        )

    def contains(self, other: Resources) -> bool:
        """Say whether `other` is a part of these resources, kind by kind."""
        plain = self.plain
        for name, amount in other.plain.items():
            if amount > plain.get(name, 0):
                return False
        special = self.special
        return all(amount <= special.get(kind, 0) for kind, amount in other.special.items())

    def holds_one_of(self, sets: Iterable[Quantities]) -> bool:
        """Say whether all amounts of one of these sets are there, whatever they are reserved for."""
        mine = self.quantities()
        for one in sets:
            for name, amount in one.items():
                if amount > mine.get(name, 0):
                    break
            else:
                return True
        return False

    def quantities(self) -> Quantities:
        """Return the amounts by name."""
        if not self.special:
            return self.plain
        total = dict(self.plain)
        for kind, amount in self.special.items():
            total[kind.name] = total.get(kind.name, 0) + amount
        return total

    def reserved(self, role: str | None = None) -> Resources:
        """Return what is reserved, or what is reserved to exactly `role`."""
        if role is None:
            return Resources(_NO_PLAIN, self.special)
        return Resources(_NO_PLAIN, {kind: amount for kind, amount in self.special.items() if kind.role == role})

    def allocatable_to(self, role: str) -> Resources:
        """Return what may be offered to `role`: unreserved, or reserved to it or to a role above it."""
        if not self.special:
            return self
        mine = {kind: amount for kind, amount in self.special.items() if belongs(role, kind.role)}
        return Resources(self.plain, mine)

    def reservations(self) -> dict[str, dict[str, int]]:
        """Return what is reserved, as amounts by role."""
        found: dict[str, dict[str, int]] = {}
        for kind, amount in self.special.items():
            mine = found.setdefault(kind.role, {})
            mine[kind.name] = mine.get(kind.name, 0) + amount
        return found


NOTHING = Resources()


def belongs(role: str, of: str) -> bool:
    """Say whether `role` is `of` or lies below it in the tree of roles."""
    return role == of or role.startswith(of + "/")


def _sum(left: Mapping[K, int], right: Mapping[K, int]) -> dict[K, int]:
    total = dict(left)
    for key, amount in right.items():
        total[key] = total.get(key, 0) + amount
    return total


def _difference(left: Mapping[K, int], right: Mapping[K, int]) -> Mapping[K, int]:
    if left == right:
        return {}
    rest = dict(left)
    for key, amount in right.items():
        kept = rest.get(key, 0) - amount
        if kept > 0:
            rest[key] = kept
        else:
            rest.pop(key, None)
    return rest


def plus(left: Quantities, right: Quantities) -> dict[str, int]:
    """Return the sum of two quantities."""
    return _sum(left, right)


def minus(left: Quantities, right: Quantities) -> dict[str, int]:
    """Return what is left of `left`: differences stop at zero, and zeros vanish."""
    return dict(_difference(left, right))


def increase(amounts: dict[str, int], by: Quantities) -> None:
    """Add to amounts, in place."""
    for name, amount in by.items():
        amounts[name] = amounts.get(name, 0) + amount


def decrease(amounts: dict[str, int], by: Quantities) -> None:
    """Take away from amounts, in place: they stop at zero, and zeros vanish."""
    for name, amount in by.items():
        left = amounts.get(name, 0) - amount
        if left > 0:
            amounts[name] = left
        else:
            amounts.pop(name, None)


def shrink(plain: Mapping[str, int], target: Quantities) -> dict[str, int]:
    """Cut plain resources down to `target`; a name that is not in the target is cut to nothing.

    Upstream: shrinkResources with ResourceQuantities.
    """
    cut = {}
    for name, amount in plain.items():
        kept = min(amount, target.get(name, 0))
        if kept > 0:
            cut[name] = kept
    return cut


def shrink_to_limits(plain: Mapping[str, int], limits: Quantities, consumed: Quantities) -> dict[str, int]:
    """Cut plain resources down to what `limits` leave over; a name without a limit is not cut.

    Upstream: shrinkResources with ResourceLimits.
    """
    cut = {}
    for name, amount in plain.items():
        kept = min(amount, limits[name] - consumed.get(name, 0)) if name in limits else amount
        if kept > 0:
            cut[name] = kept
    return cut


def floating(thousandths: int) -> float:
    """Return an amount as the float that upstream makes of it: whole part and remainder converted separately.

    Shares are compared as floats, so the last bit decides ties.
    """
    return float(thousandths // 1000) + (thousandths % 1000) / 1000.0
