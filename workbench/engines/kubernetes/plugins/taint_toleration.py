"""TaintToleration: taints keep pods away, or make a node less welcome."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from workbench.engines.kubernetes.framework import (
    ClusterEvent,
    ScorePlugin,
    State,
    Status,
    default_normalize_score,
    unresolvable,
)
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.selectors import tolerated
from workbench.engines.kubernetes.shortcuts import by_objects
from workbench.model.native.kubernetes.affinity import Toleration
from workbench.model.native.kubernetes.nodes import Taint

REFUSING = ("NoSchedule", "NoExecute")


def find_untolerated(taints: Iterable[Taint], tolerations: Iterable[Toleration]) -> Taint | None:
    """Return the first taint, in the node's order, that keeps new pods away and is not tolerated."""
    tolerations = tuple(tolerations)
    return next((one for one in taints if one.effect in REFUSING and not tolerated(one, tolerations)), None)


class TaintToleration(ScorePlugin):
    """Refuses nodes with a NoSchedule or NoExecute taint that the pod does not tolerate.

    Scores by the number of PreferNoSchedule taints that it does not tolerate: the fewer the better.

    Source: kubernetes, pkg/scheduler/framework/plugins/tainttoleration (version 1.34).
    """

    name = "TaintToleration"
    events = {"Node": ("Add", "UpdateNodeTaint"), "Pod": ("UpdatePodToleration",)}  # noqa: RUF012 - never changed

    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Refuse a node, naming the first taint that is in the way."""
        if not node.taints:
            return None
        taint = find_untolerated(node.taints, pod.spec.tolerations)
        if taint is None:
            return None
        return unresolvable(f"node(s) had untolerated taint {{{taint.key}: {taint.value}}}")

    @by_objects
    def score(self, state: State, pod: PodInfo, node: NodeInfo) -> int:
        """Count the PreferNoSchedule taints in the way; only tolerations of that effect, or of all, count."""
        if not node.taints:
            return 0
        soft = [one for one in pod.spec.tolerations if one.effect in ("", "PreferNoSchedule")]
        return sum(1 for taint in node.taints if taint.effect == "PreferNoSchedule" and not tolerated(taint, soft))

    def normalize_score(self, state: State, scores: list[int], feasible: Sequence[NodeInfo]) -> list[int]:
        """Give 100 to nodes without such taints, 0 to those with the most."""
        return default_normalize_score(scores, reverse=True)

    def group(self, pod: PodInfo, node: NodeInfo) -> Hashable:
        """The score depends on the node object alone."""
        return self.score(None, pod, node)

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """A node without a taint in the way has come or lost its last one, or the pod itself has a new toleration."""
        if event.resource != "Node":
            return event.own
        tolerations = pod.spec.tolerations
        if event.old is not None and find_untolerated(event.old.taints, tolerations) is None:
            return False
        return find_untolerated(event.new.taints, tolerations) is None
