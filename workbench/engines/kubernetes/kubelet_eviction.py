"""Which pod a kubelet evicts first when its node runs short, and of what it runs short first.

Source: kubernetes, pkg/kubelet/eviction/helpers.go and eviction_manager.go (version 1.34).
Left out: pods without measurements, which upstream evicts first. Which of these signals there are in a run:
`eviction_thresholds.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from workbench.model.native.kubernetes.quantity import Quantity

MEMORY_SIGNALS = ("memory.available", "allocatableMemory.available")

Rank = Callable[["Usage"], int]
"""What a pod is ordered by; the smallest is evicted first."""


class Usage(NamedTuple):
    """What a pod uses, in bytes and numbers, and what it asked for; a request that is absent is zero."""

    name: str
    priority: int = 0
    memory: int = 0
    memory_request: int = 0
    disk: int = 0
    disk_request: int = 0
    inodes: int = 0
    processes: int = 0


def priority(pod: Usage) -> int:
    """Lower priority first."""
    return pod.priority


def exceeds_memory_request(pod: Usage) -> int:
    """Those first that use more memory than they asked for."""
    return 0 if pod.memory > pod.memory_request else 1


def memory(pod: Usage) -> int:
    """Those first that use most beyond their request."""
    return pod.memory_request - pod.memory


def exceeds_disk_request(pod: Usage) -> int:
    """Those first that use more disk than they asked for."""
    return 0 if pod.disk > pod.disk_request else 1


def disk(pod: Usage) -> int:
    """Those first that use most beyond their request."""
    return pod.disk_request - pod.disk


def inodes(pod: Usage) -> int:
    """Those first that use most inodes."""
    return -pod.inodes


def processes(pod: Usage) -> int:
    """Those first that have most processes."""
    return -pod.processes


def ordered_by(pods: Iterable[Usage], *ranks: Rank) -> list[Usage]:
    """Return pods in the order of eviction: the first rank that differs decides. QoS classes play no part."""
    return sorted(pods, key=lambda pod: tuple(rank(pod) for rank in ranks))


RANKING: Mapping[str, tuple[Rank, ...]] = {
    "memory.available": (exceeds_memory_request, priority, memory),
    "allocatableMemory.available": (exceeds_memory_request, priority, memory),
    "nodefs.available": (exceeds_disk_request, priority, disk),
    "imagefs.available": (exceeds_disk_request, priority, disk),
    "nodefs.inodesFree": (priority, inodes),
    "imagefs.inodesFree": (priority, inodes),
    "pid.available": (priority, processes),
}
"""Signal -> how pods are ordered when it says that something runs short."""


class Threshold(NamedTuple):
    """When a signal counts as too low: an amount, or a share of the capacity; likewise how much must be won back."""

    signal: str
    amount: Quantity | None = None
    share: float = 0.0
    min_reclaim: Quantity | None = None
    min_reclaim_share: float = 0.0

    def limit(self, capacity: Quantity, *, with_reclaim: bool) -> Quantity:
        """Return the amount below which it is met."""
        limit = _amount(self.amount, self.share, capacity)
        return limit + _amount(self.min_reclaim, self.min_reclaim_share, capacity) if with_reclaim else limit


def _amount(fixed: Quantity | None, share: float, capacity: Quantity) -> Quantity:
    return Quantity(round(capacity.nano * share), capacity.format) if fixed is None else fixed


class Observation(NamedTuple):
    """What is left, and how much there is in all."""

    available: Quantity
    capacity: Quantity


def thresholds_met(
    thresholds: Iterable[Threshold], observations: Mapping[str, Observation], *, enforce_min_reclaim: bool
) -> list[Threshold]:
    """Return the thresholds below which too little is left; a signal that was not observed meets none.

    `enforce_min_reclaim`: they were met before, so more has to be won back before they count as not met.
    """
    return [
        one
        for one in thresholds
        if (seen := observations.get(one.signal)) is not None
        and seen.available < one.limit(seen.capacity, with_reclaim=enforce_min_reclaim)
    ]


def by_eviction_priority(signals: Sequence[str]) -> list[str]:
    """Return signals in the order in which they are acted on: memory first, the others as they come."""
    return sorted(signals, key=lambda signal: signal not in MEMORY_SIGNALS)
