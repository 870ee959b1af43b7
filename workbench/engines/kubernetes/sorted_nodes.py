"""Sets of nodes as sorted lists of their numbers, and windows of the rotating order of nodes.

Python finds, inserts and takes out a member of such a list in a fraction of a microsecond, also among 20,000; the
member with so many before it, and how many lie in a window, are there at once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from heapq import merge
from typing import overload

Window = tuple[int, int]
"""From the first node up to, not including, the second; around the end of the list if that is not larger."""


FEW = 100
"""So many members at most are put in order at once when sets are joined."""


def take(nodes: list[int], node: int) -> None:
    """Take a member out."""
    del nodes[bisect_left(nodes, node)]


def count_in(nodes: list[int], window: Window) -> int:
    """Return how many members lie in a window."""
    first, end = window
    inside = bisect_left(nodes, end) - bisect_left(nodes, first)
    return inside if first < end else len(nodes) + inside


def nth_of_all(sets: Sequence[list[int]], number: int, end: int) -> int:
    """Return the member with so many before it of several disjoint sets of nodes below `end`; there must be one."""
    low = 0
    while low < end:
        middle = (low + end) // 2
        if sum([bisect_left(nodes, middle + 1) for nodes in sets]) > number:
            end = middle
        else:
            low = middle + 1
    return low


def together(sets: list[list[int]]) -> Sequence[int]:
    """Return the members of disjoint sets in order; of large ones not before they are asked for."""
    if len(sets) == 1:
        return sets[0]
    return Union(sets) if sum(map(len, sets)) > FEW else sorted([node for nodes in sets for node in nodes])


class Union(Sequence[int]):
    """The members of disjoint sets in order, found only when they are asked for."""

    __slots__ = ("_sets",)

    def __init__(self, sets: Sequence[list[int]]) -> None:
        self._sets = sets

    def __len__(self) -> int:
        return sum(map(len, self._sets))

    def __iter__(self) -> Iterator[int]:
        return merge(*self._sets)

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[int]: ...
    def __getitem__(self, at: int | slice) -> int | Sequence[int]:
        if isinstance(at, slice):
            return list(self)[at]
        number = at + len(self) if at < 0 else at
        if not 0 <= number < len(self):
            raise IndexError(at)
        return nth_of_all(self._sets, number, 1 + max(nodes[-1] for nodes in self._sets if nodes))
