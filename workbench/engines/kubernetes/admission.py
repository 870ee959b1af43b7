"""What the API server adds to a pod before it stores it: defaults, priority, tolerations for nodes in trouble.

Source: kubernetes, pkg/apis/core/v1/defaults.go, plugin/pkg/admission/priority and defaulttolerationseconds (version
1.34); matchLabelKeys of affinity terms: pkg/registry/core/pod/strategy.go.
Left out: ServiceAccount, PodSecurity, webhooks. Bounds are in `limit_ranger.py`; ResourceQuota comes last, in
`quota.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from workbench.engines.kubernetes.ephemeral import has_ephemeral_volumes
from workbench.engines.kubernetes.limit_ranger import LimitRanger
from workbench.engines.kubernetes.objects import reference
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.model.native.kubernetes.affinity import (
    Affinity,
    PodAffinity,
    PodAffinityTerm,
    PodAntiAffinity,
    Toleration,
)
from workbench.model.native.kubernetes.core import LimitRange
from workbench.model.native.kubernetes.meta import LabelSelectorRequirement
from workbench.model.native.kubernetes.pods import Container, PodSpec
from workbench.model.native.kubernetes.scheduling import PriorityClass
from workbench.model.parameters import param, parameters

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"

SYSTEM_CLASSES = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}
"""Priority classes that every cluster has."""


@parameters("kubernetes.admission")
@dataclass(frozen=True)
class AdmissionParameters:
    """What is added to every pod."""

    default_toleration_s: int = param(
        300, unit="s", low=0, high=3600,
        help="how long a pod stays bound to a node that is unreachable or not ready, unless it says otherwise",
        source="kubernetes 1.34, kube-apiserver --default-unreachable-toleration-seconds and "
        "--default-not-ready-toleration-seconds", shown_in="who-heals-first",
    )  # fmt: skip


class Admission:
    """Works out the admitted form of pods, once per template.

    Parameters
    ----------
    classes : iterable of PriorityClass
        The priority classes of the cluster.
    ranges : iterable of LimitRange
        The bounds of its namespaces.
    """

    def __init__(
        self, params: AdmissionParameters, classes: Iterable[PriorityClass], ranges: Iterable[LimitRange] = ()
    ) -> None:
        self._seconds = params.default_toleration_s
        self._classes = PriorityClasses(classes)
        self._limits = LimitRanger(ranges)
        self._refusals: dict[PodInfo, str] = {}
        self._admitted: dict[tuple[str, str, int, int], tuple[PodInfo, PodSpec, Mapping[str, str]]] = {}

    def admit(
        self, namespace: str, labels: Mapping[str, str], spec: PodSpec, owner: str = "", name: str = ""
    ) -> PodInfo:
        """Return the admitted form of a pod. The same template, by identity, gives the same `PodInfo`.

        Pods for which claims are made have a form of their own each, since the claims are called after them.

        Parameters
        ----------
        owner : str
            uid of the object that made it.
        name : str
            That of the pod.
        """
        if has_ephemeral_volumes(spec):
            return self._admitted_form(namespace, labels, self._complete(namespace, spec, labels), owner, name)
        key = (namespace, owner, id(spec), id(labels))
        known = self._admitted.get(key)
        if known is None:
            info = self._admitted_form(namespace, labels, self._complete(namespace, spec, labels), owner)
            known = self._admitted[key] = (info, spec, labels)  # keeps both alive, so their ids stay theirs
        return known[0]

    def _admitted_form(
        self, namespace: str, labels: Mapping[str, str], complete: PodSpec, owner: str, name: str = ""
    ) -> PodInfo:
        info = PodInfo(namespace, labels, complete, name=name, controller=reference(owner))
        if refusal := self._limits.refusal(namespace, complete):
            self._refusals[info] = refusal
        return info

    def refusal(self, info: PodInfo) -> str:
        """Return why the bounds of its namespace do not allow a pod in its admitted form; empty when they do."""
        return self._refusals.get(info, "")

    def _complete(self, namespace: str, spec: PodSpec, labels: Mapping[str, str]) -> PodSpec:
        spec = self._limits.mutate(namespace, spec)
        more = missing_tolerations(spec.tolerations, self._seconds)
        return replace(admitted_spec(spec, labels, self._classes), tolerations=(*spec.tolerations, *more))


class PriorityClasses:
    """The priority classes of a cluster: what a pod that names one, or none, gets."""

    def __init__(self, classes: Iterable[PriorityClass]) -> None:
        given = tuple(classes)
        self._by_name = {one.metadata.name: one for one in given}
        self._default = max((one for one in given if one.global_default), key=lambda one: one.value, default=None)

    def priority(self, spec: PodSpec) -> int:
        """Return the priority of a pod."""
        if spec.priority_class_name in SYSTEM_CLASSES and spec.priority_class_name not in self._by_name:
            return SYSTEM_CLASSES[spec.priority_class_name]
        known = self._class_of(spec)
        if known is None:
            return spec.priority or 0
        return known.value if spec.priority_class_name or spec.priority is None else spec.priority

    def preemption_policy(self, spec: PodSpec) -> str | None:
        """Return whether a pod may take others' places; what its class says counts."""
        known = self._class_of(spec)
        return spec.preemption_policy if known is None else spec.preemption_policy or known.preemption_policy

    def _class_of(self, spec: PodSpec) -> PriorityClass | None:
        return self._by_name.get(spec.priority_class_name, self._default)


def admitted_spec(spec: PodSpec, labels: Mapping[str, str], classes: PriorityClasses) -> PodSpec:
    """Return a pod's spec with what its template and its priority class bring into it."""
    return replace(
        spec,
        priority=classes.priority(spec),
        preemption_policy=classes.preemption_policy(spec),
        affinity=_with_label_keys(spec.affinity, labels),
        containers=_with_host_ports(spec.containers) if spec.host_network else spec.containers,
    )


def missing_tolerations(tolerations: Iterable[Toleration], seconds: int) -> tuple[Toleration, ...]:
    """Return the tolerations for nodes in trouble that a pod does not bring itself."""
    tolerations = tuple(tolerations)
    return tuple(
        Toleration(key=key, operator="Exists", effect="NoExecute", toleration_seconds=seconds)
        for key in (NOT_READY, UNREACHABLE)
        if not any(one.key in ("", key) and one.effect in ("", "NoExecute") for one in tolerations)
    )


def _with_host_ports(containers: Iterable[Container]) -> tuple[Container, ...]:
    """On the node's own network every port of a container is a port of the node."""
    return tuple(
        replace(one, ports=tuple(replace(port, host_port=port.host_port or port.container_port) for port in one.ports))
        for one in containers
    )


def _with_label_keys(affinity: Affinity | None, labels: Mapping[str, str]) -> Affinity | None:
    """Merge matchLabelKeys and mismatchLabelKeys of all terms about pods into their selectors."""
    if affinity is None:
        return None
    near, far = affinity.pod_affinity, affinity.pod_anti_affinity
    return replace(
        affinity,
        pod_affinity=None if near is None else replace(near, **_merged_terms(near, labels)),
        pod_anti_affinity=None if far is None else replace(far, **_merged_terms(far, labels)),
    )


def _merged_terms(one: PodAffinity | PodAntiAffinity, labels: Mapping[str, str]) -> dict[str, Any]:
    wishes = one.preferred_during_scheduling_ignored_during_execution
    merged = _merged((wish.pod_affinity_term for wish in wishes), labels)
    return {
        "required_during_scheduling_ignored_during_execution": _merged(
            one.required_during_scheduling_ignored_during_execution, labels
        ),
        "preferred_during_scheduling_ignored_during_execution": tuple(
            replace(wish, pod_affinity_term=term) for wish, term in zip(wishes, merged, strict=True)
        ),
    }


def _merged(terms: Iterable[PodAffinityTerm], labels: Mapping[str, str]) -> tuple[PodAffinityTerm, ...]:
    merged = []
    for term in terms:
        keys = [(key, "In") for key in term.match_label_keys] + [(key, "NotIn") for key in term.mismatch_label_keys]
        more = tuple(
            LabelSelectorRequirement(key=key, operator=operator, values=(labels[key],))
            for key, operator in keys
            if key in labels
        )
        selector = term.label_selector
        if selector is not None and more:
            selector = replace(selector, match_expressions=(*selector.match_expressions, *more))
        merged.append(replace(term, label_selector=selector))
    return tuple(merged)
