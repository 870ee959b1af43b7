"""Marathon's own documents as frozen values: apps, pods, groups. No behaviour.

Attribute names are Marathon's JSON names in snake case. Amounts are in Marathon's units: `cpus` in cores, `mem` and
`disk` in MiB. Values of environment variables, secrets, labels, commands and URIs are dropped when a document is
read; only names remain.

Source: mesosphere/marathon (2021-07), docs/docs/rest-api/public/api/v2/types/*.raml; defaults that depend on whether
an app has persistent volumes: UpgradeStrategy.scala and UnreachableStrategy.scala there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from workbench.model.native.kubernetes.meta import KubeStruct

Labels = Mapping[str, str]
"""Label -> value."""


class MarathonStruct(KubeStruct, frozen=True, kw_only=True):
    """Base of all Marathon types.

    A default here is the default of the API. None means that the field is unset and has no such default.
    """


class Constraint(MarathonStruct, frozen=True, kw_only=True):
    """Where instances may be, by host name or agent attribute.

    `operator` is UNIQUE, CLUSTER, GROUP_BY, LIKE, UNLIKE, MAX_PER or IS; `value` what it is compared with.
    """

    ONE_FIELD: ClassVar[bool] = True

    field_name: str
    operator: str
    value: str | None = None

    @property
    def by_host(self) -> bool:
        """Whether it is about single machines."""
        return self.field_name in ("hostname", "@hostname")


class UpgradeStrategy(MarathonStruct, frozen=True, kw_only=True):
    """Shares of the instances: how many must stay healthy, and how many more there may be, during an upgrade."""

    minimum_health_capacity: float = 1.0
    maximum_over_capacity: float = 1.0


class UnreachableStrategy(MarathonStruct, frozen=True, kw_only=True):
    """When an instance on a lost agent is replaced, and when it is given up; `disabled` waits for ever."""

    inactive_after_seconds: int = 0
    expunge_after_seconds: int = 0
    disabled: bool = False


class HealthCheck(MarathonStruct, frozen=True, kw_only=True):
    """How an app's instance is found healthy. MESOS_* and COMMAND checks run on the agent, others in Marathon."""

    KEYS_ONLY: ClassVar[frozenset[str]] = frozenset({"path"})
    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"command", "ignoreHttp1xx", "ipProtocol", "http", "tcp", "exec"})

    protocol: str = "HTTP"
    path: str = ""
    port: int | None = None
    port_index: int | None = None
    grace_period_seconds: int = 300
    interval_seconds: int = 60
    timeout_seconds: int = 20
    delay_seconds: int = 15
    max_consecutive_failures: int = 3


class ReadinessCheck(MarathonStruct, frozen=True, kw_only=True):
    """When an instance counts as ready during a deployment."""

    KEYS_ONLY: ClassVar[frozenset[str]] = frozenset({"path"})
    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"httpStatusCodesForReady", "preserveLastResponse"})

    name: str = "readinessCheck"
    protocol: str = "HTTP"
    path: str = ""
    port_name: str = "http-api"
    interval_seconds: int = 30
    timeout_seconds: int = 10


class PersistentVolume(MarathonStruct, frozen=True, kw_only=True):
    """A volume that stays on its agent across restarts. `size` in MiB; `type` root, path or mount."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"maxSize", "constraints", "profileName"})

    type: str = "root"
    size: int


class ExternalVolume(MarathonStruct, frozen=True, kw_only=True):
    """A volume of a storage provider, outside of what Mesos offers. `size` in GiB."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"options", "shared"})

    name: str = ""
    provider: str = ""
    size: int | None = None


class Volume(MarathonStruct, frozen=True, kw_only=True):
    """What is mounted at `container_path`: a path of the host, a persistent or an external volume."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"secret"})
    KEYS_ONLY: ClassVar[frozenset[str]] = frozenset({"hostPath"})

    container_path: str = ""
    host_path: str = ""
    mode: str = "RW"
    name: str = ""
    host: str = ""
    persistent: PersistentVolume | None = None
    external: ExternalVolume | None = None


class PortMapping(MarathonStruct, frozen=True, kw_only=True):
    """A container's port; `host_port` 0 takes any port of the offer, None takes none."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"labels", "networkNames"})

    container_port: int = 0
    host_port: int | None = None
    service_port: int = 0
    name: str = ""
    protocol: str = "tcp"


class PortDefinition(MarathonStruct, frozen=True, kw_only=True):
    """A port on the host's network; with `App.require_ports` exactly this one, else any."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"labels"})

    port: int = 0
    name: str = ""
    protocol: str = "tcp"


class Docker(MarathonStruct, frozen=True, kw_only=True):
    """The image of a container."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"credential", "parameters", "privileged", "pullConfig", "config"})

    image: str
    force_pull_image: bool = False


class Container(MarathonStruct, frozen=True, kw_only=True):
    """What an app runs in. `type` is DOCKER or MESOS."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"appc", "linuxInfo"})

    type: str = "DOCKER"
    docker: Docker | None = None
    volumes: tuple[Volume, ...] = ()
    port_mappings: tuple[PortMapping, ...] = ()


class Network(MarathonStruct, frozen=True, kw_only=True):
    """The network of an app: `mode` container, container/bridge or host."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"labels"})

    name: str = ""
    mode: str = "container"


class Artifact(MarathonStruct, frozen=True, kw_only=True):
    """Something the agent fetches before an instance starts."""

    KEYS_ONLY: ClassVar[frozenset[str]] = frozenset({"uri"})
    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"extract", "executable", "cache", "destPath"})

    uri: str = ""


class App(MarathonStruct, frozen=True, kw_only=True):
    """One app: equal instances, kept running.

    Parameters
    ----------
    id : str
        The whole path, from the root, e.g. ``/shop/web``.
    upgrade_strategy, unreachable_strategy : UpgradeStrategy, UnreachableStrategy
        Defaults filled in, by whether the app is `resident`.
    dependencies : tuple of str
        Whole paths of apps and groups that are started before; those of its groups included.
    """

    KEYS_ONLY: ClassVar[frozenset[str]] = frozenset({"cmd", "args", "env", "secrets", "labels"})
    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {"user", "executor", "storeUrls", "check", "tty", "resourceLimits"}
    )
    SERVER_MADE: ClassVar[frozenset[str]] = frozenset(
        {
            "version", "versionInfo", "tasks", "tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy",
            "deployments", "readinessCheckResults", "lastTaskFailure", "taskStats",
        }
    )  # fmt: skip

    id: str
    cmd: str = ""
    args: tuple[str, ...] = ()
    instances: int = 1
    cpus: float = 1.0
    mem: float = 128.0
    disk: float = 0.0
    gpus: int = 0
    container: Container | None = None
    constraints: tuple[Constraint, ...] = ()
    dependencies: tuple[str, ...] = ()
    role: str = ""
    accepted_resource_roles: tuple[str, ...] = ()
    env: Labels = msgspec.field(default_factory=dict)
    secrets: Labels = msgspec.field(default_factory=dict)
    labels: Labels = msgspec.field(default_factory=dict)
    fetch: tuple[Artifact, ...] = ()
    networks: tuple[Network, ...] = ()
    port_definitions: tuple[PortDefinition, ...] = ()
    require_ports: bool = False
    health_checks: tuple[HealthCheck, ...] = ()
    readiness_checks: tuple[ReadinessCheck, ...] = ()
    backoff_seconds: float = 1.0
    backoff_factor: float = 1.15
    max_launch_delay_seconds: float = 300.0
    kill_selection: str = "YOUNGEST_FIRST"
    task_kill_grace_period_seconds: float | None = None
    upgrade_strategy: UpgradeStrategy | None = None
    unreachable_strategy: UnreachableStrategy | None = None

    @property
    def persistent_volumes(self) -> tuple[PersistentVolume, ...]:
        """The volumes that keep its instances on their agents."""
        volumes = self.container.volumes if self.container is not None else ()
        return tuple(one.persistent for one in volumes if one.persistent is not None)

    @property
    def external_volumes(self) -> tuple[ExternalVolume, ...]:
        """The volumes of a storage provider."""
        volumes = self.container.volumes if self.container is not None else ()
        return tuple(one.external for one in volumes if one.external is not None)

    @property
    def resident(self) -> bool:
        """Whether its instances stay with their agent, come what may."""
        return bool(self.persistent_volumes)


class PodResources(MarathonStruct, frozen=True, kw_only=True):
    """What a container of a pod asks for; units as in `App`."""

    cpus: float = 1.0
    mem: float = 128.0
    disk: float = 0.0
    gpus: int = 0


class PodImage(MarathonStruct, frozen=True, kw_only=True):
    """The image of a pod's container. `kind` DOCKER or APPC."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"labels", "pullConfig"})

    kind: str = "DOCKER"
    id: str = ""
    force_pull: bool = False


class Endpoint(MarathonStruct, frozen=True, kw_only=True):
    """A port of a pod; `host_port` 0 takes any, None takes none."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"labels", "protocol", "networkNames"})

    name: str = ""
    container_port: int = 0
    host_port: int | None = None


class PodContainer(MarathonStruct, frozen=True, kw_only=True):
    """One container of a pod."""

    KEYS_ONLY: ClassVar[frozenset[str]] = frozenset({"environment", "labels"})
    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {"exec", "user", "artifacts", "lifecycle", "check", "volumeMounts", "tty", "linuxInfo", "resourceLimits"}
    )

    name: str
    resources: PodResources = PodResources()
    image: PodImage | None = None
    endpoints: tuple[Endpoint, ...] = ()
    environment: Labels = msgspec.field(default_factory=dict)
    labels: Labels = msgspec.field(default_factory=dict)
    health_check: HealthCheck | None = None


class PodScaling(MarathonStruct, frozen=True, kw_only=True):
    """How many instances of a pod there are."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"kind", "maxInstances"})

    instances: int = 1


class PodBackoff(MarathonStruct, frozen=True, kw_only=True):
    """Pauses between launches that fail, in seconds."""

    backoff: float = 1.0
    backoff_factor: float = 1.15
    max_launch_delay: float = 300.0


class PodPlacement(MarathonStruct, frozen=True, kw_only=True):
    """Where instances of a pod may be."""

    constraints: tuple[Constraint, ...] = ()
    accepted_resource_roles: tuple[str, ...] = ()


class PodScheduling(MarathonStruct, frozen=True, kw_only=True):
    """How instances of a pod are placed, replaced and repeated."""

    backoff: PodBackoff = PodBackoff()
    upgrade: UpgradeStrategy = UpgradeStrategy()
    placement: PodPlacement = PodPlacement()
    kill_selection: str = "YOUNGEST_FIRST"
    unreachable_strategy: UnreachableStrategy = UnreachableStrategy()


class PodDefinition(MarathonStruct, frozen=True, kw_only=True):
    """Containers that are placed together; `executor_resources` are asked for on top of theirs."""

    KEYS_ONLY: ClassVar[frozenset[str]] = frozenset({"environment", "secrets", "labels"})
    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"user", "linuxInfo", "legacySharedCgroups"})
    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"version"})

    id: str
    containers: tuple[PodContainer, ...] = ()
    volumes: tuple[Volume, ...] = ()
    networks: tuple[Network, ...] = ()
    scaling: PodScaling = PodScaling()
    scheduling: PodScheduling = PodScheduling()
    executor_resources: PodResources = PodResources(cpus=0.1, mem=32.0, disk=10.0)
    environment: Labels = msgspec.field(default_factory=dict)
    secrets: Labels = msgspec.field(default_factory=dict)
    labels: Labels = msgspec.field(default_factory=dict)
    role: str = ""
    dependencies: tuple[str, ...] = ()

    @property
    def persistent_volumes(self) -> tuple[PersistentVolume, ...]:
        """The volumes that keep its instances on their agents."""
        return tuple(one.persistent for one in self.volumes if one.persistent is not None)

    @property
    def resident(self) -> bool:
        """Whether its instances stay with their agent, come what may."""
        return bool(self.persistent_volumes)
