"""Where a pod wants to be, and what it puts up with: affinity, taints and tolerations, spreading.

Source: kubernetes/api, core/v1/types.go.
"""

from __future__ import annotations

from typing import ClassVar

from workbench.model.native.kubernetes.meta import KubeStruct, LabelSelector


class NodeSelectorRequirement(KubeStruct, frozen=True, kw_only=True):
    """One expression about a node label or field: In, NotIn, Exists, DoesNotExist, Gt or Lt."""

    ONE_FIELD: ClassVar[bool] = True

    key: str
    operator: str
    values: tuple[str, ...] = ()


class NodeSelectorTerm(KubeStruct, frozen=True, kw_only=True):
    """All of these must hold; a term without any matches nothing."""

    match_expressions: tuple[NodeSelectorRequirement, ...] = ()
    match_fields: tuple[NodeSelectorRequirement, ...] = ()


class NodeSelector(KubeStruct, frozen=True, kw_only=True):
    """At least one of the terms must hold."""

    node_selector_terms: tuple[NodeSelectorTerm, ...] = ()


class PreferredSchedulingTerm(KubeStruct, frozen=True, kw_only=True):
    """A wish about nodes, of weight 1 to 100."""

    weight: int
    preference: NodeSelectorTerm = NodeSelectorTerm()


class NodeAffinity(KubeStruct, frozen=True, kw_only=True):
    """Which nodes a pod needs, and which it would like."""

    required_during_scheduling_ignored_during_execution: NodeSelector | None = None
    preferred_during_scheduling_ignored_during_execution: tuple[PreferredSchedulingTerm, ...] = ()


class PodAffinityTerm(KubeStruct, frozen=True, kw_only=True):
    """Pods that are looked for, and the node label whose value counts as one place."""

    topology_key: str
    label_selector: LabelSelector | None = None
    namespaces: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None
    match_label_keys: tuple[str, ...] = ()
    mismatch_label_keys: tuple[str, ...] = ()


class WeightedPodAffinityTerm(KubeStruct, frozen=True, kw_only=True):
    """A wish about other pods, of weight 1 to 100."""

    weight: int
    pod_affinity_term: PodAffinityTerm


class PodAffinity(KubeStruct, frozen=True, kw_only=True):
    """Near which pods a pod must, or would like to, be."""

    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()
    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()


class PodAntiAffinity(KubeStruct, frozen=True, kw_only=True):
    """Away from which pods a pod must, or would like to, be."""

    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()
    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()


class Affinity(KubeStruct, frozen=True, kw_only=True):
    """All three kinds."""

    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAntiAffinity | None = None


class Toleration(KubeStruct, frozen=True, kw_only=True):
    """A taint the pod puts up with.

    An empty key with Exists matches every taint, an empty effect every effect.
    `toleration_seconds` counts for NoExecute only; None means for ever.
    """

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""
    toleration_seconds: int | None = None


class TopologySpreadConstraint(KubeStruct, frozen=True, kw_only=True):
    """Pods that the selector finds may differ by at most `max_skew` between places."""

    max_skew: int
    topology_key: str
    when_unsatisfiable: str = "DoNotSchedule"
    label_selector: LabelSelector | None = None
    min_domains: int | None = None
    node_affinity_policy: str = "Honor"
    node_taints_policy: str = "Ignore"
    match_label_keys: tuple[str, ...] = ()
