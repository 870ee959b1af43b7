"""Time: integer microseconds inside, seconds in parameters and reports, one conversion between them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from math import floor

SECOND_US = 1_000_000
"""Microseconds in a second."""

NEVER = -1
"""In a time column of a trace: this has not happened."""


def to_us(seconds: float | Decimal) -> int:
    """Return `seconds` as whole microseconds, halves rounded up (away from zero for negative values)."""
    if isinstance(seconds, Decimal):
        return int((seconds * SECOND_US).to_integral_value(ROUND_HALF_UP))
    micros = seconds * SECOND_US
    return floor(micros + 0.5) if micros >= 0 else -floor(-micros + 0.5)


def to_seconds(micros: int) -> float:
    """Return microseconds as seconds."""
    return micros / SECOND_US
