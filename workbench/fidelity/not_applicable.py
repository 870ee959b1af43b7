"""What is left out of the count, by rule and with its reason; never a single row by its id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from workbench.fidelity.records import Case, Record, System


class Rule(NamedTuple):
    """A rule about rows.

    Parameters
    ----------
    applies : function
        Says of a row whether the rule is about it.
    """

    system: System
    family: str
    applies: Callable[[Case], bool]
    reason: str


def _input(case: Case) -> Mapping[str, Any]:
    given = case.document.get("input")
    return given if isinstance(given, dict) else {}


RULES: tuple[Rule, ...] = (
    Rule(
        "kubernetes", "cronjob", lambda case: case.group == "getRecentUnmetScheduleTimes (historical)",
        "behaviour of releases before 1.8; later ones start only the most recent missed run",
    ),
    Rule(
        "kubernetes", "job", lambda case: _input(case).get("trackingWithFinalizers") is False,
        "behaviour of releases before 1.26; later ones track pods with finalizers",
    ),
)  # fmt: skip
"""Rows that describe releases other than the one that is modelled."""

NEVER_ASSERTED: Mapping[tuple[System, str], Mapping[str, str]] = {
    ("kubernetes", "deployment_rolling"): {
        "expectedOldReplicasListedUpstream": "listed in upstream's table, but no assertion of upstream reads it",
    },
}
"""(system, family) -> expected field that is not compared -> why."""


def reason(record: Record, case: Case) -> str:
    """Return why a case is not applicable, or an empty text."""
    for rule in RULES:
        if (rule.system, rule.family) == (record.system, record.family) and rule.applies(case):
            return rule.reason
    return ""


def not_compared(record: Record, case: Case) -> str:
    """Return why a field of this case's expectation is not compared, or an empty text."""
    fields = NEVER_ASSERTED.get((record.system, record.family), {})
    expected = case.document.get("expect") or {}
    return next((why for name, why in fields.items() if name in expected), "")
