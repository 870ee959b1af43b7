"""Objects of the core group (apiVersion v1) but for pods, nodes and storage.

Pods are in `pods.py`, nodes in `nodes.py`, volumes and claims in `storage.py`.

Source: kubernetes/api, core/v1/types.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from workbench.model.native.kubernetes.meta import (
    IntOrString,
    KubeObject,
    KubeStruct,
    LocalObjectReference,
    ObjectReference,
)
from workbench.model.native.kubernetes.pods import PodTemplateSpec, ScopeSelector
from workbench.model.native.kubernetes.quantity import Quantity


class ServicePort(KubeStruct, frozen=True, kw_only=True):
    """One port of a service; `target_port` is a number or the name of a container port."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"appProtocol"})

    port: int
    name: str = ""
    protocol: str = "TCP"
    target_port: IntOrString | None = None
    node_port: int | None = None


class ServiceSpec(KubeStruct, frozen=True, kw_only=True):
    """Which pods answer under one name, and how they are reached. ``cluster_ip`` "None" means headless."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {
            "sessionAffinityConfig",
            "loadBalancerSourceRanges",
            "healthCheckNodePort",
            "ipFamilies",
            "ipFamilyPolicy",
            "loadBalancerClass",
            "allocateLoadBalancerNodePorts",
            "topologyKeys",
            "ipFamily",
        }
    )

    ports: tuple[ServicePort, ...] = ()
    selector: Mapping[str, str] = msgspec.field(default_factory=dict)
    cluster_ip: str = msgspec.field(default="", name="clusterIP")
    cluster_ips: tuple[str, ...] = msgspec.field(default=(), name="clusterIPs")
    type: str = "ClusterIP"
    external_ips: tuple[str, ...] = msgspec.field(default=(), name="externalIPs")
    external_name: str = ""
    session_affinity: str = "None"
    load_balancer_ip: str = msgspec.field(default="", name="loadBalancerIP")
    external_traffic_policy: str = "Cluster"
    internal_traffic_policy: str = "Cluster"
    publish_not_ready_addresses: bool = False
    traffic_distribution: str = ""


class Service(KubeObject, frozen=True, kw_only=True):
    """A stable name for a set of pods."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "v1"
    kind: str = "Service"
    spec: ServiceSpec = ServiceSpec()


class ReplicationControllerSpec(KubeStruct, frozen=True, kw_only=True):
    """As a ReplicaSet, with a plain map as selector; absent, it is the template's labels."""

    replicas: int = 1
    min_ready_seconds: int = 0
    selector: Mapping[str, str] | None = None
    template: PodTemplateSpec = PodTemplateSpec()


class ReplicationController(KubeObject, frozen=True, kw_only=True):
    """Keeps a number of equal pods running; the elder of ReplicaSet."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "v1"
    kind: str = "ReplicationController"
    spec: ReplicationControllerSpec = ReplicationControllerSpec()


class ConfigMap(KubeObject, frozen=True, kw_only=True):
    """Settings for pods. Only the names of the entries are kept: every value is an empty text."""

    KEYS_ONLY: ClassVar[frozenset[str]] = frozenset({"data", "binaryData"})

    api_version: str = "v1"
    kind: str = "ConfigMap"
    data: Mapping[str, str] = msgspec.field(default_factory=dict)
    binary_data: Mapping[str, str] = msgspec.field(default_factory=dict)
    immutable: bool = False


class Secret(KubeObject, frozen=True, kw_only=True):
    """Confidential settings. Only the names of the entries are kept: every value is an empty text."""

    KEYS_ONLY: ClassVar[frozenset[str]] = frozenset({"data", "stringData"})

    api_version: str = "v1"
    kind: str = "Secret"
    type: str = "Opaque"
    data: Mapping[str, str] = msgspec.field(default_factory=dict)
    string_data: Mapping[str, str] = msgspec.field(default_factory=dict)
    immutable: bool = False


class ServiceAccount(KubeObject, frozen=True, kw_only=True):
    """As whom pods speak to the API."""

    api_version: str = "v1"
    kind: str = "ServiceAccount"
    secrets: tuple[ObjectReference, ...] = ()
    image_pull_secrets: tuple[LocalObjectReference, ...] = ()
    automount_service_account_token: bool | None = None


class Namespace(KubeObject, frozen=True, kw_only=True):
    """A team's corner of the cluster."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"spec"})
    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "v1"
    kind: str = "Namespace"


class ResourceQuotaSpec(KubeStruct, frozen=True, kw_only=True):
    """What a namespace may hold, by names such as ``requests.cpu``, ``pods`` or ``count/jobs.batch``."""

    hard: Mapping[str, Quantity] = msgspec.field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    scope_selector: ScopeSelector | None = None


class ResourceQuota(KubeObject, frozen=True, kw_only=True):
    """A limit on what all objects of a namespace may ask for together."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "v1"
    kind: str = "ResourceQuota"
    spec: ResourceQuotaSpec = ResourceQuotaSpec()


class LimitRangeItem(KubeStruct, frozen=True, kw_only=True):
    """Bounds and defaults for one kind of thing: ``Container``, ``Pod`` or ``PersistentVolumeClaim``."""

    type: str
    max: Mapping[str, Quantity] = msgspec.field(default_factory=dict)
    min: Mapping[str, Quantity] = msgspec.field(default_factory=dict)
    default: Mapping[str, Quantity] = msgspec.field(default_factory=dict)
    default_request: Mapping[str, Quantity] = msgspec.field(default_factory=dict)
    max_limit_request_ratio: Mapping[str, Quantity] = msgspec.field(default_factory=dict)


class LimitRangeSpec(KubeStruct, frozen=True, kw_only=True):
    """The bounds, in order."""

    limits: tuple[LimitRangeItem, ...] = ()


class LimitRange(KubeObject, frozen=True, kw_only=True):
    """Bounds and defaults for single containers, pods and claims of a namespace."""

    api_version: str = "v1"
    kind: str = "LimitRange"
    spec: LimitRangeSpec = LimitRangeSpec()
