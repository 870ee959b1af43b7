"""PodTopologySpread: replicas spread over zones, nodes and other places."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from math import floor, log
from typing import Any, Literal

from workbench.engines.kubernetes.counting import ClusterPlugin, TallyPlugin
from workbench.engines.kubernetes.framework import (
    MAX_NODE_SCORE,
    SKIP,
    Cluster,
    ClusterEvent,
    State,
    Status,
    unresolvable,
    unschedulable,
)
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.plugins.default_selector import default_selector
from workbench.engines.kubernetes.plugins.node_affinity import required_node_affinity_matches
from workbench.engines.kubernetes.plugins.taint_toleration import find_untolerated
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.selectors import selects
from workbench.model.native.kubernetes.affinity import TopologySpreadConstraint
from workbench.model.native.kubernetes.meta import LabelSelector, LabelSelectorRequirement

REASON = "node(s) didn't match pod topology spread constraints"
MISSING_LABEL = "node(s) didn't match pod topology spread constraints (missing required label)"

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"

SYSTEM_DEFAULTS = (
    TopologySpreadConstraint(max_skew=3, topology_key=HOSTNAME, when_unsatisfiable="ScheduleAnyway"),
    TopologySpreadConstraint(max_skew=5, topology_key=ZONE, when_unsatisfiable="ScheduleAnyway"),
)
"""For pods without constraints of their own that belong to a service or a controller."""

Action = Literal["DoNotSchedule", "ScheduleAnyway"]
ACTIONS: tuple[Action, ...] = ("DoNotSchedule", "ScheduleAnyway")


@dataclass(frozen=True)
class Constraint:
    """One constraint of a pod, with the selector in force."""

    max_skew: int
    topology_key: str
    selector: LabelSelector | None
    min_domains: int = 1
    honour_affinity: bool = True
    honour_taints: bool = False

    def counts(self, pod: PodInfo, node: NodeInfo) -> bool:
        """Say whether the pods of a node count: whether the pod could be there as affinity and taints go."""
        if self.honour_affinity and not required_node_affinity_matches(pod, node):
            return False
        return not (self.honour_taints and find_untolerated(node.taints, pod.spec.tolerations) is not None)

    def finds(self, pod: PodInfo, other: PodInfo) -> bool:
        """Say whether `other` is spread together with `pod`; an empty selector finds none."""
        selector = self.selector
        if selector is None or not (selector.match_labels or selector.match_expressions):
            return False
        return not other.terminating and other.namespace == pod.namespace and selects(selector, other.labels)

    def matching(self, pod: PodInfo, node: NodeInfo) -> int:
        """Count the pods on a node that are spread together with `pod`."""
        return sum(number for other, number in node.pods.items() if self.finds(pod, other))


@dataclass
class Spread:
    """What the filter knows: per constraint, the pods in each place."""

    constraints: tuple[Constraint, ...]
    counts: list[dict[str, int]] = field(default_factory=list)
    _fewest: dict[int, int] = field(default_factory=dict)

    def copy(self) -> Spread:
        """Return a copy that can be changed on its own."""
        return Spread(self.constraints, [dict(one) for one in self.counts])

    def fewest(self, at: int) -> int:
        """Return how many pods the emptiest place of a constraint has; looked for only when it may have changed."""
        known = self._fewest.get(at)
        if known is None:
            known = self._fewest[at] = min(self.counts[at].values(), default=0)
        return known

    def add(self, at: int, place: str, number: int) -> None:
        """Count pods in (out, if negative) in a place of a constraint."""
        places, known = self.counts[at], self._fewest.get(at)
        before = places.get(place, 0)
        after = places[place] = before + number
        if known is not None and (after < known or before == known):
            del self._fewest[at]


@dataclass(frozen=True)
class Wishes:
    """What the score knows: per constraint the pods in each place and the weight of a pod; the nodes left out."""

    constraints: tuple[Constraint, ...]
    counts: list[dict[str, int]]
    weights: list[float]
    ignored: frozenset[str]


@dataclass(frozen=True)
class Tally:
    """The same, kept over all nodes: per constraint the pods in each place, by name where nodes are the places."""

    constraints: tuple[Constraint, ...]
    all_keys: bool
    counts: list[dict[str, int]]

    def includes(self, constraint: Constraint, pod: PodInfo, node: NodeInfo) -> bool:
        """Say whether the pods of a node count."""
        if constraint.topology_key == HOSTNAME:
            return True
        if self.all_keys and not _has_keys(node, self.constraints):
            return False
        return constraint.topology_key in node.labels and constraint.counts(pod, node)

    def place(self, constraint: Constraint, node: NodeInfo) -> str:
        """Return the place of a node."""
        return node.name if constraint.topology_key == HOSTNAME else node.labels[constraint.topology_key]


class PodTopologySpread(ClusterPlugin, TallyPlugin):
    """Refuses places that hold too many more of a pod's kind than the emptiest; prefers the emptier ones.

    Parameters
    ----------
    defaults : tuple of TopologySpreadConstraint
        For pods that have no constraints themselves.
    system : bool
        The defaults are the built-in ones, which nodes without a zone can do with.

    Source: kubernetes, pkg/scheduler/framework/plugins/podtopologyspread (version 1.34).
    """

    name = "PodTopologySpread"
    events = {  # noqa: RUF012 - never changed
        "Node": ("Add", "Delete", "UpdateNodeLabel", "UpdateNodeTaint"),
        "Pod": ("Add", "Delete", "UpdatePodLabel", "UpdatePodToleration"),
    }

    def __init__(
        self, defaults: tuple[TopologySpreadConstraint, ...] = SYSTEM_DEFAULTS, *, system: bool = True
    ) -> None:
        self._defaults = defaults
        self._system = system

    def constraints(self, pod: PodInfo, cluster: Cluster, action: Action) -> tuple[Constraint, ...]:
        """Return the pod's constraints of one kind, or the default ones if it has none of any kind."""
        own = pod.spec.topology_spread_constraints
        if own:
            return tuple(_own(one, pod) for one in own if one.when_unsatisfiable == action)
        wanted = [one for one in self._defaults if one.when_unsatisfiable == action]
        selector = default_selector(pod, cluster.listers) if wanted else None
        if selector is None:
            return ()
        return tuple(Constraint(one.max_skew, one.topology_key, selector) for one in wanted)

    # -- filter ---------------------------------------------------------------------------------------------

    def pre_filter(self, pod: PodInfo, cluster: Cluster) -> State:
        """Count the pods in each place, or step aside when nothing must be spread."""
        constraints = self.constraints(pod, cluster, "DoNotSchedule")
        if not constraints:
            return SKIP
        counts: list[dict[str, int]] = [{} for _ in constraints]
        for node in cluster.nodes:
            if not _has_keys(node, constraints):
                continue
            for constraint, places in zip(constraints, counts, strict=True):
                if constraint.counts(pod, node):
                    value = node.labels[constraint.topology_key]
                    places[value] = places.get(value, 0) + constraint.matching(pod, node)
        return Spread(constraints, counts)

    def pod_changed(
        self, state: State, pod: PodInfo, other: PodInfo, node: NodeInfo, number: int, cluster: Cluster
    ) -> None:
        """Count pods in or out. As upstream, pods that are being deleted are taken off although they never counted."""
        spread: Spread = state
        if other.namespace != pod.namespace or not _has_keys(node, spread.constraints):
            return
        for at, constraint in enumerate(spread.constraints):
            if selects(constraint.selector, other.labels) and constraint.counts(pod, node):
                spread.add(at, node.labels[constraint.topology_key], number)

    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Refuse a node in no place at all, then one in a place with too many."""
        spread: Spread = state
        for at, constraint in enumerate(spread.constraints):
            value, places = node.labels.get(constraint.topology_key), spread.counts[at]
            if value is None:
                return unresolvable(MISSING_LABEL)
            fewest = spread.fewest(at) if len(places) >= constraint.min_domains else 0
            itself = 1 if selects(constraint.selector, pod.labels) else 0
            if places.get(value, 0) + itself - fewest > constraint.max_skew:
                return unschedulable(REASON)
        return None

    # -- score ----------------------------------------------------------------------------------------------

    def pre_score(self, pod: PodInfo, cluster: Cluster, feasible: Sequence[NodeInfo]) -> State:
        """Count the pods in each place that has a feasible node, or step aside when nothing is wished for."""
        constraints = self.constraints(pod, cluster, "ScheduleAnyway")
        if not constraints:
            return SKIP
        all_keys = self._all_keys(pod)
        ignored = frozenset(node.name for node in feasible if all_keys and not _has_keys(node, constraints))
        scored = [node for node in feasible if node.name not in ignored]
        counts = [_places(constraint, scored) for constraint in constraints]
        weights = [
            log((len(scored) if constraint.topology_key == HOSTNAME else len(places)) + 2)
            for constraint, places in zip(constraints, counts, strict=True)
        ]
        for node in cluster.nodes:
            if not all_keys or _has_keys(node, constraints):
                _count_in(pod, node, constraints, counts)
        return Wishes(constraints, counts, weights, ignored)

    def _all_keys(self, pod: PodInfo) -> bool:
        """Say whether nodes without all the labels are left out: not where the system's defaults are in force."""
        return bool(pod.spec.topology_spread_constraints) or not self._system

    def score(self, state: State, pod: PodInfo, node: NodeInfo) -> int:
        """Return a number that grows with the pods already in the node's places."""
        wishes: Wishes = state
        if node.name in wishes.ignored:
            return 0
        total = 0.0
        for constraint, places, weight in zip(wishes.constraints, wishes.counts, wishes.weights, strict=True):
            value = node.labels.get(constraint.topology_key)
            if value is not None:
                hostname = constraint.topology_key == HOSTNAME
                count = constraint.matching(pod, node) if hostname else places[value]
                total += _worth(count, weight, constraint)
        return floor(total + 0.5)

    def normalize_score(self, state: State, scores: list[int], feasible: Sequence[NodeInfo]) -> list[int]:
        """Give most to the emptiest places; nodes left out get nothing."""
        wishes: Wishes = state
        scored = [one for one, node in zip(scores, feasible, strict=True) if node.name not in wishes.ignored]
        lowest, highest = min(scored, default=0), max(scored, default=0)

        return [
            0 if node.name in wishes.ignored else _normal(one, lowest, highest)
            for one, node in zip(scores, feasible, strict=True)
        ]

    # -- kept up to date for many decisions -------------------------------------------------------------------

    def count(self, pod: PodInfo, cluster: Cluster) -> Spread:
        """Return the state for `filter`, without constraints when nothing must be spread."""
        found = self.pre_filter(pod, cluster)
        return found if isinstance(found, Spread) else Spread(())

    def keys(self, counts: State, pod: PodInfo) -> frozenset[str]:
        """The places that constraints speak of."""
        return frozenset(one.topology_key for one in counts.constraints)

    def idle(self, counts: State, pod: PodInfo) -> bool:
        """Nothing must be spread."""
        return not counts.constraints

    def concerns(self, counts: State, pod: PodInfo, other: PodInfo) -> bool:
        """It is of the same kind."""
        return any(constraint.finds(pod, other) for constraint in counts.constraints)

    def counts_by_taints(self, pod: PodInfo) -> bool:
        """Where a constraint honours taints."""
        return any(one.node_taints_policy == "Honor" for one in pod.spec.topology_spread_constraints)

    def update(
        self, counts: State, pod: PodInfo, other: PodInfo, node: NodeInfo, number: int, cluster: Cluster
    ) -> set[tuple[str, str]] | None:
        """Count pods in or out; where the fewest change, every node's verdict may."""
        spread: Spread = counts
        changed: set[tuple[str, str]] = set()
        everywhere = False
        if _has_keys(node, spread.constraints):
            for at, constraint in enumerate(spread.constraints):
                if constraint.finds(pod, other) and constraint.counts(pod, node):
                    before = spread.fewest(at)
                    value = node.labels[constraint.topology_key]
                    spread.add(at, value, number)
                    everywhere = everywhere or spread.fewest(at) != before
                    changed.add((constraint.topology_key, value))
        return None if everywhere else changed

    def tally(self, pod: PodInfo, cluster: Cluster) -> State:
        """Return the pods in each place, and on each node where nodes are the places."""
        constraints = self.constraints(pod, cluster, "ScheduleAnyway")
        if not constraints:
            return SKIP
        found = Tally(constraints, self._all_keys(pod), [{} for _ in constraints])
        for node in cluster.nodes:
            for constraint, places in zip(constraints, found.counts, strict=True):
                if found.includes(constraint, pod, node):
                    key = found.place(constraint, node)
                    places[key] = places.get(key, 0) + constraint.matching(pod, node)
        return found

    def tally_concerns(self, tally: State, pod: PodInfo, other: PodInfo, cluster: Cluster) -> bool:
        """It is of the same kind."""
        return any(constraint.finds(pod, other) for constraint in tally.constraints)

    def tally_changed(
        self, tally: State, pod: PodInfo, other: PodInfo, node: NodeInfo, number: int, cluster: Cluster
    ) -> set[tuple[str, str]]:
        """Count pods in or out; no other node changes its group."""
        found: Tally = tally
        for constraint, places in zip(found.constraints, found.counts, strict=True):
            if constraint.finds(pod, other) and found.includes(constraint, pod, node):
                key = found.place(constraint, node)
                places[key] = places.get(key, 0) + number
        return set()

    def tally_group(self, tally: State, pod: PodInfo, node: NodeInfo) -> Hashable:
        """The places of a node, and the pods on it where it is a place itself; None for nodes left out."""
        found: Tally = tally
        if found.all_keys and not _has_keys(node, found.constraints):
            return None
        return tuple(
            (places.get(node.name, 0) if constraint.topology_key in node.labels else None)
            if constraint.topology_key == HOSTNAME
            else node.labels.get(constraint.topology_key)
            for constraint, places in zip(found.constraints, found.counts, strict=True)
        )

    def score_groups(self, tally: State, groups: Sequence[Any], sizes: Sequence[int]) -> list[int]:
        """Score places as `score` does nodes, and normalise."""
        found: Tally = tally
        scored = [group for group in groups if group is not None]
        nodes = sum(size for group, size in zip(groups, sizes, strict=True) if group is not None)
        raw = {}
        weights = [
            log((nodes if constraint.topology_key == HOSTNAME else len({group[at] for group in scored})) + 2)
            for at, constraint in enumerate(found.constraints)
        ]
        for group in scored:
            total = 0.0
            for constraint, places, weight, part in zip(found.constraints, found.counts, weights, group, strict=True):
                if part is not None:
                    count = part if constraint.topology_key == HOSTNAME else places.get(part, 0)
                    total += _worth(count, weight, constraint)
            raw[group] = floor(total + 0.5)
        lowest, highest = min(raw.values(), default=0), max(raw.values(), default=0)
        return [0 if group is None else _normal(raw[group], lowest, highest) for group in groups]

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """Pods of its kind have come, gone or changed, or a node that can be in its places.

        As upstream, the objects are looked at, whatever the event is called.
        Left out: hard default constraints, which only a configuration gives.
        """
        own = pod.spec.topology_spread_constraints
        hard = [_own(one, pod) for one in own if one.when_unsatisfiable == "DoNotSchedule"]
        return _nodes_helped(event, hard) if event.resource == "Node" else _pods_helped(event, pod, hard)


def _pods_helped(event: ClusterEvent, pod: PodInfo, hard: list[Constraint]) -> bool:
    """Say whether a change of a pod matters: one that has its node, in the same namespace, or the pod itself."""
    old, new = event.old, event.new
    if not event.own and (event.resource != "AssignedPod" or event.nominated):
        return False
    if (new or old).namespace != pod.namespace:
        return False
    if old is None or new is None:
        return any(selects(one.selector, (new or old).labels) for one in hard)
    if event.own and old.spec.tolerations != new.spec.tolerations and any(one.honour_taints for one in hard):
        return True
    return any(selects(one.selector, old.labels) != selects(one.selector, new.labels) for one in hard)


def _nodes_helped(event: ClusterEvent, hard: list[Constraint]) -> bool:
    """Say whether a node has come into all places, or gone out of them, or changed within them."""
    old, new = event.old, event.new
    if old is None or new is None:
        return _has_keys(new or old, hard)
    matches = _has_keys(new, hard)
    if _has_keys(old, hard) != matches:
        return True
    moved = any(old.labels.get(one.topology_key) != new.labels.get(one.topology_key) for one in hard)
    return matches and bool(moved or old.taints != new.taints)


def _own(one: TopologySpreadConstraint, pod: PodInfo) -> Constraint:
    """Return a constraint of the pod's own; labels that it names by key are added to the selector."""
    selector = one.label_selector
    same = {key: pod.labels[key] for key in one.match_label_keys if key in pod.labels}
    if same:
        given = selector or LabelSelector()
        selector = LabelSelector(
            match_labels=given.match_labels,
            match_expressions=(
                *given.match_expressions,
                *(LabelSelectorRequirement(key=key, operator="In", values=(value,)) for key, value in same.items()),
            ),
        )
    return Constraint(
        one.max_skew, one.topology_key, selector, one.min_domains or 1,
        one.node_affinity_policy == "Honor", one.node_taints_policy == "Honor",
    )  # fmt: skip


def _worth(count: int, weight: float, constraint: Constraint) -> float:
    return count * weight + (constraint.max_skew - 1)


def _normal(score: int, lowest: int, highest: int) -> int:
    return MAX_NODE_SCORE * (highest + lowest - score) // highest if highest else MAX_NODE_SCORE


def _has_keys(node: NodeInfo, constraints: Iterable[Constraint]) -> bool:
    return all(constraint.topology_key in node.labels for constraint in constraints)


def _places(constraint: Constraint, nodes: Iterable[NodeInfo]) -> dict[str, int]:
    """Return the places of feasible nodes, none counted yet; a node without the label is in one called nothing."""
    if constraint.topology_key == HOSTNAME:
        return {}
    return {node.labels.get(constraint.topology_key, ""): 0 for node in nodes}


def _count_in(pod: PodInfo, node: NodeInfo, constraints: tuple[Constraint, ...], counts: list[dict[str, int]]) -> None:
    for constraint, places in zip(constraints, counts, strict=True):
        value = node.labels.get(constraint.topology_key, "")
        if value in places and constraint.counts(pod, node):
            places[value] += constraint.matching(pod, node)
