"""The fast form of `drf.py`: the same order, kept in sorted lists of keys instead of being written out for each agent.

Every inner node keeps the keys of its active children sorted. An offer moves one key per level: out of its place,
which is found by halving, and in again further back. Whoever asks walks along the lists and stops at the first that
will do, so that those behind cost nothing. `drf.py` is the specification, and property tests hold this against it
(`tests/unit/engines/mesos/test_fast_form.py`).

A list is moved as a whole when a key moves in it. That costs less than a heap would up to thousands of siblings, and
those that are passed over for one agent need not be put back.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping

from workbench.engines.mesos.resources import Quantities, Resources
from workbench.engines.mesos.sorters.drf import DRFSorter
from workbench.engines.mesos.sorters.nodes import VIRTUAL, Entry, Is, Node


class OrderedDRFSorter(DRFSorter):
    """Clients by dominant share, as `DRFSorter` has them; made alike."""

    _wholes: Mapping[str, float] = {}  # what the cluster has of what counts
    _flat = True

    def deactivate(self, client: str) -> None:
        """Leave a client out of the sort; what it holds still counts for the roles above it."""
        node = self._clients[client]
        if node.kind is Is.ACTIVE and self._clean():
            assert node.parent is not None
            order = node.parent.order
            del order[_place(node, order)]
        super().deactivate(client)

    def allocated(self, client: str, agent: str, resources: Resources) -> None:
        """Count an offer to `client`: it holds `resources` on `agent` from now on."""
        clean = self._clean()
        if not resources.is_plain:
            for node in self._count(client, agent, resources):
                if clean and node.parent is not None and len(node.parent.order) > 1 and node.kind is not Is.INACTIVE:
                    node.share = self.share(node)
                    self._advance(node, node.parent.order)
            return
        self.grow(self._clients[client], resources, move=clean)

    def grow(self, node: Node, bundle: Resources, *, move: bool = True) -> None:
        """Count an offer of plain resources to the client at `node`, which moves if the sorter is settled.

        One that is alone has nobody to be compared with; whoever comes makes everything be sorted anew.
        """
        parent = node.parent
        while parent is not None:
            node.count += 1
            if move and len(parent.order) > 1:
                self._add(node, bundle.plain)
                if node.kind is not Is.INACTIVE:
                    self._advance(node, parent.order)
            else:
                node.note(bundle, 1)
            node, parent = parent, parent.parent

    def unallocated(self, client: str, agent: str, resources: Resources) -> None:
        """Take back what `client` held on `agent`; the number of offers it was given stays."""
        if not resources.is_plain:
            super().unallocated(client, agent, resources)
            return
        node = self._clients[client]
        while node.parent is not None:
            node.note(resources, -1)
            node = node.parent
        self._dirty = True

    # -- the order ------------------------------------------------------------------------------------------

    def sort(self) -> list[str]:
        """Return the active clients, the one to be served first in front."""
        return list(self.in_order())

    def in_order(self) -> Iterator[str]:
        """Iterate over the active clients, the one to be served first in front; meanwhile nothing may change."""
        return (client for _, _, client, _ in self.entries())

    def entries(self) -> Iterable[Entry]:
        """Return the keys of the active clients with their names for paths, in order; meanwhile nothing may change.

        A list, which follows what is allocated until the sorter has to be settled again, if no client is below another.
        """
        self.settle()
        return self._root.order if self._flat else self._walk(self._root)

    def settle(self) -> None:
        """Compute all shares anew if they may have changed."""
        if not self._clean():
            self._wholes = {
                name: whole for name, whole in self.totals.floats.items() if whole > 0.0 and name not in self._exclude
            }
            self._sort_tree(self._root)
            self._dirty = False
            self._seen = self.totals.version
            self._flat = all(node.kind is not Is.INTERNAL for _, _, _, node in self._root.order)

    def place(self, client: str) -> Entry:
        """Return the key by which a client without clients above it is placed among its like."""
        node = self._root.child(client)
        assert node is not None
        assert node.entry is not None
        return node.entry

    def _clean(self) -> bool:
        return not self._dirty and self._seen == self.totals.version

    def _walk(self, node: Node) -> Iterator[Entry]:
        for entry in node.order:
            child = entry[3]
            if child.kind is Is.INTERNAL:
                yield from self._walk(child)
            elif child.name == VIRTUAL:
                yield child.share, child.count, child.client, child
            else:
                yield entry

    def _sort_tree(self, node: Node) -> None:
        order = node.order = []
        for child in self._sortable(node):
            child.share = self.share(child)
            child.entry = (child.share, child.count, child.path, child)
            order.append(child.entry)
            if child.kind is Is.INTERNAL:
                self._sort_tree(child)
        order.sort()

    def _add(self, node: Node, amounts: Quantities) -> None:
        """Add what a node of a settled sorter holds more, and see whether its share has grown by that.

        The share is that of `DRFSorter.share`, each amount made a float as `floating` does.
        """
        held, wholes, largest = node.quantities, self._wholes, node.largest
        for name, amount in amounts.items():
            if name in held:
                amount += held[name]
            held[name] = amount
            if name in wholes:
                part = (amount // 1000 + amount % 1000 / 1000.0) / wholes[name]
                if part > largest:
                    largest = part
        node.largest = largest
        node.share = largest / (node.weight or 1.0)

    def _advance(self, node: Node, order: list[Entry]) -> None:
        """Move a node, whose share has grown, to its place among its like."""
        at = _place(node, order)
        del order[at]
        entry = node.entry = (node.share, node.count, node.path, node)
        insort(order, entry, at)


def _place(node: Node, order: list[Entry]) -> int:
    """Return where a node is among its like."""
    entry = node.entry
    assert entry is not None
    return 0 if order[0] is entry else bisect_left(order, entry)
