"""VolumeBinding: a pod goes where its volumes can be reached, or made."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from workbench.engines.kubernetes.ephemeral import not_made_for, waits_for_controller
from workbench.engines.kubernetes.framework import (
    SKIP,
    Cluster,
    ClusterEvent,
    ScorePlugin,
    Sees,
    State,
    Status,
    unresolvable,
)
from workbench.engines.kubernetes.listers import Listers
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.plugins.volume_claims import (
    NO_PROVISIONER,
    SELECTED_NODE,
    claim_not_found,
    class_of,
    fully_bound,
    is_used,
    made_alone_for,
    migrated_plugins,
    reachable,
    requested_bytes,
)
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.selectors import selects
from workbench.engines.kubernetes.volume_matching import find_matching_volume, is_delay_binding_mode
from workbench.model.native.kubernetes import (
    CSIStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
)
from workbench.model.native.kubernetes.storage import TopologySelectorTerm

NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity"
BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind"
NOT_ENOUGH_SPACE = "node(s) did not have enough free storage"
NO_VOLUME = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
UNBOUND_IMMEDIATE = "pod has unbound immediate PersistentVolumeClaims"


@dataclass
class PodVolumeClaims:
    """The claims of a pod: those that have their volumes, and those that get one with the node."""

    bound: list[PersistentVolumeClaim] = field(default_factory=list)
    waiting: list[PersistentVolumeClaim] = field(default_factory=list)
    listers: Listers = field(default_factory=Listers)


class PodVolumes(NamedTuple):
    """What would be done on one node: volumes to bind to claims, claims to make volumes for."""

    bindings: tuple[tuple[PersistentVolumeClaim, PersistentVolume], ...]
    to_provision: tuple[PersistentVolumeClaim, ...]


class VolumeBinding(ScorePlugin):
    """Refuses nodes that cannot reach the pod's volumes, or on which those still missing can neither be found nor made.

    A claim without a volume whose class does not wait for a pod refuses the pod everywhere. Among volumes to be had,
    the smallest that suffices is taken, smaller claims first.

    Source: kubernetes, pkg/scheduler/framework/plugins/volumebinding (version 1.34).
    Left out: scoring by capacity (off by default).
    """

    name = "VolumeBinding"
    events = {  # noqa: RUF012 - never changed
        "Node": ("Add", "UpdateNodeLabel"),
        "PersistentVolumeClaim": ("Add", "Update"),
        "PersistentVolume": ("Add", "Update"),
        "storage.k8s.io/StorageClass": ("Add", "Update"),
        "storage.k8s.io/CSINode": ("Add", "Update"),
        "storage.k8s.io/CSIDriver": ("Update",),
        "storage.k8s.io/CSIStorageCapacity": ("Add", "Update"),
    }
    sees: Sees = "cluster"

    def pre_filter(self, pod: PodInfo, cluster: Cluster) -> State:
        """Sort the pod's claims, refuse the pod for one that cannot be had, step aside when there are none."""
        if not pod.volume_claims:
            return SKIP
        listers = cluster.listers
        found = PodVolumeClaims(listers=listers)
        immediate = False
        claims = [(name, listers.claim(f"{pod.namespace}/{name}")) for name in pod.volume_claims]
        own = made_alone_for(pod)
        for name, claim in claims:
            status = _unusable(name, claim, own=name in own)
            if status is not None:
                return status
            if name in own and not listers.made_for(f"{pod.namespace}/{name}", pod.uid):
                return unresolvable(not_made_for(pod.namespace, name, pod.name))
        for _, claim in claims:
            assert claim is not None
            if fully_bound(claim):
                found.bound.append(claim)
            elif is_delay_binding_mode(claim, listers.classes) and not claim.spec.volume_name:
                found.waiting.append(claim)
            else:
                immediate = True
        return unresolvable(UNBOUND_IMMEDIATE) if immediate else found

    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Refuse a node for which no volumes can be had."""
        found = find_pod_volumes(state, node)
        return None if isinstance(found, PodVolumes) else unresolvable(*found)

    def pre_score(self, pod: PodInfo, cluster: Cluster, feasible: Sequence[NodeInfo]) -> State:
        """Scoring by capacity is off."""
        return SKIP

    def score(self, state: State, pod: PodInfo, node: NodeInfo) -> int:
        """Never asked."""
        return 0

    def group(self, pod: PodInfo, node: NodeInfo) -> Hashable:
        """Never asked."""
        return None

    def reserve(self, state: State, node: NodeInfo) -> PodVolumes:
        """Return what is to be bound and made on the chosen node (Reserve, and what PreBind asks for)."""
        found = find_pod_volumes(state, node)
        assert isinstance(found, PodVolumes)
        return found

    def needs_whole_cluster(self, pod: PodInfo, cluster: Cluster) -> bool:
        """Claims and volumes change in the meantime."""
        return bool(pod.volume_claims)

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """Nodes and volumes that have come or changed; a claim of the pod; storage that can now be made."""
        old, new = event.old, event.new
        match event.resource:
            case "PersistentVolumeClaim":
                return is_used(new, pod)
            case "storage.k8s.io/CSIDriver":
                inline = any(one.csi is not None and one.csi.driver == new.name for one in pod.spec.volumes)
                return inline and old.spec.storage_capacity and not new.spec.storage_capacity
        if old is None or event.resource == "PersistentVolume":
            return True
        match event.resource:
            case "storage.k8s.io/StorageClass":
                return bool(old.allowed_topologies != new.allowed_topologies)
            case "storage.k8s.io/CSINode":
                return migrated_plugins(old) != migrated_plugins(new)
            case "storage.k8s.io/CSIStorageCapacity":
                return _largest(new) > _largest(old)
        return True


def _largest(capacity: CSIStorageCapacity) -> int:
    """Return how large a volume can be made, as far as a driver says."""
    limit = capacity.capacity if capacity.maximum_volume_size is None else capacity.maximum_volume_size
    return 0 if limit is None else limit.units()


def _unusable(name: str, claim: PersistentVolumeClaim | None, *, own: bool) -> Status | None:
    if claim is None:
        return unresolvable(waits_for_controller(name) if own else claim_not_found(name))
    if claim.status.phase == "Lost":
        volume = claim.spec.volume_name
        return unresolvable(f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{volume}"')
    if claim.metadata.deletion_timestamp is not None:
        return unresolvable(f'persistentvolumeclaim "{name}" is being deleted')
    return None


def find_pod_volumes(claims: PodVolumeClaims, node: NodeInfo) -> PodVolumes | tuple[str, ...]:
    """Return how the volumes of a pod can be had on a node, or the reasons why they cannot."""
    reasons = []
    for claim in claims.bound:
        volume = claims.listers.volume(claim.spec.volume_name)
        if volume is None:
            reasons.append(NO_VOLUME)
            break
        if not reachable(volume, node.labels):
            reasons.append(NODE_CONFLICT)
            break
    selected = [claim for claim in claims.waiting if SELECTED_NODE in claim.metadata.annotations]
    if any(claim.metadata.annotations[SELECTED_NODE] != node.name for claim in selected):
        return (*reasons, BIND_CONFLICT)
    bindings, unmatched = _find_matching(
        [claim for claim in claims.waiting if SELECTED_NODE not in claim.metadata.annotations], node, claims.listers
    )
    to_provision = [*selected, *unmatched]
    reason = _provision_fault(to_provision, node, claims.listers)
    if reason:
        reasons.append(reason)
    return tuple(reasons) if reasons else PodVolumes(tuple(bindings), tuple(to_provision))


def _find_matching(
    claims: list[PersistentVolumeClaim], node: NodeInfo, listers: Listers
) -> tuple[list[tuple[PersistentVolumeClaim, PersistentVolume]], list[PersistentVolumeClaim]]:
    """Return volumes for claims, the smallest claim first, and the claims for which there is none."""
    bindings: list[tuple[PersistentVolumeClaim, PersistentVolume]] = []
    unmatched = []
    taken: set[str] = set()
    for claim in sorted(claims, key=requested_bytes):
        volumes = (one for one in listers.volumes.values() if one.spec.storage_class_name == class_of(claim))
        volume = find_matching_volume(claim, volumes, node.labels, taken, delay_binding=True)
        if volume is None:
            unmatched.append(claim)
        else:
            taken.add(volume.name)
            bindings.append((claim, volume))
    return bindings, unmatched


def _provision_fault(claims: Iterable[PersistentVolumeClaim], node: NodeInfo, listers: Listers) -> str:
    """Return why volumes for these claims cannot be made on a node, or an empty text."""
    for claim in claims:
        known = listers.classes.get(class_of(claim))
        if known is None or known.provisioner in ("", NO_PROVISIONER):
            return BIND_CONFLICT
        if not topology_allows(known.allowed_topologies, node.labels):
            return BIND_CONFLICT
        if not _has_capacity(known, claim, node, listers):
            return NOT_ENOUGH_SPACE
    return ""


def topology_allows(terms: Sequence[TopologySelectorTerm], labels: Mapping[str, str]) -> bool:
    """Say whether the allowed topologies of a class let a volume be made for a node with these labels."""
    if not terms:
        return True
    return any(
        term.match_label_expressions and all(labels.get(one.key) in one.values for one in term.match_label_expressions)
        for term in terms
    )


def _has_capacity(known: StorageClass, claim: PersistentVolumeClaim, node: NodeInfo, listers: Listers) -> bool:
    """Say whether some storage that the node can reach has room; only drivers that tell are asked."""
    driver = listers.csi_drivers.get(known.provisioner)
    if driver is None or not driver.spec.storage_capacity or "storage" not in claim.spec.resources.requests:
        return True
    return any(
        one.storage_class_name == known.name
        and _room(one) >= requested_bytes(claim)
        and one.node_topology is not None
        and selects(one.node_topology, node.labels)
        for one in listers.capacities
    )


def _room(one: CSIStorageCapacity) -> int:
    """Return the largest volume that can be made; -1 where nothing is said."""
    limit = one.capacity if one.maximum_volume_size is None else one.maximum_volume_size
    return -1 if limit is None else limit.units()
