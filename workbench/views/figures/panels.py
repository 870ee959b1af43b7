"""Panels beside and above each other: one column per control plane, Kubernetes left, all on the same axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.views.figures.style import LABEL_SIZE, Spec, side_label
from workbench.views.i18n import Texts

BETWEEN_COLUMNS = 0.075
BETWEEN_ROWS = 0.07
"""Gaps, as fractions of the plotting area."""
LABEL_PIXELS = 26
"""Height of the line with the names of the control planes."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One plotting area of a grid.

    Parameters
    ----------
    column, row : int
        Its place, from the left and from the top.
    x, y : str
        Its axes as plotly names them: ``x``, ``x2``, ``y``, ``y2``.
    left, right, bottom, top : float
        Its edges, as fractions of the figure.
    """

    column: int
    row: int
    x: str
    y: str
    left: float
    right: float
    bottom: float
    top: float

    @property
    def axes(self) -> Spec:
        """What a trace, shape or annotation says to lie in this panel."""
        return {"xaxis": self.x, "yaxis": self.y}

    @property
    def refs(self) -> Spec:
        """The same for an annotation or a shape."""
        return {"xref": self.x, "yref": self.y}


def grid(columns: int, rows: int = 1, between: float = BETWEEN_COLUMNS) -> list[list[Panel]]:
    """Return panels by row and column, with equal sizes and the gap `between` columns."""
    wide = (1 - between * (columns - 1)) / columns
    high = (1 - BETWEEN_ROWS * (rows - 1)) / rows
    return [[_panel(column, row, columns, wide, high, between) for column in range(columns)] for row in range(rows)]


def _panel(column: int, row: int, columns: int, wide: float, high: float, between: float) -> Panel:
    number = row * columns + column + 1
    tail = "" if number == 1 else str(number)
    left = column * (wide + between)
    top = 1 - row * (high + BETWEEN_ROWS)
    return Panel(column, row, f"x{tail}", f"y{tail}", left, min(1.0, left + wide), max(0.0, top - high), top)


def axes(panels: Sequence[Sequence[Panel]], x: Spec, y: Sequence[Spec]) -> Spec:
    """Return the axes of a grid: `x` for every panel, ``y[row]`` for each row.

    Marks in words stand below the lowest panels and left of the leftmost only; they hold for the others too.
    """
    layout: Spec = {}
    for row in panels:
        for panel in row:
            across = {"domain": [panel.left, panel.right], "anchor": panel.y}
            along = {"domain": [panel.bottom, panel.top], "anchor": panel.x}
            layout[_key(panel.x)] = _axis({**x, **across}, panel.x, "x", bare=panel.row < len(panels) - 1)
            layout[_key(panel.y)] = _axis({**y[panel.row], **along}, panel.y, row[0].y, bare=panel.column > 0)
    return layout


def _key(axis: str) -> str:
    """Return the name of an axis in a layout: ``x2`` is ``xaxis2``."""
    return f"{axis[0]}axis{axis[1:]}"


def _axis(shape: Spec, own: str, first: str, *, bare: bool) -> Spec:
    """Return an axis that moves with the `first` of its row or column; a bare one repeats no words."""
    axis = shape if own == first else {**shape, "matches": first}
    return {**axis, "showticklabels": False, "title": {"text": ""}} if bare else axis


def most_ticks(columns: int) -> int:
    """Return how many marks in words an axis of time has room for in each of so many columns."""
    return 5 if columns < 3 else 3


FEW, NARROW_SIZE = 3, 10
"""Names of more sides than these are written smaller, so that the longest fits above its panel; size in px."""


def names(t: Texts, sides: Sequence[str], panels: Sequence[Panel]) -> list[Spec]:
    """Return the names of the control planes above the panels of the top row."""
    size = LABEL_SIZE if len(sides) <= FEW else NARROW_SIZE
    return [
        {
            "text": f"<b>{side_label(t, side)}</b>", "showarrow": False, "font": {"size": size},
            "x": panel.left, "xref": "paper", "xanchor": "left",
            "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 3,
        }
        for side, panel in zip(sides, panels, strict=True)
    ]  # fmt: skip
