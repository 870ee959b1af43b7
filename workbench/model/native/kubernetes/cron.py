"""Schedules as CronJobs write them: ``30 6-16/4 * * 1-5``, ``@hourly``, ``@every 1h30m``.

Source: robfig/cron v3, parser.go and spec.go (ParseStandard), which Kubernetes uses.
Left out: time zones (``TZ=`` in the text, ``timeZone`` beside it): every schedule is in UTC, which has no summer time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

YEARS = 5
"""A schedule that has no time in so many years has none at all."""

MACROS: Mapping[str, str] = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 0.000_001, "µs": 0.000_001, "ns": 0.000_000_001}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|h|m|s)")


class Field(NamedTuple):
    """One of the five fields: its bounds, and names for its values."""

    name: str
    low: int
    high: int
    names: Mapping[str, int]


FIELDS = (
    Field("minute", 0, 59, {}),
    Field("hour", 0, 23, {}),
    Field("day of month", 1, 31, {}),
    Field("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, start=1)}),
    Field("day of week", 0, 6, {name: number for number, name in enumerate(_DAYS)}),
)


@dataclass(frozen=True)
class Every:
    """``@every``: so long after the last time, whole seconds, one at least."""

    delay: timedelta

    def next(self, after: datetime) -> datetime | None:
        """Return the first time after `after`; fractions of a second are dropped."""
        return after.replace(microsecond=0) + self.delay


@dataclass(frozen=True)
class Clock:
    """Five fields. `any_day`: one of the two day fields is open, so that both must hold; otherwise one suffices."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool

    def next(self, after: datetime) -> datetime | None:
        """Return the first time after `after`, None if there is none in five years."""
        start = after.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        day = start.replace(hour=0, minute=0)
        while day.year <= start.year + YEARS:
            if self._holds(day):
                first = (start.hour, start.minute) if day.date() == start.date() else (0, 0)
                times = ((hour, minute) for hour in self.hours for minute in self.minutes)
                found = next((one for one in times if one >= first), None)
                if found is not None:
                    return day.replace(hour=found[0], minute=found[1])
            day += timedelta(days=1)
        return None

    def _holds(self, day: datetime) -> bool:
        if day.month not in self.months:
            return False
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (of_month and of_week) if self.any_day else (of_month or of_week)


Schedule = Every | Clock


def parse_schedule(text: str) -> Schedule:
    """Return the schedule that a text means.

    Raises
    ------
    ValueError
        Saying what is wrong with it.
    """
    text = text.strip()
    if text.startswith("@every "):
        return Every(_delay(text.removeprefix("@every ").strip()))
    parts = MACROS.get(text, text).split()
    if len(parts) != len(FIELDS):
        raise ValueError(f"{len(parts)} fields, 5 needed: minute, hour, day of month, month, day of week")
    values = [_values(part, field) for part, field in zip(parts, FIELDS, strict=True)]
    minutes, hours, days, months, weekdays = (frozenset(one) for one, _ in values)
    any_day = values[2][1] or values[4][1]
    return Clock(tuple(sorted(minutes)), tuple(sorted(hours)), days, months, weekdays, any_day)


def _delay(text: str) -> timedelta:
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"no duration: {text}")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return timedelta(seconds=max(1, int(seconds)))


def _values(text: str, field: Field) -> tuple[set[int], bool]:
    """Return the values of one field, and whether it is open (``*`` or ``?`` without a step)."""
    found: set[int] = set()
    is_open = False
    for part in text.split(","):
        span, _, step_text = part.partition("/")
        step = _number(step_text, field, {}) if step_text or part.endswith("/") else 1
        if step < 1:
            raise ValueError(f"{field.name}: a step of {step}")
        low, high = _span(span, field, stepped="/" in part)
        is_open = is_open or (span in ("*", "?") and step == 1)
        found.update(range(low, high + 1, step))
    return found, is_open


def _span(span: str, field: Field, *, stepped: bool) -> tuple[int, int]:
    """Return the ends of ``*``, ``a``, ``a-b``; ``a`` with a step goes on to the end."""
    if span in ("*", "?"):
        return field.low, field.high
    first, dash, last = span.partition("-")
    low = _number(first, field, field.names)
    high = _number(last, field, field.names) if dash else field.high if stepped else low
    if not field.low <= low <= high <= field.high:
        raise ValueError(f"{field.name}: {span} is not within {field.low}-{field.high}")
    return low, high


def _number(text: str, field: Field, names: Mapping[str, int]) -> int:
    known = names.get(text.lower())
    if known is not None:
        return known
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{field.name}: {text} is no number")
    return int(text)
