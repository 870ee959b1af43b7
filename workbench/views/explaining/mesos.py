"""What the explanation of a Mesos task says: the sentences, and the table of frameworks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.experiments.explain import Cause, Facts
from workbench.experiments.explain_mesos import Neighbour, neighbours
from workbench.model.clock import to_seconds
from workbench.views.amounts import duration
from workbench.views.explaining import frameworks
from workbench.views.explaining.words import amount, amounts, clock, few
from workbench.views.i18n import Texts
from workbench.views.report.decisions import said as reason_said


def said(t: Texts, facts: Facts, cause: Cause) -> str:
    """Return the sentence of a cause or a cure."""
    args: dict[str, Any] = {**cause.args, "task": facts.name}
    own = frameworks.said(t, cause.code, args)
    if own:
        return own
    match cause.code:
        case "asked-first" | "held" | "declined" | "unsuitable" | "unoffered":
            return _with_room(t, facts, cause.code, args)
        case "no-master" | "agents-awaited" | "elect" | "await-fewer" | "offer-less":
            return _no_offers(t, cause.code, args)
        case "full" | "limit" | "headroom" | "silent" | "next-round" | "no-agents" | "offer-taken":
            return _without_room(t, facts, cause.code, args)
        case _:
            return _cure(t, facts, cause.code, args)


def _since(t: Texts, facts: Facts, since_us: int) -> str:
    return duration(t, to_seconds(facts.at_us + 1 - since_us))


def _with_room(t: Texts, facts: Facts, code: str, args: dict[str, Any]) -> str:
    if code == "asked-first":
        several = args["neighbours"] != 1
        if not several:
            args["other"] = next(iter(args["names"]))
            return t(
                "{task} waits, though {fit} of {all} machines have room: {other} had no larger share and was asked "
                "first.",
                **args,
            )
        if args["idle"]:
            return t(
                "{task} waits, though {fit} of {all} machines have room: {neighbours} idle frameworks had a smaller "
                "share and were asked first.",
                **args,
            )
        return t(
            "{task} waits, though {fit} of {all} machines have room: {neighbours} frameworks had no larger share and "
            "were asked first.",
            **args,
        )
    if code == "held":
        return t(
            "{task} waits, though {fit} of {all} machines have room: {count} of these are held by {holder}, which has "
            "been thinking about them for {time}.",
            time=_since(t, facts, args["since_us"]), **args,
        )  # fmt: skip
    if code == "declined":
        return t(
            "{task} waits, though {fit} of {all} machines have room: its own framework, {framework}, refused {count} "
            "of them lately and is not offered these again before {until}.",
            until=clock(t, args["until_us"]), **args,
        )  # fmt: skip
    if code == "unoffered":
        return t(
            "{task} waits, though {fit} of {all} machines have room: {count} of these are offered to nobody, for an "
            "offer has to hold at least {least}.",
            least=t(" or ").join(amounts(t, one) for one in args["enough"]), **args,
        )  # fmt: skip
    reasons = t.listed(
        *(t("{reason} ({count})", reason=reason_said(t, reason), count=f"{n:,}") for reason, n in args["reasons"])
    )
    return t(
        "{task} waits: its framework, {framework}, was made {offers} offers meanwhile and could use none of them for "
        "it: {why}.",
        why=reasons, **args,
    )  # fmt: skip


def _no_offers(t: Texts, code: str, args: dict[str, Any]) -> str:
    match code:
        case "no-master":
            return t("{task} waits: no master has led since {time}, so nobody makes offers.",
                     time=clock(t, args["since_us"]), **args)  # fmt: skip
        case "offer-less":
            return t("With a smaller --min_allocatable_resources, or more left free there, it would be offered.")
        case "elect":
            return t("Offers are made again once another master leads.")
        case "agents-awaited":
            return t(
                "{task} waits: where quotas are set, a new master makes no offers before {percent} % of the agents are "
                "back.",
                percent=f"{100 * args['part']:.0f}", **args,
            )  # fmt: skip
        case _:
            return t(
                "It makes offers after {time} at the latest; having it wait for fewer agents, or less long, would "
                "bring them sooner.",
                time=duration(t, args["longest_s"]),
            )  # fmt: skip


def _without_room(t: Texts, facts: Facts, code: str, args: dict[str, Any]) -> str:
    asked = amounts(t, facts.request)
    match code:
        case "full":
            if args["ahead"]:
                return t(
                    "{task} waits: none of {all} machines has room for it ({asked}), and {ahead} of its app are ahead "
                    "of it.",
                    asked=asked, **args,
                )  # fmt: skip
            return t("{task} waits: none of {all} machines has room for it ({asked}).", asked=asked, **args)
        case "limit":
            return t(
                "{task} waits, though {fit} of {all} machines have room: its team has {used} of the {limit} that its "
                "quota allows.",
                **{**args, "used": amount(t, args["resource"], args["used"]),
                   "limit": amount(t, args["resource"], args["limit"])},
            )  # fmt: skip
        case "headroom" if not args["left"]:
            return t(
                "{task} waits, though {fit} of {all} machines have room: {held_back} are held back for guarantees not "
                "yet used, more than is free.",
                **{**args, "held_back": amount(t, args["resource"], args["held_back"])},
            )
        case "headroom":
            return t(
                "{task} waits, though {fit} of {all} machines have room: {held_back} are held back for guarantees not "
                "yet used, which leaves {left} for all others.",
                **{**args, "held_back": amount(t, args["resource"], args["held_back"]),
                   "left": amount(t, args["resource"], args["left"])},
            )  # fmt: skip
        case "silent":
            return t(
                "{task} waits, though {fit} of {all} machines have room: its framework, {framework}, asks for no "
                "offers at present.",
                **args,
            )
        case "no-agents":
            return t("{task} waits: no machine is registered.", **args)
        case "next-round":
            return t("{task} waits for the next round of offers; nobody is in its way.", **args)
        case _:
            return t(
                "{task} is on {node} because {framework} was offered this machine and {feasible} of the offers it "
                "looked at would do.",
                **args,
            )


def _cure(t: Texts, facts: Facts, code: str, args: dict[str, Any]) -> str:
    match code:
        case "refuse-longer" if 0 < args["refuse_s"] < args["needed_s"]:
            return t(
                "They refuse for {refuse} each, and one is asked in every round of {round}: so they are asked again "
                "before its turn comes. Refusals of {needed} or more, or neighbours that ask for nothing when idle, "
                "would let it through.",
                refuse=duration(t, args["refuse_s"]), round=duration(t, args["round_s"]),
                needed=duration(t, args["needed_s"]),
            )  # fmt: skip
        case "refuse-longer":
            return t("Its turn comes when those before it hold more, or ask for nothing.")
        case "answer-sooner":
            return t(
                "What is offered to one is offered to nobody else: a quicker answer of {holder}, or an offer timeout, "
                "would free them.",
                **args,
            )
        case "refuse-shorter" if args.get("refuse_s"):
            return t(
                "Refusing for less than {refuse}, or asking for offers again (revive), would bring them sooner.",
                refuse=duration(t, args["refuse_s"]),
            )
        case "suit":
            return t(
                "It needs {asked} in one offer, on a machine that its constraints allow; the largest offer had "
                "{largest}.",
                asked=amounts(t, facts.request), largest=amount(t, "cpu", args["largest"]),
            )  # fmt: skip
        case "free-room":
            return t(
                "Free {lacks} on {node} and it fits: no machine is nearer. Mesos takes nothing back from tasks that "
                "run.",
                lacks=amounts(t, args["lacks"]), node=args["node"],
            )  # fmt: skip
        case "higher-limit":
            return t("A higher limit, or the end of one of its team's tasks, would let it through.")
        case "less-guaranteed":
            return t("A smaller guarantee for the others, or a team that uses its guarantee up, would let it through.")
        case "ask":
            return t("It asks again (revive) when its delay after a failure is over.")
        case "shorter-rounds" | "refuse-shorter":
            return t("Rounds that follow each other faster would help.")
        case "offer-order":
            return t("Mesos weighs no machines: which one is offered first is drawn by lot in every round.")
        case _:
            return ""


def table(t: Texts, facts: Facts) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the frameworks in the order in which they are asked; idle ones alike in one row."""
    alike: dict[tuple[float, float, bool], list[Neighbour]] = {}
    for one in neighbours(facts):
        alike.setdefault((one.share, one.refuse_s, one.own), []).append(one)
    rows = [_row(t, group) for group in alike.values()]
    heads = (
        t("Asked in this order"),
        t("Dominant share"),
        t("Offers meanwhile"),
        t("Declined"),
        t("Holds now"),
        t("Refuses for"),
    )
    return heads, rows


def _row(t: Texts, group: Sequence[Neighbour]) -> tuple[str, ...]:
    """Return one row for frameworks alike, offers and refusals added up."""
    first, names = group[0], [one.name for one in group]
    declined, held = sum(one.declined for one in group), sum(one.held for one in group)
    return (
        few(t, names),
        t("{number} %", number=f"{100 * first.share:.3g}"),
        f"{sum(one.offers for one in group):,}",
        f"{declined:,}",
        f"{held:,}" if held else "",
        duration(t, first.refuse_s) if declined else "",
    )
