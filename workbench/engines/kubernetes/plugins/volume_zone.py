"""VolumeZone: a volume that says by labels in which zone it is keeps its pods there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from workbench.engines.kubernetes.framework import SKIP, Cluster, ClusterEvent, Plugin, State, Status, unresolvable
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.plugins.volume_claims import (
    WAITS,
    claim_not_found,
    class_not_found,
    class_of,
    is_named,
    named_claims,
    volume_not_found,
)
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.model.native.kubernetes import PersistentVolume, PersistentVolumeClaim

REASON = "node(s) had no available volume zone"
NO_NAME_NO_CLASS = "PersistentVolumeClaim had no pv name and storageClass name"
NO_NAME = "PersistentVolume had no name"

TODAY = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
}
"""Old label -> label of today."""

LABELS = (*TODAY, *TODAY.values())


class Place(NamedTuple):
    """A label that a volume carries, with the values that nodes may have."""

    key: str
    values: frozenset[str]


class VolumeZone(Plugin):
    """Refuses nodes in another zone or region than a volume of the pod, as far as labels say so.

    Source: kubernetes, pkg/scheduler/framework/plugins/volumezone (version 1.34).
    """

    name = "VolumeZone"
    events = {  # noqa: RUF012 - never changed
        "Node": ("Add", "UpdateNodeLabel"),
        "PersistentVolumeClaim": ("Add", "Update"),
        "PersistentVolume": ("Add", "Update"),
        "storage.k8s.io/StorageClass": ("Add",),
    }

    def pre_filter(self, pod: PodInfo, cluster: Cluster) -> State:
        """Return the places of the pod's volumes, or step aside when none says where it is."""
        places: list[Place] = []
        named = named_claims(pod)  # as upstream: those that are made for the pod alone are not looked at
        for name in (one for one in pod.volume_claims if one in named):
            claim = cluster.listers.claim(f"{pod.namespace}/{name}")
            if claim is None:
                return unresolvable(claim_not_found(name))
            if not claim.spec.volume_name:
                status = self._unbound(claim, cluster)
                if status is not None:
                    return status
                continue
            volume = cluster.listers.volume(claim.spec.volume_name)
            if volume is None:
                return unresolvable(volume_not_found(claim.spec.volume_name))
            places.extend(_places(volume))
        return places or SKIP

    def _unbound(self, claim: PersistentVolumeClaim, cluster: Cluster) -> Status | None:
        """Refuse the pod for a claim without a volume, unless the volume comes with the node."""
        name = class_of(claim)
        if not name:
            return unresolvable(NO_NAME_NO_CLASS)
        known = cluster.listers.classes.get(name)
        if known is None:
            return unresolvable(class_not_found(name))
        return None if known.volume_binding_mode == WAITS else unresolvable(NO_NAME)

    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Refuse a node elsewhere; a node that says nothing of zones will do."""
        places: list[Place] = state
        if not any(key in node.labels for key in LABELS):
            return None
        for key, values in places:
            value = node.labels.get(key, node.labels.get(TODAY.get(key, key)))
            if value is None or value not in values:
                return unresolvable(REASON)
        return None

    def needs_whole_cluster(self, pod: PodInfo, cluster: Cluster) -> bool:
        """Claims and volumes change in the meantime."""
        return bool(pod.volume_claims)

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """A node, a class that waits for pods, or a claim of the pod has come; or a volume, perhaps elsewhere."""
        match event.resource:
            case "PersistentVolumeClaim":
                return is_named(event.new, pod)
            case "PersistentVolume":
                return event.old is None or list(_places(event.old)) != list(_places(event.new))
            case "storage.k8s.io/StorageClass":
                return bool(event.new.volume_binding_mode == WAITS)
        return True


def _places(volume: PersistentVolume) -> Iterator[Place]:
    """Yield the places of a volume; several values of one label are separated by two underscores."""
    for key in LABELS:
        text = volume.metadata.labels.get(key)
        if text is not None:
            values = [one.strip() for one in text.split("__")]
            if all(values):
                yield Place(key, frozenset(values))
