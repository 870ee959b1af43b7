"""The cliff in a notebook: drawn point by point while the runs are made; a click opens the run behind a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.experiments.check import as_scenario
from workbench.experiments.sweep import growing
from workbench.model.parameters import Value
from workbench.model.scenario import Scenario
from workbench.views.figures import cliff as figure
from workbench.views.widgets.panel import cells
from workbench.views.widgets.panel.view import Panel
from workbench.views.widgets.sweep_chart import SweepChart


class Cliff(SweepChart):
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
        asked = grid or figure.GRID
        super().__init__(
            lambda cancelled, progress: growing(scenario, asked, cancelled=cancelled, progress=progress),
            figure, panel, language,
        )  # fmt: skip


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
