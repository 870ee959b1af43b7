"""Which plugins have a say about the pods of one template, sorted by what they look at.

In front come filters that look at the node object only: asked once. Then filters by the sums of a node: asked once per
state. *Later* filters are asked whenever a node changes. Filters that count pods anywhere and go by labels with few
values give one verdict for all nodes alike in these labels, for a *part* of the cluster. Scores by the node alone make
the *base* of a node's score; what is normalised over all feasible nodes goes by *groups* of nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from workbench.engines.kubernetes.counting import ClusterPlugin, TallyPlugin
from workbench.engines.kubernetes.framework import SKIP, Cluster, Plugin, ScorePlugin, State
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.runtime import Profile, Refusal, run_pre_filter
from workbench.engines.kubernetes.shortcuts import Check, Score, checker, is_by_objects, is_by_sums, scorer


class ViewRules:
    """The plugins for one template, with what each has counted.

    Parameters
    ----------
    profile : Profile
        All plugins.
    pod : PodInfo
        The template.
    few_values : callable
        Says whether a node label has few values in this cluster.

    Attributes
    ----------
    by_the_book : bool
        Something has a say that cannot be remembered node by node.
    """

    def __init__(self, profile: Profile, pod: PodInfo, cluster: Cluster, few_values: Callable[[str], bool]) -> None:
        self.pod, self.cluster = pod, cluster
        self._related: dict[PodInfo, bool] = {}
        self._recounted = False
        self.minds_taints = any(plugin.counts_by_taints(pod) for plugin in profile.plugins)
        self._read_filters(profile, few_values)
        self._read_scores(profile)
        self.settled = all(is_by_objects(one.score) and is_by_objects(one.pre_score) for one, _ in self.grouped)
        self.pick()

    # -- sorting --------------------------------------------------------------------------------------------

    def _read_filters(self, profile: Profile, few_values: Callable[[str], bool]) -> None:
        pod, cluster = self.pod, self.cluster
        found = run_pre_filter(profile, pod, cluster)
        states: dict[str, State] = {plugin.name: state for plugin, state in found.filters}
        self.counted: list[tuple[ClusterPlugin, State]] = []
        for plugin in profile.filters:
            if isinstance(plugin, ClusterPlugin):
                self.counted.append((plugin, plugin.count(pod, cluster)))
        states.update((plugin.name, counts) for plugin, counts in self.counted)
        wanted = [plugin for plugin in profile.filters if plugin.name in states]
        self.by_the_book = found.refusal is not None or any(
            plugin.sees == "cluster" and not isinstance(plugin, ClusterPlugin) for plugin in wanted
        )
        self.rank = {plugin.name: number for number, plugin in enumerate(wanted)}
        checks = [(plugin, checker(plugin, states[plugin.name], pod)) for plugin in wanted]
        self._in_front = _take_while(checks, lambda plugin: plugin.sees == "node")
        self._by_sums = _take_while(checks, lambda plugin: is_by_sums(plugin.filter))
        self._divided: list[tuple[ClusterPlugin, State, frozenset[str]]] = []
        self._later: list[tuple[Plugin, Check]] = []
        for plugin, check in checks:
            keys = plugin.keys(states[plugin.name], pod) if isinstance(plugin, ClusterPlugin) else None
            if isinstance(plugin, ClusterPlugin) and keys is not None and all(map(few_values, keys)):
                self._divided.append((plugin, states[plugin.name], keys))
            else:
                self._later.append((plugin, check))
        self.part_keys = tuple(sorted({key for _, _, keys in self._divided for key in keys}))

    def _read_scores(self, profile: Profile) -> None:
        pod, cluster = self.pod, self.cluster
        self._base: list[tuple[Score, int]] = []
        self.further: list[tuple[Score, int]] = []
        self.grouped: list[tuple[ScorePlugin, int]] = []
        self.tallied: list[tuple[TallyPlugin, int, Any]] = []
        for plugin, weight in profile.scores:
            if isinstance(plugin, TallyPlugin):
                tally = plugin.tally(pod, cluster)
                if tally is not SKIP:
                    self.tallied.append((plugin, weight, tally))
                continue
            state = plugin.pre_score(pod, cluster, ())
            if state is SKIP:
                continue
            if plugin.local:
                where = self._base if is_by_sums(plugin.score) else self.further
                where.append((scorer(plugin, state, pod), weight))
            else:
                self.grouped.append((plugin, weight))
                self.by_the_book = self.by_the_book or type(plugin).group is ScorePlugin.group

    def pick(self) -> None:
        """Leave out the counting plugins that have nothing to check as things stand."""
        pod = self.pod
        idle = {plugin.name for plugin, counts in self.counted if plugin.idle(counts, pod)}
        self.later = [(plugin.name, check) for plugin, check in self._later if plugin.name not in idle]
        self._dividing = [(plugin, counts) for plugin, counts, _ in self._divided if plugin.name not in idle]

    # -- asking ---------------------------------------------------------------------------------------------

    def of_object(self, node: NodeInfo) -> Refusal | None:
        """Return what the filters in front say."""
        return _first(self._in_front, node)

    def of_state(self, node: NodeInfo) -> int | Refusal:
        """Return what follows from the node's sums: a refusal, or that part of the base score."""
        for name, check in self._by_sums:
            status = check(node)
            if status is not None:
                return name, status
        total = 0
        for score, weight in self._base:
            total += weight * score(node)
        return total

    def of_node(self, node: NodeInfo, by_state: int | Refusal) -> int | Refusal:
        """Return the verdict on a node that filters by object and sums let pass: with all further plugins."""
        if not isinstance(by_state, int):
            return by_state
        refusal = _first(self.later, node)
        return by_state + sum([weight * score(node) for score, weight in self.further]) if refusal is None else refusal

    def of_part(self, node: NodeInfo) -> Refusal | None:
        """Return what the filters that divide the cluster say, given any node of a part."""
        for plugin, counts in self._dividing:
            status = plugin.filter(counts, self.pod, node)
            if status is not None:
                return plugin.name, status
        return None

    def kind(self, node: NodeInfo) -> Hashable:
        """Return what decides about the normalised scores that go by the node object."""
        return tuple([plugin.group(self.pod, node) for plugin, _ in self.grouped])

    def places(self, node: NodeInfo) -> tuple[Hashable, ...]:
        """Return what decides about the scores that look at pods anywhere."""
        return tuple([plugin.tally_group(tally, self.pod, node) for plugin, _, tally in self.tallied])

    # -- keeping count --------------------------------------------------------------------------------------

    def concerned_by(self, other: PodInfo) -> bool:
        """Say whether it matters to this template where pods of another are."""
        known = self._related.get(other)
        if known is None:
            pod, cluster = self.pod, self.cluster
            known = self._related[other] = any(
                plugin.concerns(counts, pod, other) for plugin, counts in self.counted
            ) or any(plugin.tally_concerns(tally, pod, other, cluster) for plugin, _, tally in self.tallied)
        return known

    def count(self, other: PodInfo, node: NodeInfo, number: int) -> set[tuple[str, str]] | None:
        """Count pods in or out for the filters; return the labels of nodes whose verdict may change, None for all.

        Parts are not told of.
        """
        changed: set[tuple[str, str]] = set()
        everywhere = False
        divides = {plugin.name for plugin, _, _ in self._divided}
        for plugin, counts in self.counted:
            places = plugin.update(counts, self.pod, other, node, number, self.cluster)
            if plugin.name in divides:
                continue
            if places is None:
                everywhere = True
            else:
                changed |= places
        self.pick()
        self._recounted = True
        return None if everywhere else changed

    def divides_otherwise(self) -> bool:
        """Say whether the verdict has come to go by other labels than those by which the cluster was divided."""
        if not self._recounted:
            return False
        self._recounted = False
        return any(plugin.keys(counts, self.pod) != keys for plugin, counts, keys in self._divided)

    def tally(self, other: PodInfo, node: NodeInfo, number: int) -> set[tuple[str, str]]:
        """Count pods in or out for the scores; return the labels of further nodes that may now score otherwise."""
        changed: set[tuple[str, str]] = set()
        for plugin, _, tally in self.tallied:
            changed |= plugin.tally_changed(tally, self.pod, other, node, number, self.cluster)
        return changed


def _take_while(checks: list[tuple[Plugin, Check]], wanted: Callable[[Plugin], bool]) -> list[tuple[str, Check]]:
    """Take the leading ones that are wanted out of a list, and return them by name."""
    count = next((at for at, (plugin, _) in enumerate(checks) if not wanted(plugin)), len(checks))
    found = [(plugin.name, check) for plugin, check in checks[:count]]
    del checks[:count]
    return found


def _first(checks: Sequence[tuple[str, Check]], node: NodeInfo) -> Refusal | None:
    for name, check in checks:
        status = check(node)
        if status is not None:
            return name, status
    return None
