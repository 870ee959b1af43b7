"""The card that says why a task is where it is; it takes the place of the table, and Esc brings that back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from workbench.views.i18n import Texts
from workbench.views.story import Story
from workbench.views.widgets.browser import half


class WhyCard(anywidget.AnyWidget):
    """A task's story: two or three sentences, and when it reached which step.

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
    words = traitlets.Dict(value_trait=traitlets.Unicode()).tag(sync=True)

    def __init__(self, closed: Callable[[], None], **traits: Any) -> None:
        self._closed = closed
        super().__init__(**traits)
        self.on_msg(self._received)

    def show(self, story: Story, t: Texts) -> None:
        """Show a story."""
        with self.hold_sync():
            self.words = {"close": t("back to the table (Esc)")}
            self.title = story.title
            self.sentences = list(story.sentences)
            self.steps = [list(step) for step in story.steps]

    def _received(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        if content.get("kind") == "close":
            self._closed()
