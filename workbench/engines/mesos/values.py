"""The values that resources have besides whole amounts: scalars as upstream counts them, and ranges of numbers.

Scalars are compared, added and subtracted as whole thousandths. A value that is only passed on keeps whatever more
decimals it was given: an agent with 1.0004 cpus is offered as 1.0004 cpus, and as 1.0 once a part was in use.

Source: mesos src/common/values.cpp (convertToFixed; Value::Ranges), 1.12.0-dev.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import trunc


class Verbatim(int):
    """Thousandths of a value with more than three decimals; `exact` is the value. Arithmetic gives plain integers."""

    exact: float

    def __new__(cls, thousandths: int, exact: float) -> Verbatim:
        """Return `thousandths` as an integer that remembers the value it was made of."""
        one = super().__new__(cls, thousandths)
        one.exact = exact
        return one


def fixed(value: float) -> int:
    """Return a scalar in thousandths: rounded, halves away from zero."""
    product = value * 1000
    whole = trunc(product)
    rest = abs(product - whole)
    rounded = whole + (1 if value > 0 else -1) if rest >= 0.5 else whole
    return rounded if rounded / 1000 == value else Verbatim(rounded, value)


def floating(thousandths: int) -> float:
    """Return an amount as the float that upstream makes of it: whole part and remainder converted separately.

    Shares are compared as floats, so the last bit decides ties.
    """
    return float(thousandths // 1000) + (thousandths % 1000) / 1000.0


def passed_on(thousandths: int) -> float:
    """Return an amount as others see it: with all the decimals it was given, if it was never counted with."""
    return thousandths.exact if isinstance(thousandths, Verbatim) else floating(thousandths)


class Ranges:
    """Whole numbers, such as ports: ``(31000, 32000)`` stands for both ends and everything between.

    Behaves like a set: ``|``, ``-``, ``>=``.
    """

    __slots__ = ("pairs",)

    def __init__(self, pairs: Iterable[tuple[int, int]]) -> None:
        self.pairs = tuple(_joined(sorted((begin, end) for begin, end in pairs if begin <= end)))

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranges) and self.pairs == other.pairs

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __repr__(self) -> str:
        return f"Ranges({list(self.pairs)})"

    def __or__(self, other: Ranges) -> Ranges:
        return Ranges((*self.pairs, *other.pairs))

    def __sub__(self, other: Ranges) -> Ranges:
        left = list(self.pairs)
        for begin, end in other.pairs:
            left = [piece for pair in left for piece in _without(pair, begin, end)]
        return Ranges(left)

    def __ge__(self, other: Ranges) -> bool:
        return all(any(low <= begin and end <= high for low, high in self.pairs) for begin, end in other.pairs)


def _joined(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join sorted ranges that overlap or follow one another."""
    joined: list[tuple[int, int]] = []
    for begin, end in pairs:
        if joined and begin <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def _without(pair: tuple[int, int], begin: int, end: int) -> Iterable[tuple[int, int]]:
    if end < pair[0] or pair[1] < begin:
        return (pair,)
    return ((pair[0], begin - 1), (end + 1, pair[1]))
