"""The prediction: three answers as buttons, asked before anything can be seen."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import ipywidgets

from workbench.model.scenario import Scenario
from workbench.views.i18n import Texts


class Asking(ipywidgets.VBox):
    """Buttons with the answers that the scenario's author thought likely, and one for those who will not guess.

    Parameters
    ----------
    answered : callable
        Gets the number of the answer, None for "show me".
    """

    def __init__(self, answered: Callable[[int | None], None]) -> None:
        self._answered = answered
        self.invitation = ipywidgets.HTML()
        self.answers = ipywidgets.HBox()
        self.skip = ipywidgets.Button()
        self.skip.add_class("workbench-skip")
        self.skip.on_click(lambda _: answered(None))
        self.answers.add_class("workbench-answers")
        super().__init__([self.invitation, self.answers, self.skip])
        self.add_class("workbench-asking")

    def show(self, scenario: Scenario, t: Texts) -> None:
        """Ask about this scenario in the language of `t`; buttons of the same question keep their places."""
        predictions = scenario.study.predictions
        invited = t("What do you expect?") if predictions else t("What will the runs show?")
        self.invitation.value = f"<b>{escape(invited)}</b>"
        self.skip.description = t("show me")
        if len(self.answers.children) != len(predictions):
            former, self.answers.children = self.answers.children, tuple(map(self._button, range(len(predictions))))
            for button in former:
                button.close()
        for button, prediction in zip(self.answers.children, predictions, strict=True):
            button.description = button.tooltip = t.local(prediction)

    def _button(self, number: int) -> ipywidgets.Button:
        button = ipywidgets.Button()
        button.on_click(lambda _: self._answered(number))
        return button
