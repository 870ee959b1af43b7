"""Pods: what a container needs, and every field that decides where a pod goes and how it lives.

Source: kubernetes/api, core/v1/types.go. Amounts are `Quantity`; probe times and grace periods are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from workbench.model.native.kubernetes.affinity import Affinity, Toleration, TopologySpreadConstraint
from workbench.model.native.kubernetes.meta import (
    Condition,
    IntOrString,
    KubeObject,
    KubeStruct,
    LocalObjectReference,
    ObjectMeta,
)
from workbench.model.native.kubernetes.quantity import Quantity
from workbench.model.native.kubernetes.volumes import Volume


class ResourceClaim(KubeStruct, frozen=True, kw_only=True):
    """Names an entry of the pod's `resource_claims` (dynamic resource allocation)."""

    name: str
    request: str = ""


class ResourceRequirements(KubeStruct, frozen=True, kw_only=True):
    """Requests count when a pod is placed, limits when it runs. An absent name is not specified, not zero."""

    limits: Mapping[str, Quantity] = msgspec.field(default_factory=dict)
    requests: Mapping[str, Quantity] = msgspec.field(default_factory=dict)
    claims: tuple[ResourceClaim, ...] = ()


class ContainerPort(KubeStruct, frozen=True, kw_only=True):
    """A port of a container; with `host_port` it takes that port of the machine."""

    container_port: int
    name: str = ""
    host_port: int = 0
    host_ip: str = msgspec.field(default="", name="hostIP")
    protocol: str = "TCP"


class EnvVar(KubeStruct, frozen=True, kw_only=True):
    """The name of an environment variable; its value is never kept."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"valueFrom"})
    KEYS_ONLY: ClassVar[frozenset[str]] = frozenset({"value"})
    ONE_FIELD: ClassVar[bool] = True

    name: str
    value: str = ""


class VolumeMount(KubeStruct, frozen=True, kw_only=True):
    """Where a volume of the pod appears in a container."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {"mountPropagation", "subPathExpr", "recursiveReadOnly", "subPath", "bindMountOptions"}
    )
    ONE_FIELD: ClassVar[bool] = True

    name: str
    mount_path: str = ""
    read_only: bool = False


class VolumeDevice(KubeStruct, frozen=True, kw_only=True):
    """Where a raw block volume appears in a container."""

    ONE_FIELD: ClassVar[bool] = True

    name: str
    device_path: str = ""


class HTTPGetAction(KubeStruct, frozen=True, kw_only=True):
    """A probe by an HTTP request."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"httpHeaders", "host", "path", "scheme", "protocol"})

    port: IntOrString


class TCPSocketAction(KubeStruct, frozen=True, kw_only=True):
    """A probe by opening a connection."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"host"})

    port: IntOrString


class GRPCAction(KubeStruct, frozen=True, kw_only=True):
    """A probe by gRPC's health check."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"service", "mode"})

    port: int


class ExecAction(KubeStruct, frozen=True, kw_only=True):
    """A probe by a command in the container."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"command"})


class Probe(KubeStruct, frozen=True, kw_only=True):
    """A periodic question to a container; times in seconds."""

    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    grpc: GRPCAction | None = None
    initial_delay_seconds: int = 0
    timeout_seconds: int = 1
    period_seconds: int = 10
    success_threshold: int = 1
    failure_threshold: int = 3
    termination_grace_period_seconds: int | None = None


class SleepAction(KubeStruct, frozen=True, kw_only=True):
    """A hook that does nothing for so long."""

    seconds: int = 0


class LifecycleHandler(KubeStruct, frozen=True, kw_only=True):
    """What is done at a turn of a container's life."""

    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    sleep: SleepAction | None = None


class Lifecycle(KubeStruct, frozen=True, kw_only=True):
    """Hooks of a container."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"postStart", "stopSignal"})

    pre_stop: LifecycleHandler | None = None


class ContainerResizePolicy(KubeStruct, frozen=True, kw_only=True):
    """Whether changing a resource in place restarts the container."""

    resource_name: str
    restart_policy: str = "NotRequired"


class Container(KubeStruct, frozen=True, kw_only=True):
    """One container. An init container with `restart_policy` ``Always`` is a sidecar."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {
            "command",
            "args",
            "workingDir",
            "envFrom",
            "terminationMessagePath",
            "terminationMessagePolicy",
            "securityContext",
            "stdin",
            "stdinOnce",
            "tty",
            "restartPolicyRules",
        }
    )

    name: str = ""
    image: str = ""
    ports: tuple[ContainerPort, ...] = ()
    env: tuple[EnvVar, ...] = ()
    resources: ResourceRequirements = ResourceRequirements()
    resize_policy: tuple[ContainerResizePolicy, ...] = ()
    restart_policy: str | None = None
    volume_mounts: tuple[VolumeMount, ...] = ()
    volume_devices: tuple[VolumeDevice, ...] = ()
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    lifecycle: Lifecycle | None = None
    image_pull_policy: str | None = None

    @property
    def pre_stop(self) -> LifecycleHandler | None:
        """What is done before its process is asked to stop."""
        return None if self.lifecycle is None else self.lifecycle.pre_stop

    @property
    def is_sidecar(self) -> bool:
        """Whether this, being an init container, keeps running beside the main containers."""
        return self.restart_policy == "Always"


class PodReadinessGate(KubeStruct, frozen=True, kw_only=True):
    """A condition that must be True before the pod counts as ready."""

    condition_type: str


class PodSchedulingGate(KubeStruct, frozen=True, kw_only=True):
    """A name; while any is there, the pod is not considered for placement."""

    name: str


class PodResourceClaim(KubeStruct, frozen=True, kw_only=True):
    """A claim on devices (dynamic resource allocation)."""

    name: str
    resource_claim_name: str | None = None
    resource_claim_template_name: str | None = None


class PodOS(KubeStruct, frozen=True, kw_only=True):
    """The operating system the pod is for: ``linux`` or ``windows``."""

    name: str


class PodSpec(KubeStruct, frozen=True, kw_only=True):
    """Everything a pod asks for. `resources`, where given, speaks for the pod as a whole."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {
            "dnsPolicy",
            "dnsConfig",
            "securityContext",
            "hostAliases",
            "hostPID",
            "hostIPC",
            "hostUsers",
            "shareProcessNamespace",
            "enableServiceLinks",
            "setHostnameAsFQDN",
            "automountServiceAccountToken",
            "ephemeralContainers",
            "hostnameOverride",
            "workloadRef",
            "evictionResponders",
            "schedulingGroup",
        }
    )

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    restart_policy: str = "Always"
    termination_grace_period_seconds: int = 30
    active_deadline_seconds: int | None = None
    node_selector: Mapping[str, str] = msgspec.field(default_factory=dict)
    node_name: str = ""
    affinity: Affinity | None = None
    tolerations: tuple[Toleration, ...] = ()
    topology_spread_constraints: tuple[TopologySpreadConstraint, ...] = ()
    scheduler_name: str = "default-scheduler"
    scheduling_gates: tuple[PodSchedulingGate, ...] = ()
    priority_class_name: str = ""
    priority: int | None = None
    preemption_policy: str | None = None
    host_network: bool = False
    hostname: str = ""
    subdomain: str = ""
    readiness_gates: tuple[PodReadinessGate, ...] = ()
    runtime_class_name: str | None = None
    overhead: Mapping[str, Quantity] = msgspec.field(default_factory=dict)
    os: PodOS | None = None
    resource_claims: tuple[PodResourceClaim, ...] = ()
    resources: ResourceRequirements | None = None
    service_account_name: str = ""
    image_pull_secrets: tuple[LocalObjectReference, ...] = ()


class ContainerStatus(KubeStruct, frozen=True, kw_only=True):
    """What runs: `allocated_resources` were granted by the node, `resources` are in force."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {
            "state",
            "lastState",
            "image",
            "imageID",
            "containerID",
            "volumeMounts",
            "user",
            "allocatedResourcesStatus",
            "stopSignal",
        }
    )

    name: str
    ready: bool = False
    restart_count: int = 0
    started: bool | None = None
    allocated_resources: Mapping[str, Quantity] = msgspec.field(default_factory=dict)
    resources: ResourceRequirements | None = None


class PodStatus(KubeStruct, frozen=True, kw_only=True):
    """How a pod of a running cluster stands; a new pod has none of it."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {
            "message",
            "hostIP",
            "hostIPs",
            "podIP",
            "podIPs",
            "ephemeralContainerStatuses",
            "resize",
            "resourceClaimStatuses",
            "observedGeneration",
            "extendedResourceClaimStatus",
            "nodeAllocatableResourceClaimStatuses",
            "volumeHealth",
            "allocatedResources",
            "resources",
        }
    )

    phase: str = "Pending"
    conditions: tuple[Condition, ...] = ()
    reason: str = ""
    nominated_node_name: str = ""
    start_time: str | None = None
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    qos_class: str = ""


class Pod(KubeObject, frozen=True, kw_only=True):
    """The smallest thing that is placed."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "v1"
    kind: str = "Pod"
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


class PodTemplateSpec(KubeStruct, frozen=True, kw_only=True):
    """What the pods of a workload are made from."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PodSpec = PodSpec()


class ScopedResourceSelectorRequirement(KubeStruct, frozen=True, kw_only=True):
    """One expression about a quota scope."""

    scope_name: str
    operator: str
    values: tuple[str, ...] = ()


class ScopeSelector(KubeStruct, frozen=True, kw_only=True):
    """Which pods a quota counts; all expressions must hold."""

    match_expressions: tuple[ScopedResourceSelectorRequirement, ...] = ()
