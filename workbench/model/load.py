"""Requests to a service: how many come when, what one costs, and how the service is to follow them in size.

Demand is a rate in requests per second, over time in microseconds. It is no random process here: how much requests
bunch is part of what `workbench.engines.traffic` reckons with.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import cos, pi, sin
from typing import Literal, Protocol

from workbench.model.clock import SECOND_US


class Demand(Protocol):
    """How many requests come."""

    def rate(self, at_us: int) -> float:
        """Return requests per second at a time."""

    def requests(self, start_us: int, end_us: int) -> float:
        """Return how many come from `start_us` to `end_us`."""


@dataclass(frozen=True, slots=True)
class Points:
    """Straight lines between points (time, requests per second); as the first before it, as the last after it.

    Two points at one time are a step: the later one counts from then on. Times must not fall.
    """

    points: tuple[tuple[int, float], ...]

    def rate(self, at_us: int) -> float:
        """Return requests per second at a time."""
        after = bisect_right(self.points, at_us, key=lambda point: point[0])
        if after == 0:
            return self.points[0][1]
        if after == len(self.points):
            return self.points[-1][1]
        (start, before), (end, then) = self.points[after - 1], self.points[after]
        return before + (then - before) * (at_us - start) / (end - start)

    def requests(self, start_us: int, end_us: int) -> float:
        """Return how many come from `start_us` to `end_us`: the area below the lines, exactly."""
        inside = [at for at, _ in self.points if start_us < at < end_us]
        total, edges = 0.0, [start_us, *dict.fromkeys(inside), end_us]
        for left, right in pairwise(edges):
            total += self.rate_between(left, right) * (right - left)
        return total / SECOND_US

    def rate_between(self, start_us: int, end_us: int) -> float:
        """Return the mean rate over a stretch without a point inside: the one in its middle."""
        after = bisect_right(self.points, start_us, key=lambda point: point[0])
        if after == 0 or after == len(self.points):
            return self.rate(start_us)
        (start, before), (end, then) = self.points[after - 1], self.points[after]
        return before + (then - before) * ((start_us + end_us) / 2 - start) / (end - start)


@dataclass(frozen=True, slots=True)
class Diurnal:
    """A day that swings around a mean like a cosine.

    Parameters
    ----------
    mean : float
        Requests per second.
    swing : float
        0 to 1: how far it goes up and down, as a share of the mean.
    period_us : int
        Length of the day, > 0.
    peak_us : int
        When it is highest.
    """

    mean: float
    swing: float
    period_us: int
    peak_us: int = 0

    def rate(self, at_us: int) -> float:
        """Return requests per second at a time."""
        return self.mean * (1 + self.swing * cos(self._angle(at_us)))

    def requests(self, start_us: int, end_us: int) -> float:
        """Return how many come from `start_us` to `end_us`."""
        swung = self.swing * self.period_us / (2 * pi) * (sin(self._angle(end_us)) - sin(self._angle(start_us)))
        return self.mean * (end_us - start_us + swung) / SECOND_US

    def _angle(self, at_us: int) -> float:
        return 2 * pi * (at_us - self.peak_us) / self.period_us


def constant(rate: float) -> Points:
    """Return a demand that does not change."""
    return Points(((0, rate),))


def step(before: float, after: float, at_us: int) -> Points:
    """Return a demand that jumps once."""
    return Points(((at_us, before), (at_us, after)))


def ramp(before: float, after: float, start_us: int, end_us: int) -> Points:
    """Return a demand that goes from one rate to another in a straight line."""
    return Points(((start_us, before), (end_us, after)))


def flash_crowd(base: float, peak: float, start_us: int, rise_us: int, hold_us: int, fall_us: int) -> Points:
    """Return a demand that rises from `base` to `peak` within `rise_us`, stays there, and falls back."""
    full, end = start_us + rise_us, start_us + rise_us + hold_us
    return Points(((start_us, base), (full, peak), (end, peak), (end + fall_us, base)))


def replay(points: Iterable[tuple[int, float]]) -> Points:
    """Return a recorded demand: each rate holds from its time until the next (as counters per interval are kept).

    Raises
    ------
    ValueError
        Without points, or if times do not rise.
    """
    recorded = list(points)
    if not recorded or any(later[0] <= one[0] for one, later in pairwise(recorded)):
        raise ValueError("a recording needs points whose times rise")
    steps = [recorded[0]]
    for one, later in pairwise(recorded):
        steps += [(later[0], one[1]), later]
    return Points(tuple(steps))


Shown = Literal["requests", "waiting"]
"""``requests``: of an instance those it answers per second, of the whole app those that come; ``waiting``: held now."""


@dataclass(frozen=True, slots=True)
class Load:
    """The requests to a service and what they cost it.

    Parameters
    ----------
    cpu_us : int
        Cpu time that one request takes on average, in core-microseconds, > 0.
    cap : int or None
        Thousandths of a core that an instance may use at most; None: what it asks for.
    queue : int
        Requests that an instance holds at most; any more are refused.
    late_us : int
        A request that takes longer than this counts as late.
    from_us : int
        No request comes before this time.
    metrics : mapping
        Names under which a monitoring system shows what becomes of the requests, and what it is; see `Shown`.
    """

    demand: Demand
    cpu_us: int
    cap: int | None = None
    queue: int = 100
    late_us: int = SECOND_US
    from_us: int = 0
    metrics: Mapping[str, Shown] = field(default_factory=dict)

    def requests(self, start_us: int, end_us: int) -> float:
        """Return how many requests come from `start_us` to `end_us`."""
        return self.demand.requests(max(start_us, self.from_us), end_us) if end_us > self.from_us else 0.0

    def capacity(self, request: int) -> float:
        """Return how many requests per second an instance can answer that asks for so many thousandths of a core."""
        return (request if self.cap is None else self.cap) / 1000 * SECOND_US / self.cpu_us


@dataclass(frozen=True, slots=True)
class Scaling:
    """How the size of a service follows its use of cpu, or the requests that come.

    Parameters
    ----------
    target : int
        Use of cpu, in per cent of what instances ask for, that is aimed at.
    least, most : int
        Instances, at least and at most; 0 <= least <= most. Of none there is no use of cpu: somebody else than the
        autoscaler has to bring the first one back.
    requests : float or None
        Requests per second that an instance is to get, counted where they come in; cpu does not matter then.
    """

    target: int
    least: int
    most: int
    requests: float | None = None
