"""What sorters are made of: the size of the cluster, and the nodes of the tree of clients.

Source: mesos src/master/allocator/mesos/sorter/drf/sorter.hpp (1.12.0-dev).
"""

from __future__ import annotations

from enum import Enum, auto

from workbench.engines.mesos.resources import NOTHING, Quantities, Resources, decrease, increase, minus, plus
from workbench.engines.mesos.values import floating

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


class Is(Enum):
    """What a node of the tree is."""

    ACTIVE = auto()
    INACTIVE = auto()
    INTERNAL = auto()


class Node:
    """A node of the tree. `children` are kept as upstream keeps them: inactive leaves behind all others.

    ``entry`` and ``order`` belong to `ordered.py`: the node's key, and the sorted keys of its children.
    """

    __slots__ = (
        "_amounts", "_bundle", "_times", "children", "count", "entry", "held", "kind", "largest", "name", "order",
        "parent", "path", "share", "weight",
    )  # fmt: skip

    def __init__(self, name: str, kind: Is, parent: Node | None) -> None:
        self.name = name
        self.kind = kind
        self.parent = parent
        self.path: str = name if parent is None or not parent.path else f"{parent.path}/{name}"
        self.children: list[Node] = []
        self.held: dict[str, Resources] = {}  # leaves only: agent -> what is held there, without plain resources
        self._amounts: dict[str, int] = {}
        self._bundle, self._times = NOTHING, 0  # what is still to be added so many times, or taken off
        self.count = 0
        self.largest = 0.0  # of the fractions that it holds of a resource; the share is this over the weight
        self.share = 0.0
        self.weight: float | None = None
        self.entry: Entry | None = None
        self.order: list[Entry] = []

    @property
    def quantities(self) -> dict[str, int]:
        """The amounts that are held, without the shared ones that somebody else in the subtree has counted."""
        if self._times:
            self._enter()
        return self._amounts

    def note(self, bundle: Resources, times: int) -> None:
        """Add plain resources to the quantities (`times` is 1), or take them off (-1).

        As long as it is one and the same bundle, as tasks of one size have, it is only counted how often, until
        somebody asks for the quantities.
        """
        if bundle is self._bundle:
            self._times += times
            return
        if self._times:
            self._enter()
        self._bundle = bundle
        (increase if times > 0 else decrease)(self._amounts, bundle.plain)

    def _enter(self) -> None:
        times, self._times = self._times, 0
        change = {name: abs(times) * amount for name, amount in self._bundle.plain.items()}
        (increase if times > 0 else decrease)(self._amounts, change)

    @property
    def client(self) -> str:
        """The role that the node stands for."""
        return self.path.removesuffix(f"/{VIRTUAL}") if self.name == VIRTUAL else self.path

    @property
    def is_leaf(self) -> bool:
        """Say whether the node is a client."""
        return self.kind is not Is.INTERNAL

    def add_child(self, child: Node) -> None:
        """Put a node below this one, inactive ones last."""
        if child.kind is Is.INACTIVE:
            self.children.append(child)
        else:
            self.children.insert(0, child)

    def child(self, name: str) -> Node | None:
        """Return the node of this name below this one."""
        return next((child for child in self.children if child.name == name), None)


Entry = tuple[float, int, str, Node]
"""Share, count, path, node: smaller ones are served first. Paths differ, so nodes are never compared."""
