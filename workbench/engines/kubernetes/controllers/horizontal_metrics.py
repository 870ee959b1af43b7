"""What each metric of a HorizontalPodAutoscaler answers, by its type.

| type | what is compared | with |
|---|---|---|
| Resource, ContainerResource | mean use of cpu or memory | a share of the requests, or an amount per pod |
| Pods | mean of a metric over the pods | an amount per pod |
| Object, External | one value | an amount, or an amount per pod |

Source: kubernetes, pkg/controller/podautoscaler/horizontal.go, computeReplicasForMetric and its functions by type
(version 1.34).
Left out: use of containers other than the first, whose process is the only one that is followed.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.engines.kubernetes.autoscalers.horizontal import Failed
from workbench.engines.kubernetes.autoscalers.horizontal_replicas import (
    MetricsError,
    Proposal,
    Question,
    average_value_replicas,
    pods_replicas,
    ready_pods,
    resource_replicas,
    value_replicas,
)
from workbench.engines.kubernetes.custom_metrics import CustomMetrics
from workbench.engines.kubernetes.objects import PodObject
from workbench.engines.kubernetes.pod_metrics import PodMetrics
from workbench.model.native.kubernetes.autoscaling import MetricSpec, MetricTarget
from workbench.model.native.kubernetes.quantity import Quantity
from workbench.model.workload import App

Answer = Proposal | Failed


class Metrics:
    """Where the answers come from."""

    def __init__(self, resources: PodMetrics, custom: CustomMetrics) -> None:
        self._resources = resources
        self._custom = custom

    def answer(self, metric: MetricSpec, app: App, pods: Sequence[PodObject], question: Question) -> Answer:
        """Return the size that a metric asks for, or why it gives no answer."""
        try:
            return self._answer(metric, app, pods, question)
        except MetricsError as error:
            return Failed(f"FailedGet{metric.type}Metric", error)

    def _answer(self, metric: MetricSpec, app: App, pods: Sequence[PodObject], question: Question) -> Proposal:
        if metric.resource is not None:
            return self._resource(metric.resource.name, "", metric.resource.target, pods, question)
        if metric.container_resource is not None:
            source = metric.container_resource
            return self._resource(source.name, source.container, source.target, pods, question)
        if metric.pods is not None:
            samples = self._custom.of_pods(app, metric.pods.metric.name, pods)
            if not samples:
                raise MetricsError(f"unable to fetch metrics from custom metrics API: {metric.pods.metric.name}")
            return pods_replicas(question, _milli(metric.pods.target.average_value), samples)
        return self._one_value(metric, app, question)

    def _resource(
        self, name: str, container: str, target: MetricTarget, pods: Sequence[PodObject], question: Question
    ) -> Proposal:
        samples = {
            pod.name: sample
            for pod in pods
            if (sample := self._resources.usage(pod.uid, name)) is not None and _is_first(pod, container)
        }
        if target.average_utilization is None:
            if not samples:
                raise MetricsError(f"unable to get metrics for resource {name}: no metrics returned")
            return pods_replicas(question, _milli(target.average_value), samples, name)
        specs = {pod.name: pod.info.spec for pod in pods}
        return resource_replicas(question, target.average_utilization, samples, specs, name, container)

    def _one_value(self, metric: MetricSpec, app: App, question: Question) -> Proposal:
        source = metric.object or metric.external
        assert source is not None, "a metric without a source is refused when it is read"
        value = self._custom.total(app, source.metric.name)
        if value is None:
            raise MetricsError(f"unable to fetch {source.metric.name}: nobody shows it")
        if source.target.average_value is not None:
            target = _milli(source.target.average_value)
            return average_value_replicas(question.current, target, value, question.tolerances)
        target = _milli(source.target.value)
        return value_replicas(question.current, target, value, ready_pods(question.pods), question.tolerances)


def _is_first(pod: PodObject, container: str) -> bool:
    return not container or pod.info.spec.containers[0].name == container


def _milli(amount: Quantity | None) -> int:
    """Return a target in thousandths; a target without an amount is refused when it is read."""
    assert amount is not None
    return amount.milli()
