"""What must hold of a HorizontalPodAutoscaler beyond the form of each value, and what it means for a neutral app.

Source: kubernetes, pkg/apis/autoscaling/validation/validation.go and v2/defaults.go (version 1.34).
Left out: rules about behaviour (windows of at most an hour, periods of at most half an hour).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from msgspec.structs import replace

from workbench.formats.kubernetes_reading import Spot
from workbench.model.load import Load, Scaling
from workbench.model.native.kubernetes import HorizontalPodAutoscaler, KubeObject
from workbench.model.native.kubernetes.autoscaling import (
    HorizontalPodAutoscalerSpec,
    MetricSpec,
    MetricTarget,
    ResourceMetricSource,
)
from workbench.model.resources import CPU
from workbench.model.workload import App

DEFAULT_TARGET = MetricTarget(type="Utilization", average_utilization=80)
"""Without a metric the target is 80 % of the requested cpu."""

_TARGETS = {
    "Resource": ("Utilization", "AverageValue"),
    "ContainerResource": ("Utilization", "AverageValue"),
    "Pods": ("AverageValue",),
    "Object": ("Value", "AverageValue"),
    "External": ("Value", "AverageValue"),
}
"""Type of a metric -> the types that its target may be of."""

_AMOUNTS = {"Utilization": "averageUtilization", "Value": "value", "AverageValue": "averageValue"}
"""Type of a target -> the field that holds it."""


def check_autoscaler(spec: HorizontalPodAutoscalerSpec, _raw: object, spot: Spot) -> HorizontalPodAutoscalerSpec:
    """Report what is wrong with an object, and fill in the metric of one that has none."""
    if spec.min_replicas > spec.max_replicas:
        high = spec.max_replicas
        spot.problem("out-of-range", "minReplicas", value=spec.min_replicas, low=0, high=high, unit="")
    if spec.min_replicas == 0 and not any(one.object or one.external for one in spec.metrics):
        # pods that are not there can report nothing
        spot.problem("out-of-range", "minReplicas", value=0, low=1, high=spec.max_replicas, unit="")
    for number, metric in enumerate(spec.metrics):
        _metric(metric, number, spot)
    if spec.metrics:
        return spec
    source = ResourceMetricSource(name=CPU, target=DEFAULT_TARGET)
    return replace(spec, metrics=(MetricSpec(type="Resource", resource=source),))


def _metric(metric: MetricSpec, number: int, spot: Spot) -> None:
    if metric.type not in _TARGETS:
        return  # said already
    field = metric.type[0].lower() + metric.type[1:]
    source = {
        "Resource": metric.resource, "ContainerResource": metric.container_resource, "Pods": metric.pods,
        "Object": metric.object, "External": metric.external,
    }[metric.type]  # fmt: skip
    if source is None:
        spot.problem("missing-key", "metrics", number, key=field)
        return
    where = ("metrics", number, field, "target")
    target, allowed = source.target, _TARGETS[metric.type]
    if target.type not in allowed:
        spot.problem("not-allowed", *where, "type", value=target.type, allowed=", ".join(allowed))
        return
    amount = {
        "Utilization": target.average_utilization, "Value": target.value, "AverageValue": target.average_value,
    }[target.type]  # fmt: skip
    if amount is None:
        spot.problem("missing-key", *where, key=_AMOUNTS[target.type])
    elif (amount if isinstance(amount, int) else amount.milli()) <= 0:
        spot.problem("not-positive", *where, _AMOUNTS[target.type], value=amount if isinstance(amount, int) else "0")


def scaled(app: App, objects: Iterable[KubeObject]) -> App:
    """Return an app whose size follows what is measured, if an object of the files says so and requests come to it.

    A script beside Marathon can aim at a number of requests, counted where they come in, or at a share of the
    requested cpu; the former is taken where an object names both.
    """
    if app.kind != "service" or app.load is None or not isinstance(app.native, KubeObject):
        return app
    for one in objects:
        if isinstance(one, HorizontalPodAutoscaler) and one.targets(app.native):
            percents = [share for metric in one.spec.metrics if (share := _share_of_cpu(metric)) is not None]
            counted = [rate for metric in one.spec.metrics if (rate := _requests(metric, app.load)) is not None]
            if percents or counted:
                least = max(1, one.spec.min_replicas)
                most = max(least, one.spec.max_replicas)
                scaling = Scaling(min(percents, default=100), least, most, min(counted, default=None))
                return dataclasses.replace(app, scaling=scaling)
    return app


def _share_of_cpu(metric: MetricSpec) -> int | None:
    """Return the share of requested cpu that a metric aims at, in per cent; None if it is about anything else."""
    for source in (metric.resource, metric.container_resource):
        if source is not None and source.name == CPU:
            return source.target.average_utilization
    return None


def _requests(metric: MetricSpec, load: Load) -> float | None:
    """Return the requests per second for a pod that a metric aims at, where they come in; None if it does not."""
    source = metric.object or metric.external
    if source is None or load.metrics.get(source.metric.name) != "requests" or source.target.average_value is None:
        return None
    return source.target.average_value.milli() / 1000
