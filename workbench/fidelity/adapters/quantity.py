"""Rows about amounts, put to `workbench.formats.quantities` and `Quantity`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isclose
from typing import Any

from workbench.errors import InputError
from workbench.fidelity.adapters.comparing import Unsupported, differences
from workbench.fidelity.records import Case
from workbench.formats.quantities import format_quantity, parse_quantity
from workbench.model.native.kubernetes.quantity import Quantity

Given = Mapping[str, Any]


def difference(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    answer = _FUNCTIONS.get(case.group)
    if answer is None:
        raise Unsupported(f"no function {case.group!r}")
    expected, given = case.document["expect"], case.document["input"]
    return differences(expected, answer(given))


def _parsed(given: Given) -> Given:
    """The text itself, and as upstream's test does, the same with either sign in front."""
    text = given["text"]
    quantity = parse_quantity(text)
    if text[:1] not in "+-":
        signed = (parse_quantity(f"+{text}"), parse_quantity(f"-{text}"))
        if signed[0].nano != quantity.nano or signed[1].nano != -quantity.nano:
            return {"valueNano": f"with a sign: {signed[0].nano}, {signed[1].nano}", "format": ""}
    return {"valueNano": str(quantity.nano), "format": quantity.format}


def _refused(given: Given) -> Given:
    try:
        parse_quantity(given["text"])
    except InputError:
        return {"error": True}
    return {"error": False}


def _text(given: Given) -> Given:
    text = format_quantity(Quantity(int(given["valueNano"]), given["format"]))
    other = given.get("alternateText")
    if other is not None and format_quantity(parse_quantity(other)) != text:
        return {"text": f"{text}, but {other} gives {format_quantity(parse_quantity(other))}"}
    return {"text": text}


def _round_trip(given: Given) -> Given:
    return {"text": format_quantity(parse_quantity(given["text"]))}


def _rounded(given: Given) -> Given:
    quantity, exact = parse_quantity(given["text"]).round_up(given["scale"])
    return {"valueNano": str(quantity.nano), "exact": exact}


def _compared(given: Given) -> Given:
    a, b = parse_quantity(given["a"]), parse_quantity(given["b"])
    return {"cmp": (a > b) - (a < b)}


def _scaled(given: Given) -> Given:
    """The value is made from a number and a power of ten, down to the nano."""
    quantity = parse_quantity(f"{given['value']}e{given['fromScale']}")
    return {"scaledValue": quantity.scaled_value(given["toScale"])}


class _Approximate(float):
    """A number that equals another within the rounding of floats."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, float | int) and isclose(self, other, rel_tol=1e-15)

    __hash__ = float.__hash__


def _approximate(given: Given) -> Given:
    return {"value": _Approximate(parse_quantity(given["text"]))}


_FUNCTIONS: Mapping[str, Callable[[Given], Given]] = {
    "ParseQuantity": _parsed,
    "ParseQuantity (invalid)": _refused,
    "Quantity.String": _text,
    "parse then String": _round_trip,
    "Quantity.RoundUp": _rounded,
    "Quantity.Cmp": _compared,
    "Quantity.ScaledValue": _scaled,
    "Quantity.AsApproximateFloat64": _approximate,
}
