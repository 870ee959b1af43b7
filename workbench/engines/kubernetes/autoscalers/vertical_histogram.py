"""How usage is remembered: weights in buckets, old ones worth half as much after each half-life.

A percentile is the *end* of the bucket in which it lies, so that what is recommended covers it. Decay is done the
cheap way round: new samples weigh more instead of old ones less.

Source: kubernetes/autoscaler, vertical-pod-autoscaler/pkg/recommender/util, histogram.go, histogram_options.go and
decaying_histogram.go (version 1.4).
Left out: checkpoints.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, floor, log
from typing import Protocol

EPSILON = 1e-15
"""Weights below this are none."""

MOST_DECAYS = 100
"""After so many half-lives the time that new weights refer to is moved."""


class Buckets(Protocol):
    """A division of the axis."""

    @property
    def count(self) -> int:
        """How many buckets there are."""

    def start(self, bucket: int) -> float:
        """Return where a bucket begins."""

    def find(self, value: float) -> int:
        """Return the bucket of a value; those beyond either end belong to the outermost ones."""


@dataclass(frozen=True, slots=True)
class LinearBuckets:
    """Buckets of one size, up to a value that the last one begins beyond."""

    most: float
    size: float

    @property
    def count(self) -> int:
        """How many buckets there are."""
        return ceil(self.most / self.size) + 1

    def start(self, bucket: int) -> float:
        """Return where a bucket begins."""
        return bucket * self.size

    def find(self, value: float) -> int:
        """Return the bucket of a value."""
        return min(max(floor(value / self.size), 0), self.count - 1)


@dataclass(frozen=True, slots=True)
class ExponentialBuckets:
    """Buckets each `ratio` times as large as the one before."""

    most: float
    first: float
    ratio: float

    @property
    def count(self) -> int:
        """How many buckets there are."""
        return ceil(log(self.most * (self.ratio - 1) / self.first + 1, self.ratio)) + 1

    def start(self, bucket: int) -> float:
        """Return where a bucket begins: the sum of those before it, a geometric series."""
        return self.first * (self.ratio**bucket - 1) / (self.ratio - 1)

    def find(self, value: float) -> int:
        """Return the bucket of a value."""
        if value < self.first:
            return 0
        return min(floor(log(value * (self.ratio - 1) / self.first + 1, self.ratio)), self.count - 1)


GIGABYTE = 1e9
CPU_BUCKETS = ExponentialBuckets(1000.0, 0.01, 1.05)
"""Cores."""
MEMORY_BUCKETS = ExponentialBuckets(1e12, 1e7, 1.05)
"""Bytes."""


@dataclass(slots=True)
class Histogram:
    """Weights by bucket.

    Parameters
    ----------
    half_life_us : int
        After so many microseconds a sample is worth half as much; 0: always the same.
    """

    buckets: Buckets
    half_life_us: int = 0
    weights: dict[int, float] = field(default_factory=dict)
    reference_us: int = 0

    def add(self, value: float, weight: float = 1.0, at_us: int = 0) -> None:
        """Add a sample."""
        bucket = self.buckets.find(value)
        self.weights[bucket] = self.weights.get(bucket, 0.0) + weight * self._growth(at_us)

    def _growth(self, at_us: int) -> float:
        if not self.half_life_us:
            return 1.0
        if at_us > self.reference_us + MOST_DECAYS * self.half_life_us:
            self._move_reference(at_us)
        return float(2.0 ** ((at_us - self.reference_us) / self.half_life_us))

    def _move_reference(self, at_us: int) -> None:
        """Make weights refer to a later time, a whole number of half-lives away, so that numbers stay small."""
        steps = floor((at_us - self.reference_us) / self.half_life_us + 0.5)
        self.reference_us += steps * self.half_life_us
        self.weights = {bucket: weight * 2.0**-steps for bucket, weight in self.weights.items()}

    @property
    def empty(self) -> bool:
        """Whether nothing worth speaking of is remembered."""
        return not self._significant()

    def percentile(self, percentile: float) -> float:
        """Return the end of the bucket in which a percentile lies (the start of the last one); 0 if empty."""
        significant = self._significant()
        if not significant:
            return 0.0
        wanted, reached, bucket = percentile * sum(self.weights.values()), 0.0, significant[-1]
        for one in significant[:-1]:
            reached += self.weights[one]
            if reached >= wanted:
                bucket = one
                break
        return self.buckets.start(bucket if bucket == self.buckets.count - 1 else bucket + 1)

    def _significant(self) -> list[int]:
        return sorted(bucket for bucket, weight in self.weights.items() if weight >= EPSILON)
