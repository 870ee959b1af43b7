"""The order in which nodes are looked at: zones in turn, one node of each, so that a sample spreads over zones.

Source: kubernetes, pkg/scheduler/backend/cache/node_tree.go (version 1.34).
"""

from __future__ import annotations

from collections.abc import Mapping

ZONES = ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone")
REGIONS = ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region")

Zone = tuple[str, str]
"""Region and zone; both empty for nodes that say neither."""


def zone_key(labels: Mapping[str, str]) -> Zone:
    """Return the zone of a node with these labels; labels of today stand in where old ones are missing."""
    return _first(REGIONS, labels), _first(ZONES, labels)


def _first(keys: tuple[str, str], labels: Mapping[str, str]) -> str:
    return next((labels[key] for key in keys if key in labels), "")


class NodeTree:
    """The names of all nodes by zone: zones in order of first appearance, nodes in order of addition."""

    def __init__(self) -> None:
        self._zones: dict[Zone, list[str]] = {}
        self._zone_of: dict[str, Zone] = {}

    def add(self, name: str, labels: Mapping[str, str]) -> None:
        """Take in a node, or its new labels; one that changes its zone goes to the end of the new one."""
        zone = zone_key(labels)
        if self._zone_of.get(name) == zone:
            return
        self.remove(name)
        self._zone_of[name] = zone
        self._zones.setdefault(zone, []).append(name)

    def remove(self, name: str) -> None:
        """Take out a node; a zone without nodes is forgotten."""
        zone = self._zone_of.pop(name, None)
        if zone is not None:
            self._zones[zone].remove(name)
            if not self._zones[zone]:
                del self._zones[zone]

    def names(self) -> list[str]:
        """Return all nodes, a round at a time: the first of each zone, the second of each zone, and so on."""
        longest = max((len(nodes) for nodes in self._zones.values()), default=0)
        return [nodes[turn] for turn in range(longest) for nodes in self._zones.values() if turn < len(nodes)]
