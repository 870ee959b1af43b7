"""Kubernetes quantities as texts: every notation read exactly, the canonical text written, amounts for people.

Source: kubernetes/apimachinery, pkg/api/resource (quantity.go, suffix.go), whose rules are followed: nothing finer
than a nano is kept (rounded away from zero), binary amounts end at 2**63 - 1, a binary amount below one turns
decimal. The grammar is the documented one: an amount without any digit, such as ``m``, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import Any

from workbench.errors import DocumentError, Problem
from workbench.formats.places import said
from workbench.model.native.kubernetes.quantity import (
    BINARY_SUFFIXES,
    DECIMAL_SUFFIXES,
    NANO,
    SUFFIX_OF_BITS,
    Format,
    Quantity,
    format_quantity,
)
from workbench.model.native.kubernetes.quantity import amounts as to_amounts
from workbench.model.resources import CPU

__all__ = ["format_amount", "format_quantity", "parse_quantity", "parse_resources", "to_amounts"]

LARGEST_BINARY = (2**63 - 1) * NANO
"""Where binary amounts end, in nano-units."""

LONGEST_TEXT = 300
LARGEST_EXPONENT = 300

_SHAPE = re.compile(
    r"(?P<sign>[+-]?)(?P<digits>[0-9]+\.?[0-9]*|\.[0-9]+)"
    r"(?:(?P<binary>[KMGTPE]i)|[eE](?P<exponent>[+-]?[0-9]+)|(?P<decimal>[numkMGTPE]?))"
)


def parse_quantity(value: str | int | float) -> Quantity:
    """Return the exact amount that a text or a bare number stands for.

    Raises
    ------
    DocumentError
        When it is not a quantity.
    """
    text = _as_text(value)
    try:
        return _parsed(text)
    except ValueError:
        raise DocumentError(Problem("bad-quantity", "", {"value": _short(text)})) from None


def _as_text(value: str | int | float) -> str:
    """Return a bare number the way upstream's YAML reader would hand it on: as its JSON text."""
    if isinstance(value, float) and isfinite(value):
        return format(Decimal(repr(value)), "f") if 1e-6 <= abs(value) < 1e21 else repr(value)
    return str(value)


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."


@lru_cache(maxsize=65_536)
def _parsed(text: str) -> Quantity:
    """Return the quantity; ValueError when the text is none."""
    found = _SHAPE.fullmatch(text)
    if found is None or len(text) > LONGEST_TEXT:
        raise ValueError(text)
    whole, _, fraction = found["digits"].partition(".")
    digits, power = int(whole + fraction), -len(fraction)
    kind: Format = "DecimalSI"
    if found["binary"]:
        digits, kind = digits << BINARY_SUFFIXES[found["binary"]], "BinarySI"
    elif found["exponent"] is not None:
        power, kind = power + _exponent(found["exponent"]), "DecimalExponent"
    else:
        power += DECIMAL_SUFFIXES[found["decimal"]]
    return _bounded(Quantity(digits).scaled_value(-18 - power), kind, negative=found["sign"] == "-")


def _exponent(text: str) -> int:
    """Return a power of ten; amounts beyond any sense are refused, however small ones become a nano."""
    exponent = int(text)
    if exponent > LARGEST_EXPONENT:
        raise ValueError(text)
    return max(exponent, -2 * LONGEST_TEXT)


def _bounded(nano: int, kind: Format, *, negative: bool) -> Quantity:
    """Return the quantity within upstream's bounds, which hold for the amount without its sign."""
    if kind == "BinarySI":
        nano = min(nano, LARGEST_BINARY)
        if 0 < nano < NANO:
            kind = "DecimalSI"
    return Quantity(-nano if negative else nano, kind)


def parse_resources(amounts: Mapping[str, Any], place: str = "") -> dict[str, Quantity]:
    """Return a mapping of resource name to quantity.

    Raises
    ------
    DocumentError
        With one problem for every amount that is no quantity, or negative.
    """
    found: dict[str, Quantity] = {}
    problems: list[Problem] = []
    for name, value in amounts.items():
        where = f"{place}.{name}" if place else str(name)
        quantity = quantity_or_problem(value, where)
        if isinstance(quantity, Problem):
            problems.append(quantity)
        else:
            found[str(name)] = quantity
    if problems:
        raise DocumentError(problems)
    return found


def quantity_or_problem(value: object, place: str) -> Quantity | Problem:
    """Return the amount, which must not be negative, or what is wrong with it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return Problem("bad-quantity", place, {"value": said(value)})
    try:
        quantity = parse_quantity(value)
    except DocumentError as error:
        return Problem("bad-quantity", place, error.problems[0].args)
    if quantity.nano < 0:
        return Problem("negative", place, {"value": value})
    return quantity


def format_amount(name: str, amount: int) -> str:
    """Return an amount of the model for people: cpu ``500m``, memory ``512Mi``, pieces as they are.

    Byte amounts that neither 1024 nor 1000 divides well are rounded to one decimal.
    """
    if name == CPU:
        return format_quantity(Quantity.of_milli(amount))
    if not _is_bytes(name):
        return str(amount)
    exact = min(format_quantity(Quantity.of(amount, "BinarySI")), format_quantity(Quantity.of(amount)), key=len)
    return exact if len(exact) <= 6 else _rounded_bytes(amount)


def _is_bytes(name: str) -> bool:
    return name in ("memory", "disk", "ephemeral-storage", "storage") or name.startswith("hugepages-")


def _rounded_bytes(amount: int) -> str:
    bits = min(60, max(10, (abs(amount).bit_length() - 1) // 10 * 10))
    return f"{amount / 2**bits:.1f}{SUFFIX_OF_BITS[bits]}".replace(".0", "")
