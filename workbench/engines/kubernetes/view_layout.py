"""Where the nodes stand in the view of one template.

A *part* holds nodes that all filters over the whole cluster treat alike; a *group* holds nodes of one part whose
normalised scores are alike. Within a group, feasible nodes lie in buckets by their base score.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Hashable

from workbench.engines.kubernetes.framework import Refusal
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

    Attributes
    ----------
    kind : int
        The number of what is alike in the node objects.
    places : tuple
        What is alike as to pods in the places of the nodes.
    members : list of int
        The nodes of the group that pass by themselves.
    buckets : dict
        Base score -> nodes.
    scores : list of int
        The base scores that occur, in order.
    """

    __slots__ = ("buckets", "kind", "members", "part", "places", "scores")

    def __init__(self, part: Part, kind: int, places: tuple[Hashable, ...]) -> None:
        self.part = part
        self.kind = kind
        self.places = places
        self.members: list[int] = []
        self.buckets: dict[int, list[int]] = {}
        self.scores: list[int] = []

    def put(self, node: int, score: int) -> None:
        """Put a node into the bucket for its score."""
        bucket = self.buckets.get(score)
        if bucket is None:
            self.buckets[score] = [node]
            insort(self.scores, score)
        else:
            insort(bucket, node)

    def take(self, node: int, score: int) -> None:
        """Take a node out of the bucket for its score."""
        bucket = self.buckets[score]
        if len(bucket) == 1:
            del self.buckets[score]
            take(self.scores, score)
        else:
            del bucket[bisect_left(bucket, node)]


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
            found = self._groups[key] = Group(part, kind, places)
        return found

    def append(self, group: Group, verdict: Verdict) -> None:
        """Add the next node."""
        node = len(self.verdicts)
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
            group.take(node, before)
            group.put(node, verdict)
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
        group.put(node, score)
        if len(group.members) == 1:
            self.live[group] = None

    def _leave_group(self, node: int, group: Group, score: int) -> None:
        self.moves += 1
        take(group.members, node)
        group.take(node, score)
        if not group.members:
            del self.live[group]
