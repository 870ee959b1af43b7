"""What each kind of app becomes in Kubernetes' own objects.

| an app | becomes |
|---|---|
| service | a Deployment; a Service, unless it stands behind another's; a PodDisruptionBudget, if it may not miss many |
| stateful | a StatefulSet with a volumeClaimTemplate, and the same |
| batch, all tasks at once | a Job, one completion index per task |
| batch, tasks arriving one by one | a bare Pod per task |
| batch, run by Spark, MPI, Chronos or Hadoop on Mesos | see `batch_work.py` |
| daemon | a DaemonSet |

An app that came as a Kubernetes object is that object. What has no counterpart is written down as an event:
a guaranteed share of the cluster, and "at most k instances per machine" for k above 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from workbench.engines.kubernetes import batch_work
from workbench.engines.kubernetes.ephemeral_storage import in_kubernetes
from workbench.engines.kubernetes.node_objects import ZONE
from workbench.engines.kubernetes.objects import ApiObject
from workbench.engines.kubernetes.pod_volumes import DATA, INLINE, inline_volume
from workbench.engines.kubernetes.storage_classes import class_name
from workbench.model import workload
from workbench.model.clock import SECOND_US
from workbench.model.lives import Check
from workbench.model.native.kubernetes import (
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    KubeObject,
    ObjectMeta,
    Pod,
    PodDisruptionBudget,
    PodSpec,
    PodTemplateSpec,
    Quantity,
    ReplicaSet,
    ReplicationController,
    Service,
    StatefulSet,
)
from workbench.model.native.kubernetes.affinity import (
    Affinity,
    PodAffinityTerm,
    PodAntiAffinity,
    Toleration,
    TopologySpreadConstraint,
)
from workbench.model.native.kubernetes.apps import (
    DaemonSetSpec,
    DeploymentSpec,
    DeploymentStrategy,
    RollingUpdateDeployment,
    StatefulSetSpec,
)
from workbench.model.native.kubernetes.batch import JobSpec
from workbench.model.native.kubernetes.core import ServiceSpec
from workbench.model.native.kubernetes.meta import LabelSelector
from workbench.model.native.kubernetes.pods import (
    Container,
    ContainerPort,
    ExecAction,
    HTTPGetAction,
    Lifecycle,
    LifecycleHandler,
    Probe,
    ResourceRequirements,
)
from workbench.model.native.kubernetes.policy import PodDisruptionBudgetSpec
from workbench.model.native.kubernetes.storage import (
    PersistentVolumeClaim,
    PersistentVolumeClaimSpec,
    VolumeResourceRequirements,
)
from workbench.model.parameters import param, parameters
from workbench.model.resources import Resources
from workbench.model.workload import App

APP_LABEL = "app"
FRONT_LABEL = "service"
"""Of pods that several apps stand behind one name with: that name, which the Service selects."""
WORKLOADS = (
    Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, Pod,
)  # fmt: skip
"""Kinds of an app's own object that are run."""


@parameters("kubernetes.workloads")
@dataclass(frozen=True)
class WorkloadParameters:
    """What is filled in for apps that are not given as Kubernetes objects."""

    readiness_period_s: int = param(
        10, unit="s", low=1, high=300, help="how often readiness is probed, for apps that take time to be ready",
        source="kubernetes 1.34, core/v1 Probe.periodSeconds", shown_in="first-look",
    )  # fmt: skip
    max_surge: int = param(
        25, unit="%", low=0, high=100, help="how many pods more than wanted there may be during a rollout, rounded up",
        source="kubernetes 1.34, apps/v1 RollingUpdateDeployment.maxSurge", shown_in="bad-release",
    )  # fmt: skip
    max_unavailable: int = param(
        25, unit="%", low=0, high=100, help="how many pods may be missing during a rollout, rounded down",
        source="kubernetes 1.34, apps/v1 RollingUpdateDeployment.maxUnavailable", shown_in="bad-release",
    )  # fmt: skip


def own_object(app: App) -> KubeObject | None:
    """Return the Kubernetes object that an app came as, if it is one that can be run."""
    return app.native if isinstance(app.native, WORKLOADS) else None


def objects_for(app: App, params: WorkloadParameters) -> list[ApiObject]:
    """Return the objects that stand for an app; a batch app with arrivals has none of its own."""
    native = own_object(app)
    if native is not None:
        return [] if isinstance(native, Pod) else [_made(app, native)]
    if app.kind in ("service", "stateful"):
        main = _deployment(app, params) if app.kind == "service" else _stateful_set(app, params)
        services = () if app.behind not in ("", app.name) else (_made(app, _service(app)),)
        return [_made(app, main), *services, *(_made(app, one) for one in budgets_for(app))]
    if app.kind == "daemon":
        return [_made(app, _daemon_set(app, params))]
    if app.schedule is not None:
        by_clock = batch_work.cron_job(app, _job(app))
        return [] if by_clock is None else [_made(app, by_clock)]
    return [] if app.arrivals is not None else [_made(app, _job(app))]


def budgets_for(app: App) -> list[PodDisruptionBudget]:
    """Return the budget that says how many instances maintenance may take away; none if any number may go."""
    if app.may_miss is None or own_object(app) is not None:
        return []
    spec = PodDisruptionBudgetSpec(max_unavailable=app.may_miss, selector=_selector(app))
    return [PodDisruptionBudget(metadata=_meta(app), spec=spec)]


def _made(app: App, native: KubeObject) -> ApiObject:
    if not native.metadata.namespace:
        native = replace(native, metadata=replace(native.metadata, namespace=app.team))
    return ApiObject(
        kind=type(native).__name__,
        namespace=native.metadata.namespace,
        name=native.metadata.name,
        native=native,
        app=app,
    )


VERSION = "workbench/version"
"""Annotation that sets versions of a template apart which differ in how they behave only."""


def versioned_template(app: App, original: App, params: WorkloadParameters) -> PodTemplateSpec:
    """Return the template of a version of an app.

    The template of an app that came as a Kubernetes object stays as it is, but for the image of its first container.

    Parameters
    ----------
    original : App
        The app as it was handed over, version 0.
    """
    own = own_object(app) is not None
    template: PodTemplateSpec = objects_for(original if own else app, params)[0].native.spec.template
    if own and app.image != original.image and template.spec.containers:
        first, *rest = template.spec.containers
        containers = (replace(first, image=app.image), *rest)
        template = replace(template, spec=replace(template.spec, containers=containers))
    if app.version == 0:
        return template
    metadata = template.metadata
    notes = {**metadata.annotations, VERSION: str(app.version)}
    return replace(template, metadata=replace(metadata, annotations=notes))


def pod_template(app: App, params: WorkloadParameters | None = None) -> PodTemplateSpec:
    """Return the template of an app's pods; `params` gives it a readiness probe, where it takes time to be ready."""
    probe = live = None
    if app.check is not None:
        probe = http_probe(app.check)
        live = http_probe(app.check, app.check.grace_us or 0) if app.check.restarts else None
    elif params is not None and (app.ready_us > 0 or app.broken):
        probe = Probe(exec=ExecAction(), period_seconds=params.readiness_period_s)
    own = None if app.volume is None else inline_volume(app.volume)
    container = Container(
        name=app.name,
        image=app.image,
        ports=tuple(ContainerPort(container_port=port, host_port=port) for port in app.host_ports),
        resources=ResourceRequirements(requests=quantities(app.request), limits=quantities(app.limit)),
        readiness_probe=probe,
        liveness_probe=live,
        lifecycle=Lifecycle(pre_stop=LifecycleHandler(exec=ExecAction())) if app.pre_stop_us else None,
    )
    spec = PodSpec(
        containers=(container,),
        restart_policy="Never" if app.kind == "batch" else "Always",
        node_selector=dict(app.node_selector),
        tolerations=tuple(_toleration(one) for one in app.tolerations),
        affinity=_apart(app) if app.max_per_node == 1 else None,
        topology_spread_constraints=(_across_zones(app),) if app.across_zones else (),
        priority=app.priority,
        volumes=() if own is None else (own,),
    )
    labels = {APP_LABEL: app.name, **({FRONT_LABEL: app.behind} if app.behind else {})}
    return PodTemplateSpec(metadata=ObjectMeta(labels=labels), spec=spec)


def http_probe(check: Check, initial_us: int = 0) -> Probe:
    """Return how an app is probed that says how it is checked; what it leaves open is the default of the API."""
    said = {"period_seconds": check.every_us, "timeout_seconds": check.timeout_us}
    given: dict[str, Any] = {name: max(1, round(us / SECOND_US)) for name, us in said.items() if us is not None}
    if check.failures is not None:
        given["failure_threshold"] = check.failures
    return Probe(http_get=HTTPGetAction(port=80), initial_delay_seconds=round(initial_us / SECOND_US), **given)


def quantities(amounts: Resources) -> dict[str, Quantity]:
    """Return amounts as Kubernetes writes them."""
    return {
        name: Quantity.of_milli(amount) if name == "cpu" else Quantity.of(amount, "BinarySI")
        for name, amount in in_kubernetes(amounts).items()
    }


def _toleration(one: workload.Toleration) -> Toleration:
    stays_us = one.toleration_us
    return Toleration(
        key=one.key,
        operator=one.operator,
        value=one.value,
        effect=one.effect,
        toleration_seconds=None if stays_us is None else stays_us // SECOND_US,
    )


def _apart(app: App) -> Affinity:
    """At most one on a node: required anti-affinity to the app's own pods, by host name."""
    term = PodAffinityTerm(
        topology_key="kubernetes.io/hostname", label_selector=LabelSelector(match_labels={APP_LABEL: app.name})
    )
    return Affinity(pod_anti_affinity=PodAntiAffinity(required_during_scheduling_ignored_during_execution=(term,)))


def _across_zones(app: App) -> TopologySpreadConstraint:
    """In equal number in every zone, if that can be had: a zone that is lost must not keep its pods from starting."""
    return TopologySpreadConstraint(
        max_skew=1, topology_key=ZONE, when_unsatisfiable="ScheduleAnyway", label_selector=_selector(app)
    )


def _meta(app: App) -> ObjectMeta:
    return ObjectMeta(name=app.name, namespace=app.team, labels={APP_LABEL: app.name})


def _selector(app: App) -> LabelSelector:
    return LabelSelector(match_labels={APP_LABEL: app.name})


def _deployment(app: App, params: WorkloadParameters) -> Deployment:
    rolling = RollingUpdateDeployment(max_surge=f"{params.max_surge}%", max_unavailable=f"{params.max_unavailable}%")
    spec = DeploymentSpec(
        replicas=app.replicas,
        selector=_selector(app),
        template=pod_template(app, params),
        strategy=DeploymentStrategy(rolling_update=rolling),
    )
    return Deployment(metadata=_meta(app), spec=spec)


def _service(app: App) -> Service:
    headless = "None" if app.kind == "stateful" else ""
    selector = {FRONT_LABEL: app.name} if app.behind else {APP_LABEL: app.name}
    return Service(metadata=_meta(app), spec=ServiceSpec(selector=selector, cluster_ip=headless))


def _daemon_set(app: App, params: WorkloadParameters) -> DaemonSet:
    return DaemonSet(
        metadata=_meta(app), spec=DaemonSetSpec(selector=_selector(app), template=pod_template(app, params))
    )


def _stateful_set(app: App, params: WorkloadParameters) -> StatefulSet:
    templates: tuple[PersistentVolumeClaim, ...] = ()
    if app.volume is not None and app.volume.kind not in INLINE:
        asked = {"storage": Quantity.of(app.volume.size, "BinarySI")}
        claim = PersistentVolumeClaimSpec(
            access_modes=("ReadWriteOnce",),
            resources=VolumeResourceRequirements(requests=asked),
            storage_class_name=class_name(app),
        )
        templates = (PersistentVolumeClaim(metadata=ObjectMeta(name=DATA), spec=claim),)
    spec = StatefulSetSpec(
        replicas=app.replicas,
        selector=_selector(app),
        template=pod_template(app, params),
        volume_claim_templates=templates,
        service_name=app.name,
        pod_management_policy="OrderedReady" if app.ordered else "Parallel",
    )
    return StatefulSet(metadata=_meta(app), spec=spec)


def _job(app: App) -> Job:
    """Each task has its own index, its own back-off and as many tries as it takes: tasks are independent."""
    tasks = 1 if app.schedule is not None else app.replicas
    spec = JobSpec(
        completions=tasks,
        parallelism=tasks if app.parallelism is None else app.parallelism,
        completion_mode="Indexed",
        backoff_limit=2**31 - 1,
        backoff_limit_per_index=2**31 - 1,
        template=pod_template(app),
    )
    return Job(metadata=_meta(app), spec=spec)
