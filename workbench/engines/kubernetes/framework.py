"""The scheduling framework: what a plugin is given, what it answers, and in which order plugins are asked.

A plugin is a pure function of what it is given: the pod (`PodInfo`), the node (`NodeInfo`), and whatever its own
PreFilter or PreScore worked out. Whoever calls it records its verdict. The extension points have upstream's names:

    PreEnqueue  before a pod is considered at all: may hold it back
    PreFilter   once per pod: may narrow the nodes, refuse the pod, or say that its Filter has nothing to check
    Filter      per node: may the pod go there? The first plugin that refuses decides, in the order of the profile
    PostFilter  when no node will do: preemption, in `preemption.py`
    PreScore    once per pod: may say that its Score adds nothing
    Score       per node: how good is it; then NormalizeScore brings the scores of all nodes to 0..100
    Reserve     once a node is chosen: volumes are set aside, in `plugins/volume_binding.py`

`schedule` runs a whole cycle by the book. It is the specification; `node_table.py` gives the same answers from what
it remembers.

Source: kubernetes, pkg/scheduler/framework and schedule_one.go (version 1.34).
Left out: Permit, extenders.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from workbench.engines.kubernetes.listers import NOTHING_LISTED, Listers
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.shortcuts import by_objects
from workbench.model.native.kubernetes.scheduler_configuration import DefaultPreemptionArgs

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
    `old` and `new` are the node (`NodeInfo`), pod (`PodInfo`) or other object before and after. `own` says that what
    changed is the very pod which is asked about, `nominated` that the pod was not on its node yet, but promised it.
    """

    resource: str
    action: str
    old: Any = None
    new: Any = None
    own: bool = False
    nominated: bool = False

    @property
    def label(self) -> str:
        """Upstream's name of the event."""
        return self.resource + self.action


class Cluster:
    """All nodes as one scheduling cycle sees them (upstream's snapshot), in their fixed order.

    Parameters
    ----------
    namespaces : mapping
        Namespace -> its labels.
    listers : Listers
        The other objects that plugins look up: services, owners, volumes.
    """

    def __init__(
        self,
        nodes: Sequence[NodeInfo],
        namespaces: Mapping[str, Mapping[str, str]] | None = None,
        listers: Listers = NOTHING_LISTED,
    ) -> None:
        self.nodes = nodes
        self.namespaces: Mapping[str, Mapping[str, str]] = namespaces or {}
        self.listers = listers

    def namespace_labels(self, namespace: str) -> Mapping[str, str]:
        """Return the labels of a namespace; each carries its own name as one."""
        return {"kubernetes.io/metadata.name": namespace, **self.namespaces.get(namespace, {})}


class Plugin:
    """Base of all plugins; every extension point that a plugin does not use keeps the neutral answer here."""

    name: str = ""
    sees: Sees = "node"
    events: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """Resource -> the actions after which the plugin is asked for its `queueing_hint` (upstream's EventsToRegister).

    ``Pod`` stands for pods with and without a node; ``Update`` for any change of an object other than pod or node.
    """

    def pre_enqueue(self, pod: PodInfo) -> Status | None:
        """Return why the pod may not be considered yet, or None when it may."""
        return None

    def pre_filter(self, pod: PodInfo, cluster: Cluster) -> State:
        """Return what `filter` needs to know, `SKIP` when it has nothing to check, or a `Status` to refuse the pod."""
        return None

    def pod_changed(
        self, state: State, pod: PodInfo, other: PodInfo, node: NodeInfo, number: int, cluster: Cluster
    ) -> None:
        """Bring `state` up to date for `number` pods like `other` put on `node`, or taken off it if negative.

        Upstream's AddPod and RemovePod of PreFilterExtensions: what-if questions of preemption and nomination. A
        plugin that asks the node itself has nothing to do.
        """

    def narrow(self, pod: PodInfo) -> frozenset[str] | None:
        """Return the only nodes worth looking at, None for all of them (upstream's PreFilterResult)."""
        return None

    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Return why the pod may not go to the node, or None when it may."""
        return None

    def needs_whole_cluster(self, pod: PodInfo, cluster: Cluster) -> bool:
        """Say whether verdicts or scores for this pod may change on nodes other than the one on which a pod changes.

        Such pods are decided by `schedule`, plugin by plugin, each time. Plugins that count (`ClusterPlugin`,
        `TallyPlugin`) keep up.
        """
        return False

    def counts_by_taints(self, pod: PodInfo) -> bool:
        """Say whether the taints of a node decide if the pods on it count for this pod, elsewhere too."""
        return False

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """Say whether, after `event`, a pod that this plugin refused should be tried again.

        Asked after the events that the plugin names, see `queueing.py`; one without a rule of its own always says yes.
        """
        return True


class ClusterPlugin(Plugin):
    """Base of the plugins whose Filter looks at pods anywhere; what they count can be kept up to date pod by pod."""

    sees: Sees = "cluster"

    def count(self, pod: PodInfo, cluster: Cluster) -> State:
        """Return the state for `filter` over all pods of the cluster."""
        raise NotImplementedError  # for the plugin itself: no general count

    def update(
        self, counts: State, pod: PodInfo, other: PodInfo, node: NodeInfo, number: int, cluster: Cluster
    ) -> set[tuple[str, str]] | None:
        """Count `number` pods like `other` on `node` in (out, if negative); upstream's AddPod and RemovePod.

        Returns the labels (key, value) of the nodes whose verdict may have changed, None for every node.
        """
        raise NotImplementedError  # for the plugin itself: no general count

    def concerns(self, counts: State, pod: PodInfo, other: PodInfo) -> bool:
        """Say whether pods like `other` can matter to `pod` at all."""
        raise NotImplementedError  # for the plugin itself: no general count

    def keys(self, counts: State, pod: PodInfo) -> frozenset[str] | None:
        """Return the labels by which, as things stand, the verdict follows; None if nodes alike in them may differ."""
        return None

    def idle(self, counts: State, pod: PodInfo) -> bool:
        """Say whether, as things stand, there is nothing to check."""
        raise NotImplementedError  # for the plugin itself: no general count

    def pod_changed(
        self, state: State, pod: PodInfo, other: PodInfo, node: NodeInfo, number: int, cluster: Cluster
    ) -> None:
        """Keep the counts in step."""
        self.update(state, pod, other, node, number, cluster)


class ScorePlugin(Plugin):
    """Base of the plugins that score.

    `local` says that the score of a node needs nothing but the pod and that node, and is not normalised.
    """

    local: bool = False

    @by_objects
    def pre_score(self, pod: PodInfo, cluster: Cluster, feasible: Sequence[NodeInfo]) -> State:
        """Return what `score` needs to know, or `SKIP` when it adds nothing for this pod."""
        return None

    def score(self, state: State, pod: PodInfo, node: NodeInfo) -> int:
        """Return the raw score of a node."""
        raise NotImplementedError  # asked only of plugins that score this way

    def normalize_score(self, state: State, scores: list[int], feasible: Sequence[NodeInfo]) -> list[int]:
        """Return the scores of all feasible nodes brought to 0..100."""
        return scores

    def group(self, pod: PodInfo, node: NodeInfo) -> Hashable:
        """Return a key such that nodes with equal keys have equal raw scores at any one moment."""
        raise NotImplementedError  # asked only of plugins that score this way


class TallyPlugin(ScorePlugin):
    """Base of the plugins whose Score looks at pods anywhere; what they count can be kept up to date pod by pod.

    `pre_score`, `score` and `normalize_score` are the rule; the tally gives the same scores for groups of nodes.
    """

    def tally(self, pod: PodInfo, cluster: Cluster) -> State:
        """Return the counts over all pods of the cluster, or `SKIP` when this pod is never scored."""
        raise NotImplementedError  # for the plugin itself: no general tally

    def tally_concerns(self, tally: State, pod: PodInfo, other: PodInfo, cluster: Cluster) -> bool:
        """Say whether pods like `other` can change the scores for `pod`."""
        raise NotImplementedError  # for the plugin itself: no general tally

    def tally_changed(
        self, tally: State, pod: PodInfo, other: PodInfo, node: NodeInfo, number: int, cluster: Cluster
    ) -> set[tuple[str, str]]:
        """Count `number` pods like `other` on `node` in (out, if negative).

        Returns the labels (key, value) of further nodes that may now be in another group.
        """
        raise NotImplementedError  # for the plugin itself: no general tally

    def tally_group(self, tally: State, pod: PodInfo, node: NodeInfo) -> Hashable:
        """Return a key such that nodes with equal keys score alike."""
        raise NotImplementedError  # for the plugin itself: no general tally

    def score_groups(self, tally: State, groups: Sequence[Any], sizes: Sequence[int]) -> list[int]:
        """Return the normalised scores of groups of feasible nodes, given how many nodes are in each."""
        raise NotImplementedError  # for the plugin itself: no general tally


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
    name: str = "default-scheduler"
    percentage_of_nodes_to_score: int = 100
    preemption: DefaultPreemptionArgs = field(default_factory=DefaultPreemptionArgs)
    preempts: bool = True
    pre_enqueue: tuple[Plugin, ...] = ()

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """All plugins, each once."""
        scoring = (plugin for plugin, _ in self.scores)
        return tuple({plugin.name: plugin for plugin in (*self.pre_enqueue, *self.filters, *scoring)}.values())

    def plugin(self, name: str) -> Plugin:
        """Return a plugin by name."""
        return next(plugin for plugin in self.plugins if plugin.name == name)


Rejected = dict[tuple[str, str], int]
"""(plugin, reason) -> number of nodes."""

Refusal = tuple[str, Status]
"""The plugin that refused, and what it said."""

EVERY_NODE = 100
"""Percentage of nodes to score at which none is left out."""


@dataclass
class PreFiltered:
    """The outcome of PreFilter.

    Parameters
    ----------
    filters : list
        The plugins whose Filter is to be asked, with their states, in order.
    skipped : tuple of str
        The plugins that stepped aside.
    refusal : tuple or None
        What refuses the pod on every node.
    narrowed : frozenset of str or None
        The only nodes to be looked at, None for all.
    narrowed_by : tuple of str
        The plugins that narrowed them.
    """

    filters: list[tuple[Plugin, State]] = field(default_factory=list)
    skipped: tuple[str, ...] = ()
    refusal: Refusal | None = None
    narrowed: frozenset[str] | None = None
    narrowed_by: tuple[str, ...] = ()

    def copy(self) -> PreFiltered:
        """Return a copy whose states can be changed without changing these."""
        return PreFiltered(
            [(plugin, copy_state(state)) for plugin, state in self.filters],
            self.skipped, self.refusal, self.narrowed, self.narrowed_by,
        )  # fmt: skip

    def pod_changed(self, pod: PodInfo, other: PodInfo, node: NodeInfo, number: int, cluster: Cluster) -> None:
        """Bring all states up to date for pods put on a node or taken off it."""
        for plugin, state in self.filters:
            plugin.pod_changed(state, pod, other, node, number, cluster)


def copy_state(state: State) -> State:
    """Return a copy of a plugin's state; states that are never changed need no copy."""
    copy = getattr(state, "copy", None)
    return state if copy is None else copy()


def run_pre_filter(profile: Profile, pod: PodInfo, cluster: Cluster) -> PreFiltered:
    """Ask every plugin's PreFilter; the first refusal that nothing can resolve ends it."""
    found = PreFiltered()
    skipped: list[str] = []
    for plugin in profile.filters:
        state = plugin.pre_filter(pod, cluster)
        if state is SKIP:
            skipped.append(plugin.name)
            continue
        if isinstance(state, Status):
            found.refusal = found.refusal or (plugin.name, state)
            if state.code == "UnschedulableAndUnresolvable":
                found.refusal = (plugin.name, state)
                break
            continue
        found.filters.append((plugin, state))
        names = plugin.narrow(pod)
        if names is not None:
            found.narrowed = names if found.narrowed is None else found.narrowed & names
            found.narrowed_by = (*found.narrowed_by, plugin.name)
    found.skipped = tuple(skipped)
    return found


def run_filter(filters: Iterable[tuple[Plugin, State]], pod: PodInfo, node: NodeInfo) -> Refusal | None:
    """Return the first refusal, with the plugin that gave it, or None."""
    for plugin, state in filters:
        status = plugin.filter(state, pod, node)
        if status is not None:
            return plugin.name, status
    return None


Nominated = Mapping[str, Sequence[PodInfo]]
"""Node name -> pods that preemption has promised the node to, which are not on it yet."""


def run_filter_with_nominated(
    found: PreFiltered, pod: PodInfo, node: NodeInfo, cluster: Cluster, nominated: Nominated
) -> Refusal | None:
    """Ask the filters with the nominated pods of at least the pod's priority on the node, and without them.

    Without them, because they might never come, and the pod might need their company.
    """
    coming = [one for one in nominated.get(node.name, ()) if one is not pod and one.priority >= pod.priority]
    if coming:
        crowded, there = found.copy(), node.copy()
        for one in coming:
            there.add_pod(one)
            crowded.pod_changed(pod, one, there, 1, cluster)
        refusal = run_filter(crowded.filters, pod, there)
        if refusal is not None:
            return refusal
    return run_filter(found.filters, pod, node)


Scorers = list[tuple[ScorePlugin, int, State]]
"""Plugins whose Score is asked, with weights and states."""


def run_pre_score(profile: Profile, pod: PodInfo, cluster: Cluster, feasible: Sequence[NodeInfo]) -> Scorers:
    """Return the plugins whose Score is to be asked for this pod, with weights and states."""
    states = ((plugin, weight, plugin.pre_score(pod, cluster, feasible)) for plugin, weight in profile.scores)
    return [(plugin, weight, state) for plugin, weight, state in states if state is not SKIP]


@dataclass
class Verdict:
    """The outcome of one cycle.

    Parameters
    ----------
    pre_filter : PreFiltered
        What PreFilter said.
    feasible : list of NodeInfo
        Nodes that passed every Filter, in the order in which they were looked at.
    statuses : dict
        Node name -> (plugin that refused, its status).
    raw, scores : dict
        Plugin -> score per feasible node: as the plugin gives it, and normalised times weight. Both are empty with
        one feasible node, as upstream does not score then.
    totals : list of int
        Sum over plugins per feasible node.
    evaluated : int
        How many nodes were looked at and count: feasible and refused ones.
    on_nominated_node : bool
        The node that preemption had promised the pod would do, and no other was looked at.
    """

    pre_filter: PreFiltered = field(default_factory=PreFiltered)
    feasible: list[NodeInfo] = field(default_factory=list)
    statuses: dict[str, Refusal] = field(default_factory=dict)
    raw: dict[str, list[int]] = field(default_factory=dict)
    scores: dict[str, list[int]] = field(default_factory=dict)
    totals: list[int] = field(default_factory=list)
    evaluated: int = 0
    on_nominated_node: bool = False

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


def nodes_to_find(nodes: int, percentage: int) -> int:
    """Return how many feasible nodes end the search; 0 per cent stands for fewer the larger the cluster is.

    At least 100 are looked for, and small clusters are searched in full (upstream's numFeasibleNodesToFind).
    """
    if nodes < 100:
        return nodes
    share = percentage or max(5, 50 - nodes // 125)
    return nodes if share >= EVERY_NODE else max(100, nodes * share // 100)


def schedule(
    profile: Profile,
    pod: PodInfo,
    cluster: Cluster,
    *,
    nominated: Nominated = {},  # noqa: B006 - never changed
    nominated_node: str = "",
    start: int = 0,
) -> Verdict:
    """Run one scheduling cycle by the book, over every node or as many as the profile wants.

    Parameters
    ----------
    nominated : mapping
        The pods that preemption has promised nodes to.
    nominated_node : str
        The node promised to this pod; if it will do, no other is looked at.
    start : int
        The place in the order of nodes where the search begins.
    """
    verdict = Verdict(pre_filter=run_pre_filter(profile, pod, cluster))
    if verdict.pre_filter.refusal is not None:
        verdict.statuses = {node.name: verdict.pre_filter.refusal for node in cluster.nodes}
        return verdict
    promised = next((node for node in cluster.nodes if nominated_node and node.name == nominated_node), None)
    if promised and run_filter_with_nominated(verdict.pre_filter, pod, promised, cluster, nominated) is None:
        verdict.feasible, verdict.on_nominated_node = [promised], True
        return verdict
    _filter(profile, pod, cluster, verdict, nominated, start)
    if len(verdict.feasible) > 1:
        _score(profile, pod, cluster, verdict)
    return verdict


def _filter(
    profile: Profile, pod: PodInfo, cluster: Cluster, verdict: Verdict, nominated: Nominated, start: int
) -> None:
    """Look at nodes, from `start` on and around, until enough are feasible."""
    found, nodes = verdict.pre_filter, cluster.nodes
    if found.narrowed is not None:
        outside = (found.narrowed_by[0], unresolvable(outside_reason(found.narrowed_by)))
        verdict.statuses = {node.name: outside for node in nodes if node.name not in found.narrowed}
        nodes = [node for node in nodes if node.name in found.narrowed]
    enough = nodes_to_find(len(nodes), profile.percentage_of_nodes_to_score)
    for step in range(len(nodes)):
        node = nodes[(start + step) % len(nodes)]
        refusal = run_filter_with_nominated(found, pod, node, cluster, nominated)
        if refusal is not None:
            verdict.statuses[node.name] = refusal
        elif len(verdict.feasible) == enough:
            break  # one more is found before the search stops, and is not taken
        else:
            verdict.feasible.append(node)
        verdict.evaluated += 1


def outside_reason(plugins: Iterable[str]) -> str:
    """Return what is said of nodes that PreFilter left out."""
    return f"node(s) didn't satisfy plugin(s) [{' '.join(sorted(plugins))}]"


def _score(profile: Profile, pod: PodInfo, cluster: Cluster, verdict: Verdict) -> None:
    feasible = verdict.feasible
    verdict.totals = [0] * len(feasible)
    for plugin, weight, state in run_pre_score(profile, pod, cluster, feasible):
        raw = [plugin.score(state, pod, node) for node in feasible]
        weighted = [score * weight for score in plugin.normalize_score(state, list(raw), feasible)]
        verdict.raw[plugin.name], verdict.scores[plugin.name] = raw, weighted
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
