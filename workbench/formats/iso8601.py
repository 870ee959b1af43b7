"""Repeating intervals as Chronos writes them, ISO 8601: ``R3/2026-01-05T02:00:00Z/PT1H``, ``R//PT10M``.

The run begins at midnight of the Monday 2026-01-05, UTC; a start that is left out is the beginning of the run.

Source: chronos docs/docs/api.md (schedule).
Left out: time zones other than UTC; periods of months and years, whose length is not fixed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from workbench.errors import InputError, Problem
from workbench.formats.places import shown
from workbench.model.batch_work import Schedule

MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)
"""What a clock on the wall says at time zero of a run."""

_FORM = re.compile(r"R(\d*)/([^/]*)/P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_MICROSECOND = timedelta(microseconds=1)


def parse_repeats(text: str, place: str = "") -> Schedule:
    """Return the schedule that a repeating interval stands for.

    ``R5`` means five starts, as Chronos counts; ``R`` without a number means without end.

    Raises
    ------
    InputError
        It is no repeating interval, or begins before the run, or repeats after no time.
    """
    found = _FORM.fullmatch(text.strip())
    first = None if found is None else _start_us(found[2])
    if found is None or first is None:
        raise InputError(Problem("bad-repeats", place, {"value": shown(text)}))
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[2:])
    try:
        period = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError as error:
        raise InputError(Problem("bad-repeats", place, {"value": shown(text)})) from error
    times = int(found[1]) if found[1] else None
    if not period and times != 1:
        raise InputError(Problem("bad-repeats", place, {"value": shown(text)}))
    return Schedule(first, period // _MICROSECOND, times)


def _start_us(text: str) -> int | None:
    """Return when the first start is due; None if that is no time, or one before the run."""
    if not text:
        return 0
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        return None
    at_us = ((start if start.tzinfo else start.replace(tzinfo=UTC)) - MIDNIGHT) // _MICROSECOND
    return at_us if at_us >= 0 else None
