"""Where the nodes stand in the view of one template.

A *part* holds nodes that all filters over the whole cluster treat alike; a *group* holds nodes of one part whose
normalised scores are alike. Within a group, feasible nodes lie in buckets by their base score.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Hashable

from workbench.engines.kubernetes.runtime import Refusal
from workbench.engines.kubernetes.sorted_nodes import take

Verdict = int | Refusal
"""The base score of a node, or why it will not do."""


class Part:
    """A part of the cluster.

    Attributes
    ----------
    example : int
        One of its nodes.
    refusal : Refusal or None
        What stands in the way of the whole part.
    passing : list of int
        The nodes that nothing stands in the way of by themselves.
    refused : dict
        Refusal -> the nodes that got it by themselves.
    """

    __slots__ = ("example", "passing", "refusal", "refused")

    def __init__(self, example: int) -> None:
        self.example = example
        self.refusal: Refusal | None = None
        self.passing: list[int] = []
        self.refused: dict[Refusal, list[int]] = {}


class Group:
    """A group within a part.

    Nodes whose verdict or group has changed are only noted for the buckets that they may have come to or left; a
    bucket is put in order when it is looked at, and most are not looked at for long.

    Attributes
    ----------
    kind : int
        The number of what is alike in the node objects.
    places : tuple
        What is alike as to pods in the places of the nodes.
    members : list of int
        The nodes of the group that pass by themselves.
    scores : list of int
        The base scores that may occur, in order.
    touched : dict
        Base score -> nodes that may have come to the bucket or left it.
    buckets : dict
        Base score -> nodes, as they were when the bucket was looked at.
    """

    __slots__ = ("_layout", "buckets", "kind", "members", "part", "places", "scores", "touched")

    def __init__(self, layout: ViewLayout, part: Part, kind: int, places: tuple[Hashable, ...]) -> None:
        self._layout = layout
        self.part = part
        self.kind = kind
        self.places = places
        self.members: list[int] = []
        self.scores: list[int] = []
        self.touched: dict[int, list[int]] = {}
        self.buckets: dict[int, list[int]] = {}

    def touch(self, node: int, score: int) -> None:
        """Note that a node may have come to a bucket or left it."""
        touched = self.touched.get(score)
        if touched is None:
            insort(self.scores, score)
            self.buckets[score] = []
            self.touched[score] = [node]
        else:
            touched.append(node)

    def bucket(self, score: int) -> list[int]:
        """Return the nodes with a base score out of `scores`."""
        touched = self.touched[score]
        nodes = self.buckets[score]
        if touched:
            self._settle(score, nodes, touched)
            touched.clear()
        return nodes

    def _settle(self, score: int, nodes: list[int], touched: list[int]) -> None:
        verdicts, group_of = self._layout.verdicts, self._layout.group_of
        if 8 * len(touched) > len(nodes):
            asked = {*nodes, *touched}
            nodes[:] = sorted([node for node in asked if verdicts[node] == score and group_of[node] is self])
            return
        for node in touched:
            at = bisect_left(nodes, node)
            there = at < len(nodes) and nodes[at] == node
            if there != (verdicts[node] == score and group_of[node] is self):
                if there:
                    del nodes[at]
                else:
                    nodes.insert(at, node)

    def drop(self, score: int) -> None:
        """Forget a bucket that is empty."""
        del self.buckets[score], self.touched[score]
        take(self.scores, score)

    def top(self) -> tuple[int, list[int]]:
        """Return the highest base score of a member, and who has it; there must be members."""
        while not (nodes := self.bucket(self.scores[-1])):
            self.drop(self.scores[-1])
        return self.scores[-1], nodes

    def settle(self) -> None:
        """Put all buckets in order."""
        for score in list(self.scores):
            if not self.bucket(score):
                self.drop(score)


class ViewLayout:
    """All parts and groups, with the verdict on each node.

    Attributes
    ----------
    verdicts : list
        Node -> verdict.
    group_of : list of Group
        Node -> its group, whether it passes or not.
    live : dict
        The groups that have members, as keys.
    flips : int
        How often a node has come to pass, ceased to pass, or got another refusal.
    moves : int
        How often a node has come into a group or left one.
    """

    def __init__(self) -> None:
        self.verdicts: list[Verdict] = []
        self.group_of: list[Group] = []
        self.parts: dict[Hashable, Part] = {}
        self.live: dict[Group, None] = {}
        self.flips = self.moves = 0
        self._groups: dict[tuple[Part, int, tuple[Hashable, ...]], Group] = {}

    def part(self, key: Hashable, example: int) -> Part:
        """Return the part with a key; a new one gets an example."""
        found = self.parts.get(key)
        if found is None:
            found = self.parts[key] = Part(example)
        return found

    def group(self, part: Part, kind: int, places: tuple[Hashable, ...]) -> Group:
        """Return a group of a part."""
        key = part, kind, places
        found = self._groups.get(key)
        if found is None:
            found = self._groups[key] = Group(self, part, kind, places)
        return found

    def append(self, node: int, group: Group, verdict: Verdict) -> None:
        """Add the next node."""
        self.verdicts.append(verdict)
        self.group_of.append(group)
        self._enter(node, group, verdict)

    def change(self, node: int, verdict: Verdict) -> None:
        """Give a node another verdict."""
        before, group = self.verdicts[node], self.group_of[node]
        if verdict == before:
            return
        self.verdicts[node] = verdict
        if isinstance(verdict, int) and isinstance(before, int):
            group.touch(node, before)
            group.touch(node, verdict)
        else:
            self._leave(node, group, before)
            self._enter(node, group, verdict)

    def move(self, node: int, group: Group) -> None:
        """Put a node into another group of its part."""
        before, verdict = self.group_of[node], self.verdicts[node]
        if group is before:
            return
        self.group_of[node] = group
        if isinstance(verdict, int):
            self._leave_group(node, before, verdict)
            self._join_group(node, group, verdict)

    def settle(self) -> None:
        """Put all buckets in order."""
        for group in self._groups.values():
            group.settle()

    def _enter(self, node: int, group: Group, verdict: Verdict) -> None:
        self.flips += 1
        if isinstance(verdict, int):
            insort(group.part.passing, node)
            self._join_group(node, group, verdict)
        else:
            insort(group.part.refused.setdefault(verdict, []), node)

    def _leave(self, node: int, group: Group, verdict: Verdict) -> None:
        self.flips += 1
        if isinstance(verdict, int):
            take(group.part.passing, node)
            self._leave_group(node, group, verdict)
            return
        refused = group.part.refused[verdict]
        take(refused, node)
        if not refused:
            del group.part.refused[verdict]

    def _join_group(self, node: int, group: Group, score: int) -> None:
        self.moves += 1
        insort(group.members, node)
        group.touch(node, score)
        if len(group.members) == 1:
            self.live[group] = None

    def _leave_group(self, node: int, group: Group, score: int) -> None:
        self.moves += 1
        take(group.members, node)
        group.touch(node, score)
        if not group.members:
            del self.live[group]
