"""How long a pod that failed is left alone, and the heaps that waiting pods lie in.

Back-off ends with a whole second: the time is cut down to the second, and during that very second the pod still backs
off. So the true wait is more than the nominal one, by up to a second.

Source: kubernetes, pkg/scheduler/backend/queue/backoff_queue.go (version 1.34).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from workbench.engines.kubernetes.queued_pod import QueuedPod
from workbench.model.clock import SECOND_US


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long failed pods are left alone: at first (podInitialBackoffSeconds) and at most (podMaxBackoffSeconds)."""

    first_us: int = 1 * SECOND_US
    last_us: int = 10 * SECOND_US

    def after(self, count: int) -> int:
        """Return how long a pod backs off after so many failures in a row, in microseconds."""
        return self.last_us if count > 40 else min(self.first_us << max(0, count - 1), self.last_us)


DEFAULT_BACKOFF = Backoff()


def expires(queued: QueuedPod, backoff: Backoff = DEFAULT_BACKOFF) -> int:
    """Return the whole second during which, still, a pod backs off; errors in a row count before rejections."""
    return (queued.since_us + backoff.after(queued.errors or queued.unschedulable_count)) // SECOND_US


def backs_off(queued: QueuedPod, now_us: int, backoff: Backoff = DEFAULT_BACKOFF) -> bool:
    """Say whether a pod is to be left alone still; one that never failed is not."""
    return bool(queued.errors or queued.unschedulable_count) and expires(queued, backoff) >= now_us // SECOND_US


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
