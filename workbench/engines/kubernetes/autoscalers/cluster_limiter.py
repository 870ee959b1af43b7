"""How many nodes may one estimate add, and for how long may it reckon?

Source: kubernetes/autoscaler, cluster-autoscaler/estimator, threshold_based_limiter.go, sng_capacity_threshold.go
and cluster_capacity_threshold.go (version 1.36).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from workbench.engines.kubernetes.autoscalers.cluster import NodeGroup

NO_ROOM = -1
UNLIMITED = 0


class Threshold(NamedTuple):
    """Limits of one kind: 0 is none, a negative one forbids everything."""

    nodes: int = UNLIMITED
    duration_us: int = UNLIMITED


def smaller(first: int, second: int) -> int:
    """Return the stricter of two limits."""
    if first < 0 or second < 0:
        return NO_ROOM
    return min(first, second) if first and second else first or second


class Limiter:
    """Counts the nodes of one estimate.

    Parameters
    ----------
    thresholds : iterable
        All hold at once.
    start_us : int
        When the estimate began.
    """

    def __init__(self, thresholds: Iterable[Threshold], start_us: int = 0) -> None:
        nodes = duration = UNLIMITED
        for one in thresholds:
            nodes, duration = smaller(nodes, one.nodes), smaller(duration, one.duration_us)
        self._most, self._duration_us = nodes, duration
        self._start_us = start_us
        self.nodes = 0

    def restart(self, now_us: int) -> None:
        """Begin another estimate."""
        self._start_us, self.nodes = now_us, 0

    def permission_to_add_node(self, now_us: int = 0) -> bool:
        """Return whether one node more may be added, and count it in if so."""
        out_of_time = self._duration_us < 0 or 0 < self._duration_us < now_us - self._start_us
        if self._most < 0 or out_of_time or 0 < self._most <= self.nodes:
            return False
        self.nodes += 1
        return True


def room_of_similar(group: NodeGroup, similar: Iterable[NodeGroup]) -> int:
    """Return the limit that the room of a group and those like it sets."""
    return sum(one.room for one in (group, *similar)) or NO_ROOM


def room_of_cluster(most: int, nodes: int) -> int:
    """Return the limit that the largest size of the whole cluster sets; 0 there is none."""
    if most == UNLIMITED:
        return UNLIMITED
    return most - nodes if most > nodes else NO_ROOM
