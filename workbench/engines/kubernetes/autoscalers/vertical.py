"""What does a VerticalPodAutoscaler recommend?

From the remembered usage a percentile; more of it for a margin; for the bounds a factor that shrinks as history
grows; and never less than a minimum that the containers of a pod share.

CPU is cores, memory bytes, as numbers with fractions, until whole thousandths of a core and bytes are made of them.

Source: kubernetes/autoscaler, vertical-pod-autoscaler/pkg/recommender, logic/estimator.go and recommender.go,
routines/cpu_integer_post_processor.go, model/aggregations_config.go (version 1.4).
Left out: checkpoints, policies of containers, rounding of memory and cpu by flag, caps by LimitRange and policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from workbench.engines.kubernetes.autoscalers.vertical_histogram import Histogram

MOST_AMOUNT = 1e14
"""Amounts end here, so that no arithmetic with them overflows."""

DAY_S = 86_400
MARGIN = 0.15
TARGET, LOWER, UPPER = 0.9, 0.5, 0.95
"""Percentiles of target and bounds, for cpu and memory."""

CPU_HALF_LIFE_S = MEMORY_HALF_LIFE_S = DAY_S
SAMPLES_PER_DAY = 60 * 24
"""One a minute: what counts as a full day of history."""

POD_MINIMUM_MILLICORES = 25
POD_MINIMUM_MB = 250
OOM_BUMP_RATIO = 1.2
OOM_BUMP_BYTES = 100 * 1024 * 1024


class Usage(NamedTuple):
    """An amount of both resources: cores and bytes."""

    cpu: float
    memory: float


class Estimate(NamedTuple):
    """What is recommended: whole thousandths of a core, whole bytes, both capped."""

    millicores: int
    memory: int


@dataclass(frozen=True, slots=True)
class History:
    """What is known of a container's usage, first and last sample in seconds."""

    cpu: Histogram
    memory: Histogram
    first_s: float = 0.0
    last_s: float = 0.0
    samples: int = 0


Estimator = Callable[[History], Usage]


def percentile_estimator(cpu: float, memory: float) -> Estimator:
    """Return the estimator of percentiles of both resources."""
    return lambda history: Usage(history.cpu.percentile(cpu), history.memory.percentile(memory))


def with_margin(base: Estimator, fraction: float) -> Estimator:
    """Return an estimator with a safety margin."""
    return lambda history: Usage(*(amount * (1 + fraction) for amount in base(history)))


def confidence(history: History, interval_s: float = DAY_S) -> float:
    """Return how many intervals of history there are: by time, or by one sample a minute, whichever is less."""
    lifespan_days = (history.last_s - history.first_s) / interval_s
    return min(lifespan_days, history.samples / SAMPLES_PER_DAY)


def with_confidence(base: Estimator, multiplier: float, exponent: float, interval_s: float = DAY_S) -> Estimator:
    """Return an estimator scaled by ``(1 + multiplier / confidence) ** exponent``: wide without history."""

    def estimate(history: History) -> Usage:
        known = confidence(history, interval_s)
        amounts = base(history)
        if known == 0:  # limit of the formula
            return Usage(*((MOST_AMOUNT if exponent > 0 else 0.0) if amount else 0.0 for amount in amounts))
        return Usage(*(amount * (1 + multiplier / known) ** exponent for amount in amounts))

    return estimate


def with_minimum(base: Estimator, least: Usage) -> Estimator:
    """Return an estimator that does not go below an amount."""
    return lambda history: Usage(*map(max, base(history), least))


def rounded(usage: Usage) -> Estimate:
    """Return amounts as upstream keeps them, fractions of a thousandth of a core or of a byte cut off."""
    return Estimate(_amount(usage.cpu * 1000), _amount(usage.memory))


def _amount(value: float) -> int:
    return int(min(max(value, 0.0), MOST_AMOUNT))


def pod_minimum(
    containers: int, millicores: float = POD_MINIMUM_MILLICORES, megabytes: float = POD_MINIMUM_MB
) -> Usage:
    """Return the share of one container in the minimum of its pod; a megabyte is 2**20 bytes here, as upstream."""
    return Usage(millicores / containers / 1000, megabytes * 1024 * 1024 / containers)


class Recommendation(NamedTuple):
    """For one container: what it should ask for, and between what it may be left alone."""

    lower: Estimate
    target: Estimate
    upper: Estimate


def recommend(history: History, containers: int = 1) -> Recommendation:
    """Return upstream's default recommendation for one of so many containers of a pod."""
    least = pod_minimum(containers)
    lower, target, upper = (with_margin(percentile_estimator(one, one), MARGIN) for one in (LOWER, TARGET, UPPER))
    bounds = with_confidence(lower, 0.001, -2.0), target, with_confidence(upper, 1.0, 1.0)
    return Recommendation(*(rounded(with_minimum(one, least)(history)) for one in bounds))


def after_oom(memory: float) -> float:
    """Return the usage that counts for a container that was killed for memory."""
    return max(memory * OOM_BUMP_RATIO, memory + OOM_BUMP_BYTES)


def whole_cores(targets: Mapping[str, int], annotated: frozenset[str]) -> dict[str, int]:
    """Return targets in thousandths of a core, those of annotated containers rounded up to whole cores."""
    return {name: 1000 * ceil(milli / 1000) if name in annotated else milli for name, milli in targets.items()}
