"""Rows about quality of service, put to `workbench.engines.kubernetes.qos`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.engines.kubernetes.qos import collect_container_level_resources, compute_pod_qos
from workbench.fidelity.adapters.comparing import Unsupported, amounts_of, differences, known_only, texts_of
from workbench.fidelity.adapters.pod_effective_resources import pod_spec
from workbench.fidelity.records import Case

Given = Mapping[str, Any]

_INPUT = frozenset({"containers", "initContainers", "podResources", "podLevelResources"})


def difference(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    given, expected = dict(case.document["input"]), case.document["expect"]
    known_only(given, _INPUT)
    if case.group == "ComputePodQOS":
        return differences(expected, _class(given))
    if case.group == "collectContainerLevelResources":
        return differences(_in_order(expected), _sums(given))
    raise Unsupported(f"no function {case.group!r}")


def _class(given: dict[str, Any]) -> Given:
    if not given.pop("podLevelResources", False):
        given.pop("podResources", None)  # the feature is off: the field has no effect
    return {"qosClass": compute_pod_qos(pod_spec(given))}


def _sums(given: Given) -> Given:
    sums = collect_container_level_resources(pod_spec(given))
    return {
        "requests": texts_of(sums.requests),
        "limits": texts_of(sums.limits),
        "isGuaranteedCandidate": sums.is_guaranteed_candidate,
    }


def _in_order(expected: Given) -> Given:
    """Return the expectation with amounts as canonical texts, names in order."""
    return {name: texts_of(amounts_of(value)) if isinstance(value, dict) else value for name, value in expected.items()}
