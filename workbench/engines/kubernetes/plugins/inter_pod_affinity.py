"""InterPodAffinity: pods that must be together, pods that must be apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

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
from workbench.engines.kubernetes.pod_info import AffinityTerm, PodInfo
from workbench.engines.kubernetes.selectors import selects

AFFINITY = "node(s) didn't match pod affinity rules"
ANTI_AFFINITY = "node(s) didn't match pod anti-affinity rules"
EXISTING_ANTI_AFFINITY = "node(s) didn't satisfy existing pods anti-affinity rules"

Place = tuple[str, str]
"""A topology key and its value: all nodes with that label are one place."""


@dataclass
class Counts:
    """What the pods of the cluster mean for one pod, by place.

    `affinity`: pods that match all of its affinity terms; `anti_affinity`: pods that match one of its anti-affinity
    terms; `existing`: pods whose own anti-affinity is directed against it. `own_kind`: the pod matches all of its own
    affinity terms.
    """

    affinity: dict[Place, int] = field(default_factory=dict)
    anti_affinity: dict[Place, int] = field(default_factory=dict)
    existing: dict[Place, int] = field(default_factory=dict)
    own_kind: bool = False

    def copy(self) -> Counts:
        """Return a copy that can be changed on its own."""
        return Counts(dict(self.affinity), dict(self.anti_affinity), dict(self.existing), self.own_kind)


Worth = dict[str, dict[str, int]]
"""Topology key -> value -> what nodes with that label gain."""


FEW = 16
"""Labels with so many values at most, among those that gain or lose, have their places told apart by name."""

PlacesAndRest = tuple[tuple[Place, ...], int]
"""The places of a node that have a name, and what it gains by all others."""


@dataclass
class Tally:
    """What places gain, and of which labels places are told apart by name.

    The worth of a named place changes without any node changing its group. There is no group per host, though: where
    places are many, nodes go by what they gain.
    """

    worth: Worth = field(default_factory=dict)
    named: set[str] = field(default_factory=set)

    def add(self, node: NodeInfo, gains: Iterable[tuple[AffinityTerm, int]], number: int) -> set[Place]:
        """Let the places of a node gain or lose; return those whose nodes are now in another group."""
        moved: set[Place] = set()
        for term, gain in gains:
            key, value = term.topology_key, node.labels.get(term.topology_key)
            if value is None:
                continue
            if key not in self.worth:
                self.named.add(key)
            places = self.worth.setdefault(key, {})
            if value not in places or key not in self.named:
                moved.add((key, value))
            places[value] = places.get(value, 0) + gain * number
            if len(places) > FEW:
                self.named.discard(key)  # nodes that are grouped by such a name stay so until their place changes
        return moved

    def group(self, node: NodeInfo) -> PlacesAndRest:
        """Return what is alike in nodes of equal worth, now and later."""
        named, rest = [], 0
        for key, places in self.worth.items():
            value = node.labels.get(key)
            if value is not None and value in places:
                if key in self.named:
                    named.append((key, value))
                else:
                    rest += places[value]
        return tuple(named), rest

    def gain(self, group: PlacesAndRest) -> int:
        """Return what the nodes of a group gain."""
        places, rest = group
        return rest + sum([self.worth[key][value] for key, value in places])


class InterPodAffinity(ClusterPlugin, TallyPlugin):
    """Refuses nodes by the required affinity and anti-affinity of the pod, and by that of pods already there.

    A pod that needs company and would be the first of its kind may go anywhere, if it matches its own terms.

    Nodes gain by the wishes of the pod and by those of pods already there that concern it, and lose by the opposite.

    Source: kubernetes, pkg/scheduler/framework/plugins/interpodaffinity (version 1.34), with that version's reading of
    namespace selectors: for the incoming pod's own terms one that an object without labels satisfies means every
    namespace.

    Parameters
    ----------
    hard_weight : int
        What a required affinity term of a pod already there is worth, 0 to 100 (hardPodAffinityWeight).
    ignore_existing_wishes : bool
        Do not score for pods that have no wishes themselves (ignorePreferredTermsOfExistingPods).
    """

    name = "InterPodAffinity"
    events = {  # noqa: RUF012 - never changed
        "Node": ("Add", "UpdateNodeLabel"),
        "Pod": ("Add", "Delete", "UpdatePodLabel"),
    }

    def __init__(self, hard_weight: int = 1, *, ignore_existing_wishes: bool = False) -> None:
        self._hard_weight = hard_weight
        self._ignore_existing_wishes = ignore_existing_wishes

    def pre_filter(self, pod: PodInfo, cluster: Cluster) -> State:
        """Count over all pods of the cluster, or step aside when no term concerns this pod."""
        counts = self.count(pod, cluster)
        return SKIP if self.idle(counts, pod) else counts

    def keys(self, counts: State, pod: PodInfo) -> frozenset[str]:
        """The places that terms speak of: the pod's own, and those directed against it."""
        own = (*pod.required_affinity_terms, *pod.required_anti_affinity_terms)
        return frozenset((*(term.topology_key for term in own), *(key for key, _ in counts.existing)))

    def idle(self, counts: State, pod: PodInfo) -> bool:
        """No term of the pod, and none directed against it."""
        return not (counts.existing or pod.required_affinity_terms or pod.required_anti_affinity_terms)

    def concerns(self, counts: State, pod: PodInfo, other: PodInfo) -> bool:
        """The pod has terms, or the other one has terms that keep pods away."""
        return bool(
            other.required_anti_affinity_terms or pod.required_affinity_terms or pod.required_anti_affinity_terms
        )

    def count(self, pod: PodInfo, cluster: Cluster) -> Counts:
        """Return the counts over all pods of the cluster."""
        counts = Counts(own_kind=all(_meant(term, pod, cluster) for term in pod.required_affinity_terms))
        for node in cluster.nodes:
            for other, number in node.pods.items():
                if self.concerns(counts, pod, other):
                    self.update(counts, pod, other, node, number, cluster)
        return counts

    def update(
        self, counts: State, pod: PodInfo, other: PodInfo, node: NodeInfo, number: int, cluster: Cluster
    ) -> set[Place] | None:
        """Count pods in or out.

        The first pod that matches the affinity terms, and the last, change the verdict everywhere.
        """
        changed: set[Place] = set()
        theirs = cluster.namespace_labels(pod.namespace)
        for term in other.required_anti_affinity_terms:
            if term.matches(pod, theirs):
                changed |= _add(counts.existing, node, (term,), number)
        own = pod.required_affinity_terms
        alone = not counts.affinity
        if own and all(_meant(term, other, cluster) for term in own):
            changed |= _add(counts.affinity, node, own, number)
        for term in pod.required_anti_affinity_terms:
            if _meant(term, other, cluster):
                changed |= _add(counts.anti_affinity, node, (term,), number)
        return None if alone != (not counts.affinity) else changed

    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Refuse places without the company that is needed, then those with company that is not wanted."""
        counts: Counts = state
        if not self._has_company(counts, pod, node):
            return unresolvable(AFFINITY)
        for term in pod.required_anti_affinity_terms:
            place = _place(term, node)
            if place is not None and counts.anti_affinity.get(place, 0) > 0:
                return unschedulable(ANTI_AFFINITY)
        if counts.existing and any(counts.existing.get(place, 0) > 0 for place in node.labels.items()):
            return unschedulable(EXISTING_ANTI_AFFINITY)
        return None

    def _has_company(self, counts: Counts, pod: PodInfo, node: NodeInfo) -> bool:
        places = [_place(term, node) for term in pod.required_affinity_terms]
        if None in places:
            return False
        if all(counts.affinity.get(place, 0) > 0 for place in places if place is not None):
            return True
        return not counts.affinity and counts.own_kind

    def pre_score(self, pod: PodInfo, cluster: Cluster, feasible: Sequence[NodeInfo]) -> State:
        """Add up what places gain over all pods of the cluster, or step aside when no wish concerns this pod."""
        tally = self.tally(pod, cluster)
        return SKIP if tally is SKIP else tally.worth or SKIP

    def tally(self, pod: PodInfo, cluster: Cluster) -> State:
        """Return what places gain over all pods of the cluster."""
        wishes = bool(pod.preferred_affinity_terms or pod.preferred_anti_affinity_terms)
        if self._ignore_existing_wishes and not wishes:
            return SKIP
        tally = Tally()
        theirs = cluster.namespace_labels(pod.namespace)
        for node in cluster.nodes:
            for other, number in node.pods.items():
                if wishes or other.has_affinity_terms:
                    tally.add(node, self._gains(pod, other, theirs, cluster), number)
        return tally

    def tally_concerns(self, tally: State, pod: PodInfo, other: PodInfo, cluster: Cluster) -> bool:
        """Some term of either, required or a wish, speaks of the other."""
        return any(True for _ in self._gains(pod, other, cluster.namespace_labels(pod.namespace), cluster))

    def tally_changed(
        self, tally: State, pod: PodInfo, other: PodInfo, node: NodeInfo, number: int, cluster: Cluster
    ) -> set[Place]:
        """Let the places of the node gain or lose."""
        gains = self._gains(pod, other, cluster.namespace_labels(pod.namespace), cluster)
        known: Tally = tally
        return known.add(node, gains, number)

    def tally_group(self, tally: State, pod: PodInfo, node: NodeInfo) -> PlacesAndRest:
        """Nodes in the same places score alike."""
        known: Tally = tally
        return known.group(node)

    def score_groups(self, tally: State, groups: Sequence[PlacesAndRest], sizes: Sequence[int]) -> list[int]:
        """Normalise the raw scores."""
        return self.normalize_score(tally, [tally.gain(group) for group in groups], ())

    def _gains(
        self, pod: PodInfo, other: PodInfo, theirs: Mapping[str, str], cluster: Cluster
    ) -> Iterator[tuple[AffinityTerm, int]]:
        """Yield the terms that one pod already there brings into play, with what they are worth."""
        for sign, own in ((1, pod.preferred_affinity_terms), (-1, pod.preferred_anti_affinity_terms)):
            for term in own:
                if _meant(term, other, cluster):
                    yield term, sign * term.weight
        if self._hard_weight > 0:
            for term in other.required_affinity_terms:
                if term.matches(pod, theirs):
                    yield term, self._hard_weight
        for sign, terms in ((1, other.preferred_affinity_terms), (-1, other.preferred_anti_affinity_terms)):
            for term in terms:
                if term.matches(pod, theirs):
                    yield term, sign * term.weight

    def score(self, state: State, pod: PodInfo, node: NodeInfo) -> int:
        """Sum what the node gains by each of its labels."""
        worth: Worth = state
        return sum(places.get(node.labels.get(key, ""), 0) for key, places in worth.items() if key in node.labels)

    def normalize_score(self, state: State, scores: list[int], feasible: Sequence[NodeInfo]) -> list[int]:
        """Stretch the scores from 0 to 100, in fractions that are cut off; equal ones become 0."""
        lowest, highest = min(scores), max(scores)
        if lowest == highest:
            return [0] * len(scores)
        return [int(float(MAX_NODE_SCORE) * ((score - lowest) / (highest - lowest))) for score in scores]

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """Company has come, or unwanted company has gone; or a node that may be a new place."""
        near, far = pod.required_affinity_terms, pod.required_anti_affinity_terms
        old, new = event.old, event.new
        if event.resource == "Node":
            if old is None:
                return bool(far) or any(term.topology_key in new.labels for term in near)
            return _places_changed(old, new, pod)
        if event.resource != "AssignedPod" or event.nominated:
            return False  # a pod without a node is nobody's company, nor is the pod itself
        if old is None:
            return _all_match(near, new)
        if new is None:
            return _all_match(far, old)
        joined = not _all_match(near, old) and _all_match(near, new)
        return joined or (_all_match(far, old) and not _all_match(far, new))


def _all_match(terms: tuple[AffinityTerm, ...], other: PodInfo) -> bool:
    """Say whether there are terms and all speak of a pod; the labels of its namespace are not known here."""
    return bool(terms) and all(term.matches(other, {}) for term in terms)


def _places_changed(old: NodeInfo, new: NodeInfo, pod: PodInfo) -> bool:
    """Say whether a node has come into another place of an affinity term, or left one of an anti-affinity term."""
    gained = (term.topology_key for term in pod.required_affinity_terms if term.topology_key in new.labels)
    moved = (term.topology_key for term in pod.required_anti_affinity_terms if term.topology_key in old.labels)
    return any(old.labels.get(key) != new.labels.get(key) for key in (*gained, *moved))


def _meant(term: AffinityTerm, other: PodInfo, cluster: Cluster) -> bool:
    """Say whether a term of the incoming pod speaks of `other`, with version 1.34's reading of namespaces."""
    near = (
        other.namespace in term.namespaces
        or selects(term.namespace_selector, cluster.namespace_labels(other.namespace))
        or selects(term.namespace_selector, {})
    )
    return near and selects(term.selector, other.labels)


def _place(term: AffinityTerm, node: NodeInfo) -> Place | None:
    value = node.labels.get(term.topology_key)
    return None if value is None else (term.topology_key, value)


def _add(counts: dict[Place, int], node: NodeInfo, terms: Iterable[AffinityTerm], number: int) -> set[Place]:
    changed = set()
    for term in terms:
        place = _place(term, node)
        if place is not None:
            left = counts.get(place, 0) + number
            if left:
                counts[place] = left
            else:
                del counts[place]
            changed.add(place)
    return changed
