"""The panel: a question, a run on view, sliders that change it, and what came of it, on 1,000 x 600 px.

| A reader asks | and opens |
|---|---|
| Who talks to whom? | `view.py` |
| What is shown of the runs, and what not yet? | `on_view.py` |
| What runs, and what of it comes too late? | `runs.py` |
| Question, picker, language, export on top? | `strip.py`, `shelf.py`, `export.py` |
| The lecturer's mode? | `lecture.py` |
| Which settings can be moved, and where do they stop? | `settings.py`, `memory_stops.py`, `changes.py` |
| How do the rail and its drawer look? | `rail.py` |
| The one sentence? | `finding.py` |
| Figures and tabs? | `stage.py` |
| Where does the clock stand at first? | `moment.py` |
| The prediction, and the table after it? | `bottom.py`, `asking.py`, `table.py` |
| The list of tasks, and why one is where it is? | `tasks.py`, `why.py`, `../../explaining/` |
| What happens when a cell is run again? | `cells.py` |
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import ipywidgets

from workbench.errors import InputError
from workbench.experiments.check import load
from workbench.experiments.sides import with_sides
from workbench.model.scenario import Scenario
from workbench.views.i18n import Texts
from workbench.views.widgets.panel import cells
from workbench.views.widgets.panel.view import Panel

__all__ = ["Panel", "panel"]


def panel(scenario: Scenario | str | Path, *, language: str = "en", sides: Sequence[str] = ()) -> ipywidgets.Widget:
    """Return a live side-by-side of a scenario, to be shown in a notebook.

    Parameters
    ----------
    scenario : Scenario, str or path
        A loaded one, the name of a shipped one, or a file.
    language : str
        ``en`` or ``zh``.
    sides : sequence of str
        Who is shown, by name, e.g. a third side beside the usual two: ``("kubernetes", "mesos",
        "kubernetes-on-mesos")``. Without any, as the scenario says.

    Returns
    -------
    Panel
        With `close`, `wait`, `set`, `predict`, `scenario` and `comparison`; a few lines that say what is wrong with
        the scenario's file if it cannot be used.
    """
    try:
        loaded = scenario if isinstance(scenario, Scenario) else load(scenario)
        shown: ipywidgets.Widget = Panel(with_sides(loaded, sides), language)
    except InputError as error:
        shown = ipywidgets.HTML(f'<pre role="alert">{escape(Texts(language).error(error))}</pre>')
    cells.replace(shown)
    return shown
