"""How sure a difference is: paired differences over replications, with Student's t interval.

Both sides of a pair ran under the same seed, so what chance does to both cancels out of their difference.

Where several sides are compared with one, each by itself, chance has several tries. Holm's procedure answers for that:
of m comparisons the surest has to be m times as sure as one alone, the next m - 1 times, and so on, and none counts
once one before it does not.

Source: S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from statistics import fmean, stdev
from typing import Literal

CONFIDENCE = 0.95
"""Of every interval that is printed."""

AGREEMENT = 0.9
"""A difference is called clear only when at least this fraction of the repeats points the same way."""

Verdict = Literal["first", "second", "close"]


@dataclass(frozen=True, slots=True)
class Difference:
    """Second side less first side, over paired repeats.

    Parameters
    ----------
    pairs : tuple of float
        One difference per repeat, in the order of the seeds; infinite where one side never got there.
    mean, low, high : float
        Mean and the ends of its 95 % confidence interval; not a number where a difference is infinite.
    grain : float
        The smallest difference worth speaking of, in the unit of the measure.
    corrected : float or None
        The p-value after Holm's correction, if this is one of several comparisons; None: nothing to correct, or, with
        one repeat or an infinite difference, nothing to test.
    """

    pairs: tuple[float, ...]
    mean: float
    low: float
    high: float
    grain: float
    corrected: float | None = None

    @property
    def first_lower(self) -> int:
        """In how many repeats the first side had the lower value by more than the grain."""
        return sum(1 for pair in self.pairs if pair > self.grain)

    @property
    def second_lower(self) -> int:
        """In how many repeats the second side had the lower value by more than the grain."""
        return sum(1 for pair in self.pairs if pair < -self.grain)

    @property
    def verdict(self) -> Verdict:
        """Which side is clearly lower, or ``close``.

        Clear means: at least nine in ten repeats agree, and the interval of the mean lies wholly on that side of
        zero, further away than the grain. With one repeat the agreement alone decides. One of several comparisons has
        to pass Holm's correction, too.
        """
        if self.corrected is not None and self.corrected > 1 - CONFIDENCE:
            return "close"
        needed = AGREEMENT * len(self.pairs)
        if self.first_lower >= needed and not self.low <= self.grain:
            return "first"
        if self.second_lower >= needed and not self.high >= -self.grain:
            return "second"
        return "close"


def paired(first: Sequence[float], second: Sequence[float], grain: float = 0.0) -> Difference:
    """Return the differences ``second - first``, pair by pair, with the interval of their mean.

    Parameters
    ----------
    first, second : sequence of float
        Values of one measure, same seeds in the same order; ``math.inf`` for "never within the run".
    grain : float
        The smallest difference worth speaking of.

    Raises
    ------
    ValueError
        When the sequences differ in length or are empty.
    """
    if len(first) != len(second) or not first:
        raise ValueError(f"paired values need equal, positive lengths, not {len(first)} and {len(second)}")
    pairs = tuple(0.0 if a == b else b - a for a, b in zip(first, second, strict=True))
    if not all(map(math.isfinite, pairs)):
        return Difference(pairs, math.nan, math.nan, math.nan, grain)
    mean, low, high = interval(pairs)
    return Difference(pairs, mean, low, high, grain)


def several(first: Sequence[float], others: Sequence[Sequence[float]], grain: float = 0.0) -> list[Difference]:
    """Return the differences of each of several sides less the first, corrected after Holm if there is more than one.

    Raises
    ------
    ValueError
        As `paired` does.
    """
    apart = [paired(first, other, grain) for other in others]
    if len(apart) < 2:
        return apart
    tested = [index for index, one in enumerate(apart) if len(one.pairs) > 1 and math.isfinite(one.mean)]
    corrected = holm([p_value(apart[index].pairs, grain) for index in tested], of=len(apart))
    for index, p in zip(tested, corrected, strict=True):
        apart[index] = replace(apart[index], corrected=p)
    return apart


def p_value(pairs: Sequence[float], grain: float) -> float:
    """Return how probable a mean as far beyond the grain as this one is by chance alone (Student's t, two-sided).

    It is below 0.05 just when the 95 % interval of the mean lies wholly beyond the grain, on one side.
    """
    beyond = abs(fmean(pairs)) - grain
    if beyond <= 0:
        return 1.0
    error = stdev(pairs) / math.sqrt(len(pairs))
    return 2 * (1 - _t_distribution(beyond / error, len(pairs) - 1)) if error else 0.0


def holm(values: Sequence[float], of: int | None = None) -> list[float]:
    """Return p-values corrected after Holm, in their order, at most 1.

    Parameters
    ----------
    of : int or None
        How many comparisons there are, if more than are tested.
    """
    many, largest = len(values) if of is None else of, 0.0
    found = [1.0] * len(values)
    for rank, index in enumerate(sorted(range(len(values)), key=lambda index: values[index])):
        largest = max(largest, (many - rank) * values[index])
        found[index] = min(1.0, largest)
    return found


def interval(
    values: Sequence[float], confidence: float = CONFIDENCE, possible: tuple[float, float] = (-math.inf, math.inf)
) -> tuple[float, float, float]:
    """Return the mean of `values` and the ends of its two-sided confidence interval (Student's t).

    Parameters
    ----------
    values : sequence of float
        One value gives no interval: both ends are the value itself. A value that is not finite gives not-a-number.
    confidence : float
        How often such an interval holds the true mean.
    possible : (float, float)
        The least and the greatest value there can be; the interval is cut to it. A mean of possible values lies there
        too, so what is cut off never held it: the intersection covers the true mean exactly as often.
    """
    if not all(map(math.isfinite, values)):
        return math.nan, math.nan, math.nan
    mean = fmean(values)
    if len(values) < 2:
        return mean, mean, mean
    half = t_quantile(0.5 + confidence / 2, len(values) - 1) * stdev(values) / math.sqrt(len(values))
    least, most = possible
    return mean, max(least, mean - half), min(most, mean + half)


@cache
def t_quantile(p: float, freedom: int) -> float:
    """Return the `p` quantile of Student's t distribution with `freedom` degrees of freedom, 0.5 <= p < 1.

    Found by bisection on the distribution function; good to about 1e-10.
    """
    low, high = 0.0, 1.0
    while _t_distribution(high, freedom) < p:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        if _t_distribution(middle, freedom) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _t_distribution(t: float, freedom: int) -> float:
    """Return the probability that Student's t is at most `t` >= 0 (DiDonato and Morris, 1992: by incomplete beta)."""
    return 1 - 0.5 * _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function, 0 <= x <= 1."""
    if x in (0.0, 1.0):
        return x
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(a, b, x) / a
    return 1 - front * _beta_fraction(b, a, 1 - x) / b


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function by Lentz's method."""
    tiny = 1e-300
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or tiny)
    value = d
    for m in range(1, 300):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for part in (even, odd):
            d = 1 / (1 + part * d or tiny)
            c = 1 + part / c or tiny
            step = d * c
            value *= step
        if abs(step - 1) < 1e-15:
            break
    return value
