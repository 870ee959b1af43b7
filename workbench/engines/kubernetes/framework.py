"""The scheduling framework: what a plugin is given, what it answers, and in which order plugins are asked.

A plugin is a pure function of what it is given: the pod (`PodInfo`), the node (`NodeInfo`), and whatever its own
PreFilter or PreScore worked out. Whoever calls it records its verdict. The extension points have upstream's names:

    PreFilter   once per pod: may narrow the nodes, or say that its Filter has nothing to check
    Filter      per node: may the pod go there? The first plugin that refuses decides, in the order of the profile
    PreScore    once per pod: may say that its Score adds nothing
    Score       per node: how good is it; then NormalizeScore brings the scores of all nodes to 0..100

`schedule` runs a whole cycle by the book, over every node. It is the specification; `node_table.py` gives the same
answers from what it remembers.

Source: kubernetes, pkg/scheduler/framework and schedule_one.go (version 1.34).
Left out: PostFilter (preemption), Permit, extenders, sampling of nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo

MAX_NODE_SCORE = 100

Code = Literal["Unschedulable", "UnschedulableAndUnresolvable"]


class Status(NamedTuple):
    """A refusal: code and reasons, in upstream's words. Success is None, as upstream's is nil.

    ``UnschedulableAndUnresolvable`` means that taking other pods off the node would not help.
    """

    code: Code
    reasons: tuple[str, ...]


def unschedulable(*reasons: str) -> Status:
    """Return a refusal that the removal of other pods could lift."""
    return Status("Unschedulable", reasons)


def unresolvable(*reasons: str) -> Status:
    """Return a refusal that the removal of other pods cannot lift."""
    return Status("UnschedulableAndUnresolvable", reasons)


class _Skip:
    """The answer of PreFilter or PreScore by which a plugin steps aside for this pod."""


SKIP: Final = _Skip()

State = Any
"""What a plugin's PreFilter or PreScore hands on to its Filter or Score; each plugin knows its own."""

Sees = Literal["node", "pods", "cluster"]
"""What a Filter looks at: the node object only, the pods on the node too, or pods anywhere."""


class ClusterEvent(NamedTuple):
    """Something that may help a pod which no node would take.

    `resource` and `action` have upstream's names: Node/Add, Node/UpdateNodeTaint, AssignedPod/Delete ...
    `old` and `new` are the node (`NodeInfo`) or pod (`PodInfo`) before and after.
    """

    resource: Literal["Node", "AssignedPod", "Wildcard"]
    action: str
    old: Any = None
    new: Any = None


class Cluster:
    """All nodes as one scheduling cycle sees them (upstream's snapshot), in their fixed order.

    Parameters
    ----------
    namespaces : mapping
        Namespace -> its labels.
    bound_claims : callable
        Claim (``namespace/name``) -> name of the only node that can reach its volume, None when any can.
    """

    def __init__(
        self,
        nodes: Sequence[NodeInfo],
        namespaces: Mapping[str, Mapping[str, str]] | None = None,
        bound_claims: Callable[[str], str | None] = lambda _: None,
    ) -> None:
        self.nodes = nodes
        self.namespaces: Mapping[str, Mapping[str, str]] = namespaces or {}
        self.bound_claims = bound_claims

    def namespace_labels(self, namespace: str) -> Mapping[str, str]:
        """Return the labels of a namespace; each carries its own name as one."""
        return {"kubernetes.io/metadata.name": namespace, **self.namespaces.get(namespace, {})}


class Plugin:
    """Base of all plugins; every extension point that a plugin does not use keeps the neutral answer here."""

    name: str = ""
    sees: Sees = "node"

    def pre_filter(self, pod: PodInfo, cluster: Cluster) -> State:
        """Return what `filter` needs to know, or `SKIP` when it has nothing to check."""
        return None

    def narrow(self, pod: PodInfo) -> tuple[frozenset[str], Status] | None:
        """Return the only nodes worth looking at, with what to say of the others; None for all of them.

        Upstream's PreFilterResult.
        """
        return None

    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Return why the pod may not go to the node, or None when it may."""
        return None

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """Say whether, after `event`, a pod that this plugin refused should be tried again."""
        return event.resource == "Wildcard"


class ClusterPlugin(Plugin):
    """Base of the plugins whose Filter looks at pods anywhere; what they count can be kept up to date pod by pod."""

    sees: Sees = "cluster"

    def count(self, pod: PodInfo, cluster: Cluster) -> State:
        """Return the state for `filter` over all pods of the cluster."""
        raise NotImplementedError

    def update(
        self, counts: State, pod: PodInfo, other: PodInfo, node: NodeInfo, number: int, cluster: Cluster
    ) -> set[tuple[str, str]] | None:
        """Count `number` pods like `other` on `node` in (out, if negative); upstream's AddPod and RemovePod.

        Returns the labels (key, value) of the nodes whose verdict may have changed, None for every node.
        """
        raise NotImplementedError

    def concerns(self, pod: PodInfo, other: PodInfo) -> bool:
        """Say whether pods like `other` can matter to `pod` at all."""
        raise NotImplementedError

    def idle(self, counts: State, pod: PodInfo) -> bool:
        """Say whether, as things stand, there is nothing to check."""
        raise NotImplementedError


class ScorePlugin(Plugin):
    """Base of the plugins that score.

    `local` says that the score of a node needs nothing but the pod and that node, and is not normalised.
    """

    local: bool = False

    def pre_score(self, pod: PodInfo, cluster: Cluster) -> State:
        """Return what `score` needs to know, or `SKIP` when it adds nothing for this pod."""
        return None

    def score(self, state: State, pod: PodInfo, node: NodeInfo) -> int:
        """Return the raw score of a node."""
        raise NotImplementedError

    def normalize_score(self, scores: list[int]) -> list[int]:
        """Return the scores of all feasible nodes brought to 0..100."""
        return scores

    def group(self, pod: PodInfo, node: NodeInfo) -> Hashable:
        """Return a key such that nodes with equal keys have equal raw scores at any one moment."""
        raise NotImplementedError


def default_normalize_score(scores: list[int], *, reverse: bool) -> list[int]:
    """Scale to 0..100 by the highest score (upstream's DefaultNormalizeScore).

    All zero stays all zero, or becomes all 100 when reversed. Scores are >= 0.
    """
    highest = max(scores, default=0)
    if highest == 0:
        return [MAX_NODE_SCORE] * len(scores) if reverse else scores
    scaled = [MAX_NODE_SCORE * score // highest for score in scores]
    return [MAX_NODE_SCORE - score for score in scaled] if reverse else scaled


@dataclass(frozen=True)
class Profile:
    """Which plugins are asked, in which order and with what weight (upstream's KubeSchedulerProfile)."""

    filters: tuple[Plugin, ...]
    scores: tuple[tuple[ScorePlugin, int], ...]

    def plugin(self, name: str) -> Plugin:
        """Return a plugin by name."""
        every = (*self.filters, *(plugin for plugin, _ in self.scores))
        return next(plugin for plugin in every if plugin.name == name)


Rejected = dict[tuple[str, str], int]
"""(plugin, reason) -> number of nodes."""


@dataclass
class Verdict:
    """The outcome of one cycle over all nodes.

    Parameters
    ----------
    feasible : list of NodeInfo
        Nodes that passed every Filter, in the order of the cluster.
    statuses : dict
        Node name -> (plugin that refused, its status).
    scores : dict
        Plugin -> normalised score times weight, per feasible node; empty with one feasible node, as upstream does
        not score then.
    totals : list of int
        Sum over plugins per feasible node.
    """

    feasible: list[NodeInfo] = field(default_factory=list)
    statuses: dict[str, tuple[str, Status]] = field(default_factory=dict)
    scores: dict[str, list[int]] = field(default_factory=dict)
    totals: list[int] = field(default_factory=list)

    def best(self) -> list[NodeInfo]:
        """Return the nodes with the highest total; upstream picks one of them at random."""
        if not self.totals:
            return self.feasible
        highest = max(self.totals)
        return [node for node, total in zip(self.feasible, self.totals, strict=True) if total == highest]

    def rejected(self) -> Rejected:
        """Return how many nodes each plugin refused for each reason."""
        counts: Rejected = {}
        for plugin, status in self.statuses.values():
            for reason in status.reasons:
                counts[plugin, reason] = counts.get((plugin, reason), 0) + 1
        return counts


def run_pre_filter(profile: Profile, pod: PodInfo, cluster: Cluster) -> list[tuple[Plugin, State]]:
    """Return the plugins whose Filter is to be asked for this pod, with their states."""
    states = ((plugin, plugin.pre_filter(pod, cluster)) for plugin in profile.filters)
    return [(plugin, state) for plugin, state in states if state is not SKIP]


class Narrowed(NamedTuple):
    """The only nodes that are looked at for a pod, and what is said of the others."""

    names: frozenset[str]
    refusal: tuple[str, Status]


def narrow(profile: Profile, pod: PodInfo) -> Narrowed | None:
    """Return the nodes to which PreFilter narrows the search, None for all."""
    for plugin in profile.filters:
        found = plugin.narrow(pod)
        if found is not None:
            return Narrowed(found[0], (plugin.name, found[1]))
    return None


def run_pre_score(profile: Profile, pod: PodInfo, cluster: Cluster) -> list[tuple[ScorePlugin, int, State]]:
    """Return the plugins whose Score is to be asked for this pod, with weights and states."""
    states = ((plugin, weight, plugin.pre_score(pod, cluster)) for plugin, weight in profile.scores)
    return [(plugin, weight, state) for plugin, weight, state in states if state is not SKIP]


def run_filter(filters: Iterable[tuple[Plugin, State]], pod: PodInfo, node: NodeInfo) -> tuple[str, Status] | None:
    """Return the first refusal, with the plugin that gave it, or None."""
    for plugin, state in filters:
        status = plugin.filter(state, pod, node)
        if status is not None:
            return plugin.name, status
    return None


def schedule(profile: Profile, pod: PodInfo, cluster: Cluster) -> Verdict:
    """Run one scheduling cycle by the book, over every node."""
    verdict = Verdict()
    filters = run_pre_filter(profile, pod, cluster)
    narrowed = narrow(profile, pod)
    for node in cluster.nodes:
        outside = narrowed is not None and node.name not in narrowed.names
        refusal = narrowed.refusal if narrowed and outside else run_filter(filters, pod, node)
        if refusal is None:
            verdict.feasible.append(node)
        else:
            verdict.statuses[node.name] = refusal
    if len(verdict.feasible) > 1:
        _score(profile, pod, cluster, verdict)
    return verdict


def _score(profile: Profile, pod: PodInfo, cluster: Cluster, verdict: Verdict) -> None:
    verdict.totals = [0] * len(verdict.feasible)
    for plugin, weight, state in run_pre_score(profile, pod, cluster):
        raw = [plugin.score(state, pod, node) for node in verdict.feasible]
        weighted = [score * weight for score in plugin.normalize_score(raw)]
        verdict.scores[plugin.name] = weighted
        verdict.totals = [total + score for total, score in zip(verdict.totals, weighted, strict=True)]


def fit_error(all_nodes: int, rejected: Mapping[tuple[str, str], int]) -> str:
    """Return the message that upstream writes when no node would do (FitError.Error).

    Example: ``0/8 nodes are available: 3 node(s) were unschedulable, 5 Insufficient cpu.`` Reasons are sorted as
    texts, numbers first, as upstream sorts them.
    """
    counts: dict[str, int] = {}
    for (_, reason), count in rejected.items():
        counts[reason] = counts.get(reason, 0) + count
    parts = sorted(f"{count} {reason}" for reason, count in counts.items())
    return f"0/{all_nodes} nodes are available: {', '.join(parts)}." if parts else f"0/{all_nodes} nodes are available."


def dominant_reason(rejected: Mapping[tuple[str, str], int]) -> str:
    """Return the reason that most nodes gave; of equals the first as a text. Empty when nobody refused."""
    counts: dict[str, int] = {}
    for (_, reason), count in rejected.items():
        counts[reason] = counts.get(reason, 0) + count
    return min(counts, key=lambda reason: (-counts[reason], reason), default="")


def rejected_text(rejected: Mapping[tuple[str, str], int]) -> str:
    """Return the counts as the trace writes them: ``plugin/reason=count``, separated by ``; ``."""
    return "; ".join(f"{plugin}/{reason}={count}" for (plugin, reason), count in sorted(rejected.items()))
