"""What is on view: which figure, how much is revealed, what is said of it, and where the clock stands at first."""

from __future__ import annotations

import time
from dataclasses import dataclass

from workbench.experiments.compare import Comparison
from workbench.model.clock import to_seconds
from workbench.model.scenario import Scenario
from workbench.views import sentences
from workbench.views.figures import figures_for
from workbench.views.i18n import Texts
from workbench.views.widgets.panel import moment
from workbench.views.widgets.panel.bottom import Bottom
from workbench.views.widgets.panel.finding import FindingLine
from workbench.views.widgets.panel.lecture import beside
from workbench.views.widgets.panel.stage import MAP, TASKS, Stage, choose
from workbench.views.widgets.scrubber_clock import ScrubberClock

DOTS_EVERY_S = 0.1
"""The table is drawn again no more often than this while repeats arrive, in s."""
AHEAD_S = 0.5
"""How far the clock may run past the decisive moment before it is called back, in s."""


@dataclass
class OnView:
    """The parts that show a comparison, and what of it they show.

    Parameters
    ----------
    t : Texts
        The reader's language; it knows the sides of the scenario.
    comparison : Comparison or None
        What the runs have shown so far.
    repeats : int
        How many there will be.
    revealed : bool
        Whether the reader has answered the question, or does not want to.
    changed : bool
        Whether the scenario is another than the question was asked about: then no answer is right or wrong.
    """

    finding: FindingLine
    stage: Stage
    clock: ScrubberClock
    bottom: Bottom
    t: Texts
    comparison: Comparison | None = None
    repeats: int = 1
    revealed: bool = False
    changed: bool = False
    _answer: int | None = None
    _wanted: str = ""  # the figure that the reader chose
    _shown: str = ""
    _moment_s: float = 0.0
    _drawn_s: float = 0.0

    def open(self, scenario: Scenario) -> None:
        """Begin anew with another scenario."""
        self.t = self.t.about(scenario)
        self.comparison, self._answer, self.revealed, self.changed = None, None, False, False
        self.repeats = scenario.study.replications
        self._wanted = self._shown = ""
        self._moment_s = 0.0
        self.stage.offer([], "", self.t)
        self.stage.empty(self.t("The first run is on its way."))
        self.bottom.clear()
        self.finding.say("")

    # -- what the reader does -------------------------------------------------------------------------------

    def reveal(self, answer: int | None) -> None:
        """Show everything: the reader has given an answer, or none."""
        self._answer, self.revealed = answer, True
        self.show()

    def ask_anew(self) -> None:
        """Hide what the runs have shown, and ask the question again: a lecture begins with it."""
        self._answer, self.revealed, self._wanted = None, False, ""
        self._call_back()
        self.bottom.clear()
        self.show()

    def turn(self, figure: str) -> None:
        """Show another figure."""
        self._wanted = figure
        self._show_figure()

    def step(self, by: int) -> None:
        """Show the figure so many tabs further on."""
        self.turn(beside([name for _, name in self.stage.tabs.options], self._shown, by))

    def tick(self, at_s: float) -> None:
        """Follow the clock; before anything is revealed it may not go on beyond the decisive moment."""
        if self.comparison is None:
            return
        if not self.revealed and at_s > self._moment_s + AHEAD_S:
            self._call_back()
            self.predict_first()
        elif self._shown == MAP:
            self._show_figure()

    def predict_first(self) -> None:
        """Say why what was asked for is not to be had yet."""
        self.finding.say(self.t("Predict first; then time goes on."))

    def _call_back(self) -> None:
        self.clock.playing = False
        self.clock.at = self._moment_s

    # -- what the runs bring --------------------------------------------------------------------------------

    def knows(self, comparison: Comparison) -> bool:
        """Say whether the repeats on view hold these already: more were asked for, and the first come again."""
        shown = self.comparison
        return shown is not None and shown.scenario is comparison.scenario and len(comparison.seeds) <= len(shown.seeds)

    def begin(self, comparison: Comparison) -> None:
        """Draw the first repeat of a run."""
        new, self.comparison = self.comparison is None, comparison
        self._set_clock(comparison, new=new)
        self._show_figure()
        if new:
            self.show_finding()

    def go_on(self, comparison: Comparison) -> None:
        """Add a dot for one more repeat."""
        self.comparison = comparison
        if time.monotonic() - self._drawn_s >= DOTS_EVERY_S:
            self.show_table()

    # -- all of it ------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Show everything anew, in the reader's language."""
        if self.comparison is not None:
            self.clock.marks = moment.marks(self.comparison.scenario, self.t)
            self._show_figure()
            self.show_finding()
        self.show_table()

    def show_table(self) -> None:
        """Show the table, or what stands in its place."""
        self._drawn_s = time.monotonic()
        self.bottom.show(self.comparison, self.t, self.repeats, revealed=self.revealed)

    def show_finding(self) -> None:
        """Say what came of it; before that is revealed, what the question is about."""
        if self.comparison is None:
            return
        if not self.revealed:
            self.finding.say(moment.said(self.comparison, self.t))
            return
        self.finding.say(sentences.short_answer(self.t, self.comparison), self._outcome(self.comparison))

    def _outcome(self, comparison: Comparison) -> str:
        """Return what became of the prediction; it was about the scenario as it is shipped."""
        if self._answer is None or self.changed:
            return ""
        right = self._answer == comparison.scenario.study.answer
        return self.t("As predicted:") if right else self.t("Not as predicted:")

    def _set_clock(self, comparison: Comparison, *, new: bool) -> None:
        """Stand just before the decisive moment of a new scenario, else where the reader is."""
        end, marks = to_seconds(comparison.scenario.horizon_us), moment.marks(comparison.scenario, self.t)
        self._moment_s = moment.moment_s(comparison)
        at = self.clock.at if self.revealed and not new else self._moment_s
        if new or end != self.clock.end or marks != list(self.clock.marks):
            self.clock.reset(end, at, marks)

    def _show_figure(self) -> None:
        comparison, t = self.comparison, self.t
        if comparison is None:
            return
        self._shown = choose(comparison, self._wanted if self.revealed else MAP)
        if not self.revealed and self._shown != MAP:
            self._shown = ""
        if self._shown:
            self.stage.show(comparison, self._shown, self.clock.at, t)
        else:
            self.stage.empty(t("There is nothing to draw yet."))
        # Which tabs there are takes a look at every table of the run; the figure does not wait for that.
        names = [*figures_for(comparison), TASKS] if self.revealed else list(filter(None, [self._shown]))
        self.stage.offer(names, self._shown, t)
