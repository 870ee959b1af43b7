"""How long a pod that failed is left alone, and the heaps that waiting pods lie in.

Back-off ends with a whole second: the time is cut down to the second, and during that very second the pod still backs
off. So the true wait is more than the nominal one, by up to a second.

Source: kubernetes, pkg/scheduler/backend/queue/backoff_queue.go (version 1.34).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import Any

from workbench.engines.kubernetes.queued_pod import QueuedPod
from workbench.model.clock import SECOND_US

INITIAL_BACKOFF_US = 1 * SECOND_US
"""podInitialBackoffSeconds."""
MAX_BACKOFF_US = 10 * SECOND_US
"""podMaxBackoffSeconds."""


def backoff_us(count: int) -> int:
    """Return how long a pod backs off after so many failures in a row."""
    return MAX_BACKOFF_US if count > 20 else min(INITIAL_BACKOFF_US << max(0, count - 1), MAX_BACKOFF_US)


def backoff_second(since_us: int, count: int) -> int:
    """Return the whole second during which, still, a pod backs off; it leaves at the next one."""
    return (since_us + backoff_us(count)) // SECOND_US


def expires(queued: QueuedPod) -> int:
    """Return the second with which a pod's back-off ends; errors in a row count before rejections."""
    return backoff_second(queued.since_us, queued.errors or queued.unschedulable_count)


def backs_off(queued: QueuedPod, now_us: int) -> bool:
    """Say whether a pod is to be left alone still; one that never failed is not."""
    return bool(queued.errors or queued.unschedulable_count) and expires(queued) >= now_us // SECOND_US


class PodHeap:
    """Waiting pods, the smallest key first. A pod leaves by going to another pool; its entry is then passed over.

    Parameters
    ----------
    pool : str
        What `QueuedPod.pool` is while a pod is here.
    key : function
        What pods are sorted by; of equal ones the first to have come is first.
    """

    def __init__(self, pool: str, key: Callable[[QueuedPod], tuple[int, ...]]) -> None:
        self._pool = pool
        self._key = key
        self._heap: list[tuple[Any, ...]] = []

    def push(self, queued: QueuedPod) -> None:
        """Add a pod, or sort it anew after a change."""
        queued.pool = self._pool
        queued.ticket += 1
        heapq.heappush(self._heap, (*self._key(queued), queued.number, queued.ticket, queued))

    def peek(self) -> QueuedPod | None:
        """Return the first pod."""
        while self._heap:
            queued: QueuedPod = self._heap[0][-1]
            if self._holds(self._heap[0]):
                return queued
            heapq.heappop(self._heap)
        return None

    def pop(self) -> QueuedPod | None:
        """Return the first pod and take it out."""
        queued = self.peek()
        if queued is not None:
            heapq.heappop(self._heap)
        return queued

    def __iter__(self) -> Iterator[QueuedPod]:
        """Yield the pods in order."""
        return (entry[-1] for entry in sorted(self._heap) if self._holds(entry))

    def _holds(self, entry: tuple[Any, ...]) -> bool:
        queued: QueuedPod = entry[-1]
        return queued.pool == self._pool and queued.ticket == entry[-2]
