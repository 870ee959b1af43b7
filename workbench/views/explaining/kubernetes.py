"""What the explanation of a pod says: the sentences, and the table of machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.engines.kubernetes.recorder import Attempt
from workbench.experiments.explain import Cause, Facts
from workbench.experiments.explain_kubernetes import AFFINITY, FIT, TAINT, taint_of
from workbench.model.clock import to_seconds
from workbench.views.amounts import duration
from workbench.views.explaining.volumes import about_volumes
from workbench.views.explaining.words import amount, amounts, few
from workbench.views.i18n import Texts
from workbench.views.report.decisions import said as reason_said

Args = Mapping[str, Any]
GO_BY_THEMSELVES = tuple(
    f"node.kubernetes.io/{state}"
    for state in ("not-ready", "unreachable", "memory-pressure", "disk-pressure", "pid-pressure", "network-unavailable")
)
"""Taints that the control plane puts on nodes that are not well, and takes off again: nobody tolerates them to run."""


def said(t: Texts, facts: Facts, cause: Cause) -> str:
    """Return the sentence of a cause or a cure."""
    args = cause.args
    match cause.code:
        case "thinking":
            return t(
                "{task} waits: the scheduler has been making up its mind about it for {time}.",
                task=facts.name, time=_since(t, facts, args["since_us"]),
            )  # fmt: skip
        case "think-faster":
            return t(
                "Only a quicker decision would help: machines with room there are. Everybody behind it in the line "
                "waits as long."
            )
        case "no-scheduler" | "a-scheduler" | "no-machines" | "a-machine":
            return _lacking(t, facts, cause.code)
        case "makes-room":
            return t(
                "{task} waits for {victims} to end: they were told to make room for it, since its priority is higher.",
                task=facts.name, victims=few(t, [one.name for one in args["victims"]]),
            )  # fmt: skip
        case "when-they-end":
            return t("It is tried again as soon as they have.")
        case "in-line":
            return _in_line(t, facts, args)
        case "line-shorter":
            return t("There is one line for all: a shorter time per decision, or a higher priority, would bring it up.")
        case "refused":
            return t(
                "{task} waits: {groups}.",
                task=facts.name, groups=groups(t, args["groups"], args["all"], args["attempt"]),
            )  # fmt: skip
        case "cure":
            return _cure(t, args, waiting=facts.state == "waiting")
        case "disk-elsewhere" | "disk-let-go" | "volumes-made" | "made-faster":
            return about_volumes(t, facts, cause)
        case _:
            return _there(t, facts, cause.code, args)


def _lacking(t: Texts, facts: Facts, code: str) -> str:
    match code:
        case "no-scheduler":
            return t("{task} waits: no scheduler of the name that it gives is running.", task=facts.name)
        case "a-scheduler":
            return t("A profile with its schedulerName, or leaving that out, would bring it into the line.")
        case "no-machines":
            return t("{task} waits: the cluster has no machine.", task=facts.name)
        case _:
            return t("It is decided on again as soon as a machine joins.")


def _since(t: Texts, facts: Facts, since_us: int) -> str:
    return duration(t, to_seconds(facts.at_us + 1 - since_us))


def _in_line(t: Texts, facts: Facts, args: Args) -> str:
    if not args["thinking"]:
        return t("{task} waits for its first turn; nobody is ahead of it.", task=facts.name)
    if not args["ahead"]:
        return t(
            "{task} waits in line: it is next, but the scheduler has been deciding about {other} for {time}.",
            task=facts.name, other=args["thinking"], time=_since(t, facts, args["since_us"]),
        )  # fmt: skip
    return t(
        "{task} waits in line: {ahead} came before it, and the scheduler has been deciding about {other} for {time}.",
        task=facts.name, ahead=f"{args['ahead']:,}", other=args["thinking"], time=_since(t, facts, args["since_us"]),
    )  # fmt: skip


def groups(t: Texts, ranked: Sequence[tuple[str, str, int]], all_: int, attempt: Attempt) -> str:
    """Return why how many machines refuse, the most frequent reason first."""
    return t.listed(*(_group(t, plugin, reason, count, all_, attempt) for plugin, reason, count in ranked))


def _group(t: Texts, plugin: str, reason: str, count: int, all_: int, attempt: Attempt) -> str:
    if plugin == FIT and reason.startswith("Insufficient "):
        resource = reason.removeprefix("Insufficient ")
        wanted = amount(t, resource, attempt.requests.get(resource, 0))
        if count == all_ > 1:
            return t("none of the {all} machines has {amount} free", all=all_, amount=wanted)
        if count == 1:
            return t("1 of {all} machines does not have {amount} free", all=all_, amount=wanted)
        return t("{count} of {all} machines do not have {amount} free", count=count, all=all_, amount=wanted)
    if plugin == TAINT:
        one = next(node for node in attempt.nodes if (plugin, reason) in node.refusals)
        if count == 1:
            return t("1 of {all} is tainted {taint}", all=all_, taint=taint_of(one))
        return t("{count} of {all} are tainted {taint}", count=count, all=all_, taint=taint_of(one))
    if plugin == AFFINITY and attempt.selector:
        return t("{count} of {all} lack the label {label}", count=count, all=all_, label=_label(attempt.selector))
    return t("{count} of {all}: {reason}", count=count, all=all_, reason=verbatim(t, reason))


def verbatim(t: Texts, reason: str) -> str:
    """Return upstream's reason in its own words; in another language, with that beside it."""
    told = reason_said(t, reason)
    return reason if told == reason else t("{reason} ({translated})", reason=reason, translated=told)


def _label(selector: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in selector.items())


def _cure(t: Texts, args: Args, *, waiting: bool) -> str:
    room = amounts(t, args["lacks"]) if args["node"] else ""
    if not waiting:
        if room:
            return t(
                "With {room} more free, {node} would have come into question as well.", room=room, node=args["node"]
            )
        return t("The other machines are ruled out whatever is free on them.")
    if args["taint"] in GO_BY_THEMSELVES:
        if room:
            return t("Free {room} on {node}, or wait until a machine loses {taint}, which it does once it is well.",
                     room=room, node=args["node"], taint=args["taint"])  # fmt: skip
        return t("A machine loses {taint} by itself once it is well.", taint=args["taint"])
    if room and args["taint"]:
        return t("Free {room} on {node}, or tolerate {taint}.", room=room, node=args["node"], taint=args["taint"])
    if room:
        return t(
            "Free {room} on {node} and it fits: no machine is nearer. Tried {tries} so far, it is tried again when "
            "something ends or changes, after {backoff} of back-off if others are in line.",
            room=room, node=args["node"], tries=_tries(t, args["tried"]), backoff=duration(t, args["backoff_s"]),
        )  # fmt: skip
    if args["taint"]:
        return t("Tolerate {taint}, or take the taint off, and it fits.", taint=args["taint"])
    if args["label"]:
        return t("Put the label {label} on {node} and it fits.", label=_label(args["label"]), node=args["label_on"])
    return t(
        "No single change would do: every machine refuses for more than one reason, or for one that room does not cure."
    )


def _tries(t: Texts, count: int) -> str:
    return t("once") if count == 1 else t("{count} times", count=f"{count:,}")


def _there(t: Texts, facts: Facts, code: str, args: Args) -> str:
    task = facts.name
    match code:
        case "bound-by-controller":
            return t("{task} is on {node}: it was made for this machine.", task=task, node=args["node"])
        case "promised":
            return t(
                "{task} is on {node} because the node was promised to it: {victims} had to make room, since its "
                "priority is higher.",
                task=task, node=args["node"], victims=few(t, [one.name for one in args["victims"]]),
            )  # fmt: skip
        case "lower-priority":
            return t("With no higher priority than theirs it would have had to wait for room.")
        case "only-one":
            return t(
                "{task} is on {node} because no other machine would do: {groups}.",
                task=task, node=args["node"], groups=groups(t, args["groups"], args["all"], args["attempt"]),
            )  # fmt: skip
        case "tie":
            return t(
                "{task} is on {node} by lot: {ties} machines scored alike ({total}), better than any other of the "
                "{feasible} that would do.",
                task=task, **{name: args[name] for name in ("node", "ties", "total", "feasible")},
            ) if args["ties"] < args["feasible"] else t(
                "{task} is on {node} by lot: all {ties} machines that would do scored alike ({total}).",
                task=task, **{name: args[name] for name in ("node", "ties", "total")},
            )  # fmt: skip
        case "lot":
            return t("Another seed may draw another of them; a preference (affinity) would decide it.")
        case "best":
            return t(
                "{task} is on {node}: it scored {total}, {second} next to it {second_total}; {plugin} counted most "
                "(+{gap}).",
                task=task,
                **{name: args[name] for name in ("node", "total", "second", "second_total", "plugin", "gap")},
            )
        case "without-other":
            return t("Without {plugin} it would have gone to {other}.", plugin=args["plugin"], other=args["other"])
        case "without-same":
            return t("Even without {plugin} it would have gone there.", plugin=args["plugin"])
        case _:
            return ""


def table(t: Texts, facts: Facts) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the machines at the last attempt: alike ones in one row, the best, or those nearest to fitting, first."""
    if not facts.attempts:
        return (), []
    last = facts.attempts[-1]
    if last.best:
        plugins = sorted({plugin for one in last.nodes for plugin in one.scores if len({
            other.scores.get(plugin) for other in last.nodes if not other.refusals}) > 1})  # fmt: skip
        chosen = str(facts.row["node"])
        graded: dict[tuple[str, ...], list[str]] = {}
        for one in sorted(last.nodes, key=lambda one: (one.node != chosen, -one.total)):
            if not one.refusals:
                own = ("*",) if one.node == chosen else ()
                cells = (str(one.total), *(str(one.scores.get(plugin, 0)) for plugin in plugins), *own)
                graded.setdefault(cells, []).append(one.node)
        width = 1 + len(plugins)
        rows = [(few(t, nodes), *cells[:width]) for cells, nodes in graded.items()]
        return (t("Machine"), t("Score"), *plugins), rows
    alike: dict[tuple[str, str, str], list[str]] = {}
    for one in sorted(last.nodes, key=lambda one: sum(one.lacks.values())):
        why = t.listed(*dict.fromkeys(verbatim(t, reason) for _, reason in one.refusals))
        filters = t.listed(*dict.fromkeys(plugin for plugin, _ in one.refusals))
        alike.setdefault((filters, why, amounts(t, one.lacks)), []).append(one.node)
    rows = [(few(t, nodes), *cells) for cells, nodes in alike.items()]
    return (t("Machine"), t("Filter"), t("Reason"), t("Lacks")), rows
