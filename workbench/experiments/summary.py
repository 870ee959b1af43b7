"""A comparison as a few lines of plain English: what ``print(comparison)`` shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from workbench.experiments.statistics import interval

if TYPE_CHECKING:
    from workbench.experiments.compare import Comparison, Row

VERDICTS = {"first": "{0} lower", "second": "{1} lower", "close": "no clear difference"}


def table(comparison: Comparison) -> str:
    """Return one line per measure: its value on each side and which side is clearly lower."""
    head = f"{comparison.scenario.name}: {comparison.scenario.question.en}"
    names = ["", *comparison.sides, "verdict"]
    lines = [names, *(_line(row, comparison.sides) for row in comparison.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(names))]
    body = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    repeats = len(comparison.seeds)
    basis = "one run on each side" if repeats == 1 else f"mean of {repeats} repeats (95 % interval of the mean)"
    if len(comparison.sides) > 2:
        basis += f"; verdicts against {comparison.sides[0]}, corrected after Holm"
    return "\n".join([head, *body, basis])


def _line(row: Row, sides: tuple[str, ...]) -> list[str]:
    title = row.metric.title.format(about=row.subject)
    unit = f" [{row.metric.unit}]" if row.metric.unit else ""
    verdict = VERDICTS[row.difference.verdict].format(*sides)
    if row.others:
        told = {"first": "higher", "second": "lower", "close": "no clear difference"}
        verdict = ", ".join(f"{side} {told[apart.verdict]}" for side, apart in row.against.items())
    return [title + unit, *(_value(row, side) for side in sides), verdict]


def _value(row: Row, side: str) -> str:
    values = row.values[side]
    never = sum(1 for value in values if math.isinf(value))
    if never:
        return "never" if never == len(values) else f"never in {never} of {len(values)}"
    mean, low, high = interval(values, possible=row.metric.possible)
    return f"{mean:.4g}" if high - low < 1e-9 else f"{mean:.4g} ({low:.4g} to {high:.4g})"
