"""Who is next: the client with the smallest dominant share, in a tree of roles or among the frameworks of one role.

A client's share is the largest fraction it holds of any one resource of the *cluster*, divided by its weight. Ties go
to the client that was given fewer offers so far, then to the smaller path. In a tree (``eng/web``, ``eng/batch``) the
children of a node compete among themselves, and the node competes with its siblings with what its subtree holds.

Source: mesos src/master/allocator/mesos/sorter/drf/sorter.cpp (1.12.0-dev); Ghodsi et al., Dominant Resource
Fairness, NSDI 2011.
"""

from __future__ import annotations

from collections.abc import Collection

from workbench.engines.mesos.resources import Resources
from workbench.engines.mesos.sorters.nodes import Is, Node, Totals
from workbench.engines.mesos.sorters.tree import TreeSorter
from workbench.engines.mesos.values import floating


def _key(node: Node) -> tuple[float, int, str]:
    return node.share, node.count, node.path


class DRFSorter(TreeSorter):
    """Clients in the order in which they are to be offered something.

    Parameters
    ----------
    totals : Totals or None
        What the cluster has; None makes an own one.
    fairness_exclude : collection of str
        Names of resources that do not count towards a share.
    weight_cache_quirk : bool
        Whether a new weight fails to reach a role that is no client itself, as upstream.
    """

    def __init__(
        self, totals: Totals | None = None, fairness_exclude: Collection[str] = (), *, weight_cache_quirk: bool = True
    ) -> None:
        super().__init__(totals)
        self._exclude = frozenset(fairness_exclude)
        self._quirk = weight_cache_quirk
        self._seen = -1

    def update_weight(self, path: str, weight: float) -> None:
        """Set the weight of a role and its subtree, > 0; the role need not exist yet.

        As upstream, a node remembers its weight from the first time its share was computed, and a later change
        reaches it only if `path` is itself a client: the new weight of a purely inner role is ignored until the node
        is made anew (switched off by ``weight_cache_quirk=False``).
        """
        super().update_weight(path, weight)
        node = self._find(path) if path in self._clients or not self._quirk else None
        if node is not None:
            node.weight = weight

    def allocated(self, client: str, agent: str, resources: Resources) -> None:
        """Count an offer to `client`: it holds `resources` on `agent` from now on."""
        clean = not self._dirty and self._seen == self.totals.version
        for node in self._count(client, agent, resources):
            if clean and node.parent is not None and node.kind is not Is.INACTIVE:
                self._shift(node, node.parent.children)

    # -- the order ------------------------------------------------------------------------------------------

    def sort(self) -> list[str]:
        """Return the active clients, the one to be served first in front. The list is not to be changed."""
        if self._dirty or self._seen != self.totals.version:
            self._sort_tree(self._root)
            self._dirty = False
            self._seen = self.totals.version
            self._sorted = None
        if self._sorted is None:
            self._sorted = list(self._active(self._root))
        return self._sorted

    def _sort_tree(self, node: Node) -> None:
        sortable = list(self._sortable(node))
        for child in sortable:
            child.share = self.share(child)
        sortable.sort(key=_key)
        node.children[: len(sortable)] = sortable
        for child in sortable:
            if child.kind is Is.INTERNAL:
                self._sort_tree(child)

    def _shift(self, node: Node, siblings: list[Node]) -> None:
        """Move one node, whose share has grown, to its place among sorted siblings."""
        if len(siblings) == 1:
            return  # nobody to compare with; whoever comes makes everything be sorted anew
        node.share = self.share(node)
        mine = _key(node)
        at = began = siblings.index(node)
        while at > 0 and mine < _key(siblings[at - 1]):
            siblings[at] = siblings[at - 1]
            at -= 1
        last = len(siblings) - 1
        while at < last and siblings[at + 1].kind is not Is.INACTIVE and _key(siblings[at + 1]) < mine:
            siblings[at] = siblings[at + 1]
            at += 1
        siblings[at] = node
        if at != began:
            self._sorted = None

    def share(self, node: Node) -> float:
        """Return a node's dominant share over its weight."""
        if node.weight is None:
            node.weight = self._weights.get(node.path, 1.0)
        held = node.quantities
        largest = 0.0
        for name, whole in self.totals.floats.items():
            if name in held and whole > 0.0 and name not in self._exclude:
                largest = max(largest, floating(held[name]) / whole)
        node.largest = largest
        return largest / node.weight

    def share_of(self, client: str) -> float:
        """Return the dominant share of a client over its weight."""
        return self.share(self._clients[client])
