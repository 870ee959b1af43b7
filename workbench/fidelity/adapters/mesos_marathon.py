"""Rows about Marathon's constraints, delays, scaling and upgrades, put to `workbench.engines.mesos.frameworks`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.engines.mesos.frameworks.marathon_backoff import Backoff, RateLimiter
from workbench.engines.mesos.frameworks.marathon_constraints import Constraint, Place, meets
from workbench.engines.mesos.frameworks.marathon_kill_selection import select_instances_to_kill
from workbench.engines.mesos.frameworks.marathon_scaling import Candidate, kill_rank, propose
from workbench.engines.mesos.frameworks.marathon_upgrade import Replacement, Step, compute_restart_strategy
from workbench.engines.mesos.frameworks.run_spec import Condition
from workbench.fidelity.adapters.comparing import differences
from workbench.fidelity.adapters.mesos_values import microseconds
from workbench.fidelity.records import Case
from workbench.model.clock import SECOND_US
from workbench.model.native.marathon import UpgradeStrategy

Given = Mapping[str, Any]


def difference(case: Case) -> str:
    """Return how the model differs in the first check that differs, or an empty text."""
    answer = _FUNCTIONS[case.document["kind"]]
    for number, check in enumerate(case.document["checks"]):
        if told := differences(check["expect"], answer(check)):
            return f"check {number}: {told}"
    return ""


def _place(given: Given) -> Place:
    return Place(given.get("hostname", ""), given.get("attributes", {}))


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


def _killed_first(check: Given) -> Given:
    a, b = (Candidate(0, Condition[one["condition"].upper()], one["since"]) for one in (check["a"], check["b"]))
    return {"a_first": kill_rank(a) < kill_rank(b)}


def _scaled(check: Given) -> Given:
    """Instances are named by the time since when they run."""
    instances = [Candidate(since, Condition.RUNNING, since) for since in check["instances"]]
    spared = [one for one in instances if one.number in check["kill_to_meet_constraints"]]
    found = propose(instances, check["sentenced"], lambda _, count: spared[: max(0, count)], check["scale_to"])
    return {"decommission": [one.number for one in found.decommission], "start": found.start}


def _selected(check: Given) -> Given:
    places = [_place(one) for one in check["instances"]]
    constraints = [Constraint(*one) for one in check["constraints"]]
    chosen = select_instances_to_kill(constraints, places, check["kill"])
    per_value = {one.field: dict(Counter(places[each].value(one.field) for each in chosen)) for one in constraints}
    return {"count": len(chosen), "per_value": per_value}


def _upgraded(check: Given) -> Given:
    """Every instance that is stopped is gone before the next new one is ready."""
    instances = check["instances"]
    asked = UpgradeStrategy(
        minimum_health_capacity=check["minimumHealthCapacity"], maximum_over_capacity=check["maximumOverCapacity"]
    )
    strategy = compute_restart_strategy(instances, asked, check["old_healthy"])
    upgrade = Replacement.of(instances, strategy, [(number, True) for number in range(check["old_healthy"])])
    steps = [_followed(upgrade, upgrade.begin()), *(_followed(upgrade, upgrade.new_ready()) for _ in range(instances))]
    kills, starts = [one[0] for one in steps], [one[1] for one in steps]
    return {
        "kill_now": kills[0],
        "start_now": starts[0],
        "kills_total_after_healthy": [sum(kills[: number + 1]) for number in range(1, len(kills))],
        "started_after_healthy": starts[1:],
    }


def _followed(upgrade: Replacement, step: Step) -> Sequence[int]:
    """Return how many instances a step stops, and starts once those are gone."""
    return len(step.kill), step.start + sum(upgrade.old_gone(number).start for number in step.kill)


_FUNCTIONS: Mapping[str, Callable[[Given], Given]] = {
    "marathon_constraint": _matched,
    "marathon_backoff": _delayed,
    "marathon_kill_order": _killed_first,
    "marathon_kill_selection": _selected,
    "marathon_rolling_restart": _upgraded,
    "marathon_scaling": _scaled,
}
