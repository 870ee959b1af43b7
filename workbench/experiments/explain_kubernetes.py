"""What stops a pod, why a pod is where it is, and what would change that, from what its recorder saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.engines.kubernetes.controllers.node_removal import DISRUPTED, TO_BE_DELETED
from workbench.engines.kubernetes.recorder import Attempt, NodeVerdict
from workbench.experiments.explain import Cause, Facts, task_ahead
from workbench.experiments.explain_volumes import waits_for_volume
from workbench.model.clock import NEVER, to_seconds

ON_THE_WAY_OUT = (TO_BE_DELETED, DISRUPTED)
"""Taints of nodes that are about to go: to tolerate them is no cure."""
FIT, TAINT, AFFINITY = "NodeResourcesFit", "TaintToleration", "NodeAffinity"


def why_waiting(facts: Facts) -> tuple[Cause, Cause]:
    """Return what stops a pod that waits, and what would change that."""
    failed = [one for one in facts.attempts if not one.best]
    current = facts.thinking
    if facts.attempts and facts.attempts[-1].best:
        since = facts.attempts[-1].at_us
        return Cause("thinking", {"since_us": since}), Cause("think-faster")
    if not facts.attempts and facts.row["why"] == "no-scheduler":
        return Cause("no-scheduler"), Cause("a-scheduler")
    if not failed:
        return _in_line(facts, current)
    going = [one for one in victims(facts) if one.released_us == NEVER or one.released_us > facts.at_us]
    if going:
        return Cause("makes-room", {"victims": going}), Cause("when-they-end")
    last = failed[-1]
    if not last.nodes:
        return Cause("no-machines"), Cause("a-machine")
    groups = Counter(one.refusals[0] for one in last.nodes if one.refusals)
    refused = Cause("refused", {"groups": _ranked(groups), "all": len(last.nodes), "attempt": last})
    return refused, _cure(last, len(failed))


@dataclass(frozen=True, slots=True)
class Victim:
    """A pod that was told to go to make room: where it was, and when the scheduler counts its room as free again."""

    name: str
    node: str
    released_us: int


def victims(facts: Facts) -> list[Victim]:
    """Return the pods that were told, up to the instant, to make room for this one."""
    events = facts.trace["events"]
    columns = (events[name] for name in ("at_us", "kind", "subject", "detail"))
    told = {
        subject for at_us, kind, subject, detail in zip(*columns, strict=True)
        if kind == "Preempted" and detail == facts.name and at_us <= facts.at_us
    }  # fmt: skip
    tasks = facts.trace["tasks"]
    rows = zip(tasks["task"], tasks["node"], tasks["released_us"], strict=True)
    return [Victim(*row) for row in rows if row[0] in told]


def _in_line(facts: Facts, current: tuple[int, str] | None) -> tuple[Cause, Cause]:
    ahead = task_ahead(facts, same_app=False)
    since, name = current or (facts.at_us, "")
    return (
        Cause("in-line", {"ahead": ahead, "thinking": name, "since_us": since}),
        Cause("line-shorter", {"thinking": name}),
    )


def _ranked(groups: Mapping[tuple[str, str], int]) -> list[tuple[str, str, int]]:
    return [(*key, groups[key]) for key in sorted(groups, key=lambda key: (-groups[key], key))]


def _cure(attempt: Attempt, failures: int) -> Cause:
    """Return the smallest changes that would let the pod in: room on one node, a toleration, a label."""
    nearest = nearest_to_fit(attempt)
    taint = ""
    label: dict[str, str] = {}
    label_on = ""
    for one in attempt.nodes:
        plugins = {plugin for plugin, _ in one.refusals}
        if plugins == {TAINT} and not taint and taint_of(one) not in ON_THE_WAY_OUT:
            taint = taint_of(one)
        if plugins == {AFFINITY} and not label:
            label, label_on = dict(attempt.selector), one.node
    args = {
        "node": nearest.node if nearest else "",
        "lacks": dict(nearest.lacks) if nearest else {},
        "taint": taint,
        "label": label,
        "label_on": label_on,
        "backoff_s": to_seconds(attempt.backoff.after(failures)),
        "tried": attempt.number,
    }
    return Cause("cure", args)


def taint_of(one: NodeVerdict) -> str:
    """Return the taint in the way, as ``key`` or ``key=value``, from upstream's ``{key: value}``."""
    for plugin, reason in one.refusals:
        if plugin == TAINT and "{" in reason:
            key, _, value = reason.partition("{")[2].rstrip("}").partition(": ")
            return f"{key}={value}" if value else key
    return ""


def nearest_to_fit(attempt: Attempt) -> NodeVerdict | None:
    """Return the node that would do if only it had a little more room: the one that lacks least beside the request."""
    short = [one for one in attempt.nodes if one.lacks and {plugin for plugin, _ in one.refusals} == {FIT}]
    asked = attempt.requests
    return min(short, key=lambda one: max(gap / max(1, asked[name]) for name, gap in one.lacks.items()), default=None)


def why_there(facts: Facts) -> tuple[Cause, Cause]:
    """Return why a pod was put where it is, and what would have put it elsewhere; or what it waits for there."""
    waits = waits_for_volume(facts)
    if waits is not None:
        return waits
    chosen = [one for one in facts.attempts if one.best]
    node = str(facts.row["node"])
    if not chosen:
        return Cause("bound-by-controller", {"node": node}), Cause("nothing")
    attempt = chosen[-1]
    if attempt.promised:
        return Cause("promised", {"node": node, "victims": victims(facts)}), Cause("lower-priority")
    feasible = [one for one in attempt.nodes if not one.refusals]
    if len(feasible) == 1:
        groups = Counter(one.refusals[0] for one in attempt.nodes if one.refusals)
        args = {"node": node, "groups": _ranked(groups), "all": len(attempt.nodes), "attempt": attempt}
        return Cause("only-one", args), _cure(attempt, 1)
    mine = next(one for one in feasible if one.node == node)
    args = {"node": node, "feasible": len(feasible), "all": len(attempt.nodes), "total": mine.total}
    if len(attempt.best) > 1:
        return Cause("tie", {**args, "ties": len(attempt.best)}), Cause("lot", {"ties": attempt.best})
    second = max((one for one in feasible if one.node != node), key=lambda one: one.total)
    gaps = {plugin: score - second.scores.get(plugin, 0) for plugin, score in mine.scores.items()}
    decisive = max(gaps, key=lambda plugin: gaps[plugin])
    args |= {"second": second.node, "second_total": second.total, "plugin": decisive, "gap": gaps[decisive]}
    return Cause("best", args), _without(decisive, feasible, node)


def _without(plugin: str, feasible: list[NodeVerdict], node: str) -> Cause:
    """Return what would be chosen if the plugin had no say."""
    totals = {one.node: one.total - one.scores.get(plugin, 0) for one in feasible}
    highest = max(totals.values())
    winners = [name for name, total in totals.items() if total == highest]
    code = "without-same" if node in winners else "without-other"
    return Cause(code, {"plugin": plugin, "other": winners[0], "node": node})
