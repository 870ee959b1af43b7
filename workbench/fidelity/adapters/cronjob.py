"""Rows about CronJobs, put to `controllers.cronjob_schedule`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.engines.kubernetes.controllers.cronjob_schedule import most_recent_schedule_time, next_schedule_time
from workbench.fidelity.adapters.comparing import Unsupported, differences, known_only
from workbench.fidelity.records import Case
from workbench.model.native.kubernetes.cron import parse_schedule

Given = Mapping[str, Any]


def difference(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    answer = _ANSWERS.get(case.group)
    if answer is None:
        raise Unsupported(f"no function {case.group!r}")
    return differences(case.document["expect"], answer(case.document["input"]))


def _next(given: Given) -> Given:
    known = {"schedule", "creationTimestamp", "lastScheduleTime", "now", "startingDeadlineSeconds"}
    known_only(given, frozenset(known))
    last = given["lastScheduleTime"]
    try:
        start = next_schedule_time(
            parse_schedule(given["schedule"]), _time(given["creationTimestamp"]), None if last is None else _time(last),
            _time(given["now"]), given["startingDeadlineSeconds"],
        ).start  # fmt: skip
    except ValueError:
        return {"error": True}
    text = None if start is None else start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"error": False, "nextStart": text, "someTimeExpected": start is not None}


def _recent(given: Given) -> Given:
    known = {
        "schedule", "createdSeconds", "lastScheduleSeconds", "nowSeconds", "startingDeadlineSeconds",
        "applyStartingDeadline", "epoch",
    }  # fmt: skip
    known_only(given, frozenset(known))
    epoch, last = _time(given["epoch"]), given["lastScheduleSeconds"]
    try:
        found = most_recent_schedule_time(
            parse_schedule(given["schedule"]),
            epoch + timedelta(seconds=given["createdSeconds"]),
            None if last is None else epoch + timedelta(seconds=last),
            epoch + timedelta(seconds=given["nowSeconds"]),
            given["startingDeadlineSeconds"] if given["applyStartingDeadline"] else None,
        )
    except ValueError:
        return {"error": True}
    return {
        "error": False,
        "earliestSeconds": _seconds(found.earliest - epoch),
        "recentSeconds": None if found.start is None else _seconds(found.start - epoch),
        "missed": found.missed,
    }


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _seconds(span: timedelta) -> int:
    return round(span.total_seconds())


_ANSWERS: Mapping[str, Callable[[Given], Given]] = {"nextScheduleTime": _next, "mostRecentScheduleTime": _recent}
"""Function of upstream -> what answers in its place."""
