"""The loop of the HorizontalPodAutoscaler: every 15 s a look at the metrics, a decision, a new size.

What a look decides is in `autoscalers.horizontal`, the same functions that are held against upstream's own tests.

Source: kubernetes, pkg/controller/podautoscaler/horizontal.go and config/v1alpha1/defaults.go (version 1.34).
Left out: metrics other than cpu in relation to requests; several objects for one workload.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engines.kubernetes.api_server import ApiServer, PodInformer
from workbench.engines.kubernetes.autoscalers.horizontal import Bounds, Decision, Failed, Memory, reconcile
from workbench.engines.kubernetes.autoscalers.horizontal_replicas import (
    MeasuredPod,
    MetricsError,
    Periods,
    Proposal,
    Question,
    Tolerances,
    resource_replicas,
)
from workbench.engines.kubernetes.controllers.controller import Controller, Sync
from workbench.engines.kubernetes.names import Names
from workbench.engines.kubernetes.objects import ApiObject, PodObject, uid
from workbench.engines.kubernetes.pod_metrics import PodMetrics
from workbench.model.clock import NEVER, to_us
from workbench.model.native.kubernetes import HorizontalPodAutoscaler, ObjectMeta
from workbench.model.native.kubernetes.autoscaling import (
    CrossVersionObjectReference,
    HorizontalPodAutoscalerSpec,
    MetricSpec,
    MetricTarget,
    ResourceMetricSource,
)
from workbench.model.parameters import param, parameters
from workbench.model.resources import CPU
from workbench.model.workload import App

KIND = "HorizontalPodAutoscaler"
PERIODS = Periods(cpu_initialization_us=to_us(300), initial_readiness_us=to_us(30))
"""horizontal-pod-autoscaler-cpu-initialization-period and -initial-readiness-delay."""


@parameters("kubernetes.horizontal")
@dataclass(frozen=True)
class HorizontalParameters:
    """Flags of the controller."""

    sync_period_s: float = param(
        15.0, unit="s", low=1, high=300, help="how often the autoscaler looks",
        source="kubernetes 1.34, horizontal-pod-autoscaler-sync-period", shown_in="flash-crowd",
    )  # fmt: skip
    tolerance: float = param(
        0.1, low=0, high=0.9, help="share by which usage may differ from the target without any change",
        source="kubernetes 1.34, horizontal-pod-autoscaler-tolerance", shown_in="flash-crowd",
    )  # fmt: skip
    downscale_stabilization_s: float = param(
        300.0, unit="s", low=0, high=3600,
        help="for how long the highest recommendation holds before the service gets smaller",
        source="kubernetes 1.34, horizontal-pod-autoscaler-downscale-stabilization", shown_in="flash-crowd",
    )  # fmt: skip


def autoscaler_for(app: App) -> ApiObject | None:
    """Return the object that scales an app of the short form, if its size is to follow its use of cpu."""
    if app.scaling is None:
        return None
    target = MetricTarget(type="Utilization", average_utilization=app.scaling.target)
    spec = HorizontalPodAutoscalerSpec(
        scale_target_ref=CrossVersionObjectReference(kind="Deployment", name=app.name),
        min_replicas=max(1, app.scaling.least),  # none at all takes an activator beside it
        max_replicas=app.scaling.most,
        metrics=(MetricSpec(type="Resource", resource=ResourceMetricSource(name=CPU, target=target)),),
    )
    native = HorizontalPodAutoscaler(metadata=ObjectMeta(name=app.name, namespace=app.team), spec=spec)
    return ApiObject(kind=KIND, namespace=app.team, name=app.name, native=native, app=app)


class HorizontalController(Controller):
    """Keeps the size of workloads in step with what their pods use."""

    name = "horizontal-pod-autoscaler"

    def __init__(self, api: ApiServer, informer: PodInformer, names: Names, metrics: PodMetrics) -> None:
        self._metrics = metrics
        super().__init__(api, informer, names)

    def watch(self) -> None:
        """The objects themselves; pods and metrics are looked up when it is time."""
        params = self.world.settings.of(HorizontalParameters)
        self._every_us = to_us(params.sync_period_s)
        self._window_us = to_us(params.downscale_stabilization_s)
        self._tolerances = Tolerances(params.tolerance, params.tolerance)
        self._memory: dict[str, Memory] = {}
        self._objects: dict[str, ApiObject] = {}
        self.api.watch(KIND, self._on_autoscaler)

    def _on_autoscaler(self, old: ApiObject | None, new: ApiObject | None) -> None:
        if new is None:
            assert old is not None
            self._objects.pop(old.uid, None)
            self._memory.pop(old.uid, None)
            return
        self._objects[new.uid] = new
        if old is None:
            self.queue.add(new.uid)

    def sync(self, key: str) -> Sync:
        """Look once, and have the next look planned."""
        one = self._objects.get(key)
        if one is None:
            return ""
        self.queue.add_after(key, self._every_us)
        target = one.native.spec.scale_target_ref
        workload = self.api.objects.get(uid(target.kind, one.namespace, target.name))
        if workload is None:
            return ""
        current = workload.native.spec.replicas
        decision = self._decide(one, current)
        self._memory[key] = decision.memory
        if decision.replicas != current:
            assert one.app is not None
            self.world.rescaled(one.app, current, decision.replicas, _why(decision, current))
            yield from self.answered([self.client.send(self.api.scale, workload.uid, decision.replicas)])
        return ""

    def _decide(self, one: ApiObject, current: int) -> Decision:
        spec = one.native.spec
        answers = [self._answer(metric, one, current) for metric in spec.metrics]
        bounds = Bounds(spec.min_replicas, spec.max_replicas)
        memory = self._memory.get(one.uid, Memory())
        return reconcile(bounds, current, answers, memory, self._window_us, self.world.now_us)

    def _answer(self, metric: MetricSpec, one: ApiObject, current: int) -> Proposal | Failed:
        assert one.app is not None
        assert metric.resource is not None
        pods = [pod for pod in self.informer.pods.values() if pod.app.name == one.app.name]
        question = Question(current, tuple(map(self._measured, pods)), self._tolerances, PERIODS, self.world.now_us)
        samples = {pod.name: self._metrics.usage(pod.uid) for pod in pods}
        metrics = {name: sample for name, sample in samples.items() if sample is not None}
        specs = {pod.name: pod.info.spec for pod in pods}
        try:
            return resource_replicas(question, metric.resource.target.average_utilization or 0, metrics, specs)
        except MetricsError as error:
            return Failed("FailedGetResourceMetric", error)

    def _measured(self, pod: PodObject) -> MeasuredPod:
        bound_us = self.world.trace["tasks"]["bound_us"][pod.uid]
        start_us = None if bound_us == NEVER else bound_us
        changed_us = pod.ready_us if pod.ready_us != NEVER else bound_us
        return MeasuredPod(pod.name, pod.phase, pod.deleting, start_us, pod.ready, changed_us)


def _why(decision: Decision, current: int) -> str:
    """Return the code of why a size was taken: what limited it, or the use of cpu."""
    limited = decision.scaling_limited_reason
    if limited not in ("", "DesiredWithinRange"):
        return limited
    return "cpu-above-target" if decision.replicas > current else "cpu-below-target"
