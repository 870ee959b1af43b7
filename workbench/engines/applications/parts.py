"""The parts of an app's data, and its members, as all of them together know them.

Positions are bytes of the log of all writes. A copy without a position is empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from workbench.engines.applications.shapes import Layout
from workbench.model.clock import SECOND_US

EMPTY = -1
NOBODY = -1


@dataclass(slots=True)
class Part:
    """One part of the data.

    Parameters
    ----------
    size : int
        Bytes of the data itself: what an empty copy has to get.
    rate : float
        Bytes per second that clients write to it while writes are acknowledged.
    head, since_us : int
        Bytes acknowledged up to the time `since_us`.
    in_sync : set of int
        Members whose copies take every write.
    ballot : int
        Number of the election that may be under way; that of a lower number is void.
    learner : int
        Who is being sent a copy, to become one of the layout's members once it has everything.
    """

    number: int
    layout: Layout
    size: int
    rate: float = 0.0
    head: int = 0
    since_us: int = 0
    leader: int = NOBODY
    in_sync: set[int] = field(default_factory=set)
    electing: bool = False
    ballot: int = 0
    learner: int = NOBODY

    @property
    def takers(self) -> tuple[int, ...]:
        """Who has a copy or is to get one."""
        return self.layout.members if self.learner == NOBODY else (*self.layout.members, self.learner)

    @property
    def writable(self) -> bool:
        """Whether a write can be acknowledged."""
        return self.leader != NOBODY and len(self.in_sync) >= self.layout.acks

    def head_at(self, now_us: int) -> int:
        """Return how many bytes have been acknowledged by now."""
        if not self.writable:
            return self.head
        return self.head + int(self.rate * (now_us - self.since_us) / SECOND_US)

    def settle(self, now_us: int) -> None:
        """Write down the head as of now, before that changes on which it depends."""
        self.head, self.since_us = self.head_at(now_us), now_us


@dataclass(slots=True)
class Member:
    """One member. `copies` are the bytes it finds where its data lies: part -> position."""

    task: int = NOBODY
    node: str = ""
    copies: dict[int, int] = field(default_factory=dict)
    seen: bool = False
    state: str = ""
