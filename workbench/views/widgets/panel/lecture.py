"""The lecturer's mode: one figure at full width, large type, the question asked before anything is shown, keys to step.

What it looks like and which keys there are is the browser's (`lecture.js`); what a key does is the panel's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anywidget
import traitlets

from workbench.views.i18n import Texts
from workbench.views.widgets.browser import half

DOES = ("enter", "next", "back", "answer", "play", "why")
"""What the browser can ask for; ``answer`` comes with the number of the prediction, from 0, or -1 for none."""


class Lecture(anywidget.AnyWidget):
    """The button in the strip, and the keys while the mode is on.

    Parameters
    ----------
    asked : callable
        Gets one of `DOES`, and the number of an answer.
    """

    _esm = half("lecture.js")
    _css = half("lecture.css")

    words = traitlets.Dict(value_trait=traitlets.Unicode()).tag(sync=True)

    def __init__(self, asked: Callable[[str, int], None], **traits: Any) -> None:
        self._asked = asked
        super().__init__(**traits)
        self.on_msg(self._received)

    def show(self, t: Texts) -> None:
        """Speak the language of `t`."""
        self.words = {
            "label": t("Lecture"),
            "leave": t("Leave"),
            "about": t("Large, step by step, and the question is asked before anything is shown"),
            "keys": t("1–9 answer, 0 show me · → ← step · Space play · W why · S sliders · Esc leave"),
        }

    def _received(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        what, number = content.get("kind"), content.get("number", -1)
        if what in DOES and isinstance(number, int):
            self._asked(what, number)


def beside(names: Sequence[str], shown: str, by: int) -> str:
    """Return the name `by` places further on than the one that is shown; the first and the last stay."""
    at = names.index(shown) if shown in names else 0
    return names[max(0, min(len(names) - 1, at + by))]
