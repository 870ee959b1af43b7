"""How are groups of nodes made larger, and when is one that failed tried again?

A scale-up is shared among groups of like nodes so that they become equal in size. A group whose nodes did not come is
left alone, longer each time.

Source: kubernetes/autoscaler, cluster-autoscaler, processors/nodegroupset/balancing_processor.go and
utils/backoff/exponential_backoff.go (version 1.36).
Left out: which groups are alike; errors of cloud providers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from workbench.model.clock import SECOND_US

INITIAL_BACKOFF_US = 300 * SECOND_US
MAX_BACKOFF_US = 1800 * SECOND_US
BACKOFF_RESET_US = 3 * 3600 * SECOND_US
"""After so long without a failure a group starts anew."""


class NodeGroup(NamedTuple):
    """Like nodes that are added and taken away as one asks for a size."""

    name: str
    size: int
    most: int

    @property
    def room(self) -> int:
        """How many nodes may still come."""
        return max(0, self.most - self.size)


def balance_scale_up(groups: Iterable[NodeGroup], nodes: int) -> dict[str, int]:
    """Return the new sizes of the groups that change: each node goes to the smallest group that has room."""
    before = {group.name: group for group in groups if group.room}
    sizes = {name: group.size for name, group in before.items()}
    for _ in range(min(nodes, sum(group.room for group in before.values()))):
        smallest = min((name for name in sizes if sizes[name] < before[name].most), key=lambda name: sizes[name])
        sizes[smallest] += 1
    return {name: size for name, size in sizes.items() if size != before[name].size}


class Backoff(NamedTuple):
    """A group that failed: how long it is left alone, until when, and when it failed last."""

    duration_us: int
    until_us: int
    failed_us: int


class Backoffs(NamedTuple):
    """The groups that failed, and the times that hold for all of them."""

    failed: Mapping[str, Backoff]
    initial_us: int = INITIAL_BACKOFF_US
    longest_us: int = MAX_BACKOFF_US
    reset_us: int = BACKOFF_RESET_US

    def after_failure(self, group: str, now_us: int) -> Backoffs:
        """Return what holds after a failed scale-up; a failure during the back-off starts the same wait again."""
        before = self.failed.get(group)
        duration = self.initial_us
        if before is not None:
            duration = before.duration_us
            if before.until_us < now_us:
                duration = min(2 * duration, self.longest_us)
        return self._replace(failed={**self.failed, group: Backoff(duration, now_us + duration, now_us)})

    def after_success(self, group: str) -> Backoffs:
        """Return what holds after a scale-up that worked."""
        return self._replace(failed={name: one for name, one in self.failed.items() if name != group})

    def without_stale(self, now_us: int) -> Backoffs:
        """Return what is still remembered."""
        fresh = {name: one for name, one in self.failed.items() if one.failed_us + self.reset_us >= now_us}
        return self._replace(failed=fresh)

    def backed_off(self, group: str, now_us: int) -> bool:
        """Return whether a group is left alone."""
        return group in self.failed and self.failed[group].until_us > now_us
