"""What a Job makes of a pod that failed, and when it is content: podFailurePolicy and successPolicy.

Source: kubernetes, pkg/controller/job/pod_failure_policy.go and success_policy.go (version 1.34).
Left out: names of containers in rules: a pod of the model ends as a whole, with one exit code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from workbench.engines.kubernetes.controllers.job_indexes import Intervals, has, parse_indexes, total
from workbench.engines.kubernetes.objects import PodObject

Action = Literal["Count", "Ignore", "FailJob", "FailIndex"]

DISRUPTION_TARGET = "DisruptionTarget"
"""The condition of a pod that is taken away though it did no wrong: by a taint, a drain, a preemption."""


def failure_action(policy: Any, pod: PodObject) -> Action:
    """Return what the first rule that matches a failed pod says; `Count` if there is none.

    Parameters
    ----------
    policy : mapping or None
        As in the document: ``{"rules": [{"action", "onExitCodes" | "onPodConditions"}]}``.
    """
    for rule in (policy or {}).get("rules") or ():
        if _exit_code_matches(rule.get("onExitCodes"), pod) or _condition_matches(rule.get("onPodConditions"), pod):
            action: Action = rule["action"]
            return action
    return "Count"


def _exit_code_matches(demand: Mapping[str, Any] | None, pod: PodObject) -> bool:
    """A pod that ended well, or of which no exit code is known, matches no rule about codes."""
    if not demand or not pod.exit_code:
        return False
    return (pod.exit_code in demand.get("values", ())) == (demand.get("operator") == "In")


def _condition_matches(demands: Any, pod: PodObject) -> bool:
    return any(
        demand.get("type") == DISRUPTION_TARGET and (demand.get("status", "True") == "True") == pod.disrupted
        for demand in demands or ()
    )


def success_met(policy: Any, done: Intervals, completions: int) -> bool:
    """Say whether one rule of a success policy holds: so many of these indexes, or all of them, have succeeded."""
    for rule in (policy or {}).get("rules") or ():
        text = rule.get("succeededIndexes")
        asked = parse_indexes(text, completions) if text else ((0, completions - 1),)
        met = sum(has(done, index) for low, high in asked for index in range(low, high + 1))
        if met >= (rule.get("succeededCount") or total(asked)):
            return True
    return False
