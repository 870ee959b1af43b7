"""What is said of a pod or task that has not been made yet, or has ended."""

from __future__ import annotations

from typing import Any

from workbench.experiments.explain import Cause, Facts
from workbench.model.clock import NEVER, to_seconds
from workbench.model.reasons import REASONS
from workbench.views.amounts import control_plane, duration
from workbench.views.explaining.words import clock, waited
from workbench.views.i18n import Texts

WITH_AGENT = ("agent-disconnected", "agent-replaced", "machine-down", "executor-silent", "agent-away")
"""Reasons for the end of a task on Mesos that lie with its agent."""


def said(t: Texts, facts: Facts, cause: Cause) -> str:
    """Return the sentence of a cause or a cure; empty where there is nothing to say."""
    args: dict[str, Any] = {**cause.args, "task": facts.name, "time": clock(t, facts.since_us)}
    args["waited"] = waited(t, facts)
    args["side"] = control_plane(t, facts.side)
    match cause.code:
        case "not-wanted-yet":
            return t("{task} is not wanted yet: it comes at {time}.", **args)
        case "unnoticed" | "tolerated" | "noticed" | "noticed-bound":
            return _replacement(t, cause.code, args)
        case "stopped-before":
            return t("{task} is to replace {before}, which was stopped on {node} at {time}, {waited} ago.", **args)
        case "quota":
            return t("{task} has not been made for {waited}: the quota of its team is used up.",
                     **args)  # fmt: skip
        case "parallelism":
            return t(
                "{task} has not been made yet: its job runs {most} tasks at a time, and others came first.", **args
            )
        case "suspended":
            return t("{task} has not been made yet: its job is suspended.", **args)
        case "resume":
            return t("It goes on once somebody resumes the job.")
        case "in-order":
            return t("{task} has not been made yet: a StatefulSet makes its pods one after another, each when the one "
                     "before is ready.", **args)  # fmt: skip
        case "rollout":
            return t("{task} belongs to the version asked for at {time}: a rolling update makes it once enough of the "
                     "others are ready.", **args)  # fmt: skip
        case "not-made":
            return t("{task} was asked for at {time} and has not been made in the {waited} since.", **args)
        case "ended":
            return _ended(t, facts)
        case _:
            return _cure(t, cause.code, {**args, "mesos": facts.mesos})


def _replacement(t: Texts, code: str, args: dict[str, Any]) -> str:
    if code == "unnoticed":
        return t(
            "{task} is to replace {before}, lost with {node} at {time}; {side} has not noticed in {waited}.", **args
        )
    args["after"] = duration(t, to_seconds(args["noticed_us"] - args["lost_us"]))
    if code == "noticed-bound":
        return t(
            "{task} is to replace {before}, lost with {node} at {time}: that was noticed after {after}, but it keeps "
            "its place for its data.",
            **args,
        )
    if code == "tolerated":
        return t(
            "{task} is to replace {before}, lost with {node} at {time}: that was noticed after {after}, but the old "
            "pod stays bound to the lost machine.",
            **args,
        )
    return t("{task} is to replace {before}, lost with {node} at {time}: that is noticed only after {after}.", **args)


def _cure(t: Texts, code: str, args: dict[str, Any]) -> str:
    match code:
        case "tolerate-shorter":
            return t(
                "Pods tolerate a lost machine for {stay} before they are replaced; a shorter toleration would bring it "
                "sooner.",
                stay=duration(t, args["stay_s"]),
            )  # fmt: skip
        case "new-master":
            return t(
                "A new master does not ping at first: it gives agents {stay} to come back before it takes them for "
                "lost.",
                stay=duration(t, args["stay_s"]),
            )
        case "person-sooner":
            return t(
                "No second one may start while the first could still run: until the machine is back, or a person gives "
                "it up. Sooner done, it would come sooner."
            )
        case "ping-faster":
            return t(
                "A machine is given up after {count} unanswered pings, one every {every}; fewer, or faster ones, would "
                "bring it sooner.",
                count=args["count"], every=duration(t, args["every_s"]),
            )  # fmt: skip
        case "scheduler-away" | "control-plane-away":
            return _away(t, code, args)
        case "quota-wider":
            return t("It is made when one of the team's pods ends, or with a wider quota; its controller tries again, "
                     "ever more rarely.")  # fmt: skip
        case "further-ahead":
            return _further_ahead(t, on_mesos=args["mesos"])
        case "more-parallel":
            return t("A higher parallelism would bring it sooner, if there is room.")
        case "all-at-once":
            return t("With podManagementPolicy set to Parallel, all pods are made at once.")
        case _:
            return ""


def _away(t: Texts, code: str, args: dict[str, Any]) -> str:
    """Return that whoever places tasks was away, and until when."""
    lost = clock(t, args["lost_us"])
    if code == "scheduler-away":
        if args["back_us"] is None:
            return t("The process that places it was lost at {lost} and does not come back.", lost=lost)
        return t("The process that places it was lost at {lost} and is back at {back}; nothing is made meanwhile.",
                 lost=lost, back=clock(t, args["back_us"]))  # fmt: skip
    if args["back_us"] is None:
        return t("The control plane lost members at {lost}, for good; nothing is made until others take over.",
                 lost=lost)  # fmt: skip
    return t("The control plane lost members at {lost}, until {back}; nothing is made until somebody leads.",
             lost=lost, back=clock(t, args["back_us"]))  # fmt: skip


def _further_ahead(t: Texts, *, on_mesos: bool) -> str:
    if on_mesos:
        return t("Instances that are ready sooner, a larger maximumOverCapacity or a smaller minimumHealthCapacity "
                 "would bring it sooner.")  # fmt: skip
    return t("Pods that are ready sooner, or a larger maxSurge or maxUnavailable, would bring it sooner.")


def _ended(t: Texts, facts: Facts) -> str:
    row = facts.row
    how = (
        _displaced(t, facts)
        or _gone_with_agent(t, facts)
        or {
            "finished": t("it had done its work"),
            "killed": t("it was told to stop"),
            "lost": t("its machine was lost"),
            "failed": t("it failed"),
        }.get(row["outcome"], t("it stopped"))
    )
    if row["started_us"] == NEVER:
        return t(
            "{task} ended at {time} without having run: {how}.",
            task=facts.name, time=clock(t, row["ended_us"]), how=how,
        )  # fmt: skip
    return t(
        "{task} ended at {time} on {node}, after running for {ran}: {how}.",
        task=facts.name, time=clock(t, row["ended_us"]), node=row["node"],
        ran=duration(t, to_seconds(row["ended_us"] - row["started_us"])), how=how,
    )  # fmt: skip


def _gone_with_agent(t: Texts, facts: Facts) -> str:
    """Return what became of the agent of a task that ended with it; empty if it did not."""
    events = facts.trace["events"]
    columns = (events[name] for name in ("kind", "subject", "reason"))
    for kind, one, reason in zip(*columns, strict=True):
        if one == facts.name and kind in ("task-lost", "executor-ended") and reason in WITH_AGENT:
            return t.template(REASONS[reason])
    return ""


def _displaced(t: Texts, facts: Facts) -> str:
    """Return for whom a pod had to make room; empty if for nobody."""
    events = facts.trace["events"]
    columns = (events[name] for name in ("kind", "subject", "detail"))
    other = next((who for kind, one, who in zip(*columns, strict=True) if (kind, one) == ("Preempted", facts.name)), "")
    return t("it made room for {other}, whose priority is higher", other=other) if other else ""
