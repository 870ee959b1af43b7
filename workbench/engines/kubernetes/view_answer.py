"""Which nodes are best for a template, from where the nodes stand in its view."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from workbench.engines.kubernetes.choice import NOBODY, Choice, Refusals
from workbench.engines.kubernetes.framework import Cluster
from workbench.engines.kubernetes.runtime import Refusal
from workbench.engines.kubernetes.schedule_one import nodes_to_find
from workbench.engines.kubernetes.sorted_nodes import Window, count_in, nth_of_all, together
from workbench.engines.kubernetes.view_layout import Group, Part, ViewLayout
from workbench.engines.kubernetes.view_rules import ViewRules

NOTHING = -(1 << 62)
"""Less than any score."""


class ViewAnswer:
    """Answers for one template.

    Parameters
    ----------
    percentage : int
        How many of the nodes end the search, see `nodes_to_find`.
    """

    def __init__(self, cluster: Cluster, rules: ViewRules, layout: ViewLayout, percentage: int) -> None:
        self._cluster = cluster
        self._rules = rules
        self._layout = layout
        self._size = len(cluster.nodes)
        self._enough = nodes_to_find(self._size, percentage)
        self._open: list[Part] | None = None
        self._bonus_of_kinds: dict[tuple[int, ...], dict[int, int]] = {}
        self._bonus: list[tuple[Group, int]] = []
        self._bonus_as_of = self._said_as_of = -1
        self._said = Refusals([])

    def counts_changed(self) -> None:
        """Note that pods were counted in or out for filters or scores that look at pods anywhere."""
        self._open = None
        self._bonus_as_of = self._said_as_of = -1

    def objects_changed(self) -> None:
        """Note that the object of a node has changed."""
        self._bonus_of_kinds.clear()
        self._bonus_as_of = -1

    # -- the outcome ----------------------------------------------------------------------------------------

    def choice(self, start: int) -> Choice:
        """Return the outcome of a cycle as things stand, the search beginning at a node."""
        parts = self._open
        if parts is None:
            parts = self._open = self._judge_parts()
        count = len(parts[0].passing) if len(parts) == 1 else sum([len(part.passing) for part in parts])
        if count > self._enough:
            return self._sampled(start, count, parts)
        if self._said_as_of != self._layout.flips:
            self._said = self._refusals(None)
            self._said_as_of = self._layout.flips
        return Choice(self._best() if count else [], count, self._said, self._size)

    def _judge_parts(self) -> list[Part]:
        """Ask the filters over the whole cluster about each part; return the parts that are open."""
        parts = list(self._layout.parts.values())
        for part in parts:
            part.refusal = self._rules.of_part(self._cluster.nodes[part.example])
        return [part for part in parts if part.refusal is None]

    def _sampled(self, start: int, count: int, parts: list[Part]) -> Choice:
        """Return the outcome when the search ends before every node has been looked at.

        The feasible node at which it ends is not taken, and does not count.
        """
        enough = self._enough
        if len(parts) == 1:
            passing = parts[0].passing
            passed = bisect_left(passing, start) + enough
            end = passing[passed - count if passed >= count else passed]
        else:
            sets = [part.passing for part in parts]
            passed = sum([bisect_left(nodes, start) for nodes in sets]) + enough
            end = nth_of_all(sets, passed % count, self._size)
        evaluated = end - start if passed < count else self._size - start + end
        refusals = NOBODY if evaluated == enough else self._refusals_in((start, end), evaluated - enough, parts)
        live = self._layout.live
        if len(live) == 1:
            (group,) = live
            best: Sequence[int] = _top_in(group, start, end, NOTHING)[1]
        else:
            best = self._best_in((start, end))
        return Choice(best, enough, refusals, evaluated)

    def _refusals_in(self, window: Window, number: int, parts: list[Part]) -> Refusals:
        """Count the refusals of so many nodes in a window; where all were for one reason there is nothing to count."""
        if len(self._layout.parts) == 1 and len(parts[0].refused) == 1:
            (refusal,) = parts[0].refused
            return Refusals(((refusal, number),))
        return self._refusals(window)

    def _refusals(self, window: Window | None) -> Refusals:
        """Count the refusals; where a part and the node itself stand in the way, the first plugin in order counts."""
        found: list[tuple[Refusal, int]] = []
        rank = self._rules.rank
        for part in self._layout.parts.values():
            whole = part.refusal
            if whole is not None:
                found.append((whole, _count(part.passing, window)))
            for refusal, nodes in part.refused.items():
                number = _count(nodes, window)
                if number:
                    ahead = whole is not None and rank[whole[0]] < rank[refusal[0]]
                    found.append((whole if ahead and whole is not None else refusal, number))
        return Refusals(found)

    def statuses(self) -> dict[str, Refusal]:
        """Return who refuses each node that will not do, by name; to be asked after `choice`."""
        found: dict[str, Refusal] = {}
        rank, nodes = self._rules.rank, self._cluster.nodes
        for part in self._layout.parts.values():
            whole = part.refusal
            if whole is not None:
                found.update((nodes[index].name, whole) for index in part.passing)
            for refusal, refused in part.refused.items():
                ahead = whole is not None and rank[whole[0]] < rank[refusal[0]]
                first = whole if ahead and whole is not None else refusal
                found.update((nodes[index].name, first) for index in refused)
        return found

    # -- the best nodes -------------------------------------------------------------------------------------

    def _best(self) -> Sequence[int]:
        """Return the feasible nodes with the highest total."""
        live = self._layout.live
        if len(live) == 1:
            (group,) = live
            return group.top()[1]
        if self._bonus_as_of != self._layout.moves or not self._rules.settled:
            groups = [group for group in live if group.part.refusal is None]
            sizes = [len(group.members) for group in groups]
            self._bonus = list(zip(groups, self._normalised(groups, sizes), strict=True))
            self._bonus_as_of = self._layout.moves
        highest, best = NOTHING, list[list[int]]()
        for group, more in self._bonus:
            if group.scores[-1] + more >= highest:
                score, nodes = group.top()
                if score + more > highest:
                    highest, best = score + more, [nodes]
                elif score + more == highest:
                    best.append(nodes)
        return together(best)

    def _best_in(self, window: Window) -> Sequence[int]:
        """Return the same of the nodes in a window; only these count for normalising."""
        groups, sizes = [], []
        for group in self._layout.live:
            if group.part.refusal is None:
                size = count_in(group.members, window)
                if size:
                    groups.append(group)
                    sizes.append(size)
        first, end = window
        if len(groups) == 1:
            return _top_in(groups[0], first, end, NOTHING)[1]
        bonus = self._normalised(groups, sizes)
        bounds = sorted([(group.scores[-1] + bonus[at], at) for at, group in enumerate(groups)], reverse=True)
        highest, best = NOTHING, list[list[int]]()
        for bound, at in bounds:
            if bound < highest:
                break
            score, nodes = _top_in(groups[at], first, end, highest - bonus[at])
            if nodes:
                if score + bonus[at] > highest:
                    highest, best = score + bonus[at], [nodes]
                else:
                    best.append(nodes)
        return together(best)

    def _normalised(self, groups: list[Group], sizes: list[int]) -> list[int]:
        """Return what each group gets from the plugins that normalise over all feasible nodes."""
        if self._rules.settled:
            of_kind = self._by_kind(groups)
            totals = [of_kind[group.kind] for group in groups]
        else:
            totals = self._by_objects(groups)
        for at, (plugin, weight, tally) in enumerate(self._rules.tallied):
            scores = plugin.score_groups(tally, [group.places[at] for group in groups], sizes)
            totals = [total + weight * score for total, score in zip(totals, scores, strict=True)]
        return totals

    def _by_kind(self, groups: list[Group]) -> dict[int, int]:
        """Return kind -> the normalised scores by node objects, which depend on the kinds at hand alone."""
        examples = {group.kind: group for group in groups}
        kinds = tuple(sorted(examples))
        known = self._bonus_of_kinds.get(kinds)
        if known is None:
            shown = [examples[kind] for kind in kinds]
            known = self._bonus_of_kinds[kinds] = dict(zip(kinds, self._by_objects(shown), strict=True))
        return known

    def _by_objects(self, groups: list[Group]) -> list[int]:
        """Return the normalised scores by node objects of some groups, weighted and added up."""
        rules, totals = self._rules, [0] * len(groups)
        shown = [self._cluster.nodes[group.members[0]] for group in groups]
        for plugin, weight in rules.grouped:
            state = plugin.pre_score(rules.pod, self._cluster, shown)
            raw = [plugin.score(state, rules.pod, node) for node in shown]
            scores = plugin.normalize_score(state, raw, shown)
            totals = [total + weight * score for total, score in zip(totals, scores, strict=True)]
        return totals


def _count(nodes: list[int], window: Window | None) -> int:
    return len(nodes) if window is None else count_in(nodes, window)


def _top_in(group: Group, first: int, end: int, least: int) -> tuple[int, list[int]]:
    """Return the highest base score in a window and the nodes that have it; none where it is less than `least`."""
    around, scores, touched, buckets = first >= end, group.scores, group.touched, group.buckets
    at = len(scores)
    while at > 0:
        at -= 1
        score = scores[at]
        if score < least:
            break
        nodes = group.bucket(score) if touched[score] else buckets[score]
        if not nodes:
            group.drop(score)
            continue
        low = bisect_left(nodes, first)
        if around:
            if low < len(nodes) or nodes[0] < end:
                return score, nodes[: bisect_left(nodes, end)] + nodes[low:]
        elif low < len(nodes) and nodes[low] < end:
            return score, nodes[low : bisect_left(nodes, end, low)]
    return NOTHING, []
