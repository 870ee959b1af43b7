"""Which framework runs which app, and what of the app it honours.

| App | runs as |
|---|---|
| service | an app of the team's Marathon |
| stateful, volume on the machine's disk | a resident app: reserved resources, a persistent volume, one agent |
| stateful, network volume | external volumes, which offers and agents do not account for; or a resident app |
| stateful with data, as settings say | pods of a framework of its own: dcos-commons (`frameworks/sdk.py`), Kafka |
| daemon | an app with one instance per agent, UNIQUE by host name |
| batch | tasks of the team's batch framework, Chronos, Hadoop or MPI; a Spark application is a framework of its own |
| from Marathon JSON | as its own fields say |

A team is a role; each team has its own Marathon and its own batch framework, as far as it needs them.

Approximated or ignored among the neutral fields: taints and tolerations (agents have none), priority (no preemption),
`ordered` (instances start all at once), host ports (instances of one app on different agents), a daemon on machines
that join or leave during the run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from workbench.engines.mesos.frameworks.marathon_constraints import Constraint, Place
from workbench.engines.mesos.frameworks.run_spec import HealthCheck, RunSpec
from workbench.engines.mesos.frameworks.service import ServiceSpec
from workbench.engines.mesos.native_apps import of_app, of_pod
from workbench.engines.mesos.resources import Resources
from workbench.engines.mesos.volume_kinds import on_mesos
from workbench.model.clock import to_us
from workbench.model.cluster import Cluster, Node
from workbench.model.native import marathon as native
from workbench.model.native.marathon import UpgradeStrategy
from workbench.model.parameters import param, parameters
from workbench.model.resources import DISK
from workbench.model.workload import App

HOSTNAME_LABEL = "kubernetes.io/hostname"
ZONE_LABEL = "topology.kubernetes.io/zone"
REGION_LABEL = "topology.kubernetes.io/region"


@parameters("mesos.workloads")
@dataclass(frozen=True)
class WorkloadParameters:
    """What apps become that were not written for Marathon."""

    network_volumes: str = param(
        "external", choices=("external", "persistent"),
        help="what a network volume becomes: an external volume that follows its task, or a persistent one on an agent",
        source="marathon docs/docs/external-volumes.md (through dvdi, outside offers), docs/docs/persistent-volumes.md",
        shown_in="ensemble",
    )  # fmt: skip
    kill_grace_s: float = param(
        3.0, unit="s", low=0, high=3600, help="how long Marathon's tasks are given to stop, if their app does not say",
        source="mesos src/launcher/executor.cpp; marathon docs/docs/task-handling.md (taskKillGracePeriodSeconds)",
        shown_in="back-to-three",
    )  # fmt: skip
    members_by: str = param(
        "marathon", choices=("marathon", "dcos-commons"),
        help="who runs the members of a cluster with data: Marathon, as resident instances, or a framework of its own",
        source="dcos-commons (Cassandra, HDFS, Elastic); marathon docs/docs/persistent-volumes.md",
        shown_in="wait-or-copy",
    )  # fmt: skip
    brokers_by: str = param(
        "marathon", choices=("marathon", "dcos-commons", "kafka"),
        help="who runs the members of a cluster that keeps a log: Marathon, a framework of its own, or that of Kafka",
        source="mesos/kafka; dcos-commons frameworks/kafka; marathon docs/docs/persistent-volumes.md",
        shown_in="wait-or-copy",
    )  # fmt: skip


def with_grace(spec: RunSpec, params: WorkloadParameters) -> RunSpec:
    """Return what Marathon runs, with the time that its tasks are given to stop."""
    return spec if spec.kill_grace_us is not None else replace(spec, kill_grace_us=to_us(params.kill_grace_s))


def runs_under(app: App, params: WorkloadParameters) -> str:
    """Return which kind of framework runs an app: ``batch``, ``marathon``, ``dcos-commons`` or ``kafka``."""
    if app.kind == "batch":
        return "batch"
    if app.replication is None or app.native is not None:
        return "marathon"
    return params.brokers_by if app.replication.shape == "log" else params.members_by


def service_spec(app: App, cluster: Cluster, kind: str) -> ServiceSpec:
    """Return an app as a framework of its own runs it: its data lies on the machines.

    The Kafka framework keeps logs where agents do not account for them.
    """
    local = app if app.volume is None else replace(app, volume=replace(app.volume, reach="local"))
    counted = replace(local, volume=None) if kind == "kafka" else local
    disk = _on_agent(counted) if cluster.capacity.get(DISK, 0) else 0
    return ServiceSpec(local, request_of(counted, cluster), disk, _constraints(app, cluster))


def with_volumes(app: App, params: WorkloadParameters) -> App:
    """Return the app with its volume of the kind that Marathon is to use."""
    if app.volume is None:
        return app
    return replace(app, volume=on_mesos(app.volume, external=params.network_volumes == "external"))


def place_of(node: Node) -> Place:
    """Return what constraints see of an agent: its attributes are the machine's labels, name and zone among them."""
    attributes = {HOSTNAME_LABEL: node.name, **({ZONE_LABEL: node.zone} if node.zone else {}), **node.labels}
    return Place(node.name, attributes, attributes.get(REGION_LABEL, ""), attributes.get(ZONE_LABEL, ""))


def request_of(app: App, cluster: Cluster) -> Resources:
    """Return what one task takes of an offer.

    Disk, the volume on the agent included, counts only where the scenario says how much disk machines have.
    """
    amounts = {name: amount for name, amount in app.request.items() if amount > 0 and name != DISK}
    disk = app.request.get(DISK, 0) + _on_agent(app)
    if disk and cluster.capacity.get(DISK, 0):
        amounts[DISK] = disk
    return Resources(amounts)


def _on_agent(app: App) -> int:
    return app.volume.size if app.volume is not None and app.volume.reach == "local" else 0


def run_spec(app: App, cluster: Cluster, upgrade: UpgradeStrategy | None = None) -> RunSpec:
    """Return an app as Marathon runs it.

    Parameters
    ----------
    upgrade : UpgradeStrategy or None
        Of a service that does not say how it is upgraded; None: Marathon's default.
    """
    resident = _on_agent(app) > 0
    spec = RunSpec(
        app=app,
        id=f"/{app.name}",
        instances=len(cluster.nodes) if app.kind == "daemon" else app.replicas,
        request=request_of(app, cluster),
        constraints=_constraints(app, cluster),
        resident=resident,
        disk=_on_agent(app) if cluster.capacity.get(DISK, 0) else 0,
        inactive_after_us=None if resident else 0,
        upgrade=_upgrade(app, cluster, upgrade or UpgradeStrategy()),
        health=_check(app),
    )
    if isinstance(app.native, native.App):
        return of_app(spec, app.native)
    if isinstance(app.native, native.PodDefinition):
        return of_pod(spec, app.native)
    return spec


def _upgrade(app: App, cluster: Cluster, otherwise: UpgradeStrategy) -> UpgradeStrategy:
    """Return how an app is upgraded whose own form does not say.

    Marathon takes an app with volumes only if half of it may go and none is too many. A daemon leaves no room for a
    second instance on an agent: one at a time goes before its successor comes.
    """
    if app.volume is not None:
        return UpgradeStrategy(minimum_health_capacity=0.5, maximum_over_capacity=0.0)
    if app.kind == "daemon":
        agents = len(cluster.nodes)
        least = max(0.0, 1 - 1.5 / max(1, agents))  # rounded up to all but one, however the division is rounded
        return UpgradeStrategy(minimum_health_capacity=least, maximum_over_capacity=0.0)
    return otherwise


def _constraints(app: App, cluster: Cluster) -> tuple[Constraint, ...]:
    """Return the constraints that say what the neutral fields say."""
    found = [Constraint(name, "CLUSTER", value) for name, value in sorted(app.node_selector.items())]
    if app.kind == "daemon" or app.host_ports or app.max_per_node == 1:
        found.append(Constraint("@hostname", "UNIQUE"))
    elif app.max_per_node is not None:
        found.append(Constraint("@hostname", "MAX_PER", str(app.max_per_node)))
    if app.across_zones:
        zones = {node.zone for node in cluster.nodes}
        found.append(Constraint("@zone", "GROUP_BY", str(len(zones))))
    return tuple(found)


def _check(app: App) -> HealthCheck:
    """Return how Marathon checks an app that came not as its own JSON; what it leaves open is Marathon's default."""
    if app.check is None:
        return HealthCheck()
    said = {
        "interval_us": app.check.every_us,
        "timeout_us": app.check.timeout_us,
        "most_failures": app.check.failures,
        "grace_us": app.check.grace_us,
    }
    given: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    check = replace(HealthCheck(paced=True, queued=True), **given)
    return check if app.check.restarts else replace(check, most_failures=0)
