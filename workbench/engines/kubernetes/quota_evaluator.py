"""What a pod charges against quotas, which quotas count it, and what they make mandatory.

Source: kubernetes, pkg/quota/v1/evaluator/core/pods.go (version 1.34).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from workbench.engines.kubernetes.qos import compute_pod_qos
from workbench.engines.kubernetes.resource_lists import add
from workbench.engines.kubernetes.resources import PodResourcesOptions, pod_limits, pod_requests
from workbench.model.clock import NEVER
from workbench.model.native.kubernetes.affinity import Affinity, PodAffinity, PodAffinityTerm, PodAntiAffinity
from workbench.model.native.kubernetes.core import ResourceQuotaSpec
from workbench.model.native.kubernetes.pods import PodSpec, PodStatus, ScopedResourceSelectorRequirement
from workbench.model.native.kubernetes.quantity import Quantity

COMPUTE = ("cpu", "memory", "ephemeral-storage")
ONE = Quantity.of(1)
OBJECT_COUNT = "count/pods"
"""Charged as long as the object is there, even when the pod has ended."""


class Counted(NamedTuple):
    """A pod as quotas count it: what it asks for, how it stands; times as in `charges_compute`."""

    spec: PodSpec
    status: PodStatus | None = None
    phase: str = "Running"
    deletion_us: int = NEVER
    grace_us: int = 0


def charges_compute(phase: str, deletion_us: int, grace_us: int, now_us: int) -> bool:
    """Say whether a pod is charged for more than its object: not when it has ended, nor when it is overdue.

    A pod that is being deleted is overdue a grace period after its deletion time stamp (`NEVER` for none), as on a
    node that answers no more.
    """
    if phase in ("Succeeded", "Failed"):
        return False
    return deletion_us == NEVER or now_us <= deletion_us + grace_us


def pod_usage(spec: PodSpec, status: PodStatus | None = None, *, compute: bool = True) -> dict[str, Quantity]:
    """Return what a pod charges, by the names a quota uses; only its object unless `compute`.

    While it is resized in place, the larger of what is asked for and what is in force counts.
    """
    usage = {OBJECT_COUNT: ONE}
    if not compute:
        return usage
    usage["pods"] = ONE
    options = PodResourcesOptions(use_status_resources=True)
    for name, amount in pod_requests(spec, status, options).items():
        plain = name in COMPUTE or name.startswith("hugepages-")
        if plain:
            usage[name] = amount
        if plain or is_extended_resource(name):
            usage[f"requests.{name}"] = amount
    for name, limit in pod_limits(spec, status, options).items():
        if name in COMPUTE:
            usage[f"limits.{name}"] = limit
    return usage


def is_extended_resource(name: str) -> bool:
    """Say whether a resource is one that operators advertise, such as ``nvidia.com/gpu``."""
    domain, slash, _ = name.partition("/")
    return bool(slash) and not domain.endswith("kubernetes.io") and not name.startswith("requests.")


def usage_stats(pods: Iterable[Counted], spec: ResourceQuotaSpec, now_us: int) -> dict[str, Quantity]:
    """Return what the pods that a quota counts charge together."""
    total: dict[str, Quantity] = {}
    for pod in pods:
        if quota_matches(spec, pod.spec):
            compute = charges_compute(pod.phase, pod.deletion_us, pod.grace_us, now_us)
            total = add(total, pod_usage(pod.spec, pod.status, compute=compute))
    return total


def selectors_of(spec: ResourceQuotaSpec) -> tuple[ScopedResourceSelectorRequirement, ...]:
    """Return all that a quota demands of pods it counts: a scope alone demands that the pod falls under it."""
    given = spec.scope_selector.match_expressions if spec.scope_selector is not None else ()
    plain = (ScopedResourceSelectorRequirement(scope_name=scope, operator="Exists") for scope in spec.scopes)
    return (*plain, *given)


def quota_matches(spec: ResourceQuotaSpec, pod: PodSpec) -> bool:
    """Say whether a quota counts a pod: all its scopes must hold."""
    wanted = selectors_of(spec)
    return len(matching_scopes(pod, wanted)) == len(wanted)


def matching_scopes(
    pod: PodSpec, selectors: Iterable[ScopedResourceSelectorRequirement]
) -> list[ScopedResourceSelectorRequirement]:
    """Return the selectors that a pod matches."""
    return [one for one in selectors if _matches(pod, one)]


def _matches(pod: PodSpec, selector: ScopedResourceSelectorRequirement) -> bool:
    """Terminating means that the pod has a deadline, not that it is being deleted."""
    match selector.scope_name:
        case "Terminating":
            return pod.active_deadline_seconds is not None
        case "NotTerminating":
            return pod.active_deadline_seconds is None
        case "BestEffort":
            return compute_pod_qos(pod) == "BestEffort"
        case "NotBestEffort":
            return compute_pod_qos(pod) != "BestEffort"
        case "PriorityClass":
            return _class_matches(pod.priority_class_name, selector)
        case "CrossNamespacePodAffinity":
            return _uses_other_namespaces(pod.affinity)
    return False


def _class_matches(name: str, selector: ScopedResourceSelectorRequirement) -> bool:
    match selector.operator:
        case "In":
            return name in selector.values and bool(name)
        case "NotIn":
            return name not in selector.values
        case "Exists":
            return bool(name)
    return not name


def _uses_other_namespaces(affinity: Affinity | None) -> bool:
    if affinity is None:
        return False
    terms = (*_terms(affinity.pod_affinity), *_terms(affinity.pod_anti_affinity))
    return any(term.namespaces or term.namespace_selector is not None for term in terms)


def _terms(one: PodAffinity | PodAntiAffinity | None) -> tuple[PodAffinityTerm, ...]:
    if one is None:
        return ()
    wishes = (wish.pod_affinity_term for wish in one.preferred_during_scheduling_ignored_during_execution)
    return (*one.required_during_scheduling_ignored_during_execution, *wishes)


def missing_values(hard: Iterable[str], spec: PodSpec) -> str:
    """Return the complaint when containers lack a value that the quota makes mandatory; empty if none does."""
    if spec.resources is not None and (spec.resources.requests or spec.resources.limits):
        return ""
    complaints = []
    for name in sorted(hard):
        lacking = [one.name for one in (*spec.init_containers, *spec.containers) if not _gives(name, one.resources)]
        if lacking and _is_compute(name):
            complaints.append(f"{name} for: {','.join(sorted(lacking))}")
    return f"must specify {'; '.join(complaints)}" if complaints else ""


def _is_compute(name: str) -> bool:
    return name.removeprefix("requests.").removeprefix("limits.") in COMPUTE[:2]


def _gives(name: str, resources: object) -> bool:
    limits: Mapping[str, Quantity] = resources.limits  # type: ignore[attr-defined]  # requirements of a pod or a container
    requests: Mapping[str, Quantity] = resources.requests  # type: ignore[attr-defined]  # requirements of a pod or a container
    if name.startswith("limits."):
        return name.removeprefix("limits.") in limits
    return name.removeprefix("requests.") in requests
