"""The panel as a whole: what the reader does goes to the scenario, what a run brings goes on view.

Everything the reader does arrives on some thread, and everything a run brings on the worker's; a lock lets in one at a
time.
"""

from __future__ import annotations

import threading
from typing import Any

import ipywidgets

from workbench.errors import InputError, WorkbenchError
from workbench.experiments.check import with_values
from workbench.experiments.compare import Comparison
from workbench.experiments.sides import explained
from workbench.model.parameters import Value
from workbench.model.scenario import Scenario
from workbench.views.explaining import Explanation
from workbench.views.i18n import Texts
from workbench.views.widgets.download import File
from workbench.views.widgets.panel.bottom import Bottom
from workbench.views.widgets.panel.changes import Changes
from workbench.views.widgets.panel.export import Export, report_file
from workbench.views.widgets.panel.finding import FindingLine
from workbench.views.widgets.panel.lecture import Lecture
from workbench.views.widgets.panel.on_view import OnView
from workbench.views.widgets.panel.rail import Rail
from workbench.views.widgets.panel.runs import Runs
from workbench.views.widgets.panel.settings import settings
from workbench.views.widgets.panel.shelf import Library
from workbench.views.widgets.panel.stage import Stage
from workbench.views.widgets.panel.strip import Strip
from workbench.views.widgets.scrubber_clock import ScrubberClock

MORE_REPEATS, MOST_REPEATS = 20, 200
"""How many repeats *more repeats* adds, and how many there are at most."""


class Panel(ipywidgets.VBox):
    """Control planes side by side on one scenario, live.

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
        self._library = Library(scenario)
        self._closed = False

        self.clock = ScrubberClock(1.0)
        self.rail = Rail(self.set, self._press)
        self.export = Export(self._file, "", explain=self._explain)
        self.lecture = Lecture(self._lecture)
        self.strip = Strip(self._pick, self._speak, self._why, self.lecture, self.export)
        self.finding = FindingLine()
        self.stage = Stage(self.clock, self._turn, self.ask)
        self.bottom = Bottom(self._answered, lambda why, revealed: self.strip.stand(why=why, revealed=revealed))
        self.clock.observe(self._ticked, "at")
        self._view = OnView(self.finding, self.stage, self.clock, self.bottom, Texts(language))
        self._runs = Runs(
            self._lock, arrived=self._arrived, done=self._done, failed=self._failed, progress=self.finding.advance
        )
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
        return self._view.comparison

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
            if not self._view.revealed:
                self._view.reveal(answer)

    def ask(self, side: str, task: str) -> None:
        """Show why a pod or task of one control plane is where it is; an unknown one shows the table."""
        with self._lock:
            if self._view.revealed:
                self.bottom.tell(side, task)
                self._view.show_table()
                self._find_out()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs any more; return whether that came about within `timeout` seconds."""
        return self._runs.wait(timeout)

    def close(self) -> None:
        """End the worker and take everything off the page."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._runs.close()
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
                self._view.repeats = min(self._view.repeats + MORE_REPEATS, MOST_REPEATS)
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
                self._open(key, self._library.fetch(key))
            except InputError as error:
                self._title()
                self.finding.fail(self._view.t.error(error))

    def _speak(self, language: str) -> None:
        with self._lock:
            self._view.t = Texts(language).about(self._base)
            self._label()
            self._view.show()

    def _turn(self, figure: str) -> None:
        with self._lock:
            self._view.turn(figure)

    def _ticked(self, change: dict[str, Any]) -> None:
        with self._lock:
            self._view.tick(change["new"])

    def _answered(self, answer: int | None) -> None:
        self.predict(answer)
        self.strip.why.focus()  # the button that was pressed is gone, and keys must not fall to the notebook

    def _why(self, wanted: bool) -> None:
        with self._lock:
            if wanted:
                self.bottom.tell_behind(self._scenario, self._view.t)
            else:
                self.bottom.tell()

    def _lecture(self, what: str, number: int) -> None:
        """Do what a key of the lecturer's mode asks for."""
        with self._lock:
            if what == "enter":
                self._view.ask_anew()
            elif what == "play":
                self.clock.playing = not self.clock.playing and self.clock.at < self.clock.end
            elif what == "answer" and number < len(self._base.study.predictions):
                self.predict(number if number >= 0 else None)
            elif not self._view.revealed:
                self._view.predict_first()
            elif what == "why":
                self._why(not self.strip.why.value)
            elif what in ("next", "back"):
                self._view.step(1 if what == "next" else -1)

    def _file(self) -> File:
        with self._lock:
            comparison, changes, t = self._view.comparison, self._changes.now, self._view.t
        if comparison is None:
            raise WorkbenchError(t("Nothing has run yet."))
        return report_file(comparison, changes, t.language, lambda: self._closed)

    # -- a scenario, and changes to it ----------------------------------------------------------------------

    def _open(self, key: str, scenario: Scenario) -> None:
        self._settings = settings(scenario)  # may refuse a value that no slider moves; until then nothing has changed
        self._key, self._base, self._scenario = key, scenario, scenario
        self._changes = Changes({one.path: one.shipped for one in self._settings})
        self.rail.level = "first"
        self.rail.problems = {}
        self._view.open(scenario)
        self._label()
        self._enable()
        self._start()

    def _changed(self, path: str = "") -> None:
        """Check the scenario with the changes, and run it."""
        self._enable()
        self._view.changed = self._changes.any
        try:
            self._scenario = with_values(self._base, self._changes.now) if self._changes.any else self._base
        except InputError as error:
            self._runs.stop()
            self.finding.idle()
            said = self._view.t.error(error)
            self.rail.problems = {path: said} if path else {}
            self.finding.fail(said)
            return
        self.rail.problems = {}
        self._start()

    def _enable(self) -> None:
        equalised = self._base.study.equalised
        equal = all(self._changes.value(path) == value for path, value in equalised.items())
        more = self._view.repeats < MOST_REPEATS
        self.rail.able = {
            "equalise": not equal, "repeat": more, "undo": self._changes.undoable, "reset": self._changes.any,
        }  # fmt: skip

    def _label(self) -> None:
        """Put every word that stays into the reader's language."""
        t = self._view.t
        self._title()
        self.rail.show(self._settings, self._base, t)
        self.rail.stand(self._changes.now)
        self.bottom.asking.show(self._base, t)
        self.clock.words = {"play": t("Play"), "pause": t("Pause"), "time": t("Time"), "speed": t("Speed")}

    def _title(self) -> None:
        self.strip.show(self._base, self._library.titles(self._view.t), self._key, self._view.t)

    # -- runs -----------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self.finding.busy()
        self._runs.start(self._scenario, self._view.repeats)

    def _arrived(self, comparison: Comparison) -> None:
        """One more repeat is done: the first is drawn, each adds a dot."""
        if self._view.knows(comparison):
            return
        if len(comparison.seeds) == 1:
            self._view.begin(comparison)
            self._find_out()
            self._view.show_table()
        else:
            self._view.go_on(comparison)

    def _done(self) -> None:
        self.finding.idle()
        self._view.show_finding()
        self._view.show_table()

    def _failed(self, error: BaseException) -> None:
        self.finding.idle()
        self.finding.fail(self._explain(error))

    def _find_out(self) -> None:
        """Find the reasons of the task that is told of."""
        told, comparison = self.bottom.told, self._view.comparison
        if told is None or comparison is None or told[0] not in explained(comparison.scenario):
            return
        side, task = told
        self.bottom.explain(side, task, None, self._view.t)

        def on_view() -> bool:
            return self._view.comparison is not None and self._view.comparison.scenario is comparison.scenario

        def done(explanation: Explanation) -> None:
            if on_view():
                self.bottom.explain(side, task, explanation, self._view.t)

        def failed(error: BaseException) -> None:
            if on_view():
                self.finding.fail(self._explain(error))

        self._runs.find_reasons(comparison, side, task, done, failed)

    def _explain(self, error: BaseException) -> str:
        t = self._view.t
        if isinstance(error, WorkbenchError):
            return t.error(error)
        why = str(error) or type(error).__name__
        return t("This cannot be computed ({why}). Undo the last change, or reset.", why=why)


def _inside(box: ipywidgets.Box) -> list[ipywidgets.Widget]:
    """Return every widget below a box."""
    return [one for child in box.children for one in (child, *(_inside(child) if hasattr(child, "children") else ()))]
