"""The numbers themselves: a tidy CSV, one measured value a line, and a JSON with everything."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator

from workbench.views.report.material import Material
from workbench.views.report.provenance import provenance

HEAD = ("scenario", "measure", "about", "unit", "settings", "side", "repeat", "seed", "value", "within_run")

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First letters by which a spreadsheet takes a text for a formula."""


def as_csv(material: Material) -> str:
    """Return one line per measure, side and repeat; an empty value means that it did not happen within the run."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
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
                    yield [
                        material.scenario.name, name, row.subject, row.metric.unit, kind, side, repeat, seed, *shown,
                    ]  # fmt: skip


def guarded(text: str) -> str:
    """Return a text that no spreadsheet runs as a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def as_json(material: Material) -> str:
    """Return everything measured, and what it takes to measure it again."""
    return json.dumps(provenance(material), ensure_ascii=False, indent=1, allow_nan=False, default=str) + "\n"
