"""Rows about ResourceQuotas, put to `quota_evaluator` and `resource_lists` of the Kubernetes engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from workbench.engines.kubernetes import resource_lists as lists
from workbench.engines.kubernetes.quota_evaluator import (
    Counted,
    charges_compute,
    matching_scopes,
    missing_values,
    pod_usage,
    usage_stats,
)
from workbench.fidelity.adapters.comparing import Unsupported, amounts_of, differences, known_only, texts_of
from workbench.fidelity.adapters.pod_effective_resources import pod_spec
from workbench.fidelity.records import Case
from workbench.formats.quantities import parse_quantity
from workbench.model.clock import NEVER, SECOND_US
from workbench.model.native.kubernetes.affinity import (
    Affinity,
    PodAffinity,
    PodAffinityTerm,
    PodAntiAffinity,
    WeightedPodAffinityTerm,
)
from workbench.model.native.kubernetes.core import ResourceQuotaSpec
from workbench.model.native.kubernetes.meta import LabelSelector
from workbench.model.native.kubernetes.pods import (
    ContainerStatus,
    PodSpec,
    PodStatus,
    ResourceRequirements,
    ScopedResourceSelectorRequirement,
    ScopeSelector,
)
from workbench.model.native.kubernetes.quantity import Quantity

Given = Mapping[str, Any]

NOW_US = 1_000 * SECOND_US
"""The instant of all rows."""


def difference(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    answer = _ANSWERS.get(case.group)
    if answer is None:
        raise Unsupported(f"no function {case.group!r}")
    expected = {name: _canonical(value) for name, value in case.document["expect"].items()}
    return differences(expected, answer(case.document["input"]))


def _canonical(value: Any) -> Any:
    """Return amounts, which may be negative, as canonical texts; anything else as it is."""
    return texts_of(_amounts(value)) if isinstance(value, dict) else value


def _amounts(texts: Mapping[str, str]) -> dict[str, Quantity]:
    return {name: parse_quantity(text) for name, text in texts.items()}


def _constraints(given: Given) -> Given:
    known = {"required", "containers", "initContainers", "podResources", "podLevelResources"}
    known_only(given, frozenset(known))
    return {"error": missing_values(given["required"], _spec(given))}


def _spec(given: Given) -> PodSpec:
    kept = ("containers", "initContainers", *(["podResources"] if given.get("podLevelResources") else []))
    return pod_spec({name: given[name] for name in kept if name in given})


def _usage(given: Given) -> Given:
    known = {"containers", "initContainers", "phase", "reason", "deletionSecondsAgo", "deletionGracePeriodSeconds"}
    known_only(given, frozenset(known))
    deleted = given.get("deletionSecondsAgo")
    compute = charges_compute(
        given.get("phase", "Running"),
        NEVER if deleted is None else NOW_US - deleted * SECOND_US,
        given.get("deletionGracePeriodSeconds", 0) * SECOND_US,
        NOW_US,
    )
    return {"usage": texts_of(pod_usage(_spec(given), compute=compute))}


def _usage_in_resize(given: Given) -> Given:
    known_only(given, frozenset({"containers"}))
    names = [f"c{number}" for number in range(len(given["containers"]))]
    spec = _spec(given)
    containers = tuple(replace(one, name=name) for one, name in zip(spec.containers, names, strict=True))
    statuses = tuple(
        ContainerStatus(name=name, resources=ResourceRequirements(requests=amounts_of(one["statusRequests"])))
        for one, name in zip(given["containers"], names, strict=True)
        if one["statusRequests"] is not None
    )
    usage = pod_usage(replace(spec, containers=containers), PodStatus(container_statuses=statuses))
    return {"usage": texts_of(usage)}


def _stats(given: Given) -> Given:
    known_only(given, frozenset({"pods", "scopes", "scopeSelector"}))
    expressions = tuple(
        ScopedResourceSelectorRequirement(
            scope_name=one["scope"], operator=one["operator"], values=tuple(one.get("values", ()))
        )
        for one in given["scopeSelector"]
    )
    selector = ScopeSelector(match_expressions=expressions) if expressions else None
    quota = ResourceQuotaSpec(scopes=tuple(given["scopes"]), scope_selector=selector)
    return {"used": texts_of(usage_stats([_counted(pod) for pod in given["pods"]], quota, NOW_US))}


def _counted(given: Given) -> Counted:
    known_only(given, frozenset({"name", "priorityClassName", "requests", "limits", "phase"}))
    spec = pod_spec({"containers": [{"requests": given["requests"], "limits": given["limits"]}]})
    return Counted(replace(spec, priority_class_name=given["priorityClassName"]), phase=given["phase"])


def _scopes(given: Given) -> Given:
    pod = given["pod"]
    known_only(pod, frozenset({"containers", "activeDeadlineSeconds", "affinity"}))
    spec = replace(
        pod_spec({"containers": pod.get("containers", ())}),
        active_deadline_seconds=pod.get("activeDeadlineSeconds"),
        affinity=_affinity(pod.get("affinity", ())),
    )
    selectors = {text: _selector(text) for text in given["selectors"]}
    found = matching_scopes(spec, selectors.values())
    return {"matching": [text for text, one in selectors.items() if one in found]}


def _selector(text: str) -> ScopedResourceSelectorRequirement:
    """Return what a text such as ``Terminating`` or ``PriorityClass In [class1]`` means."""
    scope, _, rest = text.partition(" ")
    operator, _, values = rest.partition(" ")
    names = tuple(one.strip() for one in values.strip("[]").split(",") if one.strip())
    return ScopedResourceSelectorRequirement(scope_name=scope, operator=operator or "Exists", values=names)


def _affinity(terms: Any) -> Affinity | None:
    near: list[PodAffinityTerm] = []
    wishes: list[WeightedPodAffinityTerm] = []
    kinds = {one["kind"] for one in terms}
    for one in terms:
        selector = one["namespaceSelector"]
        term = PodAffinityTerm(
            topology_key="zone",
            namespaces=tuple(one["namespaces"]),
            namespace_selector=None if selector is None else LabelSelector(match_labels=selector),
        )
        if one["mode"] == "required":
            near.append(term)
        else:
            wishes.append(WeightedPodAffinityTerm(weight=1, pod_affinity_term=term))
    if not kinds:
        return None
    asked = {
        "required_during_scheduling_ignored_during_execution": tuple(near),
        "preferred_during_scheduling_ignored_during_execution": tuple(wishes),
    }
    if kinds == {"podAffinity"}:
        return Affinity(pod_affinity=PodAffinity(**asked))  # type: ignore[arg-type]  # both values are of the right type
    if kinds == {"podAntiAffinity"}:
        return Affinity(pod_anti_affinity=PodAntiAffinity(**asked))  # type: ignore[arg-type]  # as above
    raise Unsupported("several kinds of affinity")


def _arithmetic(given: Given) -> Given:
    one = _amounts(given["a"])
    other = _amounts(given["b"] or {})
    match given["op"]:
        case "add":
            return {"result": texts_of(lists.add(one, other))}
        case "subtract":
            return {"result": texts_of(lists.subtract(one, other))}
        case "max":
            return {"result": texts_of(lists.largest(one, other))}
        case "equals":
            return {"result": lists.equals(one, other)}
        case "negativeKeys":
            return {"result": lists.negative_keys(one)}
    raise Unsupported(f"no operation {given['op']!r}")


_ANSWERS: Mapping[str, Callable[[Given], Given]] = {
    "podEvaluator.Constraints": _constraints,
    "podEvaluator.Usage": _usage,
    "podEvaluator.UsageStats": _stats,
    "podEvaluator.MatchingScopes": _scopes,
    "podEvaluator.Usage (in-place resize)": _usage_in_resize,
    "resource list arithmetic": _arithmetic,
}
"""Function of upstream -> what answers in its place."""
