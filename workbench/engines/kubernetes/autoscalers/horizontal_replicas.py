"""How many replicas does one metric ask for, before limits and behaviour?

First the plain ratio of usage and target over the pods that reported. Then, when pods are missing or unready, once
more on the cautious side: on the way up they count as using nothing, on the way down missing ones as using all they
asked for. If that turns the answer round, nothing is done.

Times are microseconds on one axis; usage, requests and targets are thousandths.

Source: kubernetes, pkg/controller/podautoscaler, replica_calculator.go and metrics/utilization.go (version 1.34; the
two tolerances of KEP-4951). Upstream's own floating point is kept: ratios are quotients of integers as doubles.
Left out: the time stamp that goes with an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from workbench.model.native.kubernetes.pods import Container, PodSpec
from workbench.model.native.kubernetes.quantity import Quantity
from workbench.model.resources import CPU

MOST_REPLICAS = 2**31 - 1
MOST_USAGE = 2**63 - 1
ALWAYS = "Always"
"""restartPolicy that makes an init container a sidecar."""


class MetricsError(Exception):
    """A metric gives no answer; the text says why, in upstream's words."""


class Tolerances(NamedTuple):
    """How far from 1 a ratio may be without any change: below and above."""

    down: float = 0.1
    up: float = 0.1

    def within(self, ratio: float) -> bool:
        """Return whether a ratio is close enough to 1."""
        return 1.0 - self.down <= ratio <= 1.0 + self.up


class Sample(NamedTuple):
    """What a pod used: the mean over a window that ended at a time."""

    value: int
    timestamp_us: int
    window_us: int


@dataclass(frozen=True, slots=True)
class MeasuredPod:
    """A pod as the autoscaler sees it.

    Parameters
    ----------
    start_us : int or None
        When the kubelet took it; None if it has not yet.
    ready : bool or None
        Status of the Ready condition; None without one.
    ready_change_us : int
        Last transition of that condition.
    """

    name: str
    phase: str = "Running"
    deleting: bool = False
    start_us: int | None = None
    ready: bool | None = None
    ready_change_us: int = 0


class Periods(NamedTuple):
    """How long cpu usage of a new pod is not trusted, and what counts as never having been ready."""

    cpu_initialization_us: int
    initial_readiness_us: int


@dataclass(frozen=True, slots=True)
class Groups:
    """Pods parted by what their metrics are worth."""

    ready: int
    unready: frozenset[str]
    missing: frozenset[str]
    ignored: frozenset[str]


class Proposal(NamedTuple):
    """What one metric asks for.

    Parameters
    ----------
    utilization : int or None
        Whole per cent of the requests, for resource metrics.
    usage : int
        Mean per pod, or the value of an object, in thousandths.
    """

    replicas: int
    usage: int
    utilization: int | None = None


def group_pods(
    pods: Iterable[MeasuredPod], metrics: Mapping[str, Sample], resource: str, periods: Periods, now_us: int
) -> Groups:
    """Return the pods parted into those that count, unready, missing and ignored ones; readiness is about cpu only."""
    ready = 0
    unready, missing, ignored = set(), set(), set()
    for pod in pods:
        if pod.deleting or pod.phase == "Failed":
            ignored.add(pod.name)
        elif pod.phase == "Pending":
            unready.add(pod.name)
        elif pod.name not in metrics:
            missing.add(pod.name)
        elif resource == CPU and _not_trusted(pod, metrics[pod.name], periods, now_us):
            unready.add(pod.name)
        else:
            ready += 1
    return Groups(ready, frozenset(unready), frozenset(missing), frozenset(ignored))


def _not_trusted(pod: MeasuredPod, sample: Sample, periods: Periods, now_us: int) -> bool:
    if pod.ready is None or pod.start_us is None:
        return True
    if pod.start_us + periods.cpu_initialization_us > now_us:
        # its window must have begun when the pod was ready already: starting up burns cpu that says nothing
        return not pod.ready or sample.timestamp_us < pod.ready_change_us + sample.window_us
    return not pod.ready and pod.start_us + periods.initial_readiness_us > pod.ready_change_us


def calculate_request(spec: PodSpec, resource: str, container: str = "", *, pod_level: bool = True) -> int:
    """Return what a pod's usage is held against, in thousandths.

    Parameters
    ----------
    container : str
        Only this one counts; empty for the whole pod.
    pod_level : bool
        Whether requests of the pod as a whole, where there are any, take the place of the sum.

    Raises
    ------
    MetricsError
        A container that counts has no request.
    """
    if pod_level and not container and spec.resources is not None and spec.resources.requests:
        return spec.resources.requests.get(resource, Quantity()).milli()
    counted = [*spec.containers, *(one for one in spec.init_containers if one.restart_policy == ALWAYS)]
    return sum(_request(one, resource) for one in counted if container in ("", one.name))


def _request(container: Container, resource: str) -> int:
    if resource not in container.resources.requests:
        raise MetricsError(f"missing request for {resource} in container {container.name}")
    return container.resources.requests[resource].milli()


class Question(NamedTuple):
    """What is asked of a metric: about how many replicas, which pods, with which leniency, and when."""

    current: int
    pods: Sequence[MeasuredPod]
    tolerances: Tolerances
    periods: Periods
    now_us: int


def resource_replicas(
    question: Question, target_percent: int, metrics: Mapping[str, Sample], specs: Mapping[str, PodSpec],
    resource: str = CPU, container: str = "",
) -> Proposal:  # fmt: skip
    """Return what usage in relation to requests asks for.

    Parameters
    ----------
    metrics : mapping
        Pod -> sample, as the metrics API gave it; pods that are not in question are ignored.
    specs : mapping
        Pod -> its specification, for the requests.
    container : str
        Only this one counts; empty for the whole pod.

    Raises
    ------
    MetricsError
        No sample at all, or none of a pod that counts, or a request is missing.
    """
    if not metrics:
        raise MetricsError(
            f"unable to get metrics for resource {resource}: no metrics returned from resource metrics API"
        )
    groups = group_pods(question.pods, metrics, resource, question.periods, question.now_us)
    usage = _counted(metrics, groups)
    requests = {pod.name: calculate_request(specs[pod.name], resource, container) for pod in question.pods}
    first, utilization, mean = _utilization(usage, requests, target_percent)
    fallback = {pod: requests[pod] * max(100, target_percent) // 100 for pod in groups.missing}

    def again(filled: Mapping[str, int]) -> float:
        return _utilization(filled, requests, target_percent)[0]

    replicas = _cautious(question, first, usage, groups, fallback, again)
    return Proposal(replicas, mean, utilization)


def _utilization(usage: Mapping[str, int], requests: Mapping[str, int], target: int) -> tuple[float, int, int]:
    """Return the ratio to the target, whole per cent of the requests, and the mean usage."""
    known = [pod for pod in usage if pod in requests]
    asked = sum(requests[pod] for pod in known)
    if asked == 0:
        raise MetricsError("no metrics returned matched known pods")
    used = sum(usage[pod] for pod in known)
    percent = used * 100 // asked
    return percent / target, percent, used // len(known)


def pods_replicas(question: Question, target: int, metrics: Mapping[str, Sample], resource: str = "") -> Proposal:
    """Return what the mean of a metric over the pods asks for.

    Parameters
    ----------
    target : int
        Mean per pod that is aimed at, in thousandths.
    resource : str
        What is measured, if that is a resource: cpu of pods that have just started is not trusted.

    Raises
    ------
    MetricsError
        No sample of a pod that counts.
    """
    groups = group_pods(question.pods, metrics, resource, question.periods, question.now_us)
    usage = _counted(metrics, groups)

    def again(filled: Mapping[str, int]) -> float:
        return _mean(filled) / target

    replicas = _cautious(question, again(usage), usage, groups, dict.fromkeys(groups.missing, target), again)
    return Proposal(replicas, _mean(usage))


def _mean(usage: Mapping[str, int]) -> int:
    return sum(usage.values()) // len(usage)


def _counted(metrics: Mapping[str, Sample], groups: Groups) -> dict[str, int]:
    out = groups.ignored | groups.unready
    usage = {pod: sample.value for pod, sample in metrics.items() if pod not in out}
    if not usage:
        raise MetricsError("did not receive metrics for targeted pods (pods might be unready)")
    return usage


def _cautious(
    question: Question, first: float, usage: Mapping[str, int], groups: Groups, fallback: Mapping[str, int],
    again: Callable[[Mapping[str, int]], float],
) -> int:  # fmt: skip
    """Return the replicas, by the first ratio or, where pods are missing or unready, by a second, cautious one.

    Parameters
    ----------
    first : float
        Ratio of usage and target over the pods that reported.
    fallback : mapping
        What each missing pod counts as using when the answer is fewer pods.
    again : function
        The ratio, over usage that was filled up.
    """
    current, tolerances = question.current, question.tolerances
    up_with_unready = bool(groups.unready) and first > 1.0
    if not up_with_unready and not groups.missing:
        return current if tolerances.within(first) else _saturated(first * groups.ready)
    filled = dict(usage)
    if first < 1.0:
        filled.update(fallback)
    elif first > 1.0:
        filled.update(dict.fromkeys(groups.missing | groups.unready, 0))
    second = again(filled)
    if tolerances.within(second) or (first < 1.0 < second) or (second < 1.0 < first):
        return current
    replicas = _saturated(second * len(filled))
    wrong_way = replicas > current if second < 1.0 else replicas < current
    return current if wrong_way else replicas


def value_replicas(current: int, target: int, value: int, ready_pods: int, tolerances: Tolerances) -> Proposal:
    """Return what one value of an object, or outside of the cluster, asks for: its ratio times the ready pods."""
    ratio = value / target
    if current == 0:
        return Proposal(_saturated(ratio), value)
    if tolerances.within(ratio):
        return Proposal(current, value)
    return Proposal(_saturated(ratio * ready_pods), value)


def average_value_replicas(current: int, target: int, total: int, tolerances: Tolerances) -> Proposal:
    """Return what a total that is shared among the pods asks for: the total over the target."""
    replicas = current
    if current == 0 or not tolerances.within(total / (float(target) * current)):
        replicas = _saturated(total / target)
    return Proposal(replicas, min(MOST_USAGE, ceil(total / current)) if current else total)


def total_of(values: Sequence[int]) -> int:
    """Return the sum of the series of an external metric, capped."""
    return min(MOST_USAGE, sum(values))


def ready_pods(pods: Iterable[MeasuredPod]) -> int:
    """Return how many pods run and are ready."""
    return sum(pod.phase == "Running" and bool(pod.ready) for pod in pods)


def _saturated(replicas: float) -> int:
    return min(MOST_REPLICAS, ceil(replicas))
