"""Volumes of a pod. Only their kind and what binds the pod to a place is kept.

Source: kubernetes/api, core/v1/types.go, VolumeSource.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from workbench.model.native.kubernetes.meta import KubeStruct, ObjectMeta, Opaque
from workbench.model.native.kubernetes.quantity import Quantity
from workbench.model.native.kubernetes.storage import PersistentVolumeClaimSpec


class EmptyDirVolumeSource(KubeStruct, frozen=True, kw_only=True):
    """Scratch space that lives and dies with the pod; ``medium`` "Memory" takes it from memory."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"mode"})

    medium: str = ""
    size_limit: Quantity | None = None


class HostPathVolumeSource(KubeStruct, frozen=True, kw_only=True):
    """A folder of the machine."""

    path: str = ""
    type: str = ""


class PersistentVolumeClaimVolumeSource(KubeStruct, frozen=True, kw_only=True):
    """A claim of the same namespace."""

    claim_name: str
    read_only: bool = False


class PersistentVolumeClaimTemplate(KubeStruct, frozen=True, kw_only=True):
    """The claim made for one pod."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PersistentVolumeClaimSpec = PersistentVolumeClaimSpec()


class EphemeralVolumeSource(KubeStruct, frozen=True, kw_only=True):
    """A claim that lives and dies with the pod."""

    volume_claim_template: PersistentVolumeClaimTemplate | None = None


class GCEPersistentDiskVolumeSource(KubeStruct, frozen=True, kw_only=True):
    """A disk of Google Compute Engine: one machine at a time unless read-only."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"fsType", "partition"})

    pd_name: str = ""
    read_only: bool = False


class AWSElasticBlockStoreVolumeSource(KubeStruct, frozen=True, kw_only=True):
    """A disk of Amazon EC2: one machine at a time."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"fsType", "partition"})

    volume_id: str = msgspec.field(default="", name="volumeID")
    read_only: bool = False


class ISCSIVolumeSource(KubeStruct, frozen=True, kw_only=True):
    """A disk by iSCSI."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {
            "fsType",
            "iscsiInterface",
            "portals",
            "chapAuthDiscovery",
            "chapAuthSession",
            "secretRef",
            "initiatorName",
        }
    )

    target_portal: str = ""
    iqn: str = ""
    lun: int = 0
    read_only: bool = False


class RBDVolumeSource(KubeStruct, frozen=True, kw_only=True):
    """A Ceph block device."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"fsType", "user", "keyring", "secretRef"})

    monitors: tuple[str, ...] = ()
    image: str = ""
    pool: str = "rbd"
    read_only: bool = False


class GitRepoVolumeSource(KubeStruct, frozen=True, kw_only=True):
    """A repository that is cloned into an emptyDir."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"revision", "directory"})

    repository: str = ""


class NFSVolumeSource(KubeStruct, frozen=True, kw_only=True):
    """A share of an NFS server."""

    server: str = ""
    path: str = ""
    read_only: bool = False


class GlusterfsVolumeSource(KubeStruct, frozen=True, kw_only=True):
    """A GlusterFS volume."""

    endpoints: str = ""
    path: str = ""
    read_only: bool = False


class CSIVolumeSource(KubeStruct, frozen=True, kw_only=True):
    """An ephemeral volume of a storage driver."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"fsType", "volumeAttributes", "nodePublishSecretRef"})

    driver: str = ""
    read_only: bool = False


class ConfigMapVolumeSource(KubeStruct, frozen=True, kw_only=True):
    """A ConfigMap shown as files; only its name is kept."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"items", "defaultMode", "optional", "defaultUser"})

    name: str = ""


class SecretVolumeSource(KubeStruct, frozen=True, kw_only=True):
    """A Secret shown as files; only its name is kept."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"items", "defaultMode", "optional", "defaultUser"})

    secret_name: str = ""


class Volume(KubeStruct, frozen=True, kw_only=True):
    """One volume of a pod; exactly one of the sources is set."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {
            "flexVolume",
            "cinder",
            "cephfs",
            "flocker",
            "fc",
            "azureFile",
            "vsphereVolume",
            "quobyte",
            "azureDisk",
            "photonPersistentDisk",
            "portworxVolume",
            "scaleIO",
            "storageos",
            "image",
        }
    )

    name: str
    empty_dir: EmptyDirVolumeSource | None = None
    host_path: HostPathVolumeSource | None = None
    persistent_volume_claim: PersistentVolumeClaimVolumeSource | None = None
    ephemeral: EphemeralVolumeSource | None = None
    config_map: ConfigMapVolumeSource | None = None
    secret: SecretVolumeSource | None = None
    downward_api: Opaque = msgspec.field(default=None, name="downwardAPI")
    projected: Opaque = None
    git_repo: GitRepoVolumeSource | None = None
    nfs: NFSVolumeSource | None = None
    glusterfs: GlusterfsVolumeSource | None = None
    gce_persistent_disk: GCEPersistentDiskVolumeSource | None = None
    aws_elastic_block_store: AWSElasticBlockStoreVolumeSource | None = None
    iscsi: ISCSIVolumeSource | None = None
    rbd: RBDVolumeSource | None = None
    csi: CSIVolumeSource | None = None
