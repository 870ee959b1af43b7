"""What survives what in a notebook: a grid that fills while the runs are made; a click tells the run behind a mark."""

from __future__ import annotations

import time
from html import escape
from itertools import chain, repeat
from typing import Any

import ipywidgets

from workbench.experiments.survival import EVENTS
from workbench.experiments.survival_grid import Cell, growing, rows
from workbench.views import survival_story
from workbench.views.figures import survives as figure
from workbench.views.i18n import Texts
from workbench.views.widgets.chart import Chart
from workbench.views.widgets.panel import cells as page
from workbench.views.widgets.runner import Cancelled, LatestRunner, Progress
from workbench.views.widgets.working import Working

DRAWN_EVERY_S = 0.5
"""The figure is drawn again no more often than this while runs are made, in s."""


class WhatSurvives(Working):
    """The grid.

    Parameters
    ----------
    own : VolumePlugin or its class
        Kinds of storage of one's own, below those there are.
    language : str
        ``en`` or ``zh``.

    Examples
    --------
    >>> shown = WhatSurvives()
    >>> shown.wait()
    True
    >>> shown.cell("emptyDir", "pod-deleted").run()["volumes"]
    """

    def __init__(self, *own: Any, language: str = "en") -> None:
        self._t, self._own = Texts(language), own
        self._rows = rows(*own)
        self._runner = LatestRunner()
        self.cells: tuple[Cell, ...] = ()
        self.chart = Chart(language=language)
        self.words = ipywidgets.HTML()
        self.table = ipywidgets.HTML()
        self.story = ipywidgets.HTML()
        super().__init__([self.chart, self.words, self.table, self.story])
        self.chart.on_click(self._clicked)
        self._show()
        self._runner.submit(self._job, lambda _: None, self._failed, None)

    def cell(self, kind: str, event: str, on: str = "") -> Cell:
        """Return the cell of a kind and an event; `on` the control plane, the first that has the kind if left out."""
        return next(one for one in self.cells if (one.kind, one.event) == (kind, event) and on in ("", one.on))

    def open_run(self, cell: Cell) -> None:
        """Make the run behind a cell once more, and tell it below the figure."""
        told = escape(figure.told(cell, self._t))
        lines = "".join(
            f"<tr><td style='padding-right:1.5em'>{escape(when)}</td><td>{escape(what)}</td></tr>"
            for when, what in survival_story.lines(cell.run(), self._t)
        )
        self.story.value = f"<b>{told}</b><table style='line-height:1.4'>{lines}</table>"

    def _clicked(self, customdata: Any) -> None:
        if isinstance(customdata, list) and len(customdata) == 1:
            self.open_run(self.cells[int(customdata[0])])

    def _job(self, cancelled: Cancelled, _: Progress) -> None:
        drawn_s = time.monotonic()
        for one in growing(*self._own):
            if cancelled():
                return
            self.cells = (*self.cells, one)
            if time.monotonic() - drawn_s > DRAWN_EVERY_S:
                self._show()
                drawn_s = time.monotonic()
        self._show()

    def _show(self) -> None:
        t, total = self._t, len(self._rows) * len(EVENTS)
        self.chart.show(figure.draw(self.cells, t, self._rows), figure.alt(self.cells, t), subject="survives")
        done = len(self.cells) == total
        self.words.value = (
            t.joined(figure.caption(t), t("Click a mark for the run behind it."))
            if done
            else t("{done} of {total} runs are done.", done=len(self.cells), total=total)
        )

        self.table.value = self._one_by_one() if done else ""

    def _one_by_one(self) -> str:
        """Return the table of every kind by itself, folded away."""
        head, *lines = (
            "".join(f"<{tag} style='text-align:left;padding-right:1.2em'>{escape(word)}</{tag}>" for word in line)
            for line, tag in zip(figure.one_by_one(self.cells, self._t), chain(("th",), repeat("td")), strict=False)
        )
        rows_ = "".join(f"<tr>{line}</tr>" for line in (head, *lines))
        t = self._t
        summary = escape(t("Every kind by itself"))
        return f"<details><summary>{summary}</summary><table style='line-height:1.4'>{rows_}</table></details>"


def what_survives(*own: Any, language: str = "en") -> WhatSurvives:
    """Return what becomes of the bytes, by kind of storage and event, to be shown in a notebook.

    Parameters
    ----------
    own : VolumePlugin or its class
        Kinds of storage of one's own.
    language : str
        ``en`` or ``zh``.
    """
    shown = WhatSurvives(*own, language=language)
    page.replace(shown)
    return shown
