"""Persistent volumes, claims, storage classes, and what storage drivers say of themselves.

Source: kubernetes/api, core/v1/types.go and storage/v1/types.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from workbench.model.native.kubernetes.affinity import NodeSelector
from workbench.model.native.kubernetes.meta import (
    Condition,
    KubeObject,
    KubeStruct,
    LabelSelector,
    ObjectReference,
    Opaque,
)
from workbench.model.native.kubernetes.quantity import Quantity


class VolumeResourceRequirements(KubeStruct, frozen=True, kw_only=True):
    """How much a claim asks for, under the name ``storage``."""

    limits: Mapping[str, Quantity] = msgspec.field(default_factory=dict)
    requests: Mapping[str, Quantity] = msgspec.field(default_factory=dict)


class PersistentVolumeClaimSpec(KubeStruct, frozen=True, kw_only=True):
    """What a claim asks for. `storage_class_name` None means the default class, "" no class."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"dataSource", "dataSourceRef"})

    access_modes: tuple[str, ...] = ()
    selector: LabelSelector | None = None
    resources: VolumeResourceRequirements = VolumeResourceRequirements()
    volume_name: str = ""
    storage_class_name: str | None = None
    volume_mode: str = "Filesystem"
    volume_attributes_class_name: str | None = None


class PersistentVolumeClaimStatus(KubeStruct, frozen=True, kw_only=True):
    """How a claim of a running cluster stands."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {
            "allocatedResources",
            "allocatedResourceStatuses",
            "currentVolumeAttributesClassName",
            "modifyVolumeStatus",
            "resizeStatus",
            "healthStatus",
        }
    )

    phase: str = ""
    access_modes: tuple[str, ...] = ()
    capacity: Mapping[str, Quantity] = msgspec.field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()


class PersistentVolumeClaim(KubeObject, frozen=True, kw_only=True):
    """A wish for a volume."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "v1"
    kind: str = "PersistentVolumeClaim"
    spec: PersistentVolumeClaimSpec = PersistentVolumeClaimSpec()
    status: PersistentVolumeClaimStatus = PersistentVolumeClaimStatus()


class VolumeNodeAffinity(KubeStruct, frozen=True, kw_only=True):
    """The nodes a volume can be used on."""

    required: NodeSelector | None = None


class CSIPersistentVolumeSource(KubeStruct, frozen=True, kw_only=True):
    """A volume of a storage driver."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {
            "fsType",
            "volumeAttributes",
            "controllerPublishSecretRef",
            "nodeStageSecretRef",
            "nodePublishSecretRef",
            "controllerExpandSecretRef",
            "nodeExpandSecretRef",
        }
    )

    driver: str
    volume_handle: str = ""
    read_only: bool = False


class PersistentVolumeSpec(KubeStruct, frozen=True, kw_only=True):
    """What a volume offers. Sources of older kinds are kept as plain values: only their presence matters."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {
            "mountOptions",
            "cephfs",
            "flexVolume",
            "flocker",
            "storageos",
            "quobyte",
            "photonPersistentDisk",
            "scaleIO",
            "portworxVolume",
        }
    )

    capacity: Mapping[str, Quantity] = msgspec.field(default_factory=dict)
    access_modes: tuple[str, ...] = ()
    claim_ref: ObjectReference | None = None
    persistent_volume_reclaim_policy: str = "Retain"
    storage_class_name: str = ""
    volume_mode: str = "Filesystem"
    node_affinity: VolumeNodeAffinity | None = None
    volume_attributes_class_name: str | None = None
    csi: CSIPersistentVolumeSource | None = None
    local: Opaque = None
    host_path: Opaque = None
    nfs: Opaque = None
    gce_persistent_disk: Opaque = None
    aws_elastic_block_store: Opaque = None
    azure_disk: Opaque = None
    azure_file: Opaque = None
    cinder: Opaque = None
    vsphere_volume: Opaque = None
    iscsi: Opaque = None
    fc: Opaque = None
    rbd: Opaque = None
    glusterfs: Opaque = None


class PersistentVolumeStatus(KubeStruct, frozen=True, kw_only=True):
    """Available, Bound, Released or Failed."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"message", "lastPhaseTransitionTime"})

    phase: str = ""
    reason: str = ""


class PersistentVolume(KubeObject, frozen=True, kw_only=True):
    """A piece of storage of the cluster."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "v1"
    kind: str = "PersistentVolume"
    spec: PersistentVolumeSpec = PersistentVolumeSpec()
    status: PersistentVolumeStatus = PersistentVolumeStatus()


class TopologySelectorLabelRequirement(KubeStruct, frozen=True, kw_only=True):
    """Allowed values of one node label."""

    key: str
    values: tuple[str, ...] = ()


class TopologySelectorTerm(KubeStruct, frozen=True, kw_only=True):
    """All of these must hold."""

    match_label_expressions: tuple[TopologySelectorLabelRequirement, ...] = ()


class StorageClass(KubeObject, frozen=True, kw_only=True):
    """How volumes are made. `volume_binding_mode`: ``Immediate`` or ``WaitForFirstConsumer``."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"parameters", "mountOptions"})

    api_version: str = "storage.k8s.io/v1"
    kind: str = "StorageClass"
    provisioner: str = ""
    reclaim_policy: str = "Delete"
    allow_volume_expansion: bool = False
    volume_binding_mode: str = "Immediate"
    allowed_topologies: tuple[TopologySelectorTerm, ...] = ()


class VolumeNodeResources(KubeStruct, frozen=True, kw_only=True):
    """How many volumes of a driver a node can hold; None is no limit."""

    count: int | None = None


class CSINodeDriver(KubeStruct, frozen=True, kw_only=True):
    """One storage driver on one node."""

    name: str
    node_id: str = msgspec.field(default="", name="nodeID")
    topology_keys: tuple[str, ...] = ()
    allocatable: VolumeNodeResources | None = None


class CSINodeSpec(KubeStruct, frozen=True, kw_only=True):
    """The storage drivers of a node."""

    drivers: tuple[CSINodeDriver, ...] = ()


class CSINode(KubeObject, frozen=True, kw_only=True):
    """What the storage drivers of a node can do; it has the node's name."""

    api_version: str = "storage.k8s.io/v1"
    kind: str = "CSINode"
    spec: CSINodeSpec = CSINodeSpec()


class CSIDriverSpec(KubeStruct, frozen=True, kw_only=True):
    """What a storage driver wants of Kubernetes."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {
            "podInfoOnMount",
            "volumeLifecycleModes",
            "fsGroupPolicy",
            "tokenRequests",
            "requiresRepublish",
            "seLinuxMount",
            "nodeAllocatableUpdatePeriodSeconds",
            "serviceAccountTokenInSecrets",
        }
    )

    attach_required: bool = True
    storage_capacity: bool = False


class CSIDriver(KubeObject, frozen=True, kw_only=True):
    """A storage driver."""

    api_version: str = "storage.k8s.io/v1"
    kind: str = "CSIDriver"
    spec: CSIDriverSpec = CSIDriverSpec()


class CSIStorageCapacity(KubeObject, frozen=True, kw_only=True):
    """How much a storage class can still provide on some nodes."""

    api_version: str = "storage.k8s.io/v1"
    kind: str = "CSIStorageCapacity"
    storage_class_name: str = ""
    node_topology: LabelSelector | None = None
    capacity: Quantity | None = None
    maximum_volume_size: Quantity | None = None


class VolumeAttachmentSource(KubeStruct, frozen=True, kw_only=True):
    """The volume that is attached."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"inlineVolumeSpec"})

    persistent_volume_name: str | None = None


class VolumeAttachmentSpec(KubeStruct, frozen=True, kw_only=True):
    """What is attached where, by which driver."""

    attacher: str = ""
    node_name: str = ""
    source: VolumeAttachmentSource = VolumeAttachmentSource()


class VolumeAttachment(KubeObject, frozen=True, kw_only=True):
    """A volume that is, or is being, attached to a node."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "storage.k8s.io/v1"
    kind: str = "VolumeAttachment"
    spec: VolumeAttachmentSpec = VolumeAttachmentSpec()
