"""What the API server adds to a pod before it stores it: defaults, priority, tolerations for nodes in trouble.

Source: kubernetes, pkg/apis/core/v1/defaults.go, plugin/pkg/admission/priority and defaulttolerationseconds (version
1.34); matchLabelKeys of affinity terms: pkg/registry/core/pod/strategy.go.
Left out: LimitRanger, ServiceAccount, PodSecurity, webhooks. ResourceQuota comes last and is in `quota.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.model.native.kubernetes.affinity import Affinity, PodAffinityTerm, Toleration
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
    """

    def __init__(self, params: AdmissionParameters, classes: Iterable[PriorityClass]) -> None:
        self._seconds = params.default_toleration_s
        classes = tuple(classes)
        self._priorities = {**SYSTEM_CLASSES, **{one.metadata.name: one.value for one in classes}}
        self._default_priority = max((one.value for one in classes if one.global_default), default=0)
        self._admitted: dict[tuple[str, int, int], tuple[PodInfo, PodSpec, Mapping[str, str]]] = {}

    def admit(self, namespace: str, labels: Mapping[str, str], spec: PodSpec) -> PodInfo:
        """Return the admitted form of a pod. The same template, by identity, gives the same `PodInfo`."""
        key = (namespace, id(spec), id(labels))
        known = self._admitted.get(key)
        if known is None:
            info = PodInfo(namespace, labels, self._complete(spec, labels))
            known = self._admitted[key] = (info, spec, labels)  # keeps both alive, so their ids stay theirs
        return known[0]

    def _complete(self, spec: PodSpec, labels: Mapping[str, str]) -> PodSpec:
        return replace(
            spec,
            priority=self._priority(spec),
            tolerations=(*spec.tolerations, *missing_tolerations(spec.tolerations, self._seconds)),
            affinity=_with_label_keys(spec.affinity, labels),
            containers=_with_host_ports(spec.containers) if spec.host_network else spec.containers,
        )

    def _priority(self, spec: PodSpec) -> int:
        if spec.priority_class_name:
            return self._priorities.get(spec.priority_class_name, self._default_priority)
        return self._default_priority if spec.priority is None else spec.priority


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
    """Merge matchLabelKeys and mismatchLabelKeys of required terms into their selectors."""
    if affinity is None:
        return None
    near, far = affinity.pod_affinity, affinity.pod_anti_affinity
    if near is not None:
        terms = near.required_during_scheduling_ignored_during_execution
        near = replace(near, required_during_scheduling_ignored_during_execution=_merged(terms, labels))
    if far is not None:
        terms = far.required_during_scheduling_ignored_during_execution
        far = replace(far, required_during_scheduling_ignored_during_execution=_merged(terms, labels))
    return replace(affinity, pod_affinity=near, pod_anti_affinity=far)


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
