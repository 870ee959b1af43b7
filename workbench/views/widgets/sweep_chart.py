"""A sweep in a notebook: drawn point by point while the runs are made; a click opens the run behind a point."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

import ipywidgets

from workbench.experiments.sweep import Sweep
from workbench.model.parameters import Value
from workbench.views.i18n import Texts
from workbench.views.widgets.chart import Chart
from workbench.views.widgets.panel.view import Panel
from workbench.views.widgets.runner import Cancelled, LatestRunner, Progress
from workbench.views.widgets.working import Working

if TYPE_CHECKING:
    import plotly.graph_objects as go

DRAWN_EVERY_S = 0.5
"""The figure is drawn again no more often than this while points arrive, in s."""


class Drawing(Protocol):
    """A module of figures that is drawn from a sweep, complete or not."""

    def draw(self, sweep: Sweep, t: Texts) -> go.Figure:
        """Return the figure."""

    def alt(self, sweep: Sweep, t: Texts) -> str:
        """Return what it shows, for those who do not see it."""

    def caption(self, sweep: Sweep, t: Texts) -> str:
        """Return the sentence below it."""


class SweepChart(Working):
    """A figure of a sweep that grows while the runs are made.

    Parameters
    ----------
    sweeps : callable
        Given functions ``cancelled`` and ``progress``, yields the sweep as it grows.
    drawing : Drawing
        What is drawn of it.
    panel : Panel, optional
        Where a click opens the run behind a point.
    language : str
        ``en`` or ``zh``.
    """

    def __init__(
        self,
        sweeps: Callable[[Cancelled, Progress], Iterator[Sweep]],
        drawing: Drawing,
        panel: Panel | None = None,
        language: str = "en",
    ) -> None:
        self._runner = LatestRunner()
        self._t, self._panel, self._sweeps, self._drawing = Texts(language), panel, sweeps, drawing
        self.sweep: Sweep | None = None
        self._drawn_s = 0.0
        self.chart = Chart(language=language)
        self.words = ipywidgets.HTML()
        super().__init__([self.chart, self.words])
        if panel is not None:
            self.chart.on_click(self.open_run)
        self._runner.submit(self._job, lambda _: None, self._failed, None)

    def open_run(self, settings: Mapping[str, Value]) -> None:
        """Set the panel to the run behind a point."""
        if self._panel is not None:
            for path, value in settings.items():
                self._panel.set(path, value)

    def _job(self, cancelled: Cancelled, progress: Progress) -> None:
        for sweep in self._sweeps(cancelled, progress):
            self.sweep = sweep
            if sweep.complete or time.monotonic() - self._drawn_s > DRAWN_EVERY_S:
                self._show(sweep)

    def _show(self, sweep: Sweep) -> None:
        t = self._t.about(sweep.scenario)
        self.chart.show(self._drawing.draw(sweep, t), self._drawing.alt(sweep, t), subject="sweep")
        if sweep.complete:
            self.words.value = self._drawing.caption(sweep, t)
        else:
            self.words.value = t("{done} of {total} runs are done.", done=len(sweep.points), total=sweep.total)
        self._drawn_s = time.monotonic()
