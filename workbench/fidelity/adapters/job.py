"""Rows about Jobs, put to `controllers.job_indexes`, `controllers.job_backoff` and `controllers.ttl_after_finished`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from workbench.engines.kubernetes.controllers import job_indexes as indexes
from workbench.engines.kubernetes.controllers.deletion_ranking import RankedPod
from workbench.engines.kubernetes.controllers.job_backoff import (
    BackoffRecord,
    finished_us,
    new_backoff_record,
    remaining_us,
)
from workbench.engines.kubernetes.controllers.ttl_after_finished import time_left_us
from workbench.fidelity.adapters.comparing import Unsupported, differences, known_only
from workbench.fidelity.records import Case
from workbench.model.clock import NEVER, SECOND_US

Given = Mapping[str, Any]

MOMENT_US = 1_000 * SECOND_US
"""The instant that rows count from, on the model's axis, where nothing is before zero."""

MILLI_US = 1_000


def difference(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    answer = _ANSWERS.get(case.group)
    if answer is None:
        raise Unsupported(f"no function {case.group!r}")
    expected = case.document["expect"]
    if case.group == "appendDuplicatedIndexPodsForRemoval":
        expected = {name: _in_order(pods) for name, pods in expected.items()}
    return differences(expected, answer(case.document["input"]))


def _succeeded_indexes(given: Given) -> Given:
    known_only(given, frozenset({"previousCompletedIndexes", "pods", "completions", "trackingWithFinalizers"}))
    before = indexes.parse_indexes(given["previousCompletedIndexes"], given["completions"])
    succeeded = (indexes.completion_index(one["index"]) for one in given["pods"] if one["phase"] == "Succeeded")
    done = indexes.calculate_succeeded_indexes(before, succeeded, given["completions"])
    return {"completedIntervals": _listed(done), "intervalsAlreadyInStatus": _listed(before)}


def _first_pending(given: Given) -> Given:
    active = (indexes.completion_index(one["index"]) for one in given["activePods"])
    done = _intervals(given["succeeded"])
    return {"indexes": indexes.first_pending_indexes(given["count"], given["completions"], active, done)}


def _duplicates(given: Given) -> Given:
    keep, remove = indexes.duplicated_index_pods_for_removal(
        given["pods"], given["completions"], lambda pod: indexes.completion_index(pod["index"]), _ranked
    )
    return {"keep": _in_order(keep), "remove": _in_order(remove)}


def _ranked(pod: Given) -> RankedPod:
    return RankedPod(assigned=False, phase=pod["phase"], ready=False, rank=0)


def _in_order(pods: Iterable[Given]) -> list[Given]:
    return sorted(pods, key=lambda pod: (pod["index"], pod["phase"]))


def _has(given: Given) -> Given:
    return {"has": indexes.has(_intervals(given["intervals"]), given["index"])}


def _record(given: Given) -> Given:
    stored = given["storedFailuresAfterLastSuccess"]
    if stored:
        raise Unsupported("a stored record without the time of its last failure")
    record = new_backoff_record(
        BackoffRecord(),
        [MOMENT_US + at * MILLI_US for at in given["succeededAtMs"]],
        [MOMENT_US + at * MILLI_US for at in given["failedAtMs"]],
    )
    last = record.last_failure_us
    return {
        "failuresAfterLastSuccess": record.failures,
        "lastFailureAtMs": None if last == NEVER else (last - MOMENT_US) // MILLI_US,
    }


def _remaining(given: Given) -> Given:
    left = remaining_us(
        given["failuresAfterLastSuccess"], (given["secondsSinceLastFailure"] or 0) * SECOND_US,
        given["defaultBackoffSeconds"] * SECOND_US, given["maxBackoffSeconds"] * SECOND_US,
    )  # fmt: skip
    return {"remainingSeconds": left // SECOND_US}


def _finished(given: Given) -> Given:
    known = {
        "containers", "sidecars", "deletionTimestamp", "deletionGracePeriodSeconds", "readyCondition",
        "readyTransition", "creationTimestamp",
    }  # fmt: skip
    known_only(given, frozenset(known))
    states = (*given.get("containers", ()), *given.get("sidecars", ()))
    at = finished_us(
        [_end(state) for state in states],
        not_ready_since_us=_moment(given.get("readyTransition")) if given.get("readyCondition") == "False" else None,
        deletion_us=_moment(given.get("deletionTimestamp")),
        grace_us=given.get("deletionGracePeriodSeconds", 0) * SECOND_US,
        created_us=_moment(given.get("creationTimestamp")) or 0,
    )
    return {"finishedAtSeconds": (at - MOMENT_US) // SECOND_US}


def _end(state: str) -> int | None:
    """``T(-1)`` ended at -1 s; ``T0`` ended nobody knows when; ``R`` runs."""
    return _moment(int(state[2:-1])) if state.startswith("T(") else None


def _moment(seconds: int | None) -> int | None:
    return None if seconds is None else MOMENT_US + seconds * SECOND_US


def _time_left(given: Given) -> Given:
    ago, ttl = given["finishedSecondsAgo"], given["ttlSecondsAfterFinished"]
    finished = NEVER if ago is None else MOMENT_US - ago * SECOND_US
    try:
        left = time_left_us(finished, None if ttl is None else ttl * SECOND_US, MOMENT_US)
    except ValueError:
        return {"error": True, "timeLeftSeconds": None}
    return {"error": False, "timeLeftSeconds": left // SECOND_US}


def _intervals(pairs: Sequence[Sequence[int]]) -> indexes.Intervals:
    return tuple((low, high) for low, high in pairs)


def _listed(intervals: indexes.Intervals) -> list[list[int]]:
    return [[low, high] for low, high in intervals]


_ANSWERS: Mapping[str, Callable[[Given], Given]] = {
    "calculateSucceededIndexes": _succeeded_indexes,
    "firstPendingIndexes": _first_pending,
    "appendDuplicatedIndexPodsForRemoval": _duplicates,
    "orderedIntervals.has": _has,
    "newBackoffRecord": _record,
    "getRemainingTime": _remaining,
    "getFinishedTime": _finished,
    "timeLeft": _time_left,
}
"""Function of upstream -> what answers in its place."""
