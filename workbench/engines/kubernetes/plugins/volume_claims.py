"""What the volume plugins share: how claims, volumes and classes stand to one another.

Source: kubernetes/component-helpers, storage/volume (helpers.go, pv_helpers.go) (version 1.34).
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.engines.kubernetes.ephemeral import claim_name, ephemeral_volumes
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.selectors import node_selector_matches
from workbench.model.native.kubernetes import CSINode, PersistentVolume, PersistentVolumeClaim
from workbench.model.native.kubernetes.volumes import Volume

BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
OLD_CLASS = "volume.beta.kubernetes.io/storage-class"
WAITS = "WaitForFirstConsumer"
MIGRATED_PLUGINS = "storage.alpha.kubernetes.io/migrated-plugins"
NO_PROVISIONER = "kubernetes.io/no-provisioner"


def claim_not_found(name: str) -> str:
    """Return what upstream says of a claim that does not exist."""
    return f'persistentvolumeclaim "{name}" not found'


def volume_not_found(name: str) -> str:
    """Return what upstream says of a volume that does not exist."""
    return f'persistentvolume "{name}" not found'


def class_not_found(name: str) -> str:
    """Return what upstream says of a storage class that does not exist."""
    return f'storageclass.storage.k8s.io "{name}" not found'


def class_of(claim: PersistentVolumeClaim) -> str:
    """Return the name of a claim's storage class, empty for none."""
    return claim.metadata.annotations.get(OLD_CLASS) or claim.spec.storage_class_name or ""


def fully_bound(claim: PersistentVolumeClaim) -> bool:
    """Say whether a claim has its volume, for both sides."""
    return bool(claim.spec.volume_name) and BIND_COMPLETED in claim.metadata.annotations


def is_for(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """Say whether a volume is set aside for, or bound to, just this claim."""
    ref = volume.spec.claim_ref
    if ref is None or (ref.namespace, ref.name) != (claim.namespace, claim.name):
        return False
    return not ref.uid or ref.uid == claim.metadata.uid


def reachable(volume: PersistentVolume, labels: Mapping[str, str]) -> bool:
    """Say whether a node with these labels can reach a volume; as upstream, its name is not looked at."""
    affinity = volume.spec.node_affinity
    if affinity is None or affinity.required is None:
        return True
    return node_selector_matches(affinity.required, labels, "")


def requested_bytes(claim: PersistentVolumeClaim) -> int:
    """Return how much a claim asks for."""
    asked = claim.spec.resources.requests.get("storage")
    return 0 if asked is None else asked.units()


def named_claims(pod: PodInfo) -> frozenset[str]:
    """Return the claims that a pod names itself: not those that are made for it alone."""
    claims = (volume.persistent_volume_claim for volume in pod.spec.volumes)
    return frozenset(one.claim_name for one in claims if one is not None)


def made_alone_for(pod: PodInfo) -> frozenset[str]:
    """Return the claims that are made for a pod alone."""
    return frozenset(claim_name(pod.name, volume.name) for volume in ephemeral_volumes(pod.spec))


def is_named(claim: PersistentVolumeClaim, pod: PodInfo) -> bool:
    """Say whether a pod names a claim itself."""
    return _space(claim) == pod.namespace and claim.name in named_claims(pod)


def is_used(claim: PersistentVolumeClaim, pod: PodInfo) -> bool:
    """Say whether a pod uses a claim, be it one that is made for it alone."""
    return _space(claim) == pod.namespace and claim.name in pod.volume_claims


def _space(claim: PersistentVolumeClaim) -> str:
    return claim.namespace or "default"


def migrated_plugins(node: CSINode) -> str:
    """Return the disks built into Kubernetes that drivers of a node have taken over, as a text."""
    return node.metadata.annotations.get(MIGRATED_PLUGINS, "")


def successor(volume: Volume) -> str:
    """Return the driver that has taken over a disk named in the pod itself, empty for other volumes.

    Source: kubernetes/csi-translation-lib, plugins (version 1.34). Left out: kinds that are not read from files
    (Azure, Cinder, vSphere, Portworx).
    """
    if volume.gce_persistent_disk is not None:
        return "pd.csi.storage.gke.io"
    return "ebs.csi.aws.com" if volume.aws_elastic_block_store is not None else ""
