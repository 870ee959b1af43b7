"""The cliff in a notebook: drawn point by point while the runs are made; a click opens the run behind a point."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets

from workbench.errors import WorkbenchError
from workbench.experiments.check import as_scenario
from workbench.experiments.sweep import Sweep, growing
from workbench.model.parameters import Value
from workbench.model.scenario import Scenario
from workbench.views.figures import cliff as figure
from workbench.views.i18n import Texts
from workbench.views.widgets.chart import Chart
from workbench.views.widgets.panel import cells
from workbench.views.widgets.panel.view import Panel
from workbench.views.widgets.runner import Cancelled, LatestRunner, Progress

DRAWN_EVERY_S = 0.5
"""The figure is drawn again no more often than this while points arrive, in s."""


class Cliff(ipywidgets.VBox):
    """A sweep over idle neighbours and times of refusal.

    Parameters
    ----------
    panel : Panel, optional
        Where a click opens the run behind a point.
    language : str
        ``en`` or ``zh``.
    grid : mapping, optional
        Values of `workbench.views.figures.cliff.NEIGHBOURS` and `REFUSAL`.
    """

    def __init__(
        self,
        scenario: Scenario,
        panel: Panel | None = None,
        language: str = "en",
        grid: Mapping[str, Sequence[Value]] | None = None,
    ) -> None:
        self._runner = LatestRunner()
        self._t, self._panel = Texts(language), panel
        self.sweep: Sweep | None = None
        self._drawn_s = 0.0
        self._lock = threading.RLock()
        self.chart = Chart(language=language)
        self.words = ipywidgets.HTML()
        super().__init__([self.chart, self.words])
        if panel is not None:
            self.chart.on_click(self.open_run)
        self._scenario, self._grid = scenario, grid or figure.GRID
        self._runner.submit(self._job, lambda _: None, self._failed, None)

    def open_run(self, settings: Mapping[str, Value]) -> None:
        """Set the panel to the run behind a point."""
        if self._panel is not None:
            for path, value in settings.items():
                self._panel.set(path, value)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until every point is there; return whether that came about within `timeout` seconds."""
        return self._runner.wait(timeout)

    def close(self) -> None:
        """End the worker and take everything off the page."""
        self._runner.close()
        for one in self.children:
            one.close()
        super().close()

    def _job(self, cancelled: Cancelled, progress: Progress) -> None:
        for sweep in growing(self._scenario, self._grid, cancelled=cancelled, progress=progress):
            self.sweep = sweep
            if sweep.complete or time.monotonic() - self._drawn_s > DRAWN_EVERY_S:
                self._show(sweep)

    def _show(self, sweep: Sweep) -> None:
        t = self._t
        self.chart.show(figure.draw(sweep, t), figure.alt(sweep, t), subject="cliff")
        if sweep.complete:
            self.words.value = figure.caption(sweep, t)
        else:
            self.words.value = t("{done} of {total} runs are done.", done=len(sweep.points), total=sweep.total)
        self._drawn_s = time.monotonic()

    def _failed(self, error: BaseException) -> None:
        why = self._t.error(error) if isinstance(error, WorkbenchError) else str(error) or type(error).__name__
        self.words.value = why


def cliff(scenario: Scenario | str = "offer-starvation", *, panel: Any = None, language: str = "en") -> Cliff:
    """Return the wait beside more and more idle neighbours, to be shown in a notebook.

    Parameters
    ----------
    scenario : Scenario or str
        One with a team ``idle`` of several alike.
    panel : Panel, optional
        A click on a point opens its run there.
    language : str
        ``en`` or ``zh``.
    """
    shown = Cliff(as_scenario(scenario), panel, language)
    cells.replace(shown)
    return shown
