"""NodeResourcesBalancedAllocation: keep the use of cpu and memory in step."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from workbench.engines.kubernetes.framework import MAX_NODE_SCORE, SKIP, Cluster, ScorePlugin, State
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.plugins.resource_allocation import true_fractions
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.shortcuts import Score, by_sums, quick

RESOURCES = ("cpu", "memory")
"""What must stay in step, unless configured otherwise."""


def balance(fractions: list[float]) -> int:
    """Return 100 for equal fractions, less the further they lie apart.

    Two fractions: one less half their difference; more: one less the population standard deviation. Truncated.
    """
    if len(fractions) == 2:
        apart = abs((fractions[0] - fractions[1]) / 2)
    elif len(fractions) > 2:
        mean = sum(fractions) / len(fractions)
        apart = sqrt(sum((one - mean) * (one - mean) for one in fractions) / len(fractions))
    else:
        apart = 0.0
    return int((1 - apart) * MAX_NODE_SCORE)


def balance_of_cpu_and_memory(plugin: NodeResourcesBalancedAllocation, state: State, pod: PodInfo) -> Score | None:
    """Return the score for one pod where it looks at cpu and memory, without detours."""
    if plugin.resources != RESOURCES:
        return None
    cpu, memory = pod.requests.get("cpu", 0), pod.requests.get("memory", 0)

    def score(node: NodeInfo) -> int:
        requested = node.requested
        cpus, memories = node.allocatable.get("cpu", 0), node.allocatable.get("memory", 0)
        all_cpu, all_memory = requested.get("cpu", 0) + cpu, requested.get("memory", 0) + memory
        if all_cpu > cpus or all_memory > memories or not cpus or not memories:
            return NodeResourcesBalancedAllocation.score(plugin, state, pod, node)
        return int((1 - abs((all_cpu / cpus - all_memory / memories) / 2)) * MAX_NODE_SCORE)

    return score


class NodeResourcesBalancedAllocation(ScorePlugin):
    """Prefers nodes on which, with the pod there, cpu and memory are requested in equal proportion.

    Looks at requests as they are written. Fractions count up to 1. Best-effort pods are not scored.

    Source: kubernetes, pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go (version 1.34).

    Parameters
    ----------
    resources : tuple of str
        What must stay in step.
    """

    name = "NodeResourcesBalancedAllocation"
    local = True

    def __init__(self, resources: tuple[str, ...] = RESOURCES) -> None:
        self.resources = resources

    def pre_score(self, pod: PodInfo, cluster: Cluster, feasible: Sequence[NodeInfo]) -> State:
        """Step aside for pods that ask for none of the resources."""
        return None if any(pod.requests.get(name, 0) for name in self.resources) else SKIP

    @by_sums
    @quick(balance_of_cpu_and_memory)
    def score(self, state: State, pod: PodInfo, node: NodeInfo) -> int:
        """Return how evenly the node would be requested."""
        return balance(list(true_fractions(pod, node, self.resources)))
