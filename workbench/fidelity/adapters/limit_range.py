"""Rows about LimitRanges, put to `workbench.engines.kubernetes.limit_ranger`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.engines.kubernetes.limit_ranger import violations, with_defaults
from workbench.fidelity.adapters.comparing import Unsupported, amounts_of, differences, known_only
from workbench.fidelity.adapters.pod_effective_resources import pod_spec
from workbench.fidelity.records import Case
from workbench.model.native.kubernetes.core import LimitRangeItem

Given = Mapping[str, Any]

_ITEM = frozenset({"type", "min", "max", "default", "defaultRequest", "maxLimitRequestRatio"})


def difference(case: Case) -> str:
    """Return how the model differs from the row, or an empty text. The bound is taken as it stands."""
    given, expected = case.document["input"], case.document["expect"]
    known_only(given, frozenset({"containers", "initContainers", "limitRange"}))
    if case.group != "PodValidateLimitFunc":
        raise Unsupported(f"no function {case.group!r}")
    item = _item(given["limitRange"])
    spec = with_defaults(pod_spec({name: given[name] for name in ("containers", "initContainers")}), item)
    return differences(expected, {"admitted": not violations(spec, item)})


def _item(given: Given) -> LimitRangeItem:
    known_only(given, _ITEM)
    return LimitRangeItem(
        type=given["type"],
        min=amounts_of(given["min"]),
        max=amounts_of(given["max"]),
        default=amounts_of(given["default"]),
        default_request=amounts_of(given["defaultRequest"]),
        max_limit_request_ratio=amounts_of(given["maxLimitRequestRatio"]),
    )
