"""How many machines does it take? A search in a notebook: goals to fill in, a button, the answers as they come."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets

from workbench.errors import ScenarioError, WorkbenchError
from workbench.experiments.check import as_scenario
from workbench.experiments.goals import Goal, goals
from workbench.experiments.sizing import Sizing, growing
from workbench.model.scenario import Scenario
from workbench.views import sizing as words
from workbench.views.figures import sizing as figure
from workbench.views.i18n import Texts
from workbench.views.widgets.chart import Chart
from workbench.views.widgets.panel import cells
from workbench.views.widgets.runner import Cancelled, LatestRunner, Progress
from workbench.views.widgets.working import Working

PARTS = (0.9, 0.95, 0.99)
"""Parts of runs, and confidences, to choose from."""


class SizeSearch(Working):
    """A search for the smallest number of machines.

    Parameters
    ----------
    asked : sequence of str or Goal
        The goals it starts with; their values can be changed.
    low, high : int
        Numbers of machines to search among, at first.
    language : str
        ``en`` or ``zh``.

    Examples
    --------
    >>> search = SizeSearch(scenario, ["start_p99<=10s"])
    >>> search.search()
    """

    def __init__(
        self, scenario: Scenario, asked: Sequence[str | Goal], low: int = 1, high: int = 20, language: str = "en"
    ) -> None:
        self._t, self._scenario, self._runner = Texts(language).about(scenario), scenario, LatestRunner()
        self.sizing: Sizing | None = None
        self._goals = goals(asked, scenario)
        t = self._t
        self.bounds = [_text(words.titled(t, one), words.bound(one)) for one in self._goals]
        self.low, self.high = _number(t("machines, at least"), low), _number(t("machines, at most"), high)
        self.share = _part(t, t("part of runs that must meet them"), 0.95)
        self.confidence = _part(t, t("confidence"), 0.95)
        self.button = ipywidgets.Button(description=t("Search"), button_style="primary")
        self.button.on_click(self._pressed)
        self.bar = ipywidgets.FloatProgress(0, min=0, max=1, layout={"width": "200px", "visibility": "hidden"})
        self.chart = Chart(language=language)
        self.chart.layout.display = "none"
        self.words = ipywidgets.HTML()
        left = ipywidgets.VBox(self.bounds)
        right = ipywidgets.VBox([self.low, self.high, self.share, self.confidence])
        rail = ipywidgets.HBox([left, right], layout={"flex_flow": "row wrap"})
        super().__init__([rail, ipywidgets.HBox([self.button, self.bar]), self.words, self.chart])

    def search(self) -> None:
        """Start the search with what is filled in; a search that runs is stopped."""
        try:
            asked = goals([f"{one.measure}{words.relation(one)}{text.value}" for one, text in
                           zip(self._goals, self.bounds, strict=True)], self._scenario)  # fmt: skip
        except ScenarioError as error:
            self._failed(error)
            return
        bounds = {"low": self.low.value, "high": self.high.value}
        parts = {"share": self.share.value, "confidence": self.confidence.value}

        def job(cancelled: Cancelled, progress: Progress) -> None:
            for sizing in growing(self._scenario, asked, cancelled=cancelled, progress=progress, **bounds, **parts):
                self._show(sizing)

        self.button.description, self.bar.value, self.words.value = self._t("Stop"), 0, ""
        self.bar.layout.visibility = "visible"
        self._runner.submit(job, lambda _: self._ended(), self._failed, self._progressed)

    def stop(self) -> None:
        """Stop the search; what it has found so far stays on view."""
        self._runner.cancel()
        self._ended()

    def _pressed(self, _: Any) -> None:
        if self._runner.busy:
            self.stop()
        else:
            self.search()

    def _show(self, sizing: Sizing) -> None:
        self.sizing = sizing
        self.chart.layout.display = ""
        self.chart.show(figure.draw(sizing, self._t), figure.alt(sizing, self._t), subject="sizing")
        self.words.value = "<br>".join(escape(line) for line in words.lines(sizing, self._t))

    def _progressed(self, part: float) -> None:
        self.bar.value = part

    def _ended(self) -> None:
        self.button.description = self._t("Search")
        self.bar.layout.visibility = "hidden"

    def _failed(self, error: BaseException) -> None:
        self._ended()
        super()._failed(error)


def _text(label: str, value: str) -> ipywidgets.Text:
    return ipywidgets.Text(value, description=label, style={"description_width": "290px"}, layout={"width": "400px"})


def _number(label: str, value: int) -> ipywidgets.BoundedIntText:
    return ipywidgets.BoundedIntText(
        value, 1, 5000, description=label, style={"description_width": "290px"}, layout={"width": "400px"}
    )


def _part(t: Texts, label: str, value: float) -> ipywidgets.Dropdown:
    options = [(t("{number} %", number=round(part * 100)), part) for part in PARTS]
    return ipywidgets.Dropdown(
        options=options, value=value, description=label,
        style={"description_width": "290px"}, layout={"width": "400px"},
    )  # fmt: skip


def size_search(
    scenario: Scenario | str | Path, asked: Sequence[str | Goal], *, low: int = 1, high: int = 20, language: str = "en"
) -> ipywidgets.Widget:
    """Return a search for the smallest number of machines that meets every goal, to be shown in a notebook.

    Parameters
    ----------
    asked : sequence of str or Goal
        The goals, for example ``["start_p99<=10s", "slo_missed:web<=1%"]``; their values can be changed.
    low, high : int
        Numbers of machines to search among, at first.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    SizeSearch
        With `search`, `stop`, `wait`, `close` and `sizing`; a few lines that say what is wrong if the scenario or the
        goals cannot be used.
    """
    try:
        shown: ipywidgets.Widget = SizeSearch(as_scenario(scenario), asked, low, high, language)
    except WorkbenchError as error:
        shown = ipywidgets.HTML(f'<pre role="alert">{escape(Texts(language).error(error))}</pre>')
    cells.replace(shown)
    return shown
