"""NodeResourcesBalancedAllocation: keep the use of cpu and memory in step."""

from __future__ import annotations

from workbench.engines.kubernetes.framework import MAX_NODE_SCORE, SKIP, Cluster, ScorePlugin, State
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo

RESOURCES = ("cpu", "memory")


def balance(fractions: list[float]) -> int:
    """Return 100 for equal fractions, less the further they lie apart.

    Two fractions: one less half their difference; more: one less the population standard deviation. Truncated.
    """
    if len(fractions) == 2:
        apart = abs((fractions[0] - fractions[1]) / 2)
    elif len(fractions) > 2:
        mean = sum(fractions) / len(fractions)
        apart = (sum((one - mean) * (one - mean) for one in fractions) / len(fractions)) ** 0.5
    else:
        apart = 0.0
    return int((1 - apart) * MAX_NODE_SCORE)


class NodeResourcesBalancedAllocation(ScorePlugin):
    """Prefers nodes on which, with the pod there, cpu and memory are requested in equal proportion.

    Looks at requests as they are written. Fractions count up to 1. Best-effort pods are not scored.

    Source: kubernetes, pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go (version 1.34).
    """

    name = "NodeResourcesBalancedAllocation"
    local = True

    def pre_score(self, pod: PodInfo, cluster: Cluster) -> State:
        """Step aside for pods that ask for neither cpu nor memory."""
        return None if any(pod.requests.get(name, 0) for name in RESOURCES) else SKIP

    def score(self, state: State, pod: PodInfo, node: NodeInfo) -> int:
        """Return how evenly the node would be requested."""
        fractions = []
        for name in RESOURCES:
            capacity = node.allocatable.get(name, 0)
            if capacity:
                held = node.requested.get(name, 0) + pod.requests.get(name, 0)
                fractions.append(min(held / capacity, 1.0))
        return balance(fractions)
