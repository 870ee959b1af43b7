"""More than two sides: each of them against the first, in words that hold for all, corrected for several comparisons.

Of two sides everything is said by `sentences.py`; these functions return nothing then.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.experiments.compare import Comparison, Row
from workbench.experiments.statistics import Difference
from workbench.views.amounts import beside, between, control_plane, difference
from workbench.views.i18n import Texts


@dataclass(frozen=True, slots=True)
class Against:
    """One side against the first: how much more or less it has, the range of it, in how many repeats it went so.

    Parameters
    ----------
    said, around : str
        ``42 s more`` and ``39-45 s``; the range may be empty.
    sure : str
        ``20/20``; empty where it is too close to call.
    """

    side: str
    apart: Difference
    said: str
    around: str
    sure: str

    @property
    def close(self) -> bool:
        """Whether there is no difference to speak of."""
        return self.apart.verdict == "close"

    def brief(self, t: Texts) -> str:
        """Return the difference and how sure it is, for a cell of a table."""
        return t("{difference}, {sure}", difference=self.said, sure=self.sure) if self.sure else self.said


def against(t: Texts, row: Row, sides: Sequence[str]) -> tuple[Against, ...]:
    """Return what each side but the first is against the first; nothing where there are two."""
    if len(sides) < 3:
        return ()
    return tuple(_one(t, row, side, apart) for side, apart in row.against.items() if side in sides)


def _one(t: Texts, row: Row, side: str, apart: Difference) -> Against:
    if apart.verdict == "close":
        return Against(side, apart, t("unclear"), "", "")
    more = apart.verdict == "first"
    agree, count = max(apart.first_lower, apart.second_lower), len(apart.pairs)
    sure = t("one run only") if count == 1 else t("{agree}/{repeats}", agree=agree, repeats=count)
    if not math.isfinite(apart.mean):
        return Against(side, apart, t("higher") if more else t("lower"), "", sure)
    low, high = (apart.low, apart.high) if more else (-apart.high, -apart.low)
    spread = (high - low) / 2
    metric = beside(row.metric, row.values)
    amount = difference(t, metric, apart.mean, spread)
    said = t("{difference} more", difference=amount) if more else t("{difference} less", difference=amount)
    ends = [difference(t, metric, end, spread) for end in (low, high)]
    return Against(side, apart, said, between(t, *ends, brief=True), sure)


def sentence(t: Texts, row: Row, sides: Sequence[str], measure: str = "") -> str:
    """Return all sides against the first in one sentence, which names the measure if one is given."""
    listed = t.listed(*(_named(t, one) for one in against(t, row, sides)))
    first = control_plane(t, sides[0])
    if measure:
        return t("{measure}, against {first}: {list}.", measure=measure, first=first, list=listed)
    return t("Against {first}: {list}.", first=first, list=listed)


def _named(t: Texts, one: Against) -> str:
    side = control_plane(t, one.side)
    if one.close:
        return t("{side} unclear", side=side)
    return t("{side} {difference} ({sure})", side=side, difference=one.said, sure=one.sure)


def method(t: Texts, comparison: Comparison) -> str:
    """Return how several comparisons are corrected for; empty where there is one."""
    sides = comparison.sides
    if len(sides) < 3:
        return ""
    return t(
        "Differences are from {first}, {count} of them, corrected after Holm.",
        first=control_plane(t, sides[0]),
        count=len(sides) - 1,
    )


def of_two(t: Texts, comparison: Comparison, said: str) -> str:
    """Return a line that is about the first two sides, as one that says so where there are more."""
    if len(comparison.sides) < 3:
        return said
    first, second = (control_plane(t, side) for side in comparison.sides[:2])
    return t("{first} and {second}: {said}", first=first, second=second, said=said)
