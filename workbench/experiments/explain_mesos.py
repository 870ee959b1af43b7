"""What stops a Mesos task, why it is where it is, and what would change that.

Of the machines that have room at the instant, each is in somebody's way: held by a framework that has not answered,
refused earlier by the task's own framework, offered to others first, or held back by quota. What most of them are is
what stops the task.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.engines.mesos.allocator_options import AllocatorParameters
from workbench.engines.mesos.batch_frameworks import framework_name as batch_framework_name
from workbench.engines.mesos.flags import min_allocatable
from workbench.engines.mesos.recorder import Machine, Round
from workbench.engines.mesos.recovery import RecoveryParameters
from workbench.engines.mesos.resources import Quantities
from workbench.engines.mesos.service_frameworks import framework_name as lasting_framework
from workbench.engines.mesos.workloads import WorkloadParameters
from workbench.experiments.explain import Cause, Facts, task_ahead
from workbench.experiments.explain_frameworks import own_reason
from workbench.model.clock import NEVER, SECOND_US
from workbench.model.faults import OF_MEMBERS
from workbench.model.resources import CPU

LONG_US = SECOND_US
"""Offers held for less than this are on their way, not held back."""


@dataclass(frozen=True, slots=True)
class Offered:
    """One row of the table of offers, as of the instant."""

    made_us: int
    answered_us: int
    framework: str
    node: str
    cpu: int
    answer: str
    refuse_s: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A framework while the task waited: its share, its offers, how many it declined, what it holds, for how long."""

    name: str
    share: float
    offers: int
    declined: int
    held: int
    held_since_us: int
    refuse_s: float
    own: bool


def framework_of(facts: Facts) -> str:
    """Return the name of the framework that launches the task."""
    team, name = facts.row["team"], facts.row["app"]
    if facts.row["kind"] == "batch":
        framework = next((app.framework for app in facts.scenario.apps if app.name == name), "spark")
        return batch_framework_name(framework, team, name.removesuffix("-exec"))
    app = next(one for one in facts.scenario.apps if one.name == name)
    return lasting_framework(app, facts.scenario.settings.of(WorkloadParameters))


def offers_until(facts: Facts) -> list[Offered]:
    """Return the offers made up to the instant, with what was known of them then."""
    table = facts.trace["offers"]
    names = ("made_us", "answered_us", "framework", "node", "cpu", "answer", "refuse_s")
    found = []
    for made, answered, framework, node, cpu, answer, refuse_s in zip(*(table[name] for name in names), strict=True):
        if made > facts.at_us:
            break
        open_ = answered == NEVER or answered > facts.at_us
        found.append(
            Offered(made, NEVER if open_ else answered, framework, node, cpu, "" if open_ else answer, refuse_s)
        )
    return found


def neighbours(facts: Facts) -> list[Neighbour]:
    """Return all frameworks in the order in which they were to be asked last."""
    if not facts.rounds:
        return []
    offers = offers_until(facts)
    own = framework_of(facts)
    found = []
    for name, share, _ in facts.rounds[-1].shares:
        mine = [one for one in offers if one.framework == name]
        lately = [one for one in mine if one.made_us >= facts.row["queued_us"]]
        declined = [one for one in lately if one.answer == "declined"]
        held = [one for one in mine if one.answered_us == NEVER]
        refuse_s = max((one.refuse_s for one in declined), default=0.0)
        since = min((one.made_us for one in held), default=NEVER)
        found.append(Neighbour(name, share, len(lately), len(declined), len(held), since, refuse_s, name == own))
    return found


def why_waiting(facts: Facts) -> tuple[Cause, Cause]:
    """Return what stops a task that waits, and what would change that."""
    own = own_reason(facts)
    if own is not None:
        return own
    silent = _no_offers(facts)
    if silent is not None:
        return silent
    if not facts.rounds:
        return Cause("next-round"), Cause("shorter-rounds")
    last = facts.rounds[-1]
    request = facts.request
    roomy = [one for one in last.machines if not lacking(one, request)]
    base = {
        "fit": len(roomy), "all": len(last.machines), "framework": framework_of(facts),
        "ahead": task_ahead(facts, same_app=True),
    }  # fmt: skip
    if not roomy:
        return _full(last, request, base)
    if not any(active for name, _, active in last.shares if name == base["framework"]):
        return Cause("silent", base), Cause("ask")
    classes = _sorted_out(facts, last, roomy)
    code = max(CLASSES, key=lambda one: (classes[one], -CLASSES.index(one)))
    return WORKED_OUT[code](facts, last, {**base, "count": classes[code]})


def _no_offers(facts: Facts) -> tuple[Cause, Cause] | None:
    """Return that no offers are made at all: no master leads, or a new one waits for its agents; None if some are."""
    events = facts.trace["events"]
    last, since_us = "", 0
    for at_us, kind in zip(events["at_us"], events["kind"], strict=True):
        if at_us <= facts.at_us and kind in (*OF_MEMBERS, "leader-elected", "offers-paused", "offers-resumed"):
            last, since_us = kind, at_us
    if last in OF_MEMBERS:
        return Cause("no-master", {"since_us": since_us}), Cause("elect")
    if last != "offers-paused":
        return None
    recovery = facts.scenario.settings.of(RecoveryParameters)
    args = {"part": recovery.agent_recovery_factor, "longest_s": recovery.recovery_timeout_s}
    return Cause("agents-awaited", args), Cause("await-fewer", args)


def lacking(machine: Machine, request: Mapping[str, int]) -> dict[str, int]:
    """Return what a machine lacks of a request, offered or not."""
    empty = machine.empty
    return {name: amount - empty.get(name, 0) for name, amount in request.items() if amount > empty.get(name, 0)}


CLASSES = ("asked-first", "held", "declined", "kept", "unsuitable", "unoffered")


def _sorted_out(facts: Facts, last: Round, roomy: list[Machine]) -> Counter[str]:
    """Count the machines with room by what keeps them from the task."""
    latest = {one.node: one for one in offers_until(facts)}
    holding: dict[str, list[Offered]] = {}
    for one in offers_until(facts):
        if one.answered_us == NEVER:
            holding.setdefault(one.node, []).append(one)
    own = framework_of(facts)
    ruled_out = _ruled_out(facts, own) if _reasons(facts) else set()
    enough = _least_offers(facts)
    found: Counter[str] = Counter()
    for machine in roomy:
        held = [one for one in holding.get(machine.agent, ()) if one.framework != own]
        offer = latest.get(machine.agent)
        if not any(all(machine.empty.get(name, 0) >= least for name, least in one.items()) for one in enough):
            found["unoffered"] += 1
        elif any(facts.at_us - one.made_us >= LONG_US for one in held):
            found["held"] += 1
        elif _kept_back(facts, last):
            found["kept"] += 1
        elif machine.agent in ruled_out:
            found["unsuitable"] += 1
        elif held or (offer is not None and offer.framework != own):
            found["asked-first"] += 1
        elif machine.hidden:
            found["unsuitable" if _reasons(facts) else "declined"] += 1
        elif offer is not None and offer.answer == "declined":
            found["unsuitable"] += 1
        else:
            found["asked-first" if any(facts.row["queued_us"] <= one.made_us for one in held) else "declined"] += 1
    return found


def _least_offers(facts: Facts) -> tuple[Quantities, ...]:
    """Return the amounts of which one set at least has to be free on an agent that is offered."""
    return min_allocatable(facts.scenario.settings.of(AllocatorParameters).min_allocatable_resources)


def _ruled_out(facts: Facts, own: str) -> set[str]:
    """Return the machines that were offered to the task's framework while it waited, with room enough, in vain.

    Whoever was asked before or since, such a machine is not what the task waits for.
    """
    cpu = facts.request.get(CPU, 0)
    return {
        one.node for one in offers_until(facts)
        if one.framework == own and one.answer == "declined" and one.made_us >= facts.row["queued_us"]
        and one.cpu >= cpu
    }  # fmt: skip


def _kept_back(facts: Facts, last: Round) -> bool:
    """Say whether quota leaves less than the task asks for: its own role's limit, or the others' guarantees."""
    request = facts.request
    over = any(last.consumed.get(name, 0) + request.get(name, 0) > most for name, most in last.limits.items())
    short = bool(last.held_back) and any(
        name in last.held_back and amount > last.headroom.get(name, 0) for name, amount in request.items()
    )
    return over or short


def _full(last: Round, request: Mapping[str, int], base: Mapping[str, object]) -> tuple[Cause, Cause]:
    def gap(machine: Machine) -> float:
        return max(amount / max(1, request[name]) for name, amount in lacking(machine, request).items())

    if not last.machines:
        return Cause("no-agents", base), Cause("nothing")
    nearest = min(last.machines, key=gap)
    args = {"node": nearest.agent, "lacks": lacking(nearest, request), **base}
    return Cause("full", args), Cause("free-room", args)


def _asked_first(facts: Facts, _: Round, base: Mapping[str, object]) -> tuple[Cause, Cause]:
    known = neighbours(facts)
    mine = next((one.share for one in known if one.own), 0.0)
    before = [one for one in known if not one.own and one.offers and one.share <= mine]
    names = [one.name for one in before] or [one.name for one in known if not one.own and one.offers]
    refuse = max((one.refuse_s for one in before), default=0.0)
    interval = _interval_s(facts)
    args = {
        **base, "neighbours": len(names), "names": names, "idle": all(one.share == 0 for one in before),
        "refuse_s": refuse, "round_s": interval, "needed_s": len(names) * interval,
    }  # fmt: skip
    return Cause("asked-first", args), Cause("refuse-longer", args)


def _interval_s(facts: Facts) -> float:
    return facts.scenario.settings.of(AllocatorParameters).allocation_interval_s


def _held(facts: Facts, _: Round, base: Mapping[str, object]) -> tuple[Cause, Cause]:
    holders = [one for one in neighbours(facts) if one.held and not one.own]
    most = max(holders, key=lambda one: one.held)
    args = {**base, "holder": most.name, "since_us": most.held_since_us}
    return Cause("held", args), Cause("answer-sooner", args)


def _declined(facts: Facts, _: Round, base: Mapping[str, object]) -> tuple[Cause, Cause]:
    own = framework_of(facts)
    mine = [one for one in offers_until(facts) if one.framework == own and one.answered_us != NEVER and one.refuse_s]
    ends = [one.answered_us + round(one.refuse_s * SECOND_US) for one in mine]
    until = min((end for end in ends if end > facts.at_us), default=NEVER)
    args = {**base, "until_us": until, "refuse_s": max((one.refuse_s for one in mine), default=0.0)}
    if until == NEVER:
        return Cause("next-round", args), Cause("shorter-rounds")
    return Cause("declined", args), Cause("refuse-shorter", args)


def _kept(facts: Facts, last: Round, base: Mapping[str, object]) -> tuple[Cause, Cause]:
    for name, most in last.limits.items():
        if last.consumed.get(name, 0) + facts.request.get(name, 0) > most:
            args = {**base, "resource": name, "limit": most, "used": last.consumed.get(name, 0)}
            return Cause("limit", args), Cause("higher-limit", args)
    name = next(n for n, amount in facts.request.items() if n in last.held_back and amount > last.headroom.get(n, 0))
    args = {**base, "resource": name, "held_back": last.held_back[name], "left": last.headroom.get(name, 0)}
    return Cause("headroom", args), Cause("less-guaranteed", args)


def _unoffered(facts: Facts, _: Round, base: Mapping[str, object]) -> tuple[Cause, Cause]:
    return Cause("unoffered", {**base, "enough": _least_offers(facts)}), Cause("offer-less")


def _reasons(facts: Facts) -> Counter[str]:
    """Return why the framework could not use offers for tasks of this app while the task waited."""
    app_of = dict(zip(facts.trace["tasks"]["task"], facts.trace["tasks"]["app"], strict=True))
    table = facts.trace["decisions"]
    found: Counter[str] = Counter()
    columns = (table[name] for name in ("at_us", "task", "node", "rejected"))
    for at_us, task, node, rejected in zip(*columns, strict=True):
        if facts.row["queued_us"] <= at_us <= facts.at_us and not node and app_of.get(task) == facts.row["app"]:
            for part in filter(None, rejected.split("; ")):
                what, _, count = part.rpartition("=")
                found[what.partition("/")[2]] += int(count)
    return found


def _unsuitable(facts: Facts, _: Round, base: Mapping[str, object]) -> tuple[Cause, Cause]:
    own = framework_of(facts)
    offers = [one for one in offers_until(facts) if one.framework == own and one.made_us >= facts.row["queued_us"]]
    reasons = _reasons(facts)
    if not reasons:
        return _declined(facts, _, base)
    largest = max((one.cpu for one in offers), default=0)
    args = {**base, "offers": len(offers), "reasons": reasons.most_common(), "largest": largest}
    return Cause("unsuitable", args), Cause("suit", args)


WORKED_OUT = {
    "asked-first": _asked_first, "held": _held, "declined": _declined, "kept": _kept, "unsuitable": _unsuitable,
    "unoffered": _unoffered,
}  # fmt: skip


def why_there(facts: Facts) -> tuple[Cause, Cause]:
    """Return why a task was launched where it is."""
    table = facts.trace["decisions"]
    feasible = 0
    for task, node, count in zip(table["task"], table["node"], table["feasible"], strict=True):
        if task == facts.name and node:
            feasible = count
    args = {"node": facts.row["node"], "framework": framework_of(facts), "feasible": feasible}
    return Cause("offer-taken", args), Cause("offer-order", args)
