"""Who is meant: selectors over labels, selectors over nodes, tolerations of taints.

Source: kubernetes/apimachinery, pkg/labels/selector.go and pkg/apis/meta/v1/helpers.go; kubernetes/component-helpers,
scheduling/corev1 (nodeaffinity, helpers.go); kubernetes/api, core/v1/toleration.go (version 1.34).
Left out: the operators Gt and Lt of tolerations (feature-gated).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.model.native.kubernetes.affinity import (
    NodeSelector,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    Toleration,
)
from workbench.model.native.kubernetes.meta import LabelSelector, LabelSelectorRequirement
from workbench.model.native.kubernetes.nodes import Taint

NAME_FIELD = "metadata.name"
"""The one field of a node that terms may ask about."""


def requirement_matches(
    requirement: LabelSelectorRequirement | NodeSelectorRequirement, labels: Mapping[str, str]
) -> bool:
    """Say whether one expression holds. Gt and Lt, which only nodes know, compare whole numbers."""
    value = labels.get(requirement.key)
    match requirement.operator:
        case "In":
            return value is not None and value in requirement.values
        case "NotIn":
            return value is None or value not in requirement.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt":
            return _compares(value, requirement)
    return False


def _compares(value: str | None, requirement: LabelSelectorRequirement | NodeSelectorRequirement) -> bool:
    """Say whether a label is a whole number beyond the one asked for; anything that is no number matches nothing."""
    try:
        have, bound = int(value or ""), int(requirement.values[0])
    except (ValueError, IndexError):
        return False
    return have > bound if requirement.operator == "Gt" else have < bound


def selects(selector: LabelSelector | None, labels: Mapping[str, str]) -> bool:
    """Say whether a selector finds an object; an empty one finds everything, an absent one nothing."""
    if selector is None:
        return False
    return has_all(selector.match_labels, labels) and all(
        requirement_matches(one, labels) for one in selector.match_expressions
    )


def own_selector(spec: Any) -> LabelSelector:
    """Return the selector of a workload's spec; that of a ReplicationController is a plain map."""
    selector = spec.selector
    return selector if isinstance(selector, LabelSelector) else LabelSelector(match_labels=selector or {})


def has_all(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Say whether every wanted label is there with its value."""
    return all(labels.get(key) == value for key, value in wanted.items())


def term_matches(term: NodeSelectorTerm, labels: Mapping[str, str], name: str) -> bool:
    """Say whether a node has all that a term asks for; a term that asks for nothing matches no node."""
    if not term.match_expressions and not term.match_fields:
        return False
    return all(requirement_matches(one, labels) for one in term.match_expressions) and all(
        requirement_matches(one, {NAME_FIELD: name}) for one in term.match_fields
    )


def node_selector_matches(selector: NodeSelector, labels: Mapping[str, str], name: str) -> bool:
    """Say whether at least one term matches a node."""
    return any(term_matches(term, labels, name) for term in selector.node_selector_terms)


def tolerates(toleration: Toleration, taint: Taint) -> bool:
    """Say whether one toleration covers a taint (upstream's ToleratesTaint)."""
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    if toleration.operator == "Exists":
        return True
    return toleration.operator in ("", "Equal") and toleration.value == taint.value


def tolerated(taint: Taint, tolerations: Iterable[Toleration]) -> bool:
    """Say whether any toleration covers a taint."""
    return any(tolerates(one, taint) for one in tolerations)
