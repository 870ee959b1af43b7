"""Sets of nodes as sorted lists of their numbers, and windows of the rotating order of nodes.

Python finds, inserts and takes out a member of such a list in a fraction of a microsecond, also among 20,000; the
member with so many before it, and how many lie in a window, are there at once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

Window = tuple[int, int]
"""From the first node up to, not including, the second; around the end of the list if that is not larger."""


def take(nodes: list[int], node: int) -> None:
    """Take a member out."""
    del nodes[bisect_left(nodes, node)]


def count_in(nodes: list[int], window: Window) -> int:
    """Return how many members lie in a window."""
    first, end = window
    inside = bisect_left(nodes, end) - bisect_left(nodes, first)
    return inside if first < end else len(nodes) + inside


def members_in(nodes: list[int], window: Window) -> list[int]:
    """Return the members that lie in a window, in their order (not in the order of the window)."""
    first, end = window
    if first < end:
        return nodes[bisect_left(nodes, first) : bisect_left(nodes, end)]
    return nodes[: bisect_left(nodes, end)] + nodes[bisect_left(nodes, first) :]


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
