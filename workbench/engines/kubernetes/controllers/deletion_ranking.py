"""Which of its pods does a ReplicaSet that became smaller delete first?

Those that are worth least: not yet on a node, not yet running, not ready, marked as cheap, crowded on one node, ready
for a short time, often restarted, young. Ages are compared as powers of two, so that five and eight hours count alike.

Source: kubernetes, pkg/controller/controller_utils.go, ActivePodsWithRanks.Less (version 1.34).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cmp_to_key
from typing import Literal, NamedTuple

_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}


class RankedPod(NamedTuple):
    """What decides the rank of a pod.

    Parameters
    ----------
    phase : str
        Active pods only: Pending, Unknown or Running.
    rank : int
        How many active pods of ReplicaSets with the same owner are on its node.
    ready_age_us, age_us : int or None
        Since when it is ready, since when it is there, in microseconds; None where the time stamp is unset.
    tie : object
        Decides among pods that are alike (upstream takes the uid).
    """

    assigned: bool
    phase: Literal["Pending", "Unknown", "Running"]
    ready: bool
    rank: int
    restarts: int = 0
    ready_age_us: int | None = None
    age_us: int | None = None
    deletion_cost: int = 0
    tie: int = 0


def less(one: RankedPod, other: RankedPod, *, deletion_cost: bool = True, logarithmic: bool = True) -> bool:
    """Return whether `one` is deleted before `other`.

    Parameters
    ----------
    deletion_cost, logarithmic : bool
        The features PodDeletionCost and LogarithmicScaleDown, both on by default.
    """
    if one.assigned != other.assigned:
        return other.assigned
    if one.phase != other.phase:
        return _PHASES[one.phase] < _PHASES[other.phase]
    if one.ready != other.ready:
        return other.ready
    if deletion_cost and one.deletion_cost != other.deletion_cost:
        return one.deletion_cost < other.deletion_cost
    if one.rank != other.rank:
        return one.rank > other.rank
    if one.ready and one.ready_age_us != other.ready_age_us:
        return _younger(one.ready_age_us, other.ready_age_us, one.tie < other.tie, logarithmic)
    if one.restarts != other.restarts:
        return one.restarts > other.restarts
    if one.age_us != other.age_us:
        return _younger(one.age_us, other.age_us, one.tie < other.tie, logarithmic)
    return one.tie < other.tie


def in_order_of_deletion(pods: Iterable[RankedPod]) -> list[RankedPod]:
    """Return pods, first the one to be deleted first."""

    def compared(one: RankedPod, other: RankedPod) -> int:
        return -1 if less(one, other) else int(less(other, one))

    return sorted(pods, key=cmp_to_key(compared))


def _younger(one: int | None, other: int | None, tied: bool, logarithmic: bool) -> bool:
    """Compare two ages that differ; one that is unset comes first."""
    if one is None or other is None:
        return one is None
    if not logarithmic:
        return one < other
    buckets = _bucket(one), _bucket(other)
    return tied if buckets[0] == buckets[1] else buckets[0] < buckets[1]


def _bucket(age_us: int) -> int:
    """Return the power of two of an age in nanoseconds, -1 for no age at all."""
    return (age_us * 1000).bit_length() - 1
