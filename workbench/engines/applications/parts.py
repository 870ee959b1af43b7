"""The parts of an app's data, and its members, as all of them together know them.

Positions are bytes of the log of all writes. A copy without a position is empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from workbench.engines.applications.shapes import Layout

EMPTY = -1
NOBODY = -1


@dataclass(slots=True)
class Part:
    """One part of the data.

    Parameters
    ----------
    size : int
        Bytes of the data itself: what an empty copy has to get.
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


@dataclass(slots=True)
class Member:
    """One member. `copies` are the bytes it finds where its data lies: part -> position."""

    task: int = NOBODY
    node: str = ""
    copies: dict[int, int] = field(default_factory=dict)
    seen: bool = False
    state: str = ""
