"""The loop of the HorizontalPodAutoscaler: every 15 s a look at the metrics, a decision, a new size.

What a look decides is in `autoscalers.horizontal`, the same functions that are held against upstream's own tests;
what the metrics answer is in `horizontal_metrics.py`.

Source: kubernetes, pkg/controller/podautoscaler/horizontal.go and config/v1alpha1/defaults.go (version 1.34); the
delays of earlier versions, pkg/controller/podautoscaler/horizontal.go (version 1.8, shouldScale).
Left out: several objects for one workload (upstream they are told apart and neither acts); tolerances of one object's
own, which 1.34 has switched off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from workbench.engines.kubernetes.api_server import ApiServer, PodInformer
from workbench.engines.kubernetes.autoscalers.horizontal import Behavior, Bounds, Decision, Memory, reconcile
from workbench.engines.kubernetes.autoscalers.horizontal_behavior import (
    DEFAULT_SCALE_DOWN,
    DEFAULT_SCALE_UP,
    Policy,
    Rules,
    Select,
)
from workbench.engines.kubernetes.autoscalers.horizontal_replicas import MeasuredPod, Periods, Question, Tolerances
from workbench.engines.kubernetes.controllers.controller import Controller, Sync
from workbench.engines.kubernetes.controllers.horizontal_metrics import Metrics
from workbench.engines.kubernetes.custom_metrics import AT_THE_DOOR
from workbench.engines.kubernetes.names import Names
from workbench.engines.kubernetes.objects import ApiObject, PodObject, uid
from workbench.engines.kubernetes.pod_metrics import measurable
from workbench.model.clock import NEVER, to_us
from workbench.model.native.kubernetes import HorizontalPodAutoscaler, KubeObject, ObjectMeta
from workbench.model.native.kubernetes.autoscaling import (
    CrossVersionObjectReference,
    ExternalMetricSource,
    HorizontalPodAutoscalerBehavior,
    HorizontalPodAutoscalerSpec,
    HPAScalingPolicy,
    HPAScalingRules,
    MetricIdentifier,
    MetricSpec,
    MetricTarget,
    ResourceMetricSource,
)
from workbench.model.native.kubernetes.quantity import Quantity
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
    upscale_delay_s: float = param(
        0.0, unit="s", low=0, high=3600,
        help="how long after a change of size nothing may be added; 180 s before Kubernetes 1.12",
        source="kubernetes 1.34: none; 1.8, horizontal-pod-autoscaler-upscale-delay 3m", shown_in="flash-crowd",
    )  # fmt: skip
    downscale_delay_s: float = param(
        0.0, unit="s", low=0, high=3600,
        help="how long after a change of size nothing may be taken away; 300 s before Kubernetes 1.12",
        source="kubernetes 1.34: none; 1.8, horizontal-pod-autoscaler-downscale-delay 5m", shown_in="flash-crowd",
    )  # fmt: skip


def autoscaler_for(app: App, given: Sequence[HorizontalPodAutoscaler] = ()) -> ApiObject | None:
    """Return the object that scales an app: of its own files, or what stands for `scaling` of the short form.

    Parameters
    ----------
    given : sequence of HorizontalPodAutoscaler
        All objects of the scenario's files. One counts where the scenario says what its app uses; without that
        nothing could be measured. One for what has no size to change (a DaemonSet) is there to say so.
    """
    native = app.native
    if isinstance(native, KubeObject):
        mine = (one for one in given if one.targets(native))
        one = next(mine, None)
        return None if one is None or (has_scale(native) and not measurable(app)) else _object(one, app.team, app)
    if app.scaling is None:
        return None
    if app.scaling.requests is not None:
        per_pod = MetricTarget(type="AverageValue", average_value=Quantity.of_milli(round(app.scaling.requests * 1000)))
        counted = ExternalMetricSource(metric=MetricIdentifier(name=AT_THE_DOOR), target=per_pod)
        metric = MetricSpec(type="External", external=counted)
    else:
        percent = MetricTarget(type="Utilization", average_utilization=app.scaling.target)
        metric = MetricSpec(type="Resource", resource=ResourceMetricSource(name=CPU, target=percent))
    spec = HorizontalPodAutoscalerSpec(
        scale_target_ref=CrossVersionObjectReference(kind="Deployment", name=app.name),
        min_replicas=max(1, app.scaling.least),  # none at all takes an activator beside it
        max_replicas=app.scaling.most,
        metrics=(metric,),
    )
    made = HorizontalPodAutoscaler(metadata=ObjectMeta(name=app.name, namespace=app.team), spec=spec)
    return _object(made, app.team, app)


def without_target(apps: Sequence[App], given: Sequence[HorizontalPodAutoscaler]) -> list[ApiObject]:
    """Return the objects of the scenario's files that name nothing of which there will ever be one."""
    natives = [app.native for app in apps if isinstance(app.native, KubeObject)]
    names = {app.name for app in apps if not isinstance(app.native, KubeObject)}
    return [
        _object(one, "default", None) for one in given
        if one.spec.scale_target_ref.name not in names and not any(one.targets(native) for native in natives)
    ]  # fmt: skip


def has_scale(native: KubeObject) -> bool:
    """Say whether an object has a size that can be changed (a scale subresource)."""
    return hasattr(getattr(native, "spec", None), "replicas")


def _object(native: HorizontalPodAutoscaler, namespace: str, app: App | None) -> ApiObject:
    namespace = native.metadata.namespace or namespace
    return ApiObject(kind=KIND, namespace=namespace, name=native.metadata.name, native=native, app=app)


def rules_of(given: HorizontalPodAutoscalerBehavior | None) -> Behavior | None:
    """Return the rules of an object's behaviour, with upstream's defaults for what it does not say.

    Its words are those that were checked when the file was read.
    """
    if given is None:
        return None
    return Behavior(_rules(given.scale_up, DEFAULT_SCALE_UP), _rules(given.scale_down, DEFAULT_SCALE_DOWN))


def _rules(given: HPAScalingRules | None, default: Rules) -> Rules:
    if given is None:
        return default
    policies = default.policies if given.policies is None else tuple(map(_policy, given.policies))
    window = given.stabilization_window_seconds
    return Rules(
        policies, default.window_us if window is None else to_us(window), cast("Select", given.select_policy or "Max")
    )


def _policy(one: HPAScalingPolicy) -> Policy:
    return Policy(cast('Literal["Pods", "Percent"]', one.type), one.value, to_us(one.period_seconds))


class HorizontalController(Controller):
    """Keeps the size of workloads in step with what their pods use."""

    name = "horizontal-pod-autoscaler"

    def __init__(self, api: ApiServer, informer: PodInformer, names: Names, metrics: Metrics) -> None:
        self._metrics = metrics
        super().__init__(api, informer, names)

    def watch(self) -> None:
        """The objects themselves; pods and metrics are looked up when it is time."""
        params = self.world.settings.of(HorizontalParameters)
        self._every_us = to_us(params.sync_period_s)
        self._window_us = to_us(params.downscale_stabilization_s)
        self._tolerances = Tolerances(params.tolerance, params.tolerance)
        self._up_us, self._down_us = to_us(params.upscale_delay_s), to_us(params.downscale_delay_s)
        self._scaled_us: dict[str, int] = {}  # when each object last changed a size
        self._failed: dict[str, str] = {}  # why it could not decide, if it could not at its last look
        self._memory: dict[str, Memory] = {}
        self._objects: dict[str, ApiObject] = {}
        self.api.watch(KIND, self._on_autoscaler)

    def _on_autoscaler(self, old: ApiObject | None, new: ApiObject | None) -> None:
        if new is None:
            assert old is not None
            self._objects.pop(old.uid, None)
            for kept in (self._memory, self._scaled_us, self._failed):
                kept.pop(old.uid, None)
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
        if workload is None or not has_scale(workload.native):
            self._note_failure(one, "FailedGetScale", "no-scale")
            return ""
        current = workload.native.spec.replicas
        decision = self._decide(one, current)
        self._memory[key] = decision.memory
        self._note_failure(one, "" if decision.active else decision.scaling_active_reason, "no-metric")
        if decision.replicas != current and self._may(key, decision.replicas > current):
            assert one.app is not None
            self._scaled_us[key] = self.world.now_us
            self.world.rescaled(one.app, current, decision.replicas, _why(one.native.spec, decision, current))
            yield from self.answered([self.client.send(self.api.scale, workload.uid, decision.replicas)])
        return ""

    def _may(self, key: str, up: bool) -> bool:
        """Say whether enough time has gone by since the last change."""
        before = self._scaled_us.get(key)
        return before is None or self.world.now_us >= before + (self._up_us if up else self._down_us)

    def _note_failure(self, one: ApiObject, kind: str, why: str) -> None:
        """Write once that an object cannot decide, until it can again; upstream says it at every look."""
        if kind != self._failed.get(one.uid, "") and kind.startswith("FailedGet"):
            self.world.event(kind, one.name, why)
        self._failed[one.uid] = kind

    def _decide(self, one: ApiObject, current: int) -> Decision:
        spec, app = one.native.spec, one.app
        assert app is not None
        pods = [pod for pod in self.informer.pods.values() if pod.app.name == app.name]
        question = Question(current, tuple(map(self._measured, pods)), self._tolerances, PERIODS, self.world.now_us)
        answers = [self._metrics.answer(metric, app, pods, question) for metric in spec.metrics]
        bounds = Bounds(spec.min_replicas, spec.max_replicas, rules_of(spec.behavior))
        memory = self._memory.get(one.uid, Memory())
        return reconcile(bounds, current, answers, memory, self._window_us, self.world.now_us)

    def _measured(self, pod: PodObject) -> MeasuredPod:
        bound_us = self.world.trace["tasks"]["bound_us"][pod.uid]
        start_us = None if bound_us == NEVER else bound_us
        changed_us = pod.ready_us if pod.ready_us != NEVER else bound_us
        return MeasuredPod(pod.name, pod.phase, pod.deleting, start_us, pod.ready, changed_us)


def _why(spec: HorizontalPodAutoscalerSpec, decision: Decision, current: int) -> str:
    """Return the code of why a size was taken: what limited it, or what the metrics asked for."""
    limited = decision.scaling_limited_reason
    if limited not in ("", "DesiredWithinRange"):
        return limited
    cpu = all(one.resource is not None and one.resource.name == CPU for one in spec.metrics)
    return ("cpu-" if cpu else "") + ("above-target" if decision.replicas > current else "below-target")
