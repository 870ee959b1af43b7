"""A whole scheduling cycle, by the book. It is the specification; `node_table.py` gives the same answers from what it
remembers.

Source: kubernetes, pkg/scheduler/schedule_one.go (version 1.34).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from workbench.engines.kubernetes.fit_error import Rejected
from workbench.engines.kubernetes.framework import Cluster, unresolvable
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.runtime import (
    Nominated,
    PreFiltered,
    Profile,
    Refusal,
    run_filter_with_nominated,
    run_pre_filter,
    run_pre_score,
)

EVERY_NODE = 100
"""Percentage of nodes to score at which none is left out."""


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
