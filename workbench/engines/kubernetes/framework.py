"""The scheduling framework: what a plugin is given, what it answers, and when it is asked.

A plugin is a pure function of what it is given: the pod (`PodInfo`), the node (`NodeInfo`), and whatever its own
PreFilter or PreScore worked out. Whoever calls it records its verdict. The extension points have upstream's names:

    PreEnqueue  before a pod is considered at all: may hold it back
    PreFilter   once per pod: may narrow the nodes, refuse the pod, or say that its Filter has nothing to check
    Filter      per node: may the pod go there? The first plugin that refuses decides, in the order of the profile
    PostFilter  when no node will do: preemption, in `preemption.py`
    PreScore    once per pod: may say that its Score adds nothing
    Score       per node: how good is it; then NormalizeScore brings the scores of all nodes to 0..100
    Reserve     once a node is chosen: volumes are set aside, in `plugins/volume_binding.py`

| A reader asks | and opens |
|---|---|
| In which order are plugins asked? | `runtime.py` |
| What is a whole cycle? | `schedule_one.py` |
| Which plugins look at pods anywhere, and how do they keep up? | `counting.py` |
| What is said when no node will do? | `fit_error.py` |

Source: kubernetes, pkg/scheduler/framework/interface.go (version 1.34).
Left out: Permit, extenders.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from workbench.engines.kubernetes.listers import NOTHING_LISTED, Listers
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.shortcuts import by_objects

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


def default_normalize_score(scores: list[int], *, reverse: bool) -> list[int]:
    """Scale to 0..100 by the highest score (upstream's DefaultNormalizeScore).

    All zero stays all zero, or becomes all 100 when reversed. Scores are >= 0.
    """
    highest = max(scores, default=0)
    if highest == 0:
        return [MAX_NODE_SCORE] * len(scores) if reverse else scores
    scaled = [MAX_NODE_SCORE * score // highest for score in scores]
    return [MAX_NODE_SCORE - score for score in scaled] if reverse else scaled
