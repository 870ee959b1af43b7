"""What came of each case, counted by family and told in lines.

A case *agrees* or *differs*; it is *unsupported* where the model has no such part yet, which counts as not agreeing;
it is *not applicable* only by a rule of `not_applicable.py`, and then left out of the count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workbench.fidelity.records import System

Status = Literal["agree", "differ", "unsupported", "not applicable"]

STATUSES: tuple[Status, ...] = ("agree", "differ", "unsupported", "not applicable")

FIRST_SHOWN = 10
"""Differences told in full."""

MESSAGES = (
    "family", "cases", "agree", "differ", "unsupported", "not applicable",
    "first differences:", "... and {count} more",
    "not applicable, {count} cases of {family}: {reason}",
    "not compared, {count} cases of {family}: {reason}",
    "not records, left out: {files}",
)  # fmt: skip
"""What the lines of a report are made from, in English."""

LAST_LINE = "fidelity: {agree} of {cases} cases agree"
"""The same in every language: programs read it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one case.

    Parameters
    ----------
    detail : str
        What differs, why it is not supported, or why not applicable.
    """

    system: System
    family: str
    case: str
    status: Status
    name: str = ""
    detail: str = ""

    @property
    def key(self) -> str:
        """System and family, as tables name them."""
        return f"{self.system}/{self.family}"


@dataclass(frozen=True, slots=True)
class Family:
    """The counts of one family; `cases` are those that are applicable."""

    key: str
    cases: int
    agree: int
    differ: int
    unsupported: int
    not_applicable: int


@dataclass(frozen=True, slots=True)
class Report:
    """All verdicts, in the order of the files.

    Parameters
    ----------
    others : tuple of str
        Names of files in the folders that are no records.
    not_compared : mapping
        (family, reason) -> cases in which a field was left out of the comparison.
    """

    verdicts: tuple[Verdict, ...]
    others: tuple[str, ...] = ()
    not_compared: tuple[tuple[str, str, int], ...] = ()

    @property
    def families(self) -> tuple[Family, ...]:
        """The counts by family, in order of first occurrence."""
        counts: dict[str, Counter[Status]] = {}
        for verdict in self.verdicts:
            counts.setdefault(verdict.key, Counter())[verdict.status] += 1
        return tuple(_family(key, count) for key, count in counts.items())

    @property
    def agree(self) -> int:
        """How many cases agree."""
        return sum(family.agree for family in self.families)

    @property
    def cases(self) -> int:
        """How many cases are applicable."""
        return sum(family.cases for family in self.families)

    @property
    def all_agree(self) -> bool:
        """Whether there are cases, and every applicable one agrees."""
        return 0 < self.cases == self.agree

    def lines(self, translated: Callable[[str], str] = str) -> list[str]:
        """Return the report as text; `translated` turns an English message of `MESSAGES` into another language."""
        return [
            *_table(self.families, translated),
            *self._differences(translated),
            *self._left_out(translated),
            LAST_LINE.format(agree=self.agree, cases=self.cases),
        ]

    def _differences(self, translated: Callable[[str], str]) -> list[str]:
        found = [verdict for verdict in self.verdicts if verdict.status == "differ"]
        if not found:
            return []
        shown = [f"  {one.key} {one.case}{_named(one.name)}: {one.detail}" for one in found[:FIRST_SHOWN]]
        more = len(found) - len(shown)
        rest = [f"  {translated('... and {count} more').format(count=more)}"] if more else []
        return ["", translated("first differences:"), *shown, *rest, ""]

    def _left_out(self, translated: Callable[[str], str]) -> list[str]:
        reasons = Counter(
            (verdict.key, verdict.detail) for verdict in self.verdicts if verdict.status == "not applicable"
        )
        told = [
            translated("not applicable, {count} cases of {family}: {reason}").format(
                count=count, family=family, reason=translated(reason)
            )
            for (family, reason), count in reasons.items()
        ]
        told += [
            translated("not compared, {count} cases of {family}: {reason}").format(
                count=count, family=family, reason=translated(reason)
            )
            for family, reason, count in self.not_compared
        ]
        if self.others:
            files = ", ".join(self.others)
            told.append(translated("not records, left out: {files}").format(files=files))
        return told

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values, for ``--json``."""
        return {
            "agree": self.agree,
            "cases": self.cases,
            "families": [_counts(family) for family in self.families],
            "verdicts": [
                {
                    "system": one.system, "family": one.family, "case": one.case, "name": one.name,
                    "verdict": one.status, "detail": one.detail,
                }
                for one in self.verdicts
            ],
        }  # fmt: skip


def _family(key: str, count: Counter[Status]) -> Family:
    not_applicable = count["not applicable"]
    cases = sum(count.values()) - not_applicable
    return Family(key, cases, count["agree"], count["differ"], count["unsupported"], not_applicable)


def _counts(family: Family) -> Mapping[str, Any]:
    return {
        "family": family.key, "cases": family.cases, "agree": family.agree, "differ": family.differ,
        "unsupported": family.unsupported, "not_applicable": family.not_applicable,
    }  # fmt: skip


def _named(name: str) -> str:
    return f" ({name})" if name else ""


def _table(families: tuple[Family, ...], translated: Callable[[str], str]) -> list[str]:
    heads = [translated(head) for head in ("family", "cases", *STATUSES)]
    rows = [
        [one.key, *map(str, (one.cases, one.agree, one.differ, one.unsupported, one.not_applicable))]
        for one in families
    ]
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    return [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in (heads, *rows)
    ]
