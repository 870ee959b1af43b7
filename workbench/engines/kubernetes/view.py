"""What the pods of one template find on each node, kept up to date change by change."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING

from workbench.engines.kubernetes.choice import Choice
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.runtime import Refusal
from workbench.engines.kubernetes.view_answer import ViewAnswer
from workbench.engines.kubernetes.view_layout import Verdict, ViewLayout
from workbench.engines.kubernetes.view_rules import ViewRules

if TYPE_CHECKING:
    from workbench.engines.kubernetes.node_table import NodeTable

MOST_KNOWN = 1 << 16
"""So many states are remembered at most."""


class View:
    """The view of one template.

    Parameters
    ----------
    table : NodeTable
        The nodes and their changes.
    pod : PodInfo
        The template.
    """

    def __init__(self, table: NodeTable, pod: PodInfo) -> None:
        self._table = table
        self._nodes = table.cluster.nodes
        self.pod = pod
        self._afresh()

    @property
    def by_the_book(self) -> bool:
        """Whether the plain plugins have to decide."""
        return self._rules.by_the_book

    def _afresh(self) -> None:
        """Ask every plugin about every node."""
        table = self._table
        self._position = table.changes
        self._rules = rules = ViewRules(table.profile, self.pod, table.cluster, table.has_few_values)
        self._layout = layout = ViewLayout()
        self._answer = ViewAnswer(table.cluster, rules, layout, table.profile.percentage_of_nodes_to_score)
        self._strangers: set[PodInfo] = set()  # whose coming and going matters on their own node only
        self._known: dict[int, Verdict] = {}  # state -> verdict by sums
        self._same: dict[Refusal, Refusal] = {}
        self._kinds: dict[Hashable, int] = {}
        self._of_object: list[Refusal | None] = []
        self._unsettled = 0
        if rules.by_the_book:
            return
        for node in self._nodes:
            self._of_object.append(self._one(rules.of_object(node)))
            index = node.index  # one object for all views, which keeps what they look at close together
            part = layout.part(tuple([node.labels.get(key) for key in rules.part_keys]), index)
            layout.append(index, layout.group(part, self._kind(index), rules.places(node)), self._verdict(index))
        layout.settle()

    def _one(self, refusal: Refusal | None) -> Refusal | None:
        """Return the one that stands for all equal ones."""
        return None if refusal is None else self._same.setdefault(refusal, refusal)

    def _kind(self, index: int) -> int:
        return self._kinds.setdefault(self._rules.kind(self._nodes[index]), len(self._kinds))

    def _verdict(self, index: int) -> Verdict:
        refusal = self._of_object[index]
        if refusal is not None:
            return refusal
        verdict = self._rules.of_node(self._nodes[index], self._by_state(index))
        return verdict if isinstance(verdict, int) else self._same.setdefault(verdict, verdict)

    def _by_state(self, index: int) -> Verdict:
        """Return what follows from the sums of a node, which is asked once per state."""
        state = self._table.states.of[index]
        verdict = self._known.get(state)
        if verdict is None:
            if len(self._known) > MOST_KNOWN:
                self._known.clear()
            verdict = self._rules.of_state(self._nodes[index])
            if not isinstance(verdict, int):
                verdict = self._same.setdefault(verdict, verdict)
            self._known[state] = verdict
        return verdict

    # -- keeping up -----------------------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Take over all changes since the last time."""
        table = self._table
        if self._position == table.changes:
            return
        known = table.since(self._position)
        if known is None:
            self._afresh()
            return
        changes, first = known
        nodes, pods = changes.nodes[first:], changes.pods[first:]
        if self._rules.minds_taints and None in pods:
            self._afresh()
            return
        self._position = table.changes
        rules = self._rules
        by_sums = not rules.later and not rules.further
        if by_sums:
            self._follow(nodes)
        if not by_sums or not self._strangers.issuperset(pods):
            self._hear_all(nodes, pods, changes.numbers[first:], by_sums)
        self._unsettled += len(nodes)
        if self._unsettled > 4 * len(self._nodes) + 1024:
            self._unsettled = 0
            self._layout.settle()

    def _follow(self, nodes: list[int]) -> None:
        """Bring the verdicts by sums on some nodes up to date.

        Every template goes through every change: nothing is called in here that could be saved.
        """
        layout, known, by_state = self._layout, self._known, self._by_state
        verdicts, group_of, of_object = layout.verdicts, layout.group_of, self._of_object
        remembered = map(known.get, map(self._table.states.of.__getitem__, nodes))
        for index, found, before in zip(nodes, remembered, map(verdicts.__getitem__, nodes), strict=True):
            verdict = by_state(index) if found is None else found
            if verdict is before:
                continue
            if verdict.__class__ is int and before.__class__ is int:
                verdicts[index] = verdict
                group = group_of[index]
                touched = group.touched
                try:
                    touched[verdict].append(index)
                    touched[before].append(index)
                except KeyError:
                    group.touch(index, verdict)
                    group.touch(index, before)
            elif of_object[index] is None:
                layout.change(index, verdict)

    def _hear_all(self, nodes: list[int], pods: list[PodInfo | None], numbers: list[int], by_sums: bool) -> None:
        """Take over the changes that matter elsewhere too, or to more than the sums of a node."""
        dirty: dict[int, None] = {}
        for index, other, number in zip(nodes, pods, numbers, strict=True):
            if not by_sums or other not in self._strangers:
                dirty[index] = None
                self._hear(index, other, number, dirty)
        for index in dirty:
            self._layout.change(index, self._verdict(index))
        if self._rules.divides_otherwise():
            self._afresh()

    def _hear(self, index: int, other: PodInfo | None, number: int, dirty: dict[int, None]) -> None:
        """Take in one change, and note which nodes have to be looked at again."""
        rules = self._rules
        if other is None:
            self._of_object[index] = self._one(rules.of_object(self._nodes[index]))
            self._answer.objects_changed()
            group = self._layout.group_of[index]
            self._layout.move(index, self._layout.group(group.part, self._kind(index), group.places))
        elif not rules.concerned_by(other):
            self._strangers.add(other)
        else:
            self._count(index, other, number, dirty)

    def _count(self, index: int, other: PodInfo, number: int, dirty: dict[int, None]) -> None:
        """Count pods in or out for the plugins that see the whole cluster."""
        rules, node = self._rules, self._nodes[index]
        self._answer.counts_changed()
        if rules.counted:
            changed = rules.count(other, node, number)
            dirty.update(dict.fromkeys(range(len(self._nodes)) if changed is None else self._at(changed)))
        if rules.tallied:
            for moved in (index, *self._at(rules.tally(other, node, number))):
                group = self._layout.group_of[moved]
                places = rules.places(self._nodes[moved])
                self._layout.move(moved, self._layout.group(group.part, group.kind, places))

    def _at(self, places: Iterable[tuple[str, str]]) -> list[int]:
        return [index for key, value in places for index in self._table.nodes_at(key, value)]

    def statuses(self) -> dict[str, Refusal] | None:
        """Return who refuses each node, by name, if there is none that would do; None if there is."""
        return None if self._answer.choice(0).feasible else self._answer.statuses()

    def choice(self, start: int = 0) -> Choice:
        """Return the outcome of a cycle as things stand, the search beginning at a node."""
        return self._answer.choice(start)
