"""How fast may a HorizontalPodAutoscaler go, and what does it remember?

Three brakes: the window in which an earlier, more careful recommendation still counts; policies that allow so many
pods, or so many per cent, in a period; and the two bounds. Without ``behavior`` only going down has a window, and
going up may at most double.

Times are microseconds. Percentages round up on the way up and down on the way down.

Source: kubernetes, pkg/controller/podautoscaler/horizontal.go, and pkg/apis/autoscaling/v2/defaults.go (version 1.34).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal, NamedTuple, TypeVar

from workbench.model.clock import SECOND_US

SCALE_UP_FACTOR = 2
SCALE_UP_MINIMUM = 4
"""Without ``behavior``: at most twice as many, or four."""

T = TypeVar("T")

Select = Literal["Max", "Min", "Disabled"]


class Policy(NamedTuple):
    """So much may change in a period."""

    type: Literal["Pods", "Percent"]
    value: int
    period_us: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for one direction.

    Parameters
    ----------
    window_us : int or None
        How far back recommendations count; None: the default of the controller.
    select : str
        ``Max``: the policy that allows the biggest change; ``Min``: the smallest; ``Disabled``: none.
    """

    policies: tuple[Policy, ...]
    window_us: int | None = 0
    select: Select = "Max"


DEFAULT_SCALE_UP = Rules((Policy("Pods", 4, 15 * SECOND_US), Policy("Percent", 100, 15 * SECOND_US)))
DEFAULT_SCALE_DOWN = Rules((Policy("Percent", 100, 15 * SECOND_US),), window_us=None)


class Change(NamedTuple):
    """An earlier change of the size; `replicas` has no sign. An outdated one gives its place to the next."""

    replicas: int
    timestamp_us: int
    outdated: bool = False


class Recommendation(NamedTuple):
    """What the metrics asked for at a time."""

    replicas: int
    timestamp_us: int


class Limited(NamedTuple):
    """A size within the limits, and the reason of the condition ScalingLimited."""

    replicas: int
    reason: str


def change_in_period(changes: Sequence[Change], period_us: int, now_us: int) -> int:
    """Return how many replicas came, or went, in the last period."""
    return sum(one.replicas for one in changes if one.timestamp_us > now_us - period_us)


def scale_up_limit(current: int, ups: Sequence[Change], downs: Sequence[Change], rules: Rules, now_us: int) -> int:
    """Return the largest size that the policies allow now."""
    if rules.select == "Disabled":
        return current
    limits = []
    for policy in rules.policies:
        start = _at_start(current, ups, downs, policy.period_us, now_us)
        raised = start + policy.value if policy.type == "Pods" else ceil(start * (1 + policy.value / 100))
        limits.append(raised)
    return min(limits) if rules.select == "Min" else max(limits)


def scale_down_limit(current: int, ups: Sequence[Change], downs: Sequence[Change], rules: Rules, now_us: int) -> int:
    """Return the smallest size that the policies allow now."""
    if rules.select == "Disabled":
        return current
    limits = []
    for policy in rules.policies:
        start = _at_start(current, ups, downs, policy.period_us, now_us)
        lowered = start - policy.value if policy.type == "Pods" else int(start * (1 - policy.value / 100))
        limits.append(lowered)
    return max(limits) if rules.select == "Min" else min(limits)


def _at_start(current: int, ups: Sequence[Change], downs: Sequence[Change], period_us: int, now_us: int) -> int:
    """Return the size at the start of a period: a budget is for the whole period, not for each look."""
    return current - change_in_period(ups, period_us, now_us) + change_in_period(downs, period_us, now_us)


def within_rules(current: int, desired: int, least: int, most: int) -> Limited:
    """Return the size that is taken without ``behavior``."""
    if desired < least:
        return Limited(least, "TooFewReplicas")
    limit = max(SCALE_UP_FACTOR * current, SCALE_UP_MINIMUM)
    if desired > min(limit, most):
        return Limited(limit, "ScaleUpLimit") if limit < most else Limited(most, "TooManyReplicas")
    return Limited(desired, "DesiredWithinRange")


def within_behavior(
    current: int, desired: int, least: int, most: int, up: Rules, down: Rules, ups: Sequence[Change],
    downs: Sequence[Change], now_us: int,
) -> Limited:  # fmt: skip
    """Return the size that is taken with ``behavior``; a budget that is overspent holds the present size."""
    if desired > current:
        limit = max(current, scale_up_limit(current, ups, downs, up, now_us))
        if desired > min(limit, most):
            return Limited(limit, "ScaleUpLimit") if limit < most else Limited(most, "TooManyReplicas")
    elif desired < current:
        limit = min(current, scale_down_limit(current, ups, downs, down, now_us))
        if desired < max(limit, least):
            return Limited(limit, "ScaleDownLimit") if limit > least else Limited(least, "TooFewReplicas")
    return Limited(desired, "DesiredWithinRange")


def store_change(changes: Sequence[Change], replicas: int, rules: Rules | None, now_us: int) -> tuple[Change, ...]:
    """Return the log with one change more; the last entry that no policy looks back to gives up its place."""
    if rules is None:
        return tuple(changes)
    horizon = now_us - max((policy.period_us for policy in rules.policies), default=0)
    marked = [one._replace(outdated=one.outdated or one.timestamp_us < horizon) for one in changes]
    old = [index for index, one in enumerate(marked) if one.outdated]
    return _stored(marked, Change(replicas, now_us), old)


def stabilized(
    log: Sequence[Recommendation], desired: int, window_us: int, now_us: int
) -> tuple[int, tuple[Recommendation, ...]]:
    """Return the highest recommendation of the window, and the log with the new one (without ``behavior``)."""
    cutoff = now_us - window_us
    highest = max([desired, *(one.replicas for one in log if one.timestamp_us >= cutoff)])
    old = [index for index, one in enumerate(log) if one.timestamp_us < cutoff]
    return highest, _stored(log, Recommendation(desired, now_us), old)


def stabilized_both_ways(
    log: Sequence[Recommendation], current: int, desired: int, up_us: int, down_us: int, now_us: int
) -> tuple[int, tuple[Recommendation, ...]]:
    """Return the size between the lowest of one window and the highest of the other, and the log with the new one."""
    lowest = min([desired, *(one.replicas for one in log if one.timestamp_us > now_us - up_us)])
    highest = max([desired, *(one.replicas for one in log if one.timestamp_us > now_us - down_us)])
    old = [index for index, one in enumerate(log) if one.timestamp_us < now_us - max(up_us, down_us)]
    return min(max(current, lowest), highest), _stored(log, Recommendation(desired, now_us), old)


def _stored(log: Sequence[T], new: T, old: Sequence[int]) -> tuple[T, ...]:
    """Return the log with a new entry, in the place of the last old one if there is one."""
    if not old:
        return (*log, new)
    return (*log[: old[-1]], new, *log[old[-1] + 1 :])


def with_window(rules: Rules, window_us: int) -> Rules:
    """Return the rules with a window in place of the controller's default, if none is set."""
    return rules if rules.window_us is not None else replace(rules, window_us=window_us)
