"""Resources as the allocator sees them, and the arithmetic it needs.

A bundle has three parts. *Plain* resources are unreserved scalars of which nothing but the name is known. *Special*
ones are scalars that carry more (`kinds.py`): reservations, a disk, being revocable or shared. *Discrete* ones are
ranges and sets, such as ports. Plain and special amounts may be cut to a smaller size, unless they are one piece, such
as a MOUNT disk. The split keeps the common case, an agent with plain resources only, down to one small dictionary.

Amounts are whole numbers of thousandths, as upstream keeps three decimals. In a run ``cpu`` comes in millicores
(thousandths of a cpu) and ``memory`` and ``disk`` in bytes: upstream counts memory in thousandths of a MiB, ours is
finer, and no ratio differs by more than the last bit of a float.

Source: mesos src/common/resources.cpp, resource_quantities.cpp, resources_utils.cpp (1.12.0-dev).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from workbench.engines.mesos.cutting import pieces, shrink, shrink_to_limits
from workbench.engines.mesos.kinds import Kind
from workbench.engines.mesos.values import Ranges

K = TypeVar("K")

Quantities = Mapping[str, int]
"""Amounts by name, whatever they are reserved for; an absent name is zero. Upstream's ResourceQuantities."""

Discrete = Ranges | frozenset[str]
"""The value of a resource that is no amount."""

_NO_PLAIN: Mapping[str, int] = {}
_NO_SPECIAL: Mapping[Kind, int] = {}
_NO_DISCRETE: Mapping[Kind, Discrete] = {}


class Resources:
    """A bundle of resources on one agent. A value: no method changes it, parts may be shared between bundles.

    Parameters
    ----------
    plain : mapping
        Unreserved scalars by name; no zeros.
    special : mapping
        All other scalars by kind; no zeros.
    discrete : mapping
        Ranges and sets by kind; none empty.

    Attributes
    ----------
    empty : bool
        Whether there is nothing in it.
    """

    __slots__ = (
        "_added", "_holds", "_part", "_rest", "_sets", "_sum", "_taken", "discrete", "empty", "is_plain", "plain",
        "special",
    )  # fmt: skip

    _sum: Resources
    _rest: Resources
    _holds: bool

    def __init__(
        self,
        plain: Mapping[str, int] = _NO_PLAIN,
        special: Mapping[Kind, int] = _NO_SPECIAL,
        discrete: Mapping[Kind, Discrete] = _NO_DISCRETE,
    ) -> None:
        self.plain = plain
        self.special = special
        self.discrete = discrete
        self.is_plain = not (special or discrete)
        self.empty = self.is_plain and not plain
        # What was added, taken away, asked for and found to be a part last, and what came of it: agents of one size and
        # tasks of one app make the same few sums again and again.
        self._added: Resources | None = None
        self._taken: Resources | None = None
        self._part: Resources | None = None
        self._sets: Sequence[Quantities] | None = None

    def __bool__(self) -> bool:
        return not self.empty

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Resources)
            and self.plain == other.plain
            and self.special == other.special
            and self.discrete == other.discrete
        )

    def __repr__(self) -> str:
        return f"Resources({dict(self.plain)}, {dict(self.special)}, {dict(self.discrete)})"

    def __add__(self, other: Resources) -> Resources:
        if other is self._added:
            return self._sum
        if self.empty:
            return other
        if other.is_plain:
            known = _sums.get((id(self), id(other)))
            self._sum = _note(_sums, self, other, self._plus(other.plain)) if known is None else known[0]
            self._added = other
            return self._sum
        return Resources(
            _sum(self.plain, other.plain) if other.plain else self.plain,
            _sum(self.special, other.special) if other.special else self.special,
            _union(self.discrete, other.discrete) if other.discrete else self.discrete,
        )

    def __sub__(self, other: Resources) -> Resources:
        """Return what is left; what was not there cannot be taken away, and nothing becomes negative."""
        if other is self._taken:
            return self._rest
        if self is other:
            return NOTHING
        if other.is_plain:
            known = _differences.get((id(self), id(other)))
            self._rest = _note(_differences, self, other, self._minus(other.plain)) if known is None else known[0]
            self._taken = other
            return self._rest
        return Resources(
            _difference(self.plain, other.plain) if other.plain else self.plain,
            _difference(self.special, other.special) if other.special else self.special,
            _without(self.discrete, other.discrete) if other.discrete else self.discrete,
        )

    def _plus(self, plain: Mapping[str, int]) -> Resources:
        total = dict(self.plain)
        for name, amount in plain.items():
            total[name] = total[name] + amount if name in total else amount
        return Resources(total, self.special, self.discrete)

    def _minus(self, plain: Mapping[str, int]) -> Resources:
        if self.plain == plain:
            return NOTHING if self.is_plain else Resources(_NO_PLAIN, self.special, self.discrete)
        rest = dict(self.plain)
        for name, amount in plain.items():
            if name in rest:
                if rest[name] > amount:
                    rest[name] -= amount
                else:
                    del rest[name]
        return Resources(rest, self.special, self.discrete)

    def contains(self, other: Resources) -> bool:
        """Say whether `other` is a part of these resources, kind by kind."""
        if self is other or other is self._part:
            return True
        plain = self.plain
        for name, amount in other.plain.items():
            if name not in plain or amount > plain[name]:
                return False
        if other.is_plain:
            self._part = other
            return True
        special, discrete = self.special, self.discrete
        for kind, amount in other.special.items():
            if amount > special.get(kind, 0):
                return False
        return all(kind in discrete and _covers(discrete[kind], value) for kind, value in other.discrete.items())

    def holds_one_of(self, sets: Sequence[Quantities]) -> bool:
        """Say whether all amounts of one of these sets are there, whatever they are reserved for."""
        if sets is not self._sets:
            self._sets, self._holds = sets, self._look_for(sets)
        return self._holds

    def _look_for(self, sets: Sequence[Quantities]) -> bool:
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
            total[kind.name] = total.get(kind.name, 0) + kind.quantity(amount)
        return total

    # -- parts ----------------------------------------------------------------------------------------------

    def filtered(self, keep: Callable[[Kind], bool]) -> Resources:
        """Return the special and discrete resources whose kind is to be kept, without the plain ones."""
        return Resources(
            _NO_PLAIN,
            {kind: amount for kind, amount in self.special.items() if keep(kind)},
            {kind: value for kind, value in self.discrete.items() if keep(kind)},
        )

    def with_plain(self, plain: Mapping[str, int]) -> Resources:
        """Return the same special and discrete resources with other plain ones."""
        return Resources(plain, self.special, self.discrete)

    def reserved(self, role: str | None = None) -> Resources:
        """Return what is reserved, or what is reserved to exactly `role`."""
        if role is None:
            return self.filtered(lambda kind: bool(kind.reservations))
        return self.filtered(lambda kind: bool(kind.reservations) and kind.role == role)

    def revocable(self) -> Resources:
        """Return what is only lent."""
        return self.filtered(lambda kind: kind.revocable)

    def shared(self) -> Resources:
        """Return what several may use at a time."""
        return self.filtered(lambda kind: kind.shared)

    def allocatable_to(self, role: str) -> Resources:
        """Return what may be offered to `role`: unreserved, or reserved to it or to a role above it."""
        if self.is_plain:
            return self
        mine = self.filtered(lambda kind: not kind.reservations or belongs(role, kind.role))
        return mine.with_plain(self.plain)

    def chargeable(self) -> Resources:
        """Return what counts against a quota once it is handed out: scalars, unreserved and not revocable."""
        if self.is_plain:
            return self
        special = {kind: amount for kind, amount in self.special.items() if kind.chargeable}
        return Resources(self.plain, special)

    def exempt(self, role: str | None = None) -> Resources:
        """Return what does not count against a quota; given a role, only its own of the reserved scalars."""
        special = {
            kind: amount
            for kind, amount in self.special.items()
            if not kind.chargeable and (role is None or kind.revocable or kind.role == role)
        }
        return Resources(_NO_PLAIN, special, self.discrete)

    def reservations(self) -> dict[str, dict[str, int]]:
        """Return what is reserved, as amounts by role."""
        found: dict[str, dict[str, int]] = {}
        for kind, amount in self.special.items():
            if kind.reservations:
                mine = found.setdefault(kind.role, {})
                mine[kind.name] = mine.get(kind.name, 0) + kind.quantity(amount)
        return found

    # -- cutting --------------------------------------------------------------------------------------------

    def shrunk(self, target: Quantities) -> Resources:
        """Cut scalars down to `target`; a name that is not in the target is cut to nothing.

        Upstream: shrinkResources with ResourceQuantities.
        """
        plain = shrink(self.plain, target)
        if not self.special:
            return Resources(plain)
        return Resources(plain, pieces(self.special, minus(target, plain)))

    def shrunk_to_limits(self, limits: Quantities, consumed: Quantities) -> Resources:
        """Cut scalars down to what `limits` leave over; a name without a limit is not cut.

        Upstream: shrinkResources with ResourceLimits.
        """
        plain = shrink_to_limits(self.plain, limits, consumed)
        if not self.special:
            return Resources(plain)
        unlimited = {kind: amount for kind, amount in self.special.items() if kind.name not in limits}
        limited = {kind: amount for kind, amount in self.special.items() if kind.name in limits}
        room = minus(minus(limits, consumed), plain)
        return Resources(plain, {**unlimited, **pieces(limited, room)})


NOTHING = Resources()

_MOST_KNOWN = 4096
_Known = dict[tuple[int, int], tuple[Resources, Resources, Resources]]

_sums: _Known = {}
_differences: _Known = {}
"""Results by the identities of the operands, which are kept beside them so that no other gets their identity. Agents of
one size and tasks of one app go through the same few sums again and again; bundles are values, so results are shared.
"""


def _note(known: _Known, left: Resources, right: Resources, result: Resources) -> Resources:
    if len(known) >= _MOST_KNOWN:
        known.clear()
    known[id(left), id(right)] = (result, left, right)
    return result


def belongs(role: str, of: str) -> bool:
    """Say whether `role` is `of` or lies below it in the tree of roles."""
    return role == of or role.startswith(of + "/")


def _sum(left: Mapping[K, int], right: Mapping[K, int]) -> dict[K, int]:
    total = dict(left)
    for key, amount in right.items():
        total[key] = total[key] + amount if key in total else amount
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


def _union(left: Mapping[Kind, Any], right: Mapping[Kind, Any]) -> dict[Kind, Discrete]:
    total = dict(left)
    for kind, value in right.items():
        total[kind] = total[kind] | value if kind in total else value
    return total


def _without(left: Mapping[Kind, Any], right: Mapping[Kind, Any]) -> dict[Kind, Discrete]:
    rest = {kind: value - right[kind] if kind in right else value for kind, value in left.items()}
    return {kind: value for kind, value in rest.items() if value}


def _covers(whole: Any, part: Any) -> bool:
    return bool(whole >= part)


def plus(left: Quantities, right: Quantities) -> dict[str, int]:
    """Return the sum of two quantities."""
    return _sum(left, right)


def minus(left: Quantities, right: Quantities) -> dict[str, int]:
    """Return what is left of `left`: differences stop at zero, and zeros vanish."""
    return dict(_difference(left, right))


def increase(amounts: dict[str, int], by: Quantities) -> None:
    """Add to amounts, in place."""
    for name, amount in by.items():
        amounts[name] = amounts[name] + amount if name in amounts else amount


def decrease(amounts: dict[str, int], by: Quantities) -> None:
    """Take away from amounts, in place: they stop at zero, and zeros vanish."""
    for name, amount in by.items():
        if name in amounts:
            if amounts[name] > amount:
                amounts[name] -= amount
            else:
                del amounts[name]
