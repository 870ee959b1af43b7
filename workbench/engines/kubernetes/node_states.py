"""What the nodes hold, as small numbers: nodes that have the same and hold the same are in one state.

What a plugin says of a node by its sums alone it says of every node in that state; so it is asked once per state.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from workbench.engines.kubernetes.node_info import NodeInfo


class NodeStates:
    """The state of each node.

    Parameters
    ----------
    nodes : sequence of NodeInfo
        All nodes.

    Attributes
    ----------
    of : list of int
        Node -> its state. A number never comes to mean another state.
    """

    def __init__(self, nodes: Sequence[NodeInfo]) -> None:
        self._nodes = nodes
        self._numbers: dict[Hashable, int] = {}
        self._next = 0
        self._most = 4 * len(nodes) + 4096
        self._sizes: dict[Hashable, int] = {}
        self._size_of = [0] * len(nodes)
        self.of = [0] * len(nodes)
        for node in nodes:
            self.object_changed(node.index)

    def object_changed(self, index: int) -> None:
        """Note that a node may have more or less than before."""
        node = self._nodes[index]
        size = (node.allowed_pods, *sorted(node.allocatable.items()))
        self._size_of[index] = self._sizes.setdefault(size, len(self._sizes))
        self.pods_changed(index)

    def pods_changed(self, index: int) -> None:
        """Note that a pod has come to a node, or gone."""
        state = (self._size_of[index], *self._nodes[index].sums())
        number = self._numbers.get(state)
        if number is None:
            if len(self._numbers) > self._most:
                self._numbers.clear()  # forgets that two nodes are alike, nothing else
            number = self._numbers[state] = self._next
            self._next += 1
        self.of[index] = number
