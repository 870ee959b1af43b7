"""The tree of clients that sorters share: roles below roles, or the frameworks of one role.

A client is a leaf. In a tree (``eng/web``, ``eng/batch``) the roles above clients are inner nodes; a role that is
itself a client while it has children is represented below itself by a *virtual leaf*, ``eng/.``. What a leaf holds is
added up in all nodes above it but the root, whose sum is made when it is asked for. A shared resource counts once per
client and agent, however many copies there are; for that sake what is not plain is kept agent by agent.

Source: mesos src/master/allocator/mesos/sorter/{sorter.hpp,drf/sorter.cpp,random/sorter.cpp} (1.12.0-dev).
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.engines.mesos.resources import NOTHING, Quantities, Resources, decrease, increase
from workbench.engines.mesos.sorters.nodes import VIRTUAL, Is, Node, Totals


class TreeSorter:
    """Keeps the tree; subclasses say in which order the clients are served.

    Parameters
    ----------
    totals : Totals or None
        What the cluster has; None makes an own one.
    """

    def __init__(self, totals: Totals | None = None) -> None:
        self.totals = Totals() if totals is None else totals
        self._root = Node("", Is.INTERNAL, None)
        self._clients: dict[str, Node] = {}
        self._weights: dict[str, float] = {}
        self._dirty = True
        self._sorted: list[str] | None = None

    # -- clients --------------------------------------------------------------------------------------------

    def add(self, client: str) -> None:
        """Add a client, inactive: roles above it that are not there yet become inner nodes."""
        node, names = self._descend(client)
        if not names:
            node = self._new(VIRTUAL, Is.INACTIVE, node)
        elif node.is_leaf:
            self._become_internal(node)
        for place, name in enumerate(names):
            node = self._new(name, Is.INACTIVE if place == len(names) - 1 else Is.INTERNAL, node)
        self._clients[client] = node
        self._dirty = True

    def _descend(self, client: str) -> tuple[Node, list[str]]:
        """Return the deepest node on the way to `client` that is a leaf or has no further node, and what remains."""
        node, names = self._root, client.split("/")
        while names and not node.is_leaf:
            child = node.child(names[0])
            if child is None:
                break
            node = child
            names.pop(0)
        return node, names

    def _new(self, name: str, kind: Is, parent: Node) -> Node:
        child = Node(name, kind, parent)
        parent.add_child(child)
        return child

    def _become_internal(self, leaf: Node) -> None:
        """Put a virtual leaf below a leaf that gets children; it takes over what the leaf is and holds."""
        kind, parent = leaf.kind, leaf.parent
        assert parent is not None
        parent.children.remove(leaf)
        leaf.kind = Is.INTERNAL
        parent.add_child(leaf)
        virtual = self._new(VIRTUAL, kind, leaf)
        virtual.held, leaf.held = leaf.held, {}
        increase(virtual.quantities, leaf.quantities)
        virtual.count = leaf.count
        self._clients[virtual.client] = virtual

    def remove(self, client: str) -> None:
        """Remove a client; what it held no longer counts for the roles above it."""
        node = self._clients.pop(client)
        held = node.quantities
        while node.parent is not None:
            parent = node.parent
            if parent is not self._root:
                decrease(parent.quantities, held)
            if not node.children:
                parent.children.remove(node)
            elif len(node.children) == 1 and node.children[0].name == VIRTUAL:
                self._become_leaf(node)
            node = parent
        self._dirty = True

    def _become_leaf(self, node: Node) -> None:
        """Undo `_become_internal`."""
        virtual = node.children.pop()
        node.held = virtual.held
        self._clients[node.path] = node
        self._move(node, virtual.kind)

    def activate(self, client: str) -> None:
        """Let a client take part in the sort."""
        node = self._clients[client]
        if node.kind is Is.INACTIVE:
            self._move(node, Is.ACTIVE)
            self._dirty = True

    def deactivate(self, client: str) -> None:
        """Leave a client out of the sort; what it holds still counts for the roles above it."""
        node = self._clients[client]
        if node.kind is Is.ACTIVE:
            self._move(node, Is.INACTIVE)
            self._sorted = None

    def _move(self, node: Node, kind: Is) -> None:
        assert node.parent is not None
        node.parent.children.remove(node)
        node.kind = kind
        node.parent.add_child(node)

    def update_weight(self, path: str, weight: float) -> None:
        """Set the weight of a role and its subtree, > 0; the role need not exist yet."""
        self._weights[path] = weight
        self._dirty = True

    def contains(self, client: str) -> bool:
        """Say whether `client` was added and not removed."""
        return client in self._clients

    def clients(self) -> list[str]:
        """Return the clients, active or not, in the order in which they came."""
        return list(self._clients)

    def count(self) -> int:
        """Return how many clients there are."""
        return len(self._clients)

    # -- what clients hold ----------------------------------------------------------------------------------

    def allocated(self, client: str, agent: str, resources: Resources) -> None:
        """Count an offer to `client`: it holds `resources` on `agent` from now on."""
        self._count(client, agent, resources)

    def _count(self, client: str, agent: str, resources: Resources) -> list[Node]:
        """Count an offer; return the nodes that have grown, from the client up to those below the root."""
        node = self._clients[client]
        quantities = resources.plain
        if resources.special or resources.discrete:
            held = node.held.get(agent, NOTHING)
            node.held[agent] = held + resources.with_plain({})
            quantities = _beyond(resources, held)
        nodes = self._upwards(node)
        for above in nodes:
            increase(above.quantities, quantities)
            above.count += 1
        return nodes

    def unallocated(self, client: str, agent: str, resources: Resources) -> None:
        """Take back what `client` held on `agent`; the number of offers it was given stays."""
        node = self._clients[client]
        quantities = resources.plain
        if not resources.is_plain:
            left = node.held[agent] - resources
            self._hold(node, agent, left)
            quantities = _beyond(resources, left)
        while node.parent is not None:
            decrease(node.quantities, quantities)
            node = node.parent
        self._dirty = True

    def _hold(self, node: Node, agent: str, special: Resources) -> None:
        if special:
            node.held[agent] = special
        else:
            node.held.pop(agent, None)

    def update(self, client: str, agent: str, old: Resources, new: Resources) -> None:
        """Exchange what `client` holds on `agent`: a reservation or volume was made of it."""
        node = self._clients[client]
        self._hold(node, agent, (node.held.get(agent, NOTHING) - old + new).with_plain({}))
        for above in self._upwards(node):
            decrease(above.quantities, old.quantities())
            increase(above.quantities, new.quantities())
        self._dirty = True

    def _upwards(self, node: Node) -> list[Node]:
        nodes = []
        while node.parent is not None:
            nodes.append(node)
            node = node.parent
        return nodes

    def holds_anything(self, client: str) -> bool:
        """Say whether a client holds anything."""
        node = self._clients[client]
        return bool(node.quantities or node.held)

    def client_quantities(self, client: str) -> Quantities:
        """Return the amounts that a client itself holds, without the roles below it."""
        return self._clients[client].quantities

    def allocation_quantities(self, path: str = "") -> Quantities:
        """Return the amounts that everybody in a role's subtree, or (without a path) everybody holds."""
        node = self._find(path)
        if node is not self._root:
            return {} if node is None else node.quantities
        everything: dict[str, int] = {}
        for child in node.children:
            increase(everything, child.quantities)
        return everything

    def _find(self, path: str) -> Node | None:
        """Return the node at `path`; the root for an empty one."""
        node: Node | None = self._root
        for name in path.split("/") if path else ():
            node = node.child(name) if node is not None else None
        return node

    # -- the order ------------------------------------------------------------------------------------------

    def _sortable(self, node: Node) -> Iterator[Node]:
        for child in node.children:
            if child.kind is Is.INACTIVE:
                return
            yield child

    def _active(self, node: Node) -> Iterator[str]:
        for child in self._sortable(node):
            if child.kind is Is.INTERNAL:
                yield from self._active(child)
            else:
                yield child.client


def _beyond(resources: Resources, held: Resources) -> Quantities:
    """Return the amounts of `resources`, without the shared ones of which `held` has a copy."""
    if not (resources.special and held.special):
        return resources.quantities()
    again = {kind: copies for kind, copies in resources.special.items() if kind.shared and kind in held.special}
    return (resources - Resources(special=again)).quantities() if again else resources.quantities()
