"""Kubernetes workloads as neutral apps: what a control plane gets that does not speak Kubernetes.

What becomes of each field on this way stands in `kubernetes_carried.py`. The workload itself travels along as
`App.native`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from workbench.formats.kubernetes_carried import CARRIED
from workbench.formats.kubernetes_rules import selects
from workbench.model.clock import SECOND_US
from workbench.model.native.kubernetes import (
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    KubeObject,
    PersistentVolumeClaim,
    Pod,
    PriorityClass,
    ReplicaSet,
    ReplicationController,
    ResourceQuota,
    StatefulSet,
    StorageClass,
    affinity,
)
from workbench.model.native.kubernetes.meta import Labels
from workbench.model.native.kubernetes.pods import PodSpec, PodTemplateSpec
from workbench.model.native.kubernetes.quantity import ResourceList, amounts
from workbench.model.resources import DISK, EPHEMERAL_STORAGE, renamed
from workbench.model.workload import App, AppKind, Reach, Team, Toleration, Volume

__all__ = ["CARRIED", "EffectiveRequests", "neutral_apps", "neutral_teams"]

EffectiveRequests = Callable[[PodSpec], ResourceList]
"""What a pod of a spec asks for as a whole."""

HOSTNAME = "kubernetes.io/hostname"
NO_PROVISIONER = "kubernetes.io/no-provisioner"

SYSTEM_PRIORITIES = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}
"""Priority classes that every cluster has (kubernetes, pkg/apis/scheduling/types.go)."""


class _Workload(NamedTuple):
    """A workload, reduced to what all kinds have in common."""

    native: KubeObject
    kind: AppKind
    replicas: int
    template: PodTemplateSpec
    parallelism: int | None = None
    volume: Volume | None = None
    ordered: bool = True
    suspended: bool = False


def neutral_apps(objects: Iterable[KubeObject], effective_requests: EffectiveRequests) -> list[App]:
    """Return an app for every workload, in the order of the objects.

    Parameters
    ----------
    objects : iterable of KubeObject
        Of all files together: priority and storage classes are looked up among them.
    effective_requests : callable
        The arithmetic of `workbench.engines.kubernetes.resources.effective_requests`.
    """
    known = _without_owned(tuple(objects))
    local = {one.name for one in known if isinstance(one, StorageClass) and one.provisioner == NO_PROVISIONER}
    workloads = [found for one in known if (found := _workload(one, local)) is not None]
    names = _names([found.native for found in workloads])
    priorities = _Priorities(known)
    return [_app(name, found, priorities, effective_requests) for name, found in zip(names, workloads, strict=True)]


def _without_owned(objects: tuple[KubeObject, ...]) -> tuple[KubeObject, ...]:
    """Leave out what a controller that is there too will make again; exports may be spread over several files."""
    present = {(one.kind, one.namespace, one.name) for one in objects}

    def owned(one: KubeObject) -> bool:
        owner = one.metadata.controller
        return owner is not None and (owner.kind, one.namespace, owner.name) in present

    return tuple(one for one in objects if not owned(one))


def neutral_teams(objects: Iterable[KubeObject]) -> list[Team]:
    """Return a team for every namespace with a quota: cpu, memory and pods of its quotas without scopes."""
    limits: dict[str, dict[str, int]] = {}
    for one in objects:
        if not isinstance(one, ResourceQuota) or one.spec.scopes or one.spec.scope_selector is not None:
            continue
        limit = limits.setdefault(one.namespace, {})
        for name, amount in amounts(_quota(one.spec.hard)).items():
            limit[name] = min(amount, limit.get(name, amount))
    return [Team(name, limit=limit) for name, limit in limits.items() if limit]


def _quota(hard: ResourceList) -> ResourceList:
    found = {}
    for name, amount in hard.items():
        resource = name.removeprefix("requests.")
        if resource in ("cpu", "memory", "pods"):
            found[resource] = amount
    return found


def _workload(native: KubeObject, local: set[str]) -> _Workload | None:
    """Return what kind of app an object is, or None when it is none."""
    match native:
        case Deployment() | ReplicaSet() | ReplicationController():
            return _Workload(native, "service", native.spec.replicas, native.spec.template)
        case StatefulSet():
            volume = _volume(native.spec.volume_claim_templates, local)
            ordered = native.spec.pod_management_policy == "OrderedReady"
            spec = native.spec
            return _Workload(native, "stateful", spec.replicas, spec.template, volume=volume, ordered=ordered)
        case DaemonSet():
            return _Workload(native, "daemon", 1, native.spec.template)
        case Job():
            return _job(native)
        case CronJob():
            template = native.spec.job_template.spec.template
            return _Workload(native, "batch", 0, template, parallelism=native.spec.job_template.spec.parallelism)
        case Pod():
            ends = native.spec.restart_policy != "Always"
            template = PodTemplateSpec(metadata=native.metadata, spec=native.spec)
            return _Workload(native, "batch" if ends else "service", 1, template)
    return None


def empty_dirs(app: App) -> list[str]:
    """Return the names of the emptyDirs on disk that the pods of an app have; none of one that came as no object."""
    found = _workload(app.native, set()) if isinstance(app.native, KubeObject) else None
    volumes = () if found is None else found.template.spec.volumes
    return [one.name for one in volumes if one.empty_dir is not None and one.empty_dir.medium != "Memory"]


def _job(job: Job) -> _Workload:
    """A work queue (no number of completions) ends with its first tasks: as many as run at once."""
    at_once = 1 if job.spec.parallelism is None else job.spec.parallelism
    tasks = at_once if job.spec.completions is None else job.spec.completions
    return _Workload(job, "batch", tasks, job.spec.template, parallelism=at_once, suspended=job.spec.suspend)


def _volume(claims: tuple[PersistentVolumeClaim, ...], local: set[str]) -> Volume | None:
    """Return one disk with the size of all claims; local if any claim's class makes nothing on demand."""
    if not claims:
        return None
    sizes = (amounts(claim.spec.resources.requests).get("storage", 0) for claim in claims)
    reach: Reach = "local" if any(claim.spec.storage_class_name in local for claim in claims) else "network"
    return Volume(sum(sizes), reach)


def _names(natives: list[KubeObject]) -> list[str]:
    """Return unique names: the plain name, with the namespace, and at last with the kind where that is needed."""
    forms = [(one.name, f"{one.namespace}/{one.name}", f"{one.namespace}/{one.kind}/{one.name}") for one in natives]
    plain = Counter(form[0] for form in forms)
    spaced = Counter(form[1] for form in forms)
    return [form[0] if plain[form[0]] == 1 else form[1] if spaced[form[1]] == 1 else form[2] for form in forms]


def _app(name: str, found: _Workload, priorities: _Priorities, effective: EffectiveRequests) -> App:
    spec = found.template.spec
    return App(
        name=name,
        kind=found.kind,
        replicas=found.replicas,
        request=renamed(amounts(effective(spec)), EPHEMERAL_STORAGE, DISK),
        team=found.native.namespace,
        image=next((one.image for one in spec.containers), ""),
        parallelism=found.parallelism,
        suspended=found.suspended,
        volume=found.volume,
        ordered=found.ordered,
        priority=priorities.of(spec),
        node_selector=_node_selector(spec),
        tolerations=tuple(_toleration(one) for one in spec.tolerations),
        max_per_node=1 if _keeps_apart(spec, found.template.metadata.labels) else None,
        host_ports=_host_ports(spec),
        native=found.native,
    )


class _Priorities:
    """Priority classes by name, as far as the files hold them."""

    def __init__(self, objects: Iterable[KubeObject]) -> None:
        classes = [one for one in objects if isinstance(one, PriorityClass)]
        self._values = SYSTEM_PRIORITIES | {one.name: one.value for one in classes}
        self._default = next((one.value for one in classes if one.global_default), 0)

    def of(self, spec: PodSpec) -> int:
        """Return a pod's priority; a class that no file holds counts as none."""
        if spec.priority_class_name:
            return self._values.get(spec.priority_class_name, spec.priority or 0)
        return self._default if spec.priority is None else spec.priority


def _node_selector(spec: PodSpec) -> Mapping[str, str]:
    """Return the labels a machine must have, those from an affinity with single values included."""
    node = spec.affinity.node_affinity if spec.affinity is not None else None
    required = node.required_during_scheduling_ignored_during_execution if node is not None else None
    terms = required.node_selector_terms if required is not None else ()
    single = {
        one.key: one.values[0]
        for term in terms
        for one in term.match_expressions
        if len(terms) == 1 and one.operator == "In" and len(one.values) == 1
    }
    return {**single, **spec.node_selector}


def _toleration(one: affinity.Toleration) -> Toleration:
    seconds = one.toleration_seconds
    return Toleration(
        key=one.key,
        operator="Exists" if one.operator == "Exists" else "Equal",
        value=one.value,
        effect=one.effect,
        toleration_us=None if seconds is None else max(0, seconds) * SECOND_US,
    )


def _keeps_apart(spec: PodSpec, labels: Labels) -> bool:
    """Say whether a pod refuses machines where another of its own kind is."""
    apart = spec.affinity.pod_anti_affinity if spec.affinity is not None else None
    terms = apart.required_during_scheduling_ignored_during_execution if apart is not None else ()
    return any(
        term.topology_key == HOSTNAME and not term.namespaces and selects(term.label_selector, labels) for term in terms
    )


def _host_ports(spec: PodSpec) -> tuple[int, ...]:
    """Return the machine's ports that the containers and sidecars take, each once."""
    containers = (*spec.containers, *(one for one in spec.init_containers if one.is_sidecar))
    ports = (port.host_port for one in containers for port in one.ports if port.host_port)
    return tuple(dict.fromkeys(ports))
