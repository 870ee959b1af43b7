"""The table of differences: five measures at most, a dot for every repeat, drawn again whenever one arrives."""

from __future__ import annotations

from html import escape

from workbench.experiments.compare import Comparison, Row
from workbench.views import sentences
from workbench.views.amounts import control_plane
from workbench.views.figures.style import look
from workbench.views.i18n import Texts
from workbench.views.report import dots
from workbench.views.report.page import MOST_ROWS, Line, basis, line

SIGNS = {
    "first": "\N{BLACK UP-POINTING TRIANGLE}",
    "second": "\N{BLACK DOWN-POINTING TRIANGLE}",
    "close": "\N{ALMOST EQUAL TO}",
}
"""Of a side against the first: higher, lower, too close to call."""


def table(comparison: Comparison, t: Texts, of: int) -> str:
    """Return the table as HTML; names from a user's file are escaped.

    Parameters
    ----------
    of : int
        How many repeats there will be.
    """
    sides = comparison.sides
    count = len(comparison.seeds)
    many = t("{count} repeats", count=of) if count >= of else t("{count} of {of} repeats", count=count, of=of)
    heads = "".join(f'<th scope="col">{_named(t, side, brief=len(sides) > 2)}</th>' for side in sides)
    rows = "".join(_row(row, sides, t) for row in comparison.rows[:MOST_ROWS])
    last = f'<th scope="col">{escape(t("difference"))}</th>' if len(sides) < 3 else ""
    return (
        f'<table class="workbench-table" title="{escape(basis(t, comparison))}"><thead><tr>'
        f'<th scope="col">{escape(t("measured"))}</th>{heads}<th scope="col">{escape(many)}</th>'
        f"{last}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _named(t: Texts, side: str, *, brief: bool) -> str:
    """Return a control plane's mark and name; of more than two there is room for the marks only."""
    seen, name = look(t, side), escape(control_plane(t, side))
    return f'<span style="color:{seen.colour}" title="{name}">{seen.mark}</span>{"" if brief else f" {name}"}'


def _row(row: Row, sides: tuple[str, ...], t: Texts) -> str:
    said = line(t, row, sides)
    if len(sides) > 2:
        return _of_several(said, sides, t)
    cells = "".join(f'<td title="{escape(cell.said(t))}">{escape(cell.main)}</td>' for cell in said.cells)
    sure = sentences.sureness(t, row, sides)
    close = row.difference.verdict == "close"
    gap = escape(t("too close to call")) if close else _marked(t, said.difference.main, sides)
    strip = dots.strip(t, row.difference, sides, escape(sure))
    return (
        f'<tr><th scope="row" title="{escape(said.title)}&#10;{escape(said.meaning)}">{escape(said.title)}</th>{cells}'
        f'<td class="workbench-strip">{strip}</td>'
        f'<td class="workbench-gap{" workbench-close" if close else ""}" title="{escape(sure)}">{gap}</td></tr>'
    )


def _of_several(said: Line, sides: tuple[str, ...], t: Texts) -> str:
    """Return a row of more than two sides: each but the first with a sign of how it is against the first, and dots.

    There is no room for how much it is in words: it is told at the number, as are the names.
    """
    cells, strips = "", ""
    for cell in said.cells:
        one = cell.against
        sign = "" if one is None else f" <small>{SIGNS[one.apart.verdict]}</small>"
        cells += f'<td title="{escape(cell.said(t))}">{escape(cell.main)}{sign}</td>'
        if one is not None:
            strips += dots.strip(
                t, one.apart, (sides[0], one.side), escape(f"{control_plane(t, one.side)}: {one.brief(t)}")
            )
    return (
        f'<tr><th scope="row" title="{escape(said.title)}&#10;{escape(said.meaning)}">{escape(said.title)}</th>{cells}'
        f'<td class="workbench-strip workbench-strips">{strips}</td></tr>'
    )


def _marked(t: Texts, gap: str, sides: tuple[str, ...]) -> str:
    """Return a difference as HTML, with the mark of a control plane in the place of its name: the heads have both."""
    # The longest name first: one may begin with another. Chinese puts no space after a name.
    for side in sorted(sides, key=lambda side: -len(control_plane(t, side))):
        for name in (f"{control_plane(t, side)}: ", f"{control_plane(t, side)} ", control_plane(t, side)):
            if gap.startswith(name):
                seen = look(t, side)
                return f'<span style="color:{seen.colour}">{seen.mark}</span> {escape(gap.removeprefix(name))}'
    return escape(gap)
