"""Who is next: drawn by lot, a client of twice the weight being twice as likely to come first.

In a tree a client's chance is the product over its path: at each node its weight over the weights of those siblings
that have active clients. All clients are drawn from one urn, so those of one subtree need not follow one another.

Source: mesos src/master/allocator/mesos/sorter/random/sorter.cpp and utils.hpp (1.12.0-dev); Efraimidis and Spirakis,
Weighted random sampling with a reservoir, 2006.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from workbench.engines.mesos.sorters.nodes import Is, Node, Totals
from workbench.engines.mesos.sorters.tree import TreeSorter


class RandomSorter(TreeSorter):
    """Clients in random order, drawn anew each time.

    Parameters
    ----------
    random : callable
        Returns a number from 0 up to 1.
    totals : Totals or None
        What the cluster has; it has no influence on the order.
    """

    def __init__(self, random: Callable[[], float], totals: Totals | None = None) -> None:
        super().__init__(totals)
        self._random = random

    def sort(self) -> list[str]:
        """Return the active clients in random order."""
        drawn = [(self._random() ** (1 / chance), client) for client, chance in self._chances(self._root, 1.0)]
        return [client for _, client in sorted(drawn, reverse=True)]

    def _chances(self, node: Node, chance: float) -> Iterator[tuple[str, float]]:
        active = [child for child in node.children if any(self._active_below(child))]
        whole = sum(map(self._weight, active))
        for child in active:
            part = chance * self._weight(child) / whole
            if child.is_leaf:
                yield child.client, part
            else:
                yield from self._chances(child, part)

    def _active_below(self, node: Node) -> Iterator[str]:
        if node.kind is Is.ACTIVE:
            yield node.client
        elif node.kind is Is.INTERNAL:
            yield from self._active(node)

    def _weight(self, node: Node) -> float:
        return self._weights.get(node.path, 1.0)
