"""Which group of nodes is made larger for the pods that wait, and by how much?

For each group that has room: which of the pods a new node of it would take, and how many nodes these need. Of the
options the expander takes one; the default leaves the least cpu and memory over.

Source: kubernetes/autoscaler, cluster-autoscaler/core/scaleup/orchestrator/orchestrator.go (version 1.36);
--expander=least-waste, --max-nodes-per-scaleup=1000.
Left out: groups that are alike and made larger together (--balance-similar-node-groups is off by default); ties are
broken by the order of the groups, not by lot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from workbench.engines.kubernetes.autoscalers.cluster import NodeGroup
from workbench.engines.kubernetes.autoscalers.cluster_estimator import Estimate, PodGroup, estimate
from workbench.engines.kubernetes.autoscalers.cluster_expanders import Option, least_waste
from workbench.engines.kubernetes.autoscalers.cluster_limiter import Limiter, Threshold, room_of_similar
from workbench.engines.kubernetes.framework import Cluster
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.runtime import Profile, run_filter, run_pre_filter

MAX_NODES_PER_SCALE_UP = 1000

Template = Callable[[str], NodeInfo]
"""Makes a node of a group as it would be when new, under a name, with the pods of DaemonSets on it."""


class ScaleUp(NamedTuple):
    """A decision: the group, its new size, and the pods it is for."""

    group: NodeGroup
    size: int
    pods: tuple[PodInfo, ...]


def scale_up(
    pods: Sequence[PodInfo], groups: Iterable[tuple[NodeGroup, Template]], nodes: Sequence[NodeInfo], profile: Profile
) -> ScaleUp | None:
    """Return what is to be done for pods that fit nowhere; None if no group would help.

    Parameters
    ----------
    nodes : sequence of NodeInfo
        The cluster, with the nodes on their way.
    """
    options: list[Option] = []
    known: dict[str, tuple[NodeGroup, Estimate, tuple[PodInfo, ...]]] = {}
    for group, template in groups:
        if not group.room:
            continue
        node = template(f"{group.name}-template")
        helped = [pod for pod in pods if fits(pod, node, profile)]
        if not helped:
            continue
        limiter = Limiter((Threshold(MAX_NODES_PER_SCALE_UP), Threshold(room_of_similar(group, ()))))
        alike = [PodGroup(pod, number) for pod, number in Counter(helped).items()]
        found = estimate(alike, template, nodes, limiter, profile)
        if found.nodes:
            options.append(Option(group.name, found.nodes, node.allocatable, _asked(found.helped), found.pods))
            known[group.name] = group, found, found.helped
    if not options:
        return None
    group, found, for_them = known[least_waste(options)[0].group]
    return ScaleUp(group, min(group.size + found.nodes, group.most), for_them)


def fits(pod: PodInfo, node: NodeInfo, profile: Profile) -> bool:
    """Say whether a node of its own would take a pod."""
    alone = node.copy()
    alone.index = 0
    found = run_pre_filter(profile, pod, Cluster([alone]))
    return found.refusal is None and run_filter(found.filters, pod, alone) is None


def _asked(pods: Iterable[PodInfo]) -> dict[str, int]:
    total: dict[str, int] = {}
    for pod in pods:
        for name, amount in pod.requests.items():
            total[name] = total.get(name, 0) + amount
    return total
