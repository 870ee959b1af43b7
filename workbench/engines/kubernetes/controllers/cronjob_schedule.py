"""Which start of a CronJob is due now: the most recent one that was missed, and no other.

Source: kubernetes, pkg/controller/cronjob/utils.go, mostRecentScheduleTime and nextScheduleTime (version 1.34).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from workbench.model.native.kubernetes.cron import Schedule

MANY = 100
"""More missed starts than this are worth a warning."""

Missed = Literal["none", "few", "many"]


class Recent(NamedTuple):
    """Since when was looked back, the most recent start that is due (None if none is), how many were missed."""

    earliest: datetime
    start: datetime | None
    missed: Missed


def most_recent_schedule_time(
    schedule: Schedule,
    created: datetime,
    last: datetime | None,
    now: datetime,
    deadline_s: int | None = None,
) -> Recent:
    """Return the most recent start up to `now`.

    Missed starts are counted by the distance of the first two, which is right for regular schedules; for others the
    search starts one such distance earlier.

    Parameters
    ----------
    created, last : datetime
        When the CronJob was made, and its last scheduled start.
    deadline_s : int or None
        startingDeadlineSeconds, where it bounds how far back is looked.

    Raises
    ------
    ValueError
        When the schedule never comes (31 February).
    """
    earliest = created if last is None else last
    if deadline_s is not None:
        earliest = max(earliest, now - timedelta(seconds=deadline_s))
    first = schedule.next(earliest)
    second = None if first is None else schedule.next(first)
    if first is None or second is None:
        raise ValueError("the schedule never comes")
    if now < first:
        return Recent(earliest, None, "none")
    if now < second:
        return Recent(earliest, first, "none")
    apart_s = round((second - first).total_seconds())
    if apart_s < 1:
        raise ValueError("two starts are less than a second apart")
    missed = int((now - first).total_seconds()) // apart_s + 1
    start: datetime | None = None
    following = schedule.next(first + timedelta(seconds=(missed - 2) * apart_s))
    while following is not None and following <= now:
        start, following = following, schedule.next(following)
    return Recent(earliest, start, "many" if missed > MANY else "few")


def next_schedule_time(
    schedule: Schedule, created: datetime, last: datetime | None, now: datetime, deadline_s: int | None
) -> Recent:
    """Return the one start to perform now, looking no further back than the deadline."""
    return most_recent_schedule_time(schedule, created, last, now, deadline_s)


def next_schedule_delay(schedule: Schedule, created: datetime, last: datetime | None, now: datetime) -> timedelta:
    """Return how long until the CronJob must be looked at again: at its next start, and a tenth of a second more."""
    try:
        recent = most_recent_schedule_time(schedule, created, last, now)
    except ValueError:
        after = now
    else:
        after = recent.earliest if recent.start is None else recent.start
    following = schedule.next(after)
    if following is None:
        raise ValueError("the schedule never comes")
    return following - now + NEXT_SCHEDULE_DELTA


NEXT_SCHEDULE_DELTA = timedelta(milliseconds=100)
"""Added so that a sync does not come a moment before its start (nextScheduleDelta)."""
