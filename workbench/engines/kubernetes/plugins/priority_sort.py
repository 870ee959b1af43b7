"""PrioritySort: the more important pod first, among equals the one that waits longer."""

from __future__ import annotations

NAME = "PrioritySort"


def priority_sort(priority: int, since_us: int) -> tuple[int, int]:
    """Return the key by which waiting pods are sorted, smallest first.

    Parameters
    ----------
    priority : int
        The pod's.
    since_us : int
        When it came into the queue, or came back from its last attempt.

    Source: kubernetes, pkg/scheduler/framework/plugins/queuesort (version 1.34).
    """
    return -priority, since_us
