"""The numbers themselves: a tidy CSV, one measured value a line, and a JSON with everything."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator

from workbench.experiments.compare import Row
from workbench.views.report.material import Material
from workbench.views.report.provenance import VERDICTS, provenance

HEAD = ("scenario", "measure", "about", "unit", "settings", "side", "repeat", "seed", "value", "within_run")

AGAINST = ("less_first", "p_after_holm", "verdict")
"""Further columns where there are more than two sides: each against the first, in the same repeat and on the whole."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First letters by which a spreadsheet takes a text for a formula."""


def as_csv(material: Material) -> str:
    """Return one line per measure, side and repeat; an empty value means that it did not happen within the run."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD if len(material.comparison.sides) < 3 else (*HEAD, *AGAINST))
    writer.writerows([guarded(cell) if isinstance(cell, str) else cell for cell in line] for line in _lines(material))
    return out.getvalue()


def _lines(material: Material) -> Iterator[list[str | int | float]]:
    comparison = material.comparison
    for kind, rows in (("as-given", comparison.rows), ("equalised", comparison.equalised)):
        for row in rows:
            for side, values in row.values.items():
                for repeat, (seed, value) in enumerate(zip(comparison.seeds, values, strict=True), start=1):
                    happened = math.isfinite(value)
                    shown: list[str | int | float] = [value, "yes"] if happened else ["", "no"]
                    name = row.measure.partition(":")[0]
                    shown += _against(row, side, repeat)
                    yield [
                        material.scenario.name, name, row.subject, row.metric.unit, kind, side, repeat, seed, *shown,
                    ]  # fmt: skip


def _against(row: Row, side: str, repeat: int) -> list[str | int | float]:
    """Return how this value lies against the first side's; nothing where there are two sides."""
    if not row.others:
        return []
    apart = row.against.get(side)
    if apart is None:
        return ["", "", ""]
    pair = apart.pairs[repeat - 1]
    corrected = "" if apart.corrected is None else apart.corrected
    return [pair if math.isfinite(pair) else "", corrected, VERDICTS[apart.verdict]]


def guarded(text: str) -> str:
    """Return a text that no spreadsheet runs as a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def as_json(material: Material) -> str:
    """Return everything measured, and what it takes to measure it again."""
    return json.dumps(provenance(material), ensure_ascii=False, indent=1, allow_nan=False, default=str) + "\n"
