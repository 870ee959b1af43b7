"""Marathon's placement constraints: does an offer suit, given where instances of the same app are already?

| operator | an offer suits when its value of the field |
|---|---|
| UNIQUE | is no instance's value |
| CLUSTER | is the given value, or without one the first instance's |
| GROUP_BY n | is a new one of at most n, or its group is not yet full (instances / n, the remainder spread) |
| MAX_PER n | is the value of fewer than n instances |
| LIKE, UNLIKE | matches, or does not match, a regular expression as a whole |
| IS | is the given value, numbers compared with three decimals |

An agent that has no value for the field suits only UNLIKE. Apps do not see each other.

Source: mesosphere/marathon src/main/scala/mesosphere/mesos/Constraints.scala.
Left out: GROUP_BY without a number in the way the last revision computes it (it divides by zero); taken here as
documented: groups seen so far are filled evenly, a new one always suits.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache

OPERATORS = ("UNIQUE", "CLUSTER", "GROUP_BY", "MAX_PER", "LIKE", "UNLIKE", "IS")

MANY = 2**31 - 1
"""Marathon's ``inf``."""

_SCALAR = re.compile(r"[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Constraint:
    """``[field, operator, value]`` as in an app's JSON; an absent value is empty."""

    field: str
    operator: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """An agent, offered or with an instance on it."""

    hostname: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    region: str = ""
    zone: str = ""

    def value(self, name: str) -> str | None:
        """Return the value of a constraint's field here, or None when there is none."""
        if name in ("hostname", "@hostname"):
            return self.hostname
        if name == "@region":
            return self.region or None
        if name == "@zone":
            return self.zone or None
        return self.attributes.get(name)


def meets(constraint: Constraint, offered: Place, placed: Sequence[Place], instances: int) -> bool:
    """Say whether an offer suits one constraint.

    Parameters
    ----------
    placed : sequence of Place
        Where instances of the app are.
    instances : int
        How many the app is to have.
    """
    here = offered.value(constraint.field)
    if here is None:
        return constraint.operator == "UNLIKE"
    if constraint.operator in ("LIKE", "UNLIKE", "IS"):
        return _matches(constraint, here)
    there = [place.value(constraint.field) for place in placed]
    if constraint.operator == "UNIQUE":
        return here not in there
    if constraint.operator == "MAX_PER":
        return there.count(here) < _whole(constraint.value, MANY)
    if constraint.operator == "CLUSTER":
        return here == constraint.value if constraint.value else not there or there[0] == here
    return _group_by(here, there, constraint.value, instances)


def unmet(constraints: Sequence[Constraint], offered: Place, placed: Sequence[Place], instances: int) -> str:
    """Return the operator of the first constraint that an offer does not suit; empty when it suits all."""
    for constraint in constraints:
        if not meets(constraint, offered, placed, instances):
            return constraint.operator
    return ""


def _matches(constraint: Constraint, here: str) -> bool:
    if constraint.operator == "IS":
        return here == _formatted(constraint.value)
    if not constraint.value:
        return False
    found = _pattern(constraint.value).fullmatch(here) is not None
    return found == (constraint.operator == "LIKE")


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _whole(value: str, otherwise: int) -> int:
    """Return a whole number as Marathon reads it: ``inf`` is many, anything else that is none is `otherwise`."""
    if value == "inf":
        return MANY
    return int(value) if value.isascii() and value.isdigit() else otherwise


def _formatted(value: str) -> str:
    """Return a number with at most three decimals, anything else as it is."""
    if not _SCALAR.fullmatch(value):
        return value
    rounded = Decimal(value).quantize(Decimal("0.001"), ROUND_HALF_EVEN)
    text = f"{rounded:f}".rstrip("0").rstrip(".")
    return text or "0"


def _group_by(here: str, there: Sequence[str | None], value: str, instances: int) -> bool:
    groups = Counter(there)
    wanted = _whole(value, 0)
    if not wanted:
        return here not in groups or groups[here] == min(groups.values())
    if here not in groups:
        return len(groups) < wanted
    each, remainder = divmod(instances, wanted)
    bigger = sum(count > each for count in groups.values())
    return groups[here] < each or (groups[here] == each and bigger < remainder)
