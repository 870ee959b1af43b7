"""HorizontalPodAutoscaler, as of autoscaling/v2; version 1 and the betas are read into the same type.

Source: kubernetes/api, autoscaling/v2/types.go.
"""

from __future__ import annotations

from typing import ClassVar

from workbench.model.native.kubernetes.meta import KubeObject, KubeStruct, LabelSelector
from workbench.model.native.kubernetes.quantity import Quantity


class CrossVersionObjectReference(KubeStruct, frozen=True, kw_only=True):
    """What is scaled, or what a metric describes."""

    kind: str = ""
    name: str = ""
    api_version: str = ""


class MetricTarget(KubeStruct, frozen=True, kw_only=True):
    """``Utilization`` (percent of requests), ``Value`` or ``AverageValue``."""

    type: str
    value: Quantity | None = None
    average_value: Quantity | None = None
    average_utilization: int | None = None


class MetricIdentifier(KubeStruct, frozen=True, kw_only=True):
    """A metric's name, and which series of it."""

    name: str
    selector: LabelSelector | None = None


class ResourceMetricSource(KubeStruct, frozen=True, kw_only=True):
    """Use of a resource by the pods."""

    name: str
    target: MetricTarget


class ContainerResourceMetricSource(KubeStruct, frozen=True, kw_only=True):
    """Use of a resource by one container of each pod."""

    name: str
    container: str
    target: MetricTarget


class PodsMetricSource(KubeStruct, frozen=True, kw_only=True):
    """A metric of each pod."""

    metric: MetricIdentifier
    target: MetricTarget


class ObjectMetricSource(KubeStruct, frozen=True, kw_only=True):
    """A metric of one other object."""

    metric: MetricIdentifier
    target: MetricTarget
    described_object: CrossVersionObjectReference = CrossVersionObjectReference()


class ExternalMetricSource(KubeStruct, frozen=True, kw_only=True):
    """A metric from outside the cluster."""

    metric: MetricIdentifier
    target: MetricTarget


class MetricSpec(KubeStruct, frozen=True, kw_only=True):
    """One metric; the field named like `type` is set."""

    type: str
    resource: ResourceMetricSource | None = None
    container_resource: ContainerResourceMetricSource | None = None
    pods: PodsMetricSource | None = None
    object: ObjectMetricSource | None = None
    external: ExternalMetricSource | None = None


class HPAScalingPolicy(KubeStruct, frozen=True, kw_only=True):
    """At most so many ``Pods`` or so many ``Percent`` within a period of seconds."""

    type: str
    value: int
    period_seconds: int


class HPAScalingRules(KubeStruct, frozen=True, kw_only=True):
    """How fast one direction may go. `select_policy`: ``Max``, ``Min`` or ``Disabled``."""

    stabilization_window_seconds: int | None = None
    select_policy: str | None = None
    policies: tuple[HPAScalingPolicy, ...] | None = None
    tolerance: Quantity | None = None


class HorizontalPodAutoscalerBehavior(KubeStruct, frozen=True, kw_only=True):
    """Rules for both directions."""

    scale_up: HPAScalingRules | None = None
    scale_down: HPAScalingRules | None = None


class HorizontalPodAutoscalerSpec(KubeStruct, frozen=True, kw_only=True):
    """What is scaled, between which bounds, by which metrics."""

    max_replicas: int
    scale_target_ref: CrossVersionObjectReference = CrossVersionObjectReference()
    min_replicas: int = 1
    metrics: tuple[MetricSpec, ...] = ()
    behavior: HorizontalPodAutoscalerBehavior | None = None


class HorizontalPodAutoscaler(KubeObject, frozen=True, kw_only=True):
    """Changes the size of a workload by what is measured."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "autoscaling/v2"
    kind: str = "HorizontalPodAutoscaler"
    spec: HorizontalPodAutoscalerSpec

    def targets(self, one: KubeObject) -> bool:
        """Say whether this is what changes the size of an object."""
        ref = self.spec.scale_target_ref
        return (ref.kind, self.namespace, ref.name) == (one.kind, one.namespace, one.name)
