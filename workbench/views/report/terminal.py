"""What the terminal shows after a comparison: question, answer and the measures, in a few lines."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from workbench.experiments.compare import Comparison
from workbench.views import sentences
from workbench.views.against import method
from workbench.views.amounts import control_plane
from workbench.views.differences import differences
from workbench.views.figures.style import lines
from workbench.views.i18n import Texts
from workbench.views.report.page import Line, line


def summary(comparison: Comparison, language: str = "en", columns: int = 0) -> str:
    """Return question, short answer and one line per measure as text in columns.

    Parameters
    ----------
    columns : int
        How many the terminal has. In too few the ranges are left out; in yet fewer every measure takes two lines. 0:
        as many as it takes.
    """
    t = Texts(language).about(comparison.scenario)
    two = len(comparison.sides) < 3
    names = [control_plane(t, side) for side in comparison.sides]
    said = [line(t, row, comparison.sides) for row in comparison.rows]
    question = _clean(t.local(comparison.scenario.question))
    differ = _clean(differences(t, comparison.scenario, comparison.sides))
    answer = _clean(sentences.short_answer(t, comparison))
    texts = [one for text in filter(None, [question, differ, answer]) for one in _broken(text, columns)]
    head = ["", *names, *([t("How sure")] if two else [])]
    full, brief = (
        _columns([head, *([one.title, *_cells(t, one, ranges=ranges), *([one.sure] if two else [])] for one in said)])
        for ranges in (True, False)
    )
    fits = [table for table in (full, brief) if not columns or max(map(_width, table)) <= columns]
    below = [] if two else ["", *_broken(_clean(method(t, comparison)), columns)]
    return "\n".join([*texts, "", *(fits[0] if fits else _stacked(t, said, names, columns)), *below])


def _broken(text: str, columns: int) -> list[str]:
    return lines(text, columns) if columns else [text]


def _cells(t: Texts, one: Line, *, ranges: bool) -> list[str]:
    return [cell.said(t) if ranges else cell.main for cell in one.cells]


def _stacked(t: Texts, said: Sequence[Line], names: Sequence[str], columns: int) -> Iterator[str]:
    """Yield a few lines for each measure: what it is, and what every side has."""
    for one in said:
        yield from _broken(_clean(one.title), columns)
        values = [f"{name} {cell}" for name, cell in zip(names, _cells(t, one, ranges=False), strict=True)]
        told = [*values, *([one.sure] if len(names) < 3 else [])]
        yield from (f"  {part}" for part in _filled([_clean(each) for each in told], columns - 2))


def _filled(parts: Sequence[str], columns: int) -> Iterator[str]:
    """Yield lines of as many parts as go beside each other; only a part that is longer than a line is broken."""
    row = ""
    for part in parts:
        beside = f"{row} · {part}" if row else part
        if row and _width(beside) > columns:
            yield from _broken(row, columns)
            beside = part
        row = beside
    yield from _broken(row, columns)


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
