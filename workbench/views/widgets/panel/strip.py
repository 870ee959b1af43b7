"""The top strip: the question, which scenario, which language, why, the lecturer's mode, and the way out as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import ipywidgets

from workbench.model.scenario import Scenario
from workbench.views.figures.style import escaped, width
from workbench.views.i18n import Texts
from workbench.views.widgets.panel.export import Export
from workbench.views.widgets.panel.lecture import Lecture

NAMES = (("EN", "en"), ("中文", "zh"))
"""Of the languages, each in its own."""
LETTER_PIXELS, ARROW_PIXELS = 7.5, 36
"""Of the closed picker: px for a letter of the title, and for what is beside the letters."""
NARROWEST, WIDEST = 120, 320
"""Of the closed picker, in px: the longest shipped title fits; of a longer one the tooltip has the rest."""


class Strip(ipywidgets.HBox):
    """Question, picker, language, why, lecture, export.

    Parameters
    ----------
    picked, spoken : callable
        Get the key of a scenario and the code of a language that the reader chose.
    asked_why : callable
        Gets whether the reader wants to know what lies behind the finding.
    """

    def __init__(
        self,
        picked: Callable[[str], None],
        spoken: Callable[[str], None],
        asked_why: Callable[[bool], None],
        lecture: Lecture,
        export: Export,
    ) -> None:
        self._picked, self._spoken, self._asked_why = picked, spoken, asked_why
        self.lecture = lecture
        self._setting = False
        self.export = export
        self.question = ipywidgets.HTML()
        self.question.add_class("workbench-question")
        self.picker = ipywidgets.Dropdown()
        self.picker.observe(self._chosen, "value")
        self.language = ipywidgets.ToggleButtons(options=NAMES, style={"button_width": "auto"})
        self.language.add_class("workbench-language")
        self.language.observe(self._chosen, "value")
        self.why = ipywidgets.ToggleButton(disabled=True)
        self.why.add_class("workbench-whys")
        self.why.observe(self._chosen, "value")
        super().__init__([self.question, self.picker, self.language, self.why, lecture, export])
        self.add_class("workbench-strip")

    def show(self, scenario: Scenario, known: Mapping[str, str], key: str, t: Texts) -> None:
        """Show a scenario's question, and the titles of all known ones in the picker.

        Parameters
        ----------
        known : mapping
            Key -> title, in order.
        key : str
            Of the one that is shown.
        """
        asked = escape(t.local(scenario.question))
        self.question.value = f'<span role="heading" aria-level="3" title="{asked}">{asked}</span>'
        self._setting = True
        try:
            self.picker.description = t("scenario")
            self.picker.options = [(title, one) for one, title in known.items()]
            self.picker.value = key
            self.picker.tooltip = t("{setting}: {value}", setting=t("scenario"), value=known[key])
            self.picker.layout.width = f"{_picker_pixels(known[key])}px"
            self.language.value = t.language
            self.why.description = t("Why")
            self.why.tooltip = t("What lies behind the finding, and behind the task that you click; Esc ends it")
            self.lecture.show(t)
            self.export.label, self.export.busy_label = t("Export"), t("Writing…")
            self.export.hint = t("The report of this comparison as one HTML file, in both languages")
        finally:
            self._setting = False

    def stand(self, *, why: bool, revealed: bool) -> None:
        """Show whether reasons are told; before anything is revealed they cannot be asked for."""
        self._setting = True
        try:
            self.why.disabled = not revealed
            self.why.value = why
        finally:
            self._setting = False

    def _chosen(self, change: dict[str, Any]) -> None:
        if self._setting:
            return
        if change["owner"] is self.why:
            self._asked_why(change["new"])
        else:
            (self._picked if change["owner"] is self.picker else self._spoken)(change["new"])


def _picker_pixels(title: str) -> int:
    """Return how wide the closed picker has to be to show a title whole; the question takes what room is left."""
    return round(min(WIDEST, max(NARROWEST, width(escaped(title)) * LETTER_PIXELS + ARROW_PIXELS)))
