"""Rows about names of roles, put to `workbench.engines.mesos.role_names`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.engines.mesos import role_names
from workbench.fidelity.adapters.comparing import differences
from workbench.fidelity.records import Case

Given = Mapping[str, Any]


def difference(case: Case) -> str:
    """Return how the model differs in the first check that differs, or an empty text."""
    answer = _FUNCTIONS[case.document["kind"]]
    for check in case.document["checks"]:
        if told := differences(check["expect"], answer(check)):
            return f"{ {name: value for name, value in check.items() if name != 'expect'} }: {told}"
    return ""


def _parsed(check: Given) -> Given:
    roles = role_names.parse(check["text"])
    return {"roles": roles and list(roles), "error": roles is None}


_FUNCTIONS: Mapping[str, Callable[[Given], Given]] = {
    "role_validate": lambda check: {"valid": role_names.is_valid(check["role"])},
    "role_parse": _parsed,
    "role_strict_subrole": lambda check: {"result": role_names.is_strict_subrole(check["role"], check["of"])},
    "role_ancestors": lambda check: {"ancestors": list(role_names.ancestors(check["role"]))},
}
