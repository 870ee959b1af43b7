"""VolumeRestrictions: disks that only one machine, or only one pod, can use at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.plugins.volume_claims import claim_not_found, is_named, named_claims
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.model.native.kubernetes.volumes import Volume

DISK_CONFLICT = "node(s) had no available disk"
ONE_POD_CONFLICT = (
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
)
ONE_POD = "ReadWriteOncePod"


@dataclass
class InUse:
    """The pod's claims that only one pod may use, and how many uses of them there are."""

    claims: frozenset[str]
    uses: int

    def copy(self) -> InUse:
        """Return a copy that can be changed on its own."""
        return InUse(self.claims, self.uses)


class VolumeRestrictions(Plugin):
    """Refuses nodes with a pod that holds the same disk; all nodes while a claim for one pod alone is in use.

    Source: kubernetes, pkg/scheduler/framework/plugins/volumerestrictions (version 1.34).
    """

    name = "VolumeRestrictions"
    events = {  # noqa: RUF012 - never changed
        "Node": ("Add",),
        "Pod": ("Delete",),
        "PersistentVolumeClaim": ("Add",),
    }
    sees: Sees = "cluster"

    def pre_filter(self, pod: PodInfo, cluster: Cluster) -> State:
        """Count the uses of claims for one pod alone, or step aside when nothing can conflict."""
        if not pod.spec.volumes:
            return SKIP
        disks = any(_can_conflict(volume) for volume in pod.spec.volumes)
        mine = set()
        named = named_claims(pod)  # those that are made for the pod alone are not looked at
        for claim in (one for one in pod.volume_claims if one in named):
            known = cluster.listers.claim(f"{pod.namespace}/{claim}")
            if known is None:
                return unresolvable(claim_not_found(claim))
            if ONE_POD in known.spec.access_modes:
                mine.add(claim)
        used = _claims_in_use(cluster) if mine else frozenset()
        conflicts = sum(1 for claim in mine if f"{pod.namespace}/{claim}" in used)
        return InUse(frozenset(mine), conflicts) if disks or conflicts else SKIP

    def pod_changed(
        self, state: State, pod: PodInfo, other: PodInfo, node: NodeInfo, number: int, cluster: Cluster
    ) -> None:
        """Count uses in or out; as upstream, by the claim's name alone."""
        in_use: InUse = state
        in_use.uses += number * sum(1 for claim in other.volume_claims if claim in in_use.claims)

    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Refuse a node with a disk that conflicts, then any node while a claim is in use."""
        in_use: InUse = state
        if any(
            _conflict(mine, held) for mine in pod.spec.volumes for other in node.pods for held in other.spec.volumes
        ):
            return unschedulable(DISK_CONFLICT)
        return unschedulable(ONE_POD_CONFLICT) if in_use.uses > 0 else None

    def needs_whole_cluster(self, pod: PodInfo, cluster: Cluster) -> bool:
        """Claims are used anywhere; disks are looked up in the pods of a node."""
        return bool(pod.volume_claims) or any(_can_conflict(volume) for volume in pod.spec.volumes)

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """A node has come, a claim of the pod has come, or a pod has gone that held a disk or a claim of this one."""
        if event.resource == "PersistentVolumeClaim":
            return is_named(event.new, pod)
        if event.resource == "Node":
            return True
        gone: PodInfo = event.old
        if gone.namespace != pod.namespace:
            return False
        return bool(named_claims(gone) & named_claims(pod)) or any(
            _conflict(mine, held) for mine in pod.spec.volumes for held in gone.spec.volumes
        )


def _claims_in_use(cluster: Cluster) -> frozenset[str]:
    """Return the claims of pods on nodes that there are: those of a node that was deleted do not count, as upstream.

    Source: kubernetes, pkg/scheduler/backend/cache/cache.go, updateNodeInfoSnapshotList (version 1.34): the set is
    made from the nodes of the tree, which deleted ones have left although their pods are still known.
    """

    def used() -> Iterator[str]:
        for node in cluster.nodes:
            for other in node.pods:
                yield from other.claims

    return frozenset(used())


def _can_conflict(volume: Volume) -> bool:
    return any(
        one is not None
        for one in (volume.gce_persistent_disk, volume.aws_elastic_block_store, volume.rbd, volume.iscsi)
    )


def _conflict(mine: Volume, held: Volume) -> bool:
    """Say whether two volumes are one disk that cannot be shared: disks can by readers alone, but not those of EC2."""
    a, b = mine.gce_persistent_disk, held.gce_persistent_disk
    if a is not None and b is not None and a.pd_name == b.pd_name and not (a.read_only and b.read_only):
        return True
    c, d = mine.aws_elastic_block_store, held.aws_elastic_block_store
    if c is not None and d is not None and c.volume_id == d.volume_id:
        return True
    e, f = mine.iscsi, held.iscsi
    if e is not None and f is not None and e.iqn == f.iqn and not (e.read_only and f.read_only):
        return True
    g, h = mine.rbd, held.rbd
    if g is None or h is None or (g.read_only and h.read_only):
        return False
    return bool(set(g.monitors) & set(h.monitors)) and (g.pool, g.image) == (h.pool, h.image)
