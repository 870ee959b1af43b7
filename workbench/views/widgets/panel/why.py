"""The card that says why a task is where it is; it takes the place of the table, and Esc brings that back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from workbench.views.explaining import Card
from workbench.views.explaining.outline import Outline
from workbench.views.i18n import Texts
from workbench.views.widgets.browser import half


class WhyCard(anywidget.AnyWidget):
    """A task's story: two or three sentences, what it was compared by, and when it reached which step.

    Parameters
    ----------
    closed : callable
        Is called when the reader wants the table back.
    """

    _esm = half("why.js")
    _css = half("why.css")

    title = traitlets.Unicode().tag(sync=True)
    """Empty: nothing is shown."""
    sentences = traitlets.List(traitlets.Unicode()).tag(sync=True)
    steps = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    heads = traitlets.List(traitlets.Unicode()).tag(sync=True)
    rows = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    """What was known when it was decided on, side by side; empty where there is nothing to compare."""
    lane = traitlets.List(traitlets.List()).tag(sync=True)
    """Parts of the task's life side by side: [what and how long, width in percent, colour]."""
    refused = traitlets.List(traitlets.Float()).tag(sync=True)
    """Where on the lane no machine would do, in percent."""
    lane_alt = traitlets.Unicode().tag(sync=True)
    words = traitlets.Dict(value_trait=traitlets.Unicode()).tag(sync=True)

    def __init__(self, closed: Callable[[], None], **traits: Any) -> None:
        self._closed = closed
        super().__init__(**traits)
        self.on_msg(self._received)

    def show(self, told: Outline, t: Texts) -> None:
        """Show what the trace tells."""
        with self.hold_sync():
            self.words = {"close": t("back to the table (Esc)")}
            self.title = told.title
            self.sentences = list(told.sentences)
            self.steps = [list(step) for step in told.steps]
            self.heads, self.rows = [], []
            self.lane, self.refused, self.lane_alt = [], [], ""

    def explain(self, card: Card) -> None:
        """Put the reasons, found out by running it again, in the place of what the trace tells; the steps stay."""
        with self.hold_sync():
            self.title = card.title
            self.sentences = [one for one in (card.because, card.cure) if one]
            self.heads, self.rows = list(card.heads), [list(row) for row in card.rows]
            if card.lane is not None:
                self.lane, self.refused = [list(part) for part in card.lane.parts], list(card.lane.refused)
                self.lane_alt = card.lane.alt

    def _received(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        if content.get("kind") == "close":
            self._closed()
