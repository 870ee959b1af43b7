"""ImageLocality: a node that has the image starts sooner."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from workbench.engines.kubernetes.framework import MAX_NODE_SCORE, Cluster, ScorePlugin, State
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.shortcuts import by_objects

MIB = 1024 * 1024
MIN_THRESHOLD = 23 * MIB
"""Below this an image is worth nothing."""
MAX_CONTAINER_THRESHOLD = 1000 * MIB
"""Per container: above this an image is worth no more."""


class ImageLocality(ScorePlugin):
    """Prefers nodes that hold the pod's images, by size, less where few nodes have them.

    Images mounted as volumes do not count. The share of nodes that have an image scales it, so that one node with
    the image does not draw every pod.

    Source: kubernetes, pkg/scheduler/framework/plugins/imagelocality (version 1.34).
    """

    name = "ImageLocality"

    @by_objects
    def pre_score(self, pod: PodInfo, cluster: Cluster, feasible: Sequence[NodeInfo]) -> State:
        """Return the share of all nodes, feasible or not, that have each image, as (nodes with it, nodes)."""
        return {
            image: (sum(1 for node in cluster.nodes if image in node.images), len(cluster.nodes))
            for image in pod.images
        }

    @by_objects
    def score(self, state: State, pod: PodInfo, node: NodeInfo) -> int:
        """Return 0 to 100 by the bytes that need not be fetched."""
        shares: Mapping[str, tuple[int, int]] = state
        total = 0
        for image in pod.images:
            size = node.images.get(image)
            if size is not None:
                having, nodes = shares[image]
                total += int(float(size) * (having / nodes))
        highest = MAX_CONTAINER_THRESHOLD * len(pod.images)
        worth = min(max(total, MIN_THRESHOLD), highest)
        return MAX_NODE_SCORE * (worth - MIN_THRESHOLD) // (highest - MIN_THRESHOLD)

    def group(self, pod: PodInfo, node: NodeInfo) -> Hashable:
        """The score of a node follows from which of the images it has, and how large they are there."""
        images = node.images
        return tuple([images.get(image) for image in pod.images]) if not images.keys().isdisjoint(pod.images) else ()
