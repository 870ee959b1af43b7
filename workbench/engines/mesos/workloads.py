"""Which framework runs which app, and what of the app it honours.

| App | runs as |
|---|---|
| service | an app of the team's Marathon |
| stateful, volume on the machine's disk | a resident app: reserved resources, a persistent volume, one agent |
| stateful, network volume | an app with external volumes, which offers and agents do not account for |
| daemon | an app with one instance per agent, UNIQUE by host name |
| batch | tasks of the team's batch framework |
| from Marathon JSON | as its own fields say |

A team is a role; each team has its own Marathon and its own batch framework, as far as it needs them.

Approximated or ignored among the neutral fields: taints and tolerations (agents have none), priority (no preemption),
`ordered` (instances start all at once), host ports (instances of one app on different agents), a daemon on machines
that join or leave during the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from workbench.engines.mesos.frameworks.marathon_backoff import Backoff
from workbench.engines.mesos.frameworks.marathon_constraints import Constraint, Place
from workbench.engines.mesos.frameworks.run_spec import RunSpec
from workbench.engines.mesos.kinds import STATIC, Kind, Reservation
from workbench.engines.mesos.resources import Resources
from workbench.model.clock import to_us
from workbench.model.cluster import Cluster, Node
from workbench.model.native import marathon as native
from workbench.model.parameters import HONOURED, Treatments, approximated, ignored
from workbench.model.resources import DISK
from workbench.model.workload import App

NOT_OFFERED = ("pods",)
"""Capacities of a machine that have no counterpart among an agent's resources."""

Amounts = tuple[tuple[str, int], ...]

HOSTNAME_LABEL = "kubernetes.io/hostname"
ZONE_LABEL = "topology.kubernetes.io/zone"
REGION_LABEL = "topology.kubernetes.io/region"


def place_of(node: Node) -> Place:
    """Return what constraints see of an agent: its attributes are the machine's labels, name and zone among them."""
    attributes = {HOSTNAME_LABEL: node.name, **({ZONE_LABEL: node.zone} if node.zone else {}), **node.labels}
    return Place(node.name, attributes, attributes.get(REGION_LABEL, ""), attributes.get(ZONE_LABEL, ""))


def advertised(node: Node) -> Resources:
    """Return what an agent advertises: what is set aside for a team is a static reservation to its role.

    Machines of one size advertise one and the same bundle, whose sums are then known (see `Resources`).
    """
    aside = tuple((team, tuple(amounts.items())) for team, amounts in node.reserved.items())
    return _advertised(tuple(node.capacity.items()), aside)


@lru_cache(maxsize=256)
def _advertised(capacity: Amounts, aside: tuple[tuple[str, Amounts], ...]) -> Resources:
    free = {name: amount for name, amount in capacity if name not in NOT_OFFERED}
    reserved = {}
    for team, amounts in aside:
        for name, amount in amounts:
            if name in free:
                reserved[Kind(name, (Reservation(team, STATIC),))] = amount
                free[name] -= amount
    return Resources({name: amount for name, amount in free.items() if amount > 0}, reserved)


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


def run_spec(app: App, cluster: Cluster) -> RunSpec:
    """Return an app as Marathon runs it."""
    resident = _on_agent(app) > 0
    spec = RunSpec(
        app=app,
        id=f"/{app.name}",
        instances=len(cluster.nodes) if app.kind == "daemon" else app.replicas,
        request=request_of(app, cluster),
        constraints=_constraints(app),
        resident=resident,
        disk=_on_agent(app) if cluster.capacity.get(DISK, 0) else 0,
        inactive_after_us=None if resident else 0,
    )
    if isinstance(app.native, native.App):
        return _of_native_app(spec, app.native)
    if isinstance(app.native, native.PodDefinition):
        return _of_native_pod(spec, app.native)
    return spec


def _constraints(app: App) -> tuple[Constraint, ...]:
    """Return the constraints that say what the neutral fields say."""
    found = [Constraint(name, "CLUSTER", value) for name, value in sorted(app.node_selector.items())]
    if app.kind == "daemon" or app.host_ports or app.max_per_node == 1:
        found.append(Constraint("@hostname", "UNIQUE"))
    elif app.max_per_node is not None:
        found.append(Constraint("@hostname", "MAX_PER", str(app.max_per_node)))
    return tuple(found)


def _of_native_app(spec: RunSpec, app: native.App) -> RunSpec:
    """Return what the app's own JSON says; amounts, image and volumes were read into the neutral fields unchanged."""
    return replace(
        spec,
        id=app.id,
        instances=app.instances,
        constraints=_native_constraints(app.constraints, fixed_port=bool(spec.app.host_ports)),
        backoff=_backoff(app.backoff_seconds, app.backoff_factor, app.max_launch_delay_seconds),
        inactive_after_us=_inactive_after(app.unreachable_strategy, spec),
        dependencies=app.dependencies,
    )


def _of_native_pod(spec: RunSpec, pod: native.PodDefinition) -> RunSpec:
    scheduling = pod.scheduling
    backoff = scheduling.backoff
    return replace(
        spec,
        id=pod.id,
        instances=pod.scaling.instances,
        constraints=_native_constraints(scheduling.placement.constraints, fixed_port=bool(spec.app.host_ports)),
        backoff=_backoff(backoff.backoff, backoff.backoff_factor, backoff.max_launch_delay),
        inactive_after_us=_inactive_after(scheduling.unreachable_strategy, spec),
        dependencies=pod.dependencies,
    )


def _native_constraints(constraints: Sequence[native.Constraint], *, fixed_port: bool) -> tuple[Constraint, ...]:
    found = [Constraint(one.field_name, one.operator, one.value or "") for one in constraints]
    if fixed_port:
        found.append(Constraint("@hostname", "UNIQUE"))
    return tuple(found)


def _backoff(seconds: float, factor: float, longest: float) -> Backoff:
    return Backoff(to_us(seconds), factor, to_us(longest))


def _inactive_after(strategy: native.UnreachableStrategy | None, spec: RunSpec) -> int | None:
    if strategy is None:
        return spec.inactive_after_us
    return None if strategy.disabled else to_us(strategy.inactive_after_seconds)


_PORTS = approximated("a fixed port keeps instances of the app on different agents; ports are not offered as such")
_CHECKS = approximated("an instance passes its checks from the moment it is ready; checks never fail")
_NO_DEPLOYMENT = ignored("apps are not changed while a run goes on")
_INSIDE = ignored("what a task sees inside changes nothing here")
_HIDDEN = ignored("values of environment variables and secrets are never kept")
_STATIC = ignored("no agent is reserved to a role from the start")
_EXTERNAL = approximated("one disk of their total size, moved to the agent where the task runs next")
_PERSISTENT = approximated("one disk of their total size, reserved with the other resources on one agent")
_GPUS = approximated("offered like any amount; agents with GPUs are not kept from frameworks without the capability")
_DEPENDENCIES = approximated("an app waits until the apps it names are healthy, within one team")

TREATMENTS: Treatments = {
    "Group: id": HONOURED,
    "Group: apps": HONOURED,
    "Group: pods": HONOURED,
    "Group: groups": HONOURED,
    "Group: dependencies": _DEPENDENCIES,
    "App: id": HONOURED,
    "App: instances": HONOURED,
    "App: cpus": HONOURED,
    "App: mem": HONOURED,
    "App: disk": approximated("counted where the scenario says how much disk agents have"),
    "App: gpus": _GPUS,
    "App: role": HONOURED,
    "App: constraints": HONOURED,
    "App: backoffSeconds": HONOURED,
    "App: backoffFactor": HONOURED,
    "App: maxLaunchDelaySeconds": HONOURED,
    "App: unreachableStrategy.inactiveAfterSeconds": HONOURED,
    "App: unreachableStrategy.disabled": HONOURED,
    "App: unreachableStrategy.expungeAfterSeconds": ignored("an instance that is replaced is forgotten at once"),
    "App: container.docker.image": HONOURED,
    "App: container.docker.forcePullImage": ignored("an image that is on the agent is not fetched again"),
    "App: container.type": ignored("containers are all alike"),
    "App: container.volumes": _INSIDE,
    "App: container.volumes[].persistent": _PERSISTENT,
    "App: container.volumes[].external": _EXTERNAL,
    "App: container.portMappings": ignored("ports are not offered as such"),
    "App: container.portMappings[].hostPort": _PORTS,
    "App: portDefinitions": _PORTS,
    "App: requirePorts": HONOURED,
    "App: networks": ignored("the network is not modelled"),
    "App: dependencies": _DEPENDENCIES,
    "App: acceptedResourceRoles": _STATIC,
    "App: healthChecks": _CHECKS,
    "App: readinessChecks": _CHECKS,
    "App: upgradeStrategy": _NO_DEPLOYMENT,
    "App: killSelection": _NO_DEPLOYMENT,
    "App: taskKillGracePeriodSeconds": _NO_DEPLOYMENT,
    "App: cmd": _INSIDE,
    "App: args": _INSIDE,
    "App: env": _HIDDEN,
    "App: secrets": _HIDDEN,
    "App: labels": ignored("notes for other programs"),
    "App: fetch": ignored("only images are fetched"),
    "PodDefinition: id": HONOURED,
    "PodDefinition: role": HONOURED,
    "PodDefinition: scaling.instances": HONOURED,
    "PodDefinition: containers[].name": HONOURED,
    "PodDefinition: containers[].resources": approximated("the containers' amounts are added up"),
    "PodDefinition: containers[].image": approximated("the image of the first container stands for all"),
    "PodDefinition: containers[].healthCheck": _CHECKS,
    "PodDefinition: containers[].environment": _HIDDEN,
    "PodDefinition: containers[].endpoints": _PORTS,
    "PodDefinition: containers[].volumeMounts": _INSIDE,
    "PodDefinition: executorResources": HONOURED,
    "PodDefinition: volumes": _INSIDE,
    "PodDefinition: volumes[].persistent": _PERSISTENT,
    "PodDefinition: networks": ignored("the network is not modelled"),
    "PodDefinition: scheduling.placement.constraints": HONOURED,
    "PodDefinition: scheduling.placement.acceptedResourceRoles": _STATIC,
    "PodDefinition: scheduling.backoff": HONOURED,
    "PodDefinition: scheduling.unreachableStrategy.inactiveAfterSeconds": HONOURED,
    "PodDefinition: scheduling.unreachableStrategy.disabled": HONOURED,
    "PodDefinition: scheduling.unreachableStrategy.expungeAfterSeconds": ignored(
        "an instance that is replaced is forgotten at once"
    ),
    "PodDefinition: scheduling.upgrade": _NO_DEPLOYMENT,
    "PodDefinition: scheduling.killSelection": _NO_DEPLOYMENT,
    "PodDefinition: dependencies": _DEPENDENCIES,
    "PodDefinition: environment": _HIDDEN,
    "PodDefinition: secrets": _HIDDEN,
    "PodDefinition: labels": ignored("notes for other programs"),
    # fields of Kubernetes manifests, where Mesos makes less of them than the neutral app carries
    "Pod: spec.tolerations": ignored("agents have no taints; every role is offered every agent"),
    "Pod: spec.priorityClassName": ignored("Mesos knows no priorities and displaces nothing"),
    "Pod: spec.priority": ignored("Mesos knows no priorities and displaces nothing"),
    "PriorityClass": ignored("Mesos knows no priorities and displaces nothing"),
    "Pod: spec.containers[].ports[].hostPort": _PORTS,
    "StatefulSet: spec.podManagementPolicy": ignored("Marathon starts all instances at once"),
    "DaemonSet: spec.template": approximated("as many instances as agents, on different agents by constraint"),
    "ResourceQuota: spec.hard": approximated("limits of cpu and memory become the role's quota limit"),
    "Node: spec.taints": ignored("agents have no taints; every role is offered every agent"),
}
"""``Kind: path`` -> what becomes of the field of a user's file."""
