"""Plugins that look at pods anywhere in the cluster: they count, and keep their counts up to date pod by pod.

Upstream's do so with AddPod and RemovePod of their PreFilterExtensions.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from workbench.engines.kubernetes.framework import Cluster, Plugin, ScorePlugin, Sees, State
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo


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
