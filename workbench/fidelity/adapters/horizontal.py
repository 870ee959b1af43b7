"""Rows about the HorizontalPodAutoscaler, put to `workbench.engines.kubernetes.autoscalers.horizontal*`.

The records give ages; the adapter's clock stands at `NOW`, and a time that upstream left at zero lies long before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.engines.kubernetes.autoscalers import horizontal, horizontal_behavior, horizontal_replicas
from workbench.engines.kubernetes.autoscalers.horizontal import Failed
from workbench.engines.kubernetes.autoscalers.horizontal_behavior import Change, Policy, Recommendation, Rules
from workbench.engines.kubernetes.autoscalers.horizontal_replicas import (
    MeasuredPod,
    MetricsError,
    Periods,
    Proposal,
    Question,
    Sample,
    Tolerances,
)
from workbench.fidelity.adapters.comparing import Unsupported, differences
from workbench.fidelity.adapters.pod_effective_resources import pod_spec
from workbench.fidelity.records import Case
from workbench.formats.quantities import parse_quantity
from workbench.model.clock import to_us
from workbench.model.native.kubernetes.pods import PodSpec

Given = Mapping[str, Any]

NOW = to_us(10**9)
ZERO = 0
"""The time that upstream's tests leave unset: very old."""

MINUTE_US = to_us(60)
DOWN_WINDOW_US = to_us(300)


def difference(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    given, expected = case.document["input"], case.document["expect"]
    answer = next((one for begin, one in _ANSWERS.items() if case.group.startswith(begin)), None)
    if answer is None:
        raise Unsupported(f"no function {case.group!r}")
    try:
        answered = answer(given)
    except MetricsError as error:
        wanted = expected.get("error_contains")
        return "" if wanted and wanted in str(error) else f"the model refuses: {error}"
    return differences(expected, answered)


def _at(seconds_ago: float | None) -> int:
    return ZERO if seconds_ago is None else NOW - to_us(seconds_ago)


def _periods(given: Given) -> Periods:
    return Periods(to_us(given["cpuInitializationPeriodSeconds"]), to_us(given["delayOfInitialReadinessStatusSeconds"]))


def _tolerances(given: Given) -> Tolerances:
    if "tolerance" in given:
        return Tolerances(given["tolerance"], given["tolerance"])
    return Tolerances(given["toleranceScaleDown"], given["toleranceScaleUp"])


def _pods(given: Given) -> tuple[MeasuredPod, ...]:
    """Return the pods of a table: where it says nothing, the Ready condition has not changed since the zero time."""
    return tuple(
        MeasuredPod(
            one.get("name", f"pod-{number}"),
            one["phase"],
            one.get("deleting", False),
            _at(one["startedSecondsAgo"]),
            one["ready"] if "ready" in one else _CONDITION[one["readyCondition"]],
            _at(one.get("readyTransitionSecondsAgo")),
        )
        for number, one in enumerate(given["pods"])
    )


def _question(given: Given) -> Question:
    return Question(given["currentReplicas"], _pods(given), _tolerances(given), _periods(given), NOW)


def _resource(given: Given) -> Given:
    resource, container = given["resource"], given.get("container") or ""
    metrics = {
        pod: Sample(sum(parse_quantity(amount).milli() for amount in _of(container, amounts)), ZERO, MINUTE_US)
        for pod, amounts in given["containerCpuUsage"].items()
    }
    specs = {pod["name"]: _spec(resource, pod["containerCpuRequests"]) for pod in given["pods"]}
    found = horizontal_replicas.resource_replicas(
        _question(given), given["targetUtilizationPercent"], metrics, specs, resource, container
    )
    return {"replicas": found.replicas, "utilizationPercent": found.utilization, "rawAverageMilli": found.usage}


def _name(number: int) -> str:
    """Return the name that upstream's tests give a container of a pod."""
    return f"container{number + 1}"


def _of(container: str, amounts: Sequence[str]) -> Sequence[str]:
    return [amount for number, amount in enumerate(amounts) if container in ("", _name(number))]


def _spec(resource: str, requests: Sequence[str | None]) -> PodSpec:
    containers = [
        {"name": _name(number), "requests": {} if one is None else {resource: one}}
        for number, one in enumerate(requests)
    ]
    return pod_spec({"containers": containers})


def _metric(given: Given) -> Given:
    question, values, target = _question(given), given["metricValuesMilli"], given["targetMilli"]
    current = question.current
    if given["metricType"] == "Pods":
        metrics = {pod.name: Sample(value, ZERO, MINUTE_US) for pod, value in zip(question.pods, values, strict=False)}
        found = horizontal_replicas.pods_replicas(question, target, metrics)
    elif given["metricType"].endswith(".Value"):
        found = horizontal_replicas.value_replicas(
            current, target, horizontal_replicas.total_of(values), horizontal_replicas.ready_pods(question.pods),
            question.tolerances,
        )  # fmt: skip
    elif given["metricType"].endswith(".AverageValue"):
        found = horizontal_replicas.average_value_replicas(
            current, target, horizontal_replicas.total_of(values), question.tolerances
        )
    else:
        raise Unsupported(f"no metrics of type {given['metricType']}")
    return {"replicas": found.replicas, "usageMilli": found.usage}


def _groups(given: Given) -> Given:
    metrics = {
        pod: Sample(one["value"], _at(one["metricSecondsAgo"]), to_us(one["windowSeconds"] or 0))
        for pod, one in given["metrics"].items()
    }
    found = horizontal_replicas.group_pods(_pods(given), metrics, given["resource"], _periods(given), NOW)
    return {
        "readyPodCount": found.ready,
        "unreadyPods": sorted(found.unready),
        "missingPods": sorted(found.missing),
        "ignoredPods": sorted(found.ignored),
    }


def _request(given: Given) -> Given:
    resource = given["resource"]
    whole = given["podCpuRequest"]

    def container(one: Given) -> Given:
        return {**one, "requests": {} if one["cpuRequest"] is None else {resource: one["cpuRequest"]}}

    spec = pod_spec(
        {
            "containers": [container(one) for one in given["containers"]],
            "initContainers": [container(one) for one in given["initContainers"]],
            "podResources": None if whole is None else {"requests": {resource: whole}},
        }
    )
    request = horizontal_replicas.calculate_request(
        spec, resource, given["container"], pod_level=given["podLevelResources"]
    )
    return {"requestMilli": request}


def _rules(given: Given | None, default: Rules) -> Rules:
    if given is None:
        return default
    policies = tuple(Policy(one["type"], one["value"], to_us(one["periodSeconds"])) for one in given["policies"])
    return Rules(policies, to_us(given["stabilizationWindowSeconds"]), given["selectPolicy"])


def _changes(given: Sequence[Given]) -> list[Change]:
    return [Change(one["replicaChange"], _at(one["secondsAgo"])) for one in given]


def _recommendations(given: Sequence[Given]) -> list[Recommendation]:
    return [Recommendation(one["replicas"], _at(one["secondsAgo"])) for one in given]


def _within_rules(given: Given) -> Given:
    found = horizontal_behavior.within_rules(
        given["currentReplicas"], given["desiredReplicas"], given["minReplicas"], given["maxReplicas"]
    )
    return {"replicas": found.replicas, "condition": found.reason}


def _limit(given: Given) -> Given:
    limit = horizontal_behavior.scale_up_limit(
        given["currentReplicas"], _changes(given["scaleUpEvents"]), _changes(given["scaleDownEvents"]),
        _rules(given["scaleUp"], horizontal_behavior.DEFAULT_SCALE_UP), NOW,
    )  # fmt: skip
    return {"limit": limit}


def _within_behavior(given: Given) -> Given:
    found = horizontal_behavior.within_behavior(
        given["currentReplicas"], given["desiredReplicas"], given["minReplicas"], given["maxReplicas"],
        _rules(given["scaleUp"], horizontal_behavior.DEFAULT_SCALE_UP),
        _rules(given["scaleDown"], horizontal_behavior.DEFAULT_SCALE_DOWN),
        _changes(given["scaleUpEvents"]), _changes(given["scaleDownEvents"]), NOW,
    )  # fmt: skip
    return {"replicas": found.replicas, "condition": found.reason}


def _event(given: Given) -> Given:
    before = _changes(given["previousEvents"])
    rules = None if given["rules"] is None else _rules(given["rules"], horizontal_behavior.DEFAULT_SCALE_UP)
    after = horizontal_behavior.store_change(before, given["replicaChange"], rules, NOW)
    in_period = horizontal_behavior.change_in_period(before, to_us(given["changeQueryPeriodSeconds"]), NOW)
    return {
        "replicasChangeInPeriod": in_period,
        "eventsAfter": [{"replicaChange": one.replicas, "outdated": one.outdated} for one in after],
    }


def _stabilized(given: Given) -> Given:
    found, log = horizontal_behavior.stabilized(
        _recommendations(given["recommendations"]), given["desiredReplicas"],
        to_us(given["downscaleStabilizationWindowSeconds"]), NOW,
    )  # fmt: skip
    return {"stabilizedReplicas": found, "recommendationLogLength": len(log)}


def _stabilized_both_ways(given: Given) -> Given:
    found, log = horizontal_behavior.stabilized_both_ways(
        _recommendations(given["recommendations"]), given["currentReplicas"], given["desiredReplicas"],
        to_us(given["scaleUpStabilizationWindowSeconds"]), to_us(given["scaleDownStabilizationWindowSeconds"]), NOW,
    )  # fmt: skip
    return {"stabilizedReplicas": found, "recommendationsAfter": [one.replicas for one in log]}


def _reconcile(given: Given) -> Given:
    """Put a whole look to the model: pods that run and are ready, one for each value of a metric."""
    current = given["currentReplicas"]
    answers = [_answer(one, current) for one in given["metrics"]]
    memory = horizontal.Memory(tuple(_recommendations(given.get("recommendations", ()))))
    bounds = horizontal.Bounds(given["minReplicas"], given["maxReplicas"])
    decision = horizontal.reconcile(bounds, current, answers, memory, DOWN_WINDOW_US, NOW)
    return {
        "replicas": decision.replicas,
        "scalingActive": decision.active,
        "scalingActiveReason": decision.scaling_active_reason,
        "ableToScaleReason": decision.able_to_scale_reason,
        "scalingLimitedReason": decision.scaling_limited_reason,
    }


def _answer(metric: Given, current: int) -> Proposal | Failed:
    if "error" in metric:
        return Failed(f"FailedGet{metric['type']}Metric", MetricsError(metric["error"]))
    resource = metric["type"] == "Resource"
    values = metric["containerUsageMilli"] if resource else metric["valuesMilli"]
    metrics = {f"pod-{number}": Sample(value, NOW, MINUTE_US) for number, value in enumerate(values)}
    pods = tuple(MeasuredPod(name, start_us=ZERO, ready=True) for name in metrics)
    question = Question(current, pods, Tolerances(), Periods(to_us(300), to_us(30)), NOW)
    if not resource:
        return horizontal_replicas.pods_replicas(question, metric["averageValueTargetMilli"], metrics)
    specs = {
        pod: _spec(metric["resource"], [request])
        for pod, request in zip(metrics, metric["containerRequests"], strict=True)
    }
    return horizontal_replicas.resource_replicas(
        question, metric["targetUtilizationPercent"], metrics, specs, metric["resource"]
    )


_CONDITION: Mapping[str | None, bool | None] = {"True": True, "False": False, None: None}

_ANSWERS: Mapping[str, Callable[[Given], Given]] = {
    "ReplicaCalculator.GetResourceReplicas": _resource,
    "ReplicaCalculator.Get{Metric": _metric,
    "groupPods": _groups,
    "calculateRequests": _request,
    "convertDesiredReplicasWithRules": _within_rules,
    "convertDesiredReplicasWithBehaviorRate": _within_behavior,
    "calculateScaleUpLimitWithScalingRules": _limit,
    "storeScaleEvent": _event,
    "stabilizeRecommendationWithBehaviors": _stabilized_both_ways,
    "stabilizeRecommendation": _stabilized,
    "HorizontalController": _reconcile,
}
"""How the name of upstream's function begins -> what answers in its place."""
