"""What the explanation of a task says of its own framework's reasons: Spark, MPI, Chronos, Hadoop."""

from __future__ import annotations

from typing import Any

from workbench.views.i18n import Texts


def said(t: Texts, code: str, args: dict[str, Any]) -> str:
    """Return the sentence of a cause or a cure; empty if it is not about a framework's own reasons."""
    if "parents" in args:
        args = {**args, "parents": t.listed(*args["parents"])}
    return _cause(t, code, args) or _cure(t, code)


def _cause(t: Texts, code: str, args: dict[str, Any]) -> str:
    match code:
        case "locality-wait":
            return t(
                "{task} waits for its data: what its application has still to read lies on none of the places it was "
                "shown last ({count}).",
                **args,
            )
        case "executors-busy":
            return t("{task} waits for a core of its own application: all executors are busy.", **args)
        case "no-executor":
            return t("{task} waits: none of its application's executors runs yet.", **args)
        case "cores-max":
            return t("{task} waits: its application has all the cores that it may have.", **args)
        case "gang-incomplete":
            return t(
                "{task} waits for the rest of its gang: {ranks} ranks start together or not at all, and what is kept "
                "for them is too little (offers: {count}).",
                **args,
            )
        case "slots-busy":
            return t("{task} waits for a slot: those of all TaskTrackers ({count}) are taken.", **args)
        case "slowstart":
            return t("{task} waits for {parents}: reduces get slots once enough of their maps are done.", **args)
        case "suspended":
            return t("{task} waits: its job is suspended, and nothing of it is started.", **args)
        case "parents-not-done":
            return t("{task} waits for {parents}: Chronos starts it when what it comes after is done.", **args)
        case _:
            return ""


def _cure(t: Texts, code: str) -> str:
    match code:
        case "cure-locality-wait":
            return t(
                "A shorter locality wait would let it read over the network; more copies of the data would bring a "
                "near place sooner.",
            )
        case "cure-executors-busy" | "cure-cores-max":
            return t("More cores for its application (*spark.cores_max*), or shorter tasks before it, would help.")
        case "cure-no-executor":
            return t("It starts as soon as an executor has registered.")
        case "cure-gang-incomplete":
            return t(
                "A smaller gang would fit sooner. Somebody else who keeps offers, or holds cores, has to give them "
                "back: an offer timeout, or mesos.mpi.give_back_s, sees to that."
            )
        case "cure-slots-busy" | "cure-slowstart":
            return t("More machines on offer mean more slots; a slot is free again when the task in it ends.")
        case "resume":
            return t("It goes on once somebody resumes the job.")
        case "parents":
            return t("It begins as soon as the last of them is done; no clock is asked.")
        case _:
            return ""
