"""How long a Job waits before it makes another pod in place of one that failed.

Source: kubernetes, pkg/controller/job/backoff_utils.go (version 1.34).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from workbench.model.clock import NEVER

BACKOFF_FIRST_US = 10_000_000
BACKOFF_LAST_US = 600_000_000
"""Delay before a failed pod is replaced: 10 s, doubling to 10 min (DefaultJobPodFailureBackOff)."""


class BackoffRecord(NamedTuple):
    """Failures since the last success, and when the last of them was (`NEVER` if there is none)."""

    failures: int = 0
    last_failure_us: int = NEVER


def new_backoff_record(before: BackoffRecord, succeeded_us: Iterable[int], failed_us: Iterable[int]) -> BackoffRecord:
    """Return the record with pods in it that have ended since, by the times of their ends.

    A success wipes out what failed before it or at the same instant.
    """
    successes, failures = tuple(succeeded_us), tuple(failed_us)
    if successes:
        last = max(successes)
        before, failures = BackoffRecord(), tuple(one for one in failures if one > last)
    if not failures:
        return before
    latest = max(failures) if before.last_failure_us == NEVER else max(*failures, before.last_failure_us)
    return BackoffRecord(before.failures + len(failures), latest)


def remaining_us(failures: int, since_us: int, first_us: int, last_us: int) -> int:
    """Return how long to wait before the next pod, `since_us` after the last of so many failures in a row."""
    if failures == 0:
        return 0
    backoff = last_us if failures > 40 else min(first_us << (failures - 1), last_us)
    return max(0, backoff - since_us)


def finished_us(
    ends: Sequence[int | None],
    *,
    not_ready_since_us: int | None = None,
    deletion_us: int | None = None,
    grace_us: int = 0,
    created_us: int = 0,
) -> int:
    """Return when a pod counts as finished.

    Parameters
    ----------
    ends : sequence
        When its containers and sidecars ended; None for one that runs, or of which no time is known. If all are
        known, the latest counts.
    not_ready_since_us : int or None
        When it was found not ready; counts next.
    deletion_us, grace_us : int
        Its deletion time stamp, which lies a grace period after the request; counts next.
    created_us : int
        Counts if nothing else is known.
    """
    known = [end for end in ends if end is not None]
    if ends and len(known) == len(ends):
        return max(known)
    if not_ready_since_us is not None:
        return not_ready_since_us
    return created_us if deletion_us is None else deletion_us - grace_us
