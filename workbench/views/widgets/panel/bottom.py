"""The bottom of the panel: the prediction before anything can be seen, then the table; or why a task is where it is."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets

from workbench.experiments.compare import Comparison
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace
from workbench.views.explaining import Explanation
from workbench.views.explaining.outline import Outline, outline
from workbench.views.i18n import Texts
from workbench.views.widgets.panel.asking import Asking
from workbench.views.widgets.panel.table import table
from workbench.views.widgets.panel.why import WhyCard


class Bottom(ipywidgets.Box):
    """One of three things at a time.

    Parameters
    ----------
    answered : callable
        Gets the number of the prediction that the reader chose, None for "show me".
    placed : callable
        Gets whether reasons are told, and whether anything is revealed, whenever that may have changed.
    """

    def __init__(self, answered: Callable[[int | None], None], placed: Callable[[bool, bool], None]) -> None:
        self._placed = placed
        self.asking = Asking(answered)
        self.table = ipywidgets.HTML()
        self.table.add_class("workbench-differences")
        self.why = WhyCard(self.tell)
        self._told: tuple[str, str] | None = None
        self._behind = False  # the card tells of the whole scenario, where it tells of no task
        self._explained: Explanation | None = None
        self._shown: tuple[Trace, str, str] | None = None  # what the card was made from: it costs a look at all offers
        self._revealed = False
        super().__init__([self.asking, self.table, self.why])
        self.add_class("workbench-bottom")

    def clear(self) -> None:
        """Begin anew with the question."""
        self.table.value = ""
        self._told, self._behind = None, False
        self._place(revealed=False)

    def tell(self, side: str = "", task: str = "") -> None:
        """Put the story of a task in the place of the table; without one, bring the table back."""
        self._told, self._behind = (side, task) if task else None, False
        self._explained = self._shown = None
        self._place(revealed=self._revealed)

    def tell_behind(self, scenario: Scenario, t: Texts) -> None:
        """Tell what lies behind the finding, as the scenario's author has it, in the place of the table."""
        self._told, self._behind = None, True
        self._explained = self._shown = None
        self._background(scenario, t)
        self._place(revealed=self._revealed)

    def _background(self, scenario: Scenario, t: Texts) -> None:
        why = scenario.study.why
        said = [t.local(why)] if why else []
        said.append(t("Click a task, in the map or in the list, to learn why it is where it is."))
        self.why.show(Outline(t("Why is that so?"), tuple(said), ()), t)

    @property
    def told(self) -> tuple[str, str] | None:
        """The control plane and the task that are told of."""
        return self._told

    def explain(self, side: str, task: str, explanation: Explanation | None, t: Texts) -> None:
        """Take the reasons for a task, or take them back with None; those for another are dropped."""
        if self._told == (side, task):
            self._explained = explanation
            if explanation is not None:
                self.why.explain(explanation.card(t))

    def show(self, comparison: Comparison | None, t: Texts, of: int, *, revealed: bool) -> None:
        """Show what is known so far.

        Parameters
        ----------
        of : int
            How many repeats there will be.
        revealed : bool
            Whether the reader has answered the question.
        """
        if revealed and comparison is not None:
            self.table.value = table(comparison, t, of)
            self._story(comparison, t)
            if self._behind:
                self._background(comparison.scenario, t)
        self._place(revealed=revealed)

    def _story(self, comparison: Comparison, t: Texts) -> None:
        """Tell of the task that was asked about, as it fares in the newest run; one that is no more goes."""
        if self._told is None:
            return
        side, task = self._told
        trace = comparison.traces.get(side)
        if trace is None or self._shown == (trace, task, t.language):
            return
        try:
            self.why.show(outline(trace, task, t), t)
        except KeyError:
            self._told = self._explained = self._shown = None
            return
        self._shown = (trace, task, t.language)
        if self._explained is not None:
            self.why.explain(self._explained.card(t))

    def _place(self, *, revealed: bool) -> None:
        self._revealed = revealed
        told = revealed and (self._told is not None or self._behind)
        shown = {self.asking: not revealed, self.table: revealed and not told, self.why: told}
        for part, seen in shown.items():
            part.layout.display = None if seen else "none"
        if not told:
            self.why.title = ""
        self._placed(told, revealed)
