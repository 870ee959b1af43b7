"""What adapters share: from a row's expectation and the model's answer to a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from workbench.fidelity.records import Case, Record
from workbench.fidelity.verdicts import Status, Verdict
from workbench.formats.quantities import format_quantity, parse_resources
from workbench.model.native.kubernetes.quantity import Quantity, ResourceList

Adapter = Callable[[Record, Sequence[Case]], Iterator[Verdict]]
"""Puts a record to the model; yields a verdict for each of the cases, those that are applicable."""


class Unsupported(Exception):  # noqa: N818 - a verdict, not a fault
    """The model has no such part."""


def by_row(difference: Callable[[Case], str]) -> Adapter:
    """Return an adapter for records whose rows stand alone.

    Parameters
    ----------
    difference : function
        Returns what differs, or an empty text; raises `Unsupported`.
    """

    def judge(record: Record, cases: Sequence[Case]) -> Iterator[Verdict]:
        for case in cases:
            try:
                detail = difference(case)
            except Unsupported as why:
                yield Verdict(record.system, record.family, case.id, "unsupported", case.name, str(why))
                continue
            except Exception as error:  # a fault of the model in one case must not hide the others
                detail = f"the model failed: {type(error).__name__}: {error}"
            status: Status = "differ" if detail else "agree"
            yield Verdict(record.system, record.family, case.id, status, case.name, detail)

    return judge


def differences(expected: Mapping[str, Any], answered: Mapping[str, Any]) -> str:
    """Return how the answers differ from what is expected; every expected name must be answered."""
    if missing := expected.keys() - answered.keys():
        raise Unsupported(f"no answer for {', '.join(sorted(missing))}")
    return "; ".join(
        f"{name}: expected {expected[name]!r}, the model says {answered[name]!r}"
        for name in expected
        if answered[name] != expected[name]
    )


def amounts_of(texts: Mapping[str, str] | None) -> dict[str, Quantity]:
    """Return the amounts that a record gives as texts."""
    return parse_resources(texts or {})


def texts_of(amounts: ResourceList) -> dict[str, str]:
    """Return amounts as canonical texts, names in order."""
    return {name: format_quantity(amounts[name]) for name in sorted(amounts)}


def known_only(given: Mapping[str, Any], known: frozenset[str]) -> None:
    """Refuse a row that asks for something this adapter does not put to the model."""
    if unknown := given.keys() - known:
        raise Unsupported(f"not asked of the model: {', '.join(sorted(unknown))}")
