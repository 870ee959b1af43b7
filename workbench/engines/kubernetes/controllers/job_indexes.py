"""Indexed Jobs: which completion indexes are done, which come next, which pods are one too many.

Done indexes are kept as intervals, as the status of a Job lists them ("0-2,5").

Source: kubernetes, pkg/controller/job/indexed_job_utils.go (version 1.34).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cmp_to_key
from itertools import groupby
from typing import TypeVar

from workbench.engines.kubernetes.controllers.deletion_ranking import RankedPod, less

Intervals = tuple[tuple[int, int], ...]
"""First and last of runs of indexes, in order, with a gap between any two."""

UNKNOWN_INDEX = -1
"""Of a pod without a completion index, or with one that is none."""

P = TypeVar("P")


def completion_index(annotation: str) -> int:
    """Return the index that a pod's annotation names; anything but a whole number from 0 on is `UNKNOWN_INDEX`."""
    return int(annotation) if annotation.isascii() and annotation.isdigit() else UNKNOWN_INDEX


def parse_indexes(text: str, completions: int) -> Intervals:
    """Return the intervals that a status lists, cut at `completions`; what follows a spoilt entry does not count."""
    found: list[tuple[int, int]] = []
    for entry in text.split(",") if text else ():
        first, _, last = entry.partition("-")
        if not (first.isdigit() and (last or first).isdigit()):
            break
        low, high = int(first), int(last or first)
        if low >= completions:
            break
        high = min(high, completions - 1)
        if found and found[-1][1] == low - 1:
            found[-1] = found[-1][0], high
        else:
            found.append((low, high))
    return tuple(found)


def with_indexes(intervals: Intervals, indexes: Iterable[int]) -> Intervals:
    """Return intervals with further indexes in them."""
    found: list[tuple[int, int]] = []
    for low, high in sorted((*intervals, *((index, index) for index in indexes))):
        if found and low <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], high)
        else:
            found.append((low, high))
    return tuple(found)


def below(intervals: Intervals, completions: int) -> Intervals:
    """Return the intervals as far as they lie below `completions`."""
    return tuple((low, min(high, completions - 1)) for low, high in intervals if low < completions)


def total(intervals: Intervals) -> int:
    """Return how many indexes lie in the intervals."""
    return sum(high - low + 1 for low, high in intervals)


def has(intervals: Intervals, index: int) -> bool:
    """Say whether an index lies in one of the intervals."""
    return any(low <= index <= high for low, high in intervals)


def calculate_succeeded_indexes(before: Intervals, succeeded: Iterable[int], completions: int) -> Intervals:
    """Return the done indexes: those of the status so far, and those of pods that have succeeded since.

    Indexes beyond `completions`, and pods without one, do not count.
    """
    return with_indexes(before, {index for index in succeeded if 0 <= index < completions})


def first_pending_indexes(count: int, completions: int, active: Iterable[int], done: Intervals) -> list[int]:
    """Return the `count` lowest indexes below `completions` that are neither done nor have an active pod."""
    result: list[int] = []
    candidate = 0
    for low, high in with_indexes(done, (index for index in active if index != UNKNOWN_INDEX)):
        while candidate < min(low, completions) and len(result) < count:
            result.append(candidate)
            candidate += 1
        candidate = max(candidate, high + 1)
    while candidate < completions and len(result) < count:
        result.append(candidate)
        candidate += 1
    return result


def duplicated_index_pods_for_removal(
    pods: Iterable[P], completions: int, index_of: Callable[[P], int], ranked: Callable[[P], RankedPod]
) -> tuple[list[P], list[P]]:
    """Return the active pods to keep, one for each index, and those to remove.

    Of the pods of one index the one stays that a ReplicaSet would delete last (without its cost and logarithms).

    Parameters
    ----------
    index_of : callable
        Pod -> its completion index. Pods without a valid one are removed.
    ranked : callable
        Pod -> what decides which pod goes first.
    """

    def compared(one: P, other: P) -> int:
        first, second = ranked(one), ranked(other)
        if less(first, second, deletion_cost=False, logarithmic=False):
            return -1
        return int(less(second, first, deletion_cost=False, logarithmic=False))

    keep: list[P] = []
    remove: list[P] = []
    for index, group in groupby(sorted(pods, key=index_of), key=index_of):
        same = list(group)
        if not 0 <= index < completions:
            remove += same
            continue
        *surplus, last = sorted(same, key=cmp_to_key(compared))
        remove += surplus
        keep.append(last)
    return keep, remove
