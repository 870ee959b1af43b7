"""The panel as a whole: what the reader does goes to the scenario, what a run brings goes to the stage.

Everything the reader does arrives on some thread, and everything a run brings on the worker's; a lock lets in one at a
time. What a run brings that is no longer asked for is dropped.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import ipywidgets

from workbench.errors import CancelledError, InputError, WorkbenchError
from workbench.experiments.check import with_values
from workbench.experiments.compare import Comparison, repeats
from workbench.experiments.sides import explained
from workbench.model.clock import to_seconds
from workbench.model.parameters import Value
from workbench.model.scenario import Scenario
from workbench.views import sentences
from workbench.views.explaining import Explanation, explain
from workbench.views.figures import figures_for
from workbench.views.i18n import Texts
from workbench.views.widgets.download import File
from workbench.views.widgets.panel import moment
from workbench.views.widgets.panel.bottom import Bottom
from workbench.views.widgets.panel.changes import Changes
from workbench.views.widgets.panel.export import Export, report_file
from workbench.views.widgets.panel.finding import FindingLine
from workbench.views.widgets.panel.lecture import Lecture, beside
from workbench.views.widgets.panel.rail import Rail
from workbench.views.widgets.panel.settings import settings
from workbench.views.widgets.panel.shelf import Library
from workbench.views.widgets.panel.stage import MAP, TASKS, Stage, choose
from workbench.views.widgets.panel.strip import Strip
from workbench.views.widgets.runner import Cancelled, LatestRunner, Progress
from workbench.views.widgets.scrubber_clock import ScrubberClock

DOTS_EVERY_S = 0.1
"""The table is drawn again no more often than this while repeats arrive, in s."""
MORE_REPEATS, MOST_REPEATS = 20, 200
"""How many repeats *more repeats* adds, and how many there are at most."""
AHEAD_S = 0.5
"""How far the clock may run past the decisive moment before it is called back, in s."""


class Panel(ipywidgets.VBox):
    """Two control planes side by side on one scenario, live.

    Parameters
    ----------
    scenario : Scenario
        What to compare.
    language : str
        ``en`` or ``zh``; the reader can switch.

    Examples
    --------
    >>> panel = Panel(load("first-look"))
    >>> panel.set("kubernetes.admission.default_toleration_s", 30)
    >>> panel.wait()
    True
    >>> panel.close()
    """

    def __init__(self, scenario: Scenario, language: str = "en") -> None:
        self._lock = threading.RLock()
        self._t = Texts(language)
        self._library = Library(scenario)
        self._runner = LatestRunner()
        self._explainer = LatestRunner()
        self._closed = False
        self._request: object = None
        self._comparison: Comparison | None = None
        self._answer: int | None = None
        self._revealed = False
        self._drawn_s = 0.0
        self._repeats = 0

        self.clock = ScrubberClock(1.0)
        self.rail = Rail(self.set, self._press)
        self.export = Export(self._file, "", explain=self._explain)
        self.lecture = Lecture(self._lecture)
        self.strip = Strip(self._pick, self._speak, self._why, self.lecture, self.export)
        self.finding = FindingLine()
        self.stage = Stage(self.clock, self._turn, self.ask)
        self.bottom = Bottom(self._answered, lambda why, revealed: self.strip.stand(why=why, revealed=revealed))
        self.clock.observe(self._ticked, "at")
        parts = [self.strip, self.rail, self.finding, self.stage, self.clock, self.bottom]
        self.frame = ipywidgets.Box(parts)
        self.frame.add_class("workbench-frame")
        super().__init__([self.frame])
        self.add_class("workbench-panel")
        self._open(self._library.key, scenario)

    # -- for those who write code ---------------------------------------------------------------------------

    @property
    def scenario(self) -> Scenario:
        """The scenario as it is on view, changes included."""
        return self._scenario

    @property
    def comparison(self) -> Comparison | None:
        """What the runs have shown so far; None before the first is done."""
        return self._comparison

    def set(self, path: str, value: Value) -> None:
        """Change a setting, as its slider does."""
        with self._lock:
            if self._changes.value(path) == value:
                return
            self._changes.move(path, value)
            self._changed(path)

    def predict(self, answer: int | None) -> None:
        """Answer the question by the number of a prediction, None for none; then everything can be seen."""
        with self._lock:
            if self._revealed:
                return
            self._answer, self._revealed = answer, True
            self._show_all()

    def ask(self, side: str, task: str) -> None:
        """Show why a pod or task of one control plane is where it is; an unknown one shows the table."""
        with self._lock:
            if self._revealed:
                self.bottom.tell(side, task)
                self._show_table()
                self._find_out()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs any more; return whether that came about within `timeout` seconds."""
        return self._runner.wait(timeout) and self._explainer.wait(timeout)

    def close(self) -> None:
        """End the worker and take everything off the page."""
        with self._lock:
            if self._closed:
                return
            self._closed, self._request = True, None
        self._runner.close()
        self._explainer.close()
        for part in (*_inside(self.frame), self.frame):
            part.close()
        super().close()

    # -- what the reader does -------------------------------------------------------------------------------

    def _press(self, what: str) -> None:
        with self._lock:
            if what == "settle":
                self._changes.settle()
                return
            if what == "repeat":
                self._repeats = min(self._repeats + MORE_REPEATS, MOST_REPEATS)
                self._enable()
                self._start()
                return
            if what == "equalise":
                self._changes.put(self._base.study.equalised)
            elif what == "reset":
                self._changes.reset()
            else:
                self._changes.undo()
            self.rail.stand(self._changes.now)
            self._changed()

    def _pick(self, key: str) -> None:
        with self._lock:
            try:
                scenario = self._library.fetch(key)
            except InputError as error:
                self._title()
                self.finding.fail(self._t.error(error))
                return
            self._open(key, scenario)

    def _speak(self, language: str) -> None:
        with self._lock:
            self._t = Texts(language).about(self._base)
            self._label()
            self._show_all()

    def _turn(self, figure: str) -> None:
        with self._lock:
            self._figure = figure
            self._show_figure()

    def _answered(self, answer: int | None) -> None:
        self.predict(answer)
        self.strip.why.focus()  # the button that was pressed is gone, and keys must not fall to the notebook

    def _why(self, wanted: bool) -> None:
        with self._lock:
            if wanted:
                self.bottom.tell_behind(self._scenario, self._t)
            else:
                self.bottom.tell()

    def _lecture(self, what: str, number: int) -> None:
        """Do what a key of the lecturer's mode asks for."""
        with self._lock:
            if what == "enter":
                self._ask_anew()
            elif what == "play":
                self.clock.playing = not self.clock.playing and self.clock.at < self.clock.end
            elif what == "answer" and number < len(self._base.study.predictions):
                self.predict(number if number >= 0 else None)
            elif not self._revealed:
                self.finding.say(self._t("Predict first; then time goes on."))
            elif what == "why":
                self._why(not self.strip.why.value)
            elif what in ("next", "back"):
                names = [name for _, name in self.stage.tabs.options]
                self._turn(beside(names, self._shown, 1 if what == "next" else -1))

    def _ask_anew(self) -> None:
        """Hide what the runs have shown, and ask the question again: a lecture begins with it."""
        self._answer, self._revealed, self._figure = None, False, ""
        self.clock.playing = False
        self.clock.at = self._moment
        self.bottom.clear()
        self._show_all()

    def _ticked(self, change: dict[str, Any]) -> None:
        t = self._t
        with self._lock:
            if self._comparison is None:
                return
            if not self._revealed and change["new"] > self._moment + AHEAD_S:
                self.clock.playing = False
                self.clock.at = self._moment
                self.finding.say(t("Predict first; then time goes on."))
            elif self._shown == MAP:
                self._show_figure()

    def _file(self) -> File:
        with self._lock:
            comparison, changes, t = self._comparison, self._changes.now, self._t
        if comparison is None:
            raise WorkbenchError(t("Nothing has run yet."))
        return report_file(comparison, changes, t.language, lambda: self._closed)

    # -- a scenario, and changes to it ----------------------------------------------------------------------

    def _open(self, key: str, scenario: Scenario) -> None:
        self._key, self._base, self._scenario = key, scenario, scenario
        t = self._t = self._t.about(scenario)
        self._settings = settings(scenario)
        self._changes = Changes({one.path: one.shipped for one in self._settings})
        self._comparison, self._answer, self._revealed = None, None, False
        self._repeats = scenario.study.replications
        self._figure = self._shown = ""
        self._moment = 0.0
        self.rail.level = "first"
        self.rail.problems = {}
        self.stage.offer([], "", t)
        self.stage.empty(t("The first run is on its way."))
        self.bottom.clear()
        self.finding.say("")
        self._label()
        self._enable()
        self._start()

    def _changed(self, path: str = "") -> None:
        """Check the scenario with the changes, and run it."""
        self._enable()
        try:
            self._scenario = with_values(self._base, self._changes.now) if self._changes.any else self._base
        except InputError as error:
            self._stop()
            said = self._t.error(error)
            self.rail.problems = {path: said} if path else {}
            self.finding.fail(said)
            return
        self.rail.problems = {}
        self._start()

    def _enable(self) -> None:
        equalised = self._base.study.equalised
        equal = all(self._changes.value(path) == value for path, value in equalised.items())
        more = self._repeats < MOST_REPEATS
        self.rail.able = {
            "equalise": not equal, "repeat": more, "undo": self._changes.undoable, "reset": self._changes.any,
        }  # fmt: skip

    # -- runs -----------------------------------------------------------------------------------------------

    def _start(self) -> None:
        request, scenario, count = object(), self._scenario, self._repeats
        self._request = request
        self.finding.busy()

        def job(cancelled: Cancelled, progress: Progress) -> None:
            for comparison in repeats(scenario, replications=count, cancelled=cancelled, progress=progress):
                if cancelled():
                    raise CancelledError("stopped on request")
                self._arrived(request, comparison)

        self._runner.submit(
            job, lambda _: self._done(request), lambda error: self._failed(request, error), self.finding.advance
        )

    def _stop(self) -> None:
        self._request = None
        self._runner.cancel()
        self.finding.idle()

    def _arrived(self, request: object, comparison: Comparison) -> None:
        """One more repeat is done: the first is drawn, each adds a dot."""
        with self._lock:
            if request is not self._request or self._known(comparison):
                return
            new, self._comparison = self._comparison is None, comparison
            if len(comparison.seeds) == 1:
                self._set_clock(comparison, new=new)
                self._show_figure()
                self._find_out()
                self._show_table()
                if new:
                    self._show_finding()
            elif time.monotonic() - self._drawn_s >= DOTS_EVERY_S:
                self._show_table()

    def _known(self, comparison: Comparison) -> bool:
        """Say whether the repeats on view hold these already: more were asked for, and the first come again."""
        shown = self._comparison
        return shown is not None and shown.scenario is comparison.scenario and len(comparison.seeds) <= len(shown.seeds)

    def _done(self, request: object) -> None:
        with self._lock:
            if request is self._request:
                self.finding.idle()
                self._show_finding()
                self._show_table()

    def _failed(self, request: object, error: BaseException) -> None:
        with self._lock:
            if request is self._request:
                self.finding.idle()
                self.finding.fail(self._explain(error))

    def _find_out(self) -> None:
        """Run the first repeat again for the reasons of the task that is told of; the trace has the rest."""
        told, comparison = self.bottom.told, self._comparison
        if told is None or comparison is None or told[0] not in explained(comparison.scenario):
            return
        (side, task), scenario, seed = told, comparison.scenario, comparison.seeds[0]
        self.bottom.explain(side, task, None, self._t)

        def done(explanation: Explanation) -> None:
            with self._lock:
                if self._comparison is not None and self._comparison.scenario is scenario:
                    self.bottom.explain(side, task, explanation, self._t)

        def failed(error: BaseException) -> None:
            with self._lock:
                self.finding.fail(self._explain(error))

        self._explainer.submit(lambda *_: explain(scenario, on=side, name=task, seed=seed), done, failed)

    def _explain(self, error: BaseException) -> str:
        t = self._t
        if isinstance(error, WorkbenchError):
            return t.error(error)
        why = str(error) or type(error).__name__
        return t("This cannot be computed ({why}). Undo the last change, or reset.", why=why)

    # -- what is on view ------------------------------------------------------------------------------------

    def _label(self) -> None:
        """Put every word of the panel into the reader's language."""
        t = self._t
        self._title()
        self.rail.show(self._settings, self._base, t)
        self.rail.stand(self._changes.now)
        self.bottom.asking.show(self._base, t)
        self.clock.words = {"play": t("Play"), "pause": t("Pause"), "time": t("Time"), "speed": t("Speed")}

    def _title(self) -> None:
        self.strip.show(self._base, self._library.titles(self._t), self._key, self._t)

    def _show_all(self) -> None:
        if self._comparison is not None:
            self.clock.marks = moment.marks(self._scenario, self._t)
            self._show_figure()
            self._show_finding()
        self._show_table()

    def _set_clock(self, comparison: Comparison, *, new: bool) -> None:
        """Stand just before the decisive moment of a new scenario, else where the reader is."""
        end, marks = to_seconds(comparison.scenario.horizon_us), moment.marks(comparison.scenario, self._t)
        self._moment = moment.moment_s(comparison)
        at = self.clock.at if self._revealed and not new else self._moment
        if new or end != self.clock.end or marks != list(self.clock.marks):
            self.clock.reset(end, at, marks)

    def _show_figure(self) -> None:
        comparison, t = self._comparison, self._t
        if comparison is None:
            return
        self._shown = choose(comparison, self._figure) if self._revealed else choose(comparison, MAP)
        if not self._revealed and self._shown != MAP:
            self._shown = ""
        if self._shown:
            self.stage.show(comparison, self._shown, self.clock.at, t)
        else:
            self.stage.empty(t("There is nothing to draw yet."))
        # Which tabs there are takes a look at every table of the run; the figure does not wait for that.
        names = [*figures_for(comparison), TASKS] if self._revealed else list(filter(None, [self._shown]))
        self.stage.offer(names, self._shown, t)

    def _show_table(self) -> None:
        self._drawn_s = time.monotonic()
        self.bottom.show(self._comparison, self._t, self._repeats, revealed=self._revealed)

    def _show_finding(self) -> None:
        if self._comparison is None:
            return
        if not self._revealed:
            self.finding.say(moment.said(self._comparison, self._t))
            return
        self.finding.say(sentences.short_answer(self._t, self._comparison), self._outcome())

    def _outcome(self) -> str:
        """Return what became of the prediction; it was about the scenario as it is shipped."""
        if self._answer is None or self._changes.any:
            return ""
        t = self._t
        right = self._answer == self._base.study.answer
        return t("As predicted:") if right else t("Not as predicted:")


def _inside(box: ipywidgets.Box) -> list[ipywidgets.Widget]:
    """Return every widget below a box."""
    return [one for child in box.children for one in (child, *(_inside(child) if hasattr(child, "children") else ()))]
