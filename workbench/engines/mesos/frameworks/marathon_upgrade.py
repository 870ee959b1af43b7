"""How Marathon replaces the instances of an app by those of a new version.

It stops at once what exceeds the least number of healthy instances, starts as many new ones as the most instances
allow, and then stops one old instance for each new one that is ready. An old one that is gone makes room for a new one.

    least healthy = instances x minimumHealthCapacity, rounded up
    most there    = instances x (1 + maximumOverCapacity), rounded down

Where the two are equal nothing could ever begin: one more is allowed then; a resident app, whose reservations do not
stretch, stops one more instead. Where there are more instances than wanted, as after an upgrade that was given up half
way, all that exceeds goes at once, unhealthy ones first.

Source: mesosphere/marathon core/deployment/impl/TaskReplaceActor.scala (computeRestartStrategy, replaceBehavior).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from workbench.model.native.marathon import UpgradeStrategy


class RestartStrategy(NamedTuple):
    """How many old instances go at once, and how many instances, old and new, there may be."""

    kill_now: int
    max_capacity: int


def compute_restart_strategy(
    instances: int, strategy: UpgradeStrategy, healthy: int, current: int | None = None, *, resident: bool = False
) -> RestartStrategy:
    """Return how an upgrade begins.

    Parameters
    ----------
    instances : int
        How many the new version is to have, > 0.
    healthy : int
        How many healthy ones there are, of any version.
    current : int or None
        How many there are, healthy or not; None: as many as are healthy.
    """
    min_healthy = ceil(instances * strategy.minimum_health_capacity)
    max_capacity = int(instances * (1 + strategy.maximum_over_capacity))
    kill_now = max(0, healthy - min_healthy)
    if min_healthy == max_capacity <= healthy:
        if resident:
            kill_now = healthy - min_healthy + 1
        else:
            max_capacity += 1
    return RestartStrategy(max(kill_now, (healthy if current is None else current) - instances), max_capacity)


class Step(NamedTuple):
    """What is to be done now: old instances to stop, by number, and how many new ones to start."""

    kill: tuple[int, ...] = ()
    start: int = 0


@dataclass
class Replacement:
    """One upgrade of one app, told what happens and answering with what is to be done.

    Parameters
    ----------
    instances : int
        How many the new version is to have.
    strategy : RestartStrategy
        How it begins.
    to_kill : deque of int
        Old instances that are meant to run still, in the order in which they go.
    started : int
        New instances started so far.
    """

    instances: int
    strategy: RestartStrategy
    to_kill: deque[int]
    started: int = 0

    def __post_init__(self) -> None:
        self.old = set(self.to_kill)

    @classmethod
    def of(
        cls, instances: int, strategy: RestartStrategy, old: Iterable[tuple[int, bool]], started: int = 0
    ) -> Replacement:
        """Return an upgrade of `old` instances, each with whether it is healthy: those that are not go first."""
        ordered = sorted(old, key=lambda one: one[1])
        return cls(instances, strategy, deque(number for number, _ in ordered), started)

    def begin(self) -> Step:
        """Return what comes first."""
        return Step(self._next_to_kill(self.strategy.kill_now), self._start())

    def new_ready(self) -> Step:
        """One more new instance is healthy and ready: an old one may go."""
        return Step(self._next_to_kill(1))

    def old_gone(self, number: int) -> Step:
        """An old instance has ended, because it was stopped or by itself."""
        self.old.discard(number)
        if number in self.to_kill:
            self.to_kill.remove(number)
        return Step(start=self._start())

    def _next_to_kill(self, most: int) -> tuple[int, ...]:
        return tuple(self.to_kill.popleft() for _ in range(min(most, len(self.to_kill))))

    def _start(self) -> int:
        room = max(0, self.strategy.max_capacity - len(self.old) - self.started)
        count = min(max(0, self.instances - self.started), room)
        self.started += count
        return count
