"""Which pods does the VerticalPodAutoscaler evict, so that they come back with the recommended requests?

Those that are farthest from their targets first, and at most a part of one controller's pods at a time.

Source: kubernetes/autoscaler, vertical-pod-autoscaler/pkg/updater, priority/priority_processor.go and
restriction/pods_eviction_restriction.go (version 1.4).
Left out: resizing in place, the twelve hours during which a pod within its bounds is left alone, quick OOM.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

EVICTION_TOLERANCE = 0.5
MIN_REPLICAS = 2

Amounts = Mapping[str, int]
"""Resource -> amount, in one unit throughout."""


@dataclass(frozen=True, slots=True)
class Sized:
    """A container and what is recommended for it.

    Parameters
    ----------
    actual : mapping or None
        What the kubelet reports as in force; it wins over the specification.
    """

    requests: Amounts
    target: Amounts
    actual: Amounts | None = None
    lower: Amounts = field(default_factory=dict)
    upper: Amounts = field(default_factory=dict)


class Priority(NamedTuple):
    """How urgent a pod's eviction is.

    Parameters
    ----------
    outside : bool
        Some request lies beyond its bounds.
    difference : float
        Sum over resources of the distance from the target, as a share of what is asked for now.
    """

    outside: bool
    scale_up: bool
    difference: float


def update_priority(containers: Iterable[Sized]) -> Priority:
    """Return how urgent it is to evict a pod."""
    outside = scale_up = False
    asked: dict[str, int] = {}
    wanted: dict[str, int] = {}
    for one in containers:
        in_force = one.requests if one.actual is None else one.actual
        for resource, target in one.target.items():
            wanted[resource] = wanted.get(resource, 0) + target
            request = in_force.get(resource)
            if request is None:  # nothing asked for: anything recommended is more
                scale_up = outside = True
                continue
            asked[resource] = asked.get(resource, 0) + request
            scale_up = scale_up or target > request
            outside = (
                outside or request < one.lower.get(resource, request) or request > one.upper.get(resource, request)
            )
    difference = sum(abs(wanted[name] - asked.get(name, 0)) / max(1, asked.get(name, 0)) for name in sorted(wanted))
    return Priority(outside, scale_up, difference)


def evictable(
    replicas: int, phases: Sequence[str], min_replicas: int = MIN_REPLICAS, tolerance: float = EVICTION_TOLERANCE
) -> int:
    """Return how many of a controller's pods may be evicted in one loop.

    Parameters
    ----------
    replicas : int
        How many it wants.
    phases : sequence of str
        Phases of the pods it has.
    """
    if len(phases) < min_replicas:
        return 0
    pending = sum(phase == "Pending" for phase in phases)
    running = len(phases) - pending
    allowed = int(replicas * tolerance)
    if running == replicas and allowed == 0:
        return 1  # one at a time must be possible, when nothing is missing
    return pending + min(running, max(0, running - (replicas - allowed)))  # those that do not run are not missed
