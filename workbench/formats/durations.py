"""Durations as people write them, to whole microseconds and back: ``90s``, ``5min``, ``1h30min``, ``200ms``, ``12.5``.

A bare number is seconds. A unit stands for itself and follows its number; larger units come first, each at most once.
``m`` is a minute, as in Go and Kubernetes.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from workbench.errors import InputError, Problem
from workbench.formats.places import said, shown
from workbench.model.clock import SECOND_US

UNITS: dict[str, int] = {
    "d": 86_400 * SECOND_US,
    "h": 3_600 * SECOND_US,
    "min": 60 * SECOND_US,
    "s": SECOND_US,
    "ms": 1_000,
    "us": 1,
}
"""Unit -> microseconds, largest first."""

LONGEST_US = 36_525 * UNITS["d"]
"""A hundred years: more is a slip of the pen, and far from what 64 bits of microseconds hold."""

_SPELLINGS = {"d": "d", "h": "h", "m": "min", "min": "min", "s": "s", "ms": "ms", "us": "us", "µs": "us"}
_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_BARE = re.compile(rf"[+-]?{_NUMBER}(?:[eE][+-]?[0-9]{{1,3}})?")
_PART = re.compile(rf"({_NUMBER})\s*(min|ms|us|µs|d|h|m|s)\s*")


def parse_duration(value: object, place: str = "") -> int:
    """Return a duration in microseconds, fractions of one rounded half up.

    Parameters
    ----------
    value : str, int or float
        A text with units, or a number of seconds.
    place : str
        Where it stands, for the message.

    Raises
    ------
    InputError
        It is no duration, negative, or longer than a hundred years.
    """
    text = shown(str(value))
    micros = _micros(text) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    if micros is None:
        raise InputError(Problem("bad-duration", place, {"value": said(value)}))
    if micros < 0:
        raise InputError(Problem("negative", place, {"value": text}))
    if micros > LONGEST_US:
        raise InputError(Problem("too-long", place, {"value": text, "years": 100}))
    return int(micros.to_integral_value(ROUND_HALF_UP))


def _micros(text: str) -> Decimal | None:
    """Return microseconds, exactly; None for what is no duration."""
    text = text.strip()
    if _BARE.fullmatch(text):
        return Decimal(text) * SECOND_US
    unsigned = text[1:] if text[:1] in ("+", "-") else text
    total, at, left = Decimal(0), 0, list(UNITS)
    while at < len(unsigned):
        part = _PART.match(unsigned, at)
        unit = "" if part is None else _SPELLINGS[part[2]]
        if part is None or unit not in left:
            return None
        del left[: left.index(unit) + 1]
        total += Decimal(part[1]) * UNITS[unit]
        at = part.end()
    if not unsigned:
        return None
    return -total if text.startswith("-") else total


def format_duration(micros: int) -> str:
    """Return a duration in the shortest whole units, e.g. ``1h30min``, ``90s`` as ``1min30s``, ``0s``."""
    parts, left = [], micros
    for unit, size in UNITS.items():
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def not_after(key: str, value: int, other: str, bound: int, where: str) -> Problem:
    """Return the problem of a time that is too early."""
    args = {"key": key, "value": format_duration(value), "other": other, "bound": format_duration(bound)}
    return Problem("not-after", where, args)
