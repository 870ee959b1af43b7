"""The dots of a difference in a notebook: the report's picture, drawn again whenever a repeat arrives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import anywidget
import traitlets

from workbench.experiments.statistics import Difference
from workbench.views.i18n import Texts
from workbench.views.report.dots import strip
from workbench.views.widgets.browser import half


class DotStrip(anywidget.AnyWidget):
    """One dot per repeat and a line at zero.

    `show` may be called from any thread.

    Parameters
    ----------
    sides : sequence of str
        The control planes; dots where the first is lower lie left.
    said : str
        What is to be read aloud as long as no repeat has arrived.
    t : Texts, optional
        Needed for sides that are a scenario's own.
    """

    _esm = half("dots.js")
    _css = half("dots.css")

    svg = traitlets.Unicode().tag(sync=True)
    """The picture."""

    def __init__(self, sides: Sequence[str], said: str = "", t: Texts | None = None, **traits: Any) -> None:
        self._t = t or Texts()
        self._sides = tuple(sides)
        super().__init__(**traits)
        self.clear(said)

    def show(self, difference: Difference, said: str) -> None:
        """Show the repeats known so far; `said` is the same in words."""
        self.svg = strip(self._t, difference, self._sides, escape(said))

    def clear(self, said: str = "") -> None:
        """Show the line at zero alone."""
        self.show(Difference((), math.nan, math.nan, math.nan, 0.0), said)
