"""Requests that wait at the door of a service, because nobody is there to answer them yet.

Whoever stands in front of a service that may have no instance holds what comes until clients can be sent to one, and
then lets all of it in at once. For how long each has waited is known, so that the late ones can be told.

Left out: an end to the patience of clients; a largest number of requests that are held.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Doorway:
    """What waits: (since when, how many requests), the oldest first."""

    waiting: deque[tuple[int, float]] = field(default_factory=deque)

    @property
    def held(self) -> float:
        """How many requests wait."""
        return sum(amount for _, amount in self.waiting)

    def keep(self, now_us: int, amount: float) -> None:
        """Hold requests that come now."""
        if amount > 0:
            self.waiting.append((now_us, amount))

    def open(self, now_us: int, late_us: int) -> tuple[float, float]:
        """Let everybody in; return how many requests there were, and how many of them are late already."""
        total, overdue = 0.0, 0.0
        while self.waiting:
            since_us, amount = self.waiting.popleft()
            total += amount
            if now_us - since_us >= late_us:
                overdue += amount
        return total, overdue
