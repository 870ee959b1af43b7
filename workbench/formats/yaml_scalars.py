"""What an unquoted YAML scalar stands for.

Read as Kubernetes reads it, which is YAML 1.1: `yes` and `on` are true, 0644 is octal, 1e3 is a number. Where
YAML 1.1 reads something that the writer hardly meant (a date, 12:30:45, 1_000), a `Trap` comes back, and whoever asked
can have the file mended. Only a complete timestamp such as 2016-05-06T19:25:10Z stays text: exports of old clusters
print it without quotes.

Source: yaml.org/type, the int, float, bool, null and timestamp types of YAML 1.1; exponents without a sign as in
go-yaml, the library Kubernetes uses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

MAX_DIGITS = 64
"""Digits of a whole number that are read; a longer one is no amount of anything."""


ZERO, BEYOND, ENDLESS = "number with a leading zero", "number beyond all bounds", "number without a value"
LONG, SPACED, SIXTY, DATE = "number too long for an amount", "number", "number in base 60", "date"
BOOLEAN, NULL, MAPPING, LIST = "boolean", "null", "mapping", "list"
KINDS = (ZERO, BEYOND, ENDLESS, LONG, SPACED, SIXTY, DATE, BOOLEAN, NULL, MAPPING, LIST)
"""What messages call a value that is not text, in English."""


class Trap(str):
    """A text that YAML 1.1 reads as something its writer hardly meant: a `kind` of number, or a date."""

    kind: str

    def __new__(cls, text: str, kind: str) -> Trap:
        """Return `text`, marked."""
        made = super().__new__(cls, text)
        made.kind = kind
        return made


WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
"""Words that are not text."""


def whole(text: str, base: int = 10) -> int | Trap:
    """Return the whole number that `text` writes in `base`."""
    return int(text, base) if len(text) <= MAX_DIGITS else Trap(text, LONG)


def fraction(text: str) -> float | Trap:
    """Return the number that `text` writes in decimal notation."""
    value = float(text)
    return value if abs(value) != float("inf") else Trap(text, BEYOND)


def _trap(kind: str) -> Callable[[str], Trap]:
    return lambda text: Trap(text, kind)


_FORMS: tuple[tuple[str, Callable[[str], Any]], ...] = (
    (r"[-+]?(0|[1-9][0-9]*)", whole),
    (r"[-+]?0o?[0-7]+", lambda text: whole(text.replace("o", ""), 8)),
    (r"[-+]?0x[0-9a-fA-F]+", lambda text: whole(text, 16)),
    (r"[-+]?0b[01]+", lambda text: whole(text, 2)),
    (r"[-+]?0[0-9]+", _trap(ZERO)),
    (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", fraction),
    (r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", _trap(ENDLESS)),
    (r"[-+]?(?=\d*_)[0-9][0-9_]*(\.[0-9_]*([eE][-+][0-9]+)?)?|[-+]?0[xb][0-9a-fA-F_]+", _trap(SPACED)),
    (r"[-+]?([1-9][0-9_]*(:[0-5]?[0-9])+|[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*)", _trap(SIXTY)),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", str),
    (r"\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?([Tt]|[ \t]+)\d\d?:\d\d:\d\d.*", _trap(DATE)),
)
_COMPILED = tuple((re.compile(form), made) for form, made in _FORMS)


def plain(text: str) -> Any:
    """Return null, true or false, a number, a `Trap`, or the text itself."""
    if text in WORDS:
        return WORDS[text]
    if text[0] in "+-.0123456789":
        for form, made in _COMPILED:
            if form.fullmatch(text):
                return made(text)
    return text


def kind_of(value: Any) -> str:
    """Return what a value that is not text is, in a word of `KINDS`."""
    if isinstance(value, Trap):
        return value.kind
    if value is None:
        return NULL
    return {bool: BOOLEAN, int: SPACED, float: SPACED, dict: MAPPING, list: LIST}[type(value)]
