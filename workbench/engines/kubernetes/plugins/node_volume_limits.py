"""NodeVolumeLimits: a node can hold only so many volumes of a storage driver."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.engines.kubernetes.framework import (
    SKIP,
    Cluster,
    ClusterEvent,
    Plugin,
    Sees,
    State,
    Status,
    unresolvable,
    unschedulable,
)
from workbench.engines.kubernetes.listers import Listers
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.plugins.volume_claims import claim_not_found, class_of, is_used, successor
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.model.native.kubernetes import CSINode, PersistentVolumeClaim
from workbench.model.native.kubernetes.volumes import Volume

REASON = "node(s) exceed max volume count"

Handle = tuple[str, str]
"""Driver, and the driver's name for the volume."""


class NodeVolumeLimits(Plugin):
    """Refuses nodes whose storage drivers cannot take the pod's volumes beside those that are there.

    Counted are the volumes of the pods on the node, each once, and those still attached.

    Source: kubernetes, pkg/scheduler/framework/plugins/nodevolumelimits/csi.go (version 1.34).
    Left out: volumes of the kinds that were built into Kubernetes, as disks of their successors (CSI migration).
    """

    name = "NodeVolumeLimits"
    events = {  # noqa: RUF012 - never changed
        "Pod": ("Delete",),
        "PersistentVolumeClaim": ("Add",),
        "storage.k8s.io/CSINode": ("Add", "Update"),
        "storage.k8s.io/VolumeAttachment": ("Delete",),
    }
    sees: Sees = "pods"

    def pre_filter(self, pod: PodInfo, cluster: Cluster) -> State:
        """Step aside for pods without claims or disks."""
        for volume in pod.spec.volumes:
            built_in = volume.gce_persistent_disk or volume.aws_elastic_block_store
            if volume.persistent_volume_claim or volume.ephemeral or built_in:
                return cluster.listers
        return SKIP

    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Refuse a node where the pod's volumes would be too many for a driver."""
        listers: Listers = state
        missing = [claim for claim in pod.volume_claims if listers.claim(f"{pod.namespace}/{claim}") is None]
        if missing:
            return unresolvable(claim_not_found(missing[0]))
        new = _handles(pod, listers)
        limits = _limits(listers.csi_nodes.get(node.name))
        if not new or not limits:
            return None
        present = {one for other in node.pods for one in _handles(other, listers)} | set(_attached(node.name, listers))
        coming = new - present
        for driver in sorted({driver for driver, _ in coming}):
            if driver in limits and _of(driver, present) + _of(driver, coming) > limits[driver]:
                return unschedulable(REASON)
        return None

    def needs_whole_cluster(self, pod: PodInfo, cluster: Cluster) -> bool:
        """Claims and volumes change in the meantime."""
        return bool(pod.volume_claims)

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """A driver can take more, a pod with volumes has gone, or a claim of this one has come.

        As upstream, it does not matter where the pod was, nor whose volumes it had.
        """
        match event.resource:
            case "PersistentVolumeClaim":
                return is_used(event.new, pod)
            case "storage.k8s.io/VolumeAttachment":
                return _could_be_attached(event.old.spec.attacher, pod)
            case "storage.k8s.io/CSINode":
                return event.old is None or _more(event.old, event.new)
        return not event.nominated and any(_is_limited(volume) for volume in event.old.spec.volumes)


def _is_limited(volume: Volume) -> bool:
    return bool(volume.persistent_volume_claim or volume.ephemeral or successor(volume))


def _could_be_attached(driver: str, pod: PodInfo) -> bool:
    """Say whether a volume of the pod may be one of this driver: any claim, or a disk that it has taken over."""
    return any(volume.persistent_volume_claim or successor(volume) == driver for volume in pod.spec.volumes)


def _more(old: CSINode, new: CSINode) -> bool:
    """Say whether a driver can take more volumes; one that does not say counts as one that takes none."""
    before = _limits(old)
    return any(limit > before.get(driver, 0) for driver, limit in _limits(new).items())


def _of(driver: str, handles: Iterable[Handle]) -> int:
    return sum(1 for one, _ in handles if one == driver)


def _limits(node: CSINode | None) -> dict[str, int]:
    drivers: Sequence = () if node is None else node.spec.drivers  # type: ignore[type-arg]  # of the CSINode drivers
    return {one.name: one.allocatable.count for one in drivers if one.allocatable and one.allocatable.count is not None}


def _handles(pod: PodInfo, listers: Listers) -> set[Handle]:
    """Return the volumes of a pod; claims that do not exist count for nothing."""
    claims = (listers.claim(claim) for claim in pod.claims)
    found = (_handle(claim, listers) for claim in claims if claim is not None)
    return {one for one in found if one is not None}


def _handle(claim: PersistentVolumeClaim, listers: Listers) -> Handle | None:
    """Return the volume behind a claim; one that is still to be made is told by its claim."""
    volume = listers.volume(claim.spec.volume_name)
    if volume is not None:
        csi = volume.spec.csi
        return (csi.driver, csi.volume_handle) if csi is not None and csi.driver and csi.volume_handle else None
    known = listers.classes.get(class_of(claim))
    return (known.provisioner, f"claim {claim.namespace}/{claim.name}") if known and known.provisioner else None


def _attached(node: str, listers: Listers) -> Iterable[Handle]:
    for one in listers.attachments:
        volume = listers.volume(one.spec.source.persistent_volume_name or "")
        if one.spec.node_name == node and one.spec.attacher and volume is not None and volume.spec.csi is not None:
            yield volume.spec.csi.driver, volume.spec.csi.volume_handle
