"""Cheaper or safer, in a notebook: a point for each setting while the runs are made; a click sets the sliders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets

from workbench.errors import WorkbenchError
from workbench.experiments.check import as_scenario
from workbench.experiments.sweep import growing
from workbench.model.parameters import Value
from workbench.model.scenario import Scenario
from workbench.views.figures import trade_off as figure
from workbench.views.i18n import Texts
from workbench.views.widgets.panel import cells
from workbench.views.widgets.panel.view import Panel
from workbench.views.widgets.sweep_chart import SweepChart


class TradeOff(SweepChart):
    """What each of many settings costs and loses.

    Parameters
    ----------
    grid : mapping
        Dotted path -> values.
    harm, cost : str
        The two measures.
    panel : Panel, optional
        A click on a point sets its sliders.
    language : str
        ``en`` or ``zh``.
    """

    def __init__(
        self,
        scenario: Scenario,
        grid: Mapping[str, Sequence[Value]],
        harm: str,
        cost: str,
        panel: Panel | None = None,
        language: str = "en",
    ) -> None:
        super().__init__(
            lambda cancelled, progress: growing(
                scenario, grid, measure=harm, others=[cost], replications=3, cancelled=cancelled, progress=progress
            ),
            figure, panel, language,
        )  # fmt: skip


def trade_off(
    scenario: Scenario | str | Path,
    *,
    cost: str,
    harm: str = "",
    grid: Mapping[str, Sequence[Value]] | None = None,
    panel: Any = None,
    language: str = "en",
) -> ipywidgets.Widget:
    """Return what each of many settings costs and loses, to be shown in a notebook.

    Parameters
    ----------
    cost : str
        The measure to the right, for example ``instance_time:web``.
    harm : str
        The measure upwards; that of the scenario's finding when not given.
    grid : mapping, optional
        Dotted path -> values; the levers of the scenario when not given.
    panel : Panel, optional
        A click on a point sets its sliders.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    TradeOff
        With `wait`, `close` and `sweep`; a few lines that say what is wrong if the scenario cannot be used.
    """
    try:
        found = as_scenario(scenario)
        levers = {lever.path: lever.values for lever in found.study.levers}
        shown: ipywidgets.Widget = TradeOff(found, grid or levers, harm, cost, panel, language)
    except WorkbenchError as error:
        shown = ipywidgets.HTML(f'<pre role="alert">{escape(Texts(language).error(error))}</pre>')
    cells.replace(shown)
    return shown
