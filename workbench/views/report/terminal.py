"""What the terminal shows after a comparison: question, answer and the measures, in a few lines."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from workbench.experiments.compare import Comparison
from workbench.views import sentences
from workbench.views.amounts import control_plane
from workbench.views.differences import differences
from workbench.views.i18n import Texts
from workbench.views.report.page import line


def summary(comparison: Comparison, language: str = "en") -> str:
    """Return question, short answer and one line per measure as text in columns."""
    t = Texts(language).about(comparison.scenario)
    head = ["", *(control_plane(t, side) for side in comparison.sides), t("How sure")]
    body = []
    for row in comparison.rows:
        said = line(t, row, comparison.sides)
        body.append([said.title, *(cell.said(t) for cell in said.cells), said.sure])
    question = _clean(t.local(comparison.scenario.question))
    differ = _clean(differences(t, comparison.scenario, comparison.sides))
    answer = _clean(sentences.short_answer(t, comparison))
    return "\n".join([question, *filter(None, [differ]), answer, "", *_columns([head, *body])])


def _columns(table: Sequence[Sequence[str]]) -> list[str]:
    cells = [[_clean(cell) for cell in row] for row in table]
    widths = [max(_width(row[column]) for row in cells) for column in range(len(cells[0]))]
    return ["  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """Return how many columns a terminal takes for `text`: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _clean(text: str) -> str:
    """Return `text` without the control characters by which a file could steer the terminal."""
    return "".join(letter for letter in text if unicodedata.category(letter) not in ("Cc", "Cf"))
