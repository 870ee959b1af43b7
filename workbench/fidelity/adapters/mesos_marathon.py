"""Rows about Marathon's constraints and delays, put to `workbench.engines.mesos.frameworks`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.engines.mesos.frameworks.marathon_backoff import Backoff, RateLimiter
from workbench.engines.mesos.frameworks.marathon_constraints import Constraint, Place, meets
from workbench.fidelity.adapters.comparing import differences
from workbench.fidelity.adapters.mesos_values import microseconds
from workbench.fidelity.records import Case
from workbench.model.clock import SECOND_US

Given = Mapping[str, Any]


def difference(case: Case) -> str:
    """Return how the model differs in the first check that differs, or an empty text."""
    answer = _FUNCTIONS[case.document["kind"]]
    for number, check in enumerate(case.document["checks"]):
        if told := differences(check["expect"], answer(check)):
            return f"check {number}: {told}"
    return ""


def _place(given: Given) -> Place:
    return Place(given["hostname"], given["attributes"])


def _matched(check: Given) -> Given:
    constraint = Constraint(check["field"], check["operator"], check["value"])
    placed = [_place(one) for one in check["placed"]]
    return {"match": meets(constraint, _place(check["offer"]), placed, check["run_spec_instances"])}


def _delayed(check: Given) -> Given:
    default = Backoff()
    backoff = Backoff(
        microseconds(check["backoff"]),
        check.get("factor", default.factor),
        microseconds(check["max_launch_delay"]) if "max_launch_delay" in check else default.longest_us,
    )
    limiter = RateLimiter(backoff)
    for _ in range(check["failures"]):
        limiter.add_delay(0)
    now_us = microseconds(check.get("advance", 0))
    if check.get("cleanup"):
        limiter.clean_up(now_us)
    if check.get("reset"):
        limiter.reset()
    until_us = limiter.until_us()
    return {
        "delay": (until_us - now_us) / SECOND_US if until_us else None,
        "deadline_from_first_failure": until_us / SECOND_US,
    }


_FUNCTIONS: Mapping[str, Callable[[Given], Given]] = {
    "marathon_constraint": _matched,
    "marathon_backoff": _delayed,
}
