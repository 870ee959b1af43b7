"""Pods: what a container needs, and every field that decides where a pod goes and how it lives.

Source: kubernetes/api, core/v1/types.go. Amounts are `Quantity`; times of probes and grace periods are seconds.
"""

from __future__ import annotations

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


class ResourceClaim(KubeStruct):
    """Names an entry of the pod's `resource_claims` (dynamic resource allocation)."""

    name: str
    request: str = ""


class ResourceRequirements(KubeStruct):
    """Requests count when a pod is placed, limits when it runs. An absent name is not specified, not zero."""

    limits: dict[str, Quantity] = {}
    requests: dict[str, Quantity] = {}
    claims: tuple[ResourceClaim, ...] = ()


class ContainerPort(KubeStruct):
    """A port of a container; with `host_port` it takes that port of the machine."""

    container_port: int
    name: str = ""
    host_port: int = 0
    host_ip: str = msgspec.field(default="", name="hostIP")
    protocol: str = "TCP"


class EnvVar(KubeStruct):
    """The name of an environment variable; its value is never kept."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"valueFrom"})

    name: str
    value: str = ""


class VolumeMount(KubeStruct):
    """Where a volume of the pod appears in a container."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {"mountPropagation", "subPathExpr", "recursiveReadOnly", "subPath"}
    )

    name: str
    mount_path: str = ""
    read_only: bool = False


class VolumeDevice(KubeStruct):
    """Where a raw block volume appears in a container."""

    name: str
    device_path: str = ""


class HTTPGetAction(KubeStruct):
    """A probe by an HTTP request."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"httpHeaders", "host", "path", "scheme"})

    port: IntOrString


class TCPSocketAction(KubeStruct):
    """A probe by opening a connection."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"host"})

    port: IntOrString


class GRPCAction(KubeStruct):
    """A probe by gRPC's health check."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"service"})

    port: int


class ExecAction(KubeStruct):
    """A probe by a command in the container."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"command"})


class Probe(KubeStruct):
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


class ContainerResizePolicy(KubeStruct):
    """Whether changing a resource in place restarts the container."""

    resource_name: str
    restart_policy: str = "NotRequired"


class Container(KubeStruct):
    """One container. An init container with `restart_policy` ``Always`` is a sidecar."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {
            "command", "args", "workingDir", "envFrom", "lifecycle", "terminationMessagePath",
            "terminationMessagePolicy", "securityContext", "stdin", "stdinOnce", "tty", "restartPolicyRules",
        }
    )  # fmt: skip

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
    image_pull_policy: str | None = None

    @property
    def is_sidecar(self) -> bool:
        """Whether this, being an init container, keeps running beside the main containers."""
        return self.restart_policy == "Always"


class PodReadinessGate(KubeStruct):
    """A condition that must be True before the pod counts as ready."""

    condition_type: str


class PodSchedulingGate(KubeStruct):
    """A name; while any is there, the pod is not considered for placement."""

    name: str


class PodResourceClaim(KubeStruct):
    """A claim on devices (dynamic resource allocation)."""

    name: str
    resource_claim_name: str | None = None
    resource_claim_template_name: str | None = None


class PodOS(KubeStruct):
    """The operating system the pod is for: ``linux`` or ``windows``."""

    name: str


class PodSpec(KubeStruct):
    """Everything a pod asks for. `resources`, where given, speaks for the pod as a whole."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {
            "dnsPolicy", "dnsConfig", "securityContext", "hostAliases", "hostPID", "hostIPC", "hostUsers",
            "shareProcessNamespace", "enableServiceLinks", "setHostnameAsFQDN", "automountServiceAccountToken",
            "ephemeralContainers", "hostnameOverride", "workloadRef",
        }
    )  # fmt: skip

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    restart_policy: str = "Always"
    termination_grace_period_seconds: int = 30
    active_deadline_seconds: int | None = None
    node_selector: dict[str, str] = {}
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
    overhead: dict[str, Quantity] = {}
    os: PodOS | None = None
    resource_claims: tuple[PodResourceClaim, ...] = ()
    resources: ResourceRequirements | None = None
    service_account_name: str = ""
    image_pull_secrets: tuple[LocalObjectReference, ...] = ()


class ContainerStatus(KubeStruct):
    """What runs: `allocated_resources` were granted by the node, `resources` are in force in the container."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {
            "state", "lastState", "image", "imageID", "containerID", "volumeMounts", "user",
            "allocatedResourcesStatus", "stopSignal",
        }
    )  # fmt: skip

    name: str
    ready: bool = False
    restart_count: int = 0
    started: bool | None = None
    allocated_resources: dict[str, Quantity] = {}
    resources: ResourceRequirements | None = None


class PodStatus(KubeStruct):
    """How a pod of a running cluster stands; a new pod has none of it."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {
            "message", "hostIP", "hostIPs", "podIP", "podIPs", "ephemeralContainerStatuses", "resize",
            "resourceClaimStatuses", "observedGeneration", "extendedResourceClaimStatus", "allocatedResources",
            "resources",
        }
    )  # fmt: skip

    phase: str = "Pending"
    conditions: tuple[Condition, ...] = ()
    reason: str = ""
    nominated_node_name: str = ""
    start_time: str | None = None
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    qos_class: str = ""


class Pod(KubeObject):
    """The smallest thing that is placed."""

    api_version: str = "v1"
    kind: str = "Pod"
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


class PodTemplateSpec(KubeStruct):
    """What the pods of a workload are made from."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PodSpec = PodSpec()


class ScopedResourceSelectorRequirement(KubeStruct):
    """One expression about a quota scope."""

    scope_name: str
    operator: str
    values: tuple[str, ...] = ()


class ScopeSelector(KubeStruct):
    """Which pods a quota counts; all expressions must hold."""

    match_expressions: tuple[ScopedResourceSelectorRequirement, ...] = ()
