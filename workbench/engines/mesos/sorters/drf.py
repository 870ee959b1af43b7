"""Who is next: the client with the smallest dominant share, in a tree of roles or among the frameworks of one role.

A client's share is the largest fraction it holds of any one resource of the *cluster*, divided by its weight. Ties go
to the client that was given fewer offers so far, then to the smaller path. In a tree (``eng/web``, ``eng/batch``) the
children of a node compete among themselves, and the node competes with its siblings with what its subtree holds. A
role that is itself a client while it has children is represented below itself by a *virtual leaf*, ``eng/.``.

Source: mesos src/master/allocator/mesos/sorter/drf/sorter.cpp (1.12.0-dev); Ghodsi et al., Dominant Resource
Fairness, NSDI 2011.
Left out so far: shared resources, which count once per agent and client.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import Enum, auto

from workbench.engines.mesos.resources import Quantities, Resources, decrease, floating, increase, minus, plus

VIRTUAL = "."
"""Name of the leaf that stands for a role below itself."""


class Totals:
    """What the whole cluster has: the denominators of all shares, common to all sorters of an allocator."""

    def __init__(self) -> None:
        self.quantities: Quantities = {}
        self.floats: dict[str, float] = {}
        self.version = 0

    def add(self, resources: Resources) -> None:
        """Note that an agent has come."""
        self._become(plus(self.quantities, resources.quantities()))

    def remove(self, resources: Resources) -> None:
        """Note that an agent has gone."""
        self._become(minus(self.quantities, resources.quantities()))

    def _become(self, quantities: Quantities) -> None:
        self.quantities = quantities
        self.floats = {name: floating(amount) for name, amount in quantities.items()}
        self.version += 1


class _Is(Enum):
    ACTIVE = auto()
    INACTIVE = auto()
    INTERNAL = auto()


class _Node:
    """A node of the tree. `children` are kept as upstream keeps them: inactive leaves behind all others."""

    __slots__ = ("children", "count", "held", "kind", "name", "parent", "path", "quantities", "share", "weight")

    def __init__(self, name: str, kind: _Is, parent: _Node | None) -> None:
        self.name = name
        self.kind = kind
        self.parent = parent
        self.path: str = name if parent is None or not parent.path else f"{parent.path}/{name}"
        self.children: list[_Node] = []
        self.held: dict[str, Resources] = {}  # leaves only: agent -> what is held there
        self.quantities: dict[str, int] = {}
        self.count = 0
        self.share = 0.0
        self.weight: float | None = None

    @property
    def client(self) -> str:
        return self.path.removesuffix(f"/{VIRTUAL}") if self.name == VIRTUAL else self.path

    @property
    def is_leaf(self) -> bool:
        return self.kind is not _Is.INTERNAL

    def add_child(self, child: _Node) -> None:
        if child.kind is _Is.INACTIVE:
            self.children.append(child)
        else:
            self.children.insert(0, child)

    def child(self, name: str) -> _Node | None:
        return next((child for child in self.children if child.name == name), None)


def _key(node: _Node) -> tuple[float, int, str]:
    return node.share, node.count, node.path


class DRFSorter:
    """Clients in the order in which they are to be offered something.

    Parameters
    ----------
    totals : Totals or None
        What the cluster has; None makes an own one.
    fairness_exclude : collection of str
        Names of resources that do not count towards a share.
    """

    def __init__(self, totals: Totals | None = None, fairness_exclude: Collection[str] = ()) -> None:
        self.totals = Totals() if totals is None else totals
        self._exclude = frozenset(fairness_exclude)
        self._root = _Node("", _Is.INTERNAL, None)
        self._clients: dict[str, _Node] = {}
        self._weights: dict[str, float] = {}
        self._dirty = True
        self._seen = -1
        self._sorted: list[str] | None = None

    # -- clients --------------------------------------------------------------------------------------------

    def add(self, client: str) -> None:
        """Add a client, inactive: roles above it that are not there yet become inner nodes."""
        node, names = self._descend(client)
        if not names:
            node = self._new(VIRTUAL, _Is.INACTIVE, node)
        elif node.is_leaf:
            self._become_internal(node)
        for place, name in enumerate(names):
            node = self._new(name, _Is.INACTIVE if place == len(names) - 1 else _Is.INTERNAL, node)
        self._clients[client] = node
        self._dirty = True

    def _descend(self, client: str) -> tuple[_Node, list[str]]:
        """Return the deepest node on the way to `client` that is a leaf or has no further node, and what remains."""
        node, names = self._root, client.split("/")
        while names and not node.is_leaf:
            child = node.child(names[0])
            if child is None:
                break
            node = child
            names.pop(0)
        return node, names

    def _new(self, name: str, kind: _Is, parent: _Node) -> _Node:
        child = _Node(name, kind, parent)
        parent.add_child(child)
        return child

    def _become_internal(self, leaf: _Node) -> None:
        """Put a virtual leaf below a leaf that gets children; it takes over what the leaf is and holds."""
        kind, parent = leaf.kind, leaf.parent
        assert parent is not None
        parent.children.remove(leaf)
        leaf.kind = _Is.INTERNAL
        parent.add_child(leaf)
        virtual = self._new(VIRTUAL, kind, leaf)
        virtual.held, leaf.held = leaf.held, {}
        virtual.quantities, virtual.count = dict(leaf.quantities), leaf.count
        self._clients[virtual.client] = virtual

    def remove(self, client: str) -> None:
        """Remove a client; what it held no longer counts for the roles above it."""
        node = self._clients.pop(client)
        held = node.quantities
        while node.parent is not None:
            parent = node.parent
            decrease(parent.quantities, held)
            if not node.children:
                parent.children.remove(node)
            elif len(node.children) == 1 and node.children[0].name == VIRTUAL:
                self._become_leaf(node)
            node = parent
        self._dirty = True

    def _become_leaf(self, node: _Node) -> None:
        """Undo `_become_internal`."""
        virtual = node.children.pop()
        node.held = virtual.held
        self._clients[node.path] = node
        self._move(node, virtual.kind)

    def activate(self, client: str) -> None:
        """Let a client take part in the sort."""
        node = self._clients[client]
        if node.kind is _Is.INACTIVE:
            self._move(node, _Is.ACTIVE)
            self._dirty = True

    def deactivate(self, client: str) -> None:
        """Leave a client out of the sort; what it holds still counts for the roles above it."""
        node = self._clients[client]
        if node.kind is _Is.ACTIVE:
            self._move(node, _Is.INACTIVE)
            self._sorted = None

    def _move(self, node: _Node, kind: _Is) -> None:
        assert node.parent is not None
        node.parent.children.remove(node)
        node.kind = kind
        node.parent.add_child(node)

    def update_weight(self, path: str, weight: float) -> None:
        """Set the weight of a role and its subtree, > 0; the role need not exist yet.

        As upstream, a node remembers its weight from the first time its share was computed, and a later change
        reaches it only if `path` is itself a client: the new weight of a purely inner role is ignored until the node
        is made anew.
        """
        self._weights[path] = weight
        self._dirty = True
        node = self._clients.get(path)
        if node is not None:
            node = node.parent if node.name == VIRTUAL else node
            assert node is not None
            node.weight = weight

    def contains(self, client: str) -> bool:
        """Say whether `client` was added and not removed."""
        return client in self._clients

    def count(self) -> int:
        """Return how many clients there are."""
        return len(self._clients)

    # -- what clients hold ----------------------------------------------------------------------------------

    def allocated(self, client: str, agent: str, resources: Resources) -> None:
        """Count an offer to `client`: it holds `resources` on `agent` from now on."""
        node = self._clients[client]
        held = node.held.get(agent)
        node.held[agent] = resources if held is None else held + resources
        quantities = resources.quantities()
        clean = not self._dirty and self._seen == self.totals.version
        for above in self._upwards(node):
            increase(above.quantities, quantities)
            above.count += 1
            if clean and above.parent is not None and above.kind is not _Is.INACTIVE:
                self._shift(above, above.parent.children)

    def unallocated(self, client: str, agent: str, resources: Resources) -> None:
        """Take back what `client` held on `agent`; the number of offers it was given stays."""
        node = self._clients[client]
        left = node.held[agent] - resources
        if left:
            node.held[agent] = left
        else:
            del node.held[agent]
        quantities = resources.quantities()
        for above in self._upwards(node):
            decrease(above.quantities, quantities)
        self._dirty = True

    def update(self, client: str, agent: str, old: Resources, new: Resources) -> None:
        """Exchange what `client` holds on `agent`: a reservation or volume was made of it."""
        node = self._clients[client]
        node.held[agent] = node.held[agent] - old + new
        for above in self._upwards(node):
            decrease(above.quantities, old.quantities())
            increase(above.quantities, new.quantities())
        self._dirty = True

    def _upwards(self, node: _Node) -> list[_Node]:
        nodes = [node]
        while node.parent is not None:
            node = node.parent
            nodes.append(node)
        return nodes

    def allocation(self, client: str) -> Mapping[str, Resources]:
        """Return what a client holds, by agent."""
        return self._clients[client].held

    def allocation_quantities(self, path: str = "") -> Quantities:
        """Return the amounts that a client, or everybody in a role's subtree, or (without a path) everybody holds."""
        node = self._root
        for name in path.split("/") if path else ():
            child = node.child(name)
            if child is None:
                return {}
            node = child
        return node.quantities

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

    def _sort_tree(self, node: _Node) -> None:
        sortable = list(self._sortable(node))
        for child in sortable:
            child.share = self.share(child)
        sortable.sort(key=_key)
        node.children[: len(sortable)] = sortable
        for child in sortable:
            if child.kind is _Is.INTERNAL:
                self._sort_tree(child)

    def _sortable(self, node: _Node) -> Iterator[_Node]:
        for child in node.children:
            if child.kind is _Is.INACTIVE:
                return
            yield child

    def _active(self, node: _Node) -> Iterator[str]:
        for child in self._sortable(node):
            if child.kind is _Is.INTERNAL:
                yield from self._active(child)
            else:
                yield child.client

    def _shift(self, node: _Node, siblings: list[_Node]) -> None:
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
        while at < last and siblings[at + 1].kind is not _Is.INACTIVE and _key(siblings[at + 1]) < mine:
            siblings[at] = siblings[at + 1]
            at += 1
        siblings[at] = node
        if at != began:
            self._sorted = None

    def share(self, node: _Node) -> float:
        """Return a node's dominant share over its weight."""
        if node.weight is None:
            node.weight = self._weights.get(node.path, 1.0)
        held = node.quantities
        largest = 0.0
        for name, whole in self.totals.floats.items():
            if name in held and whole > 0.0 and name not in self._exclude:
                largest = max(largest, floating(held[name]) / whole)
        return largest / node.weight

    def share_of(self, client: str) -> float:
        """Return the dominant share of a client over its weight."""
        return self.share(self._clients[client])
