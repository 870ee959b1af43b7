"""The left rail: the sliders of the scenario, more of them, and a drawer with every setting and a search.

One widget for all of it: search, opening and the words beside a moving slider need no kernel. The kernel hears which
stop each setting stands on (`chosen`) and which button was pressed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anywidget
import traitlets

from workbench.model.parameters import Value
from workbench.model.scenario import Scenario
from workbench.views.i18n import Texts
from workbench.views.widgets.browser import half
from workbench.views.widgets.panel.settings import Setting

PRESSES = ("equalise", "repeat", "reset", "undo", "settle")
"""What the reader can ask for besides moving a setting; `settle`: a slider was let go."""


class Rail(anywidget.AnyWidget):
    """Settings to move, and buttons for all of them.

    Parameters
    ----------
    moved : callable
        Gets the dotted path and the new value of a setting that the reader moved.
    pressed : callable
        Gets one of `PRESSES`.
    """

    _esm = half("rail.js")
    _css = half("rail.css", "panel.css")

    rows = traitlets.List(traitlets.Dict()).tag(sync=True)
    """Every setting as the browser needs it; see `_row`."""
    chosen = traitlets.Dict(value_trait=traitlets.Int(), key_trait=traitlets.Unicode()).tag(sync=True)
    """Dotted path -> number of the stop it stands on."""
    problems = traitlets.Dict(value_trait=traitlets.Unicode(), key_trait=traitlets.Unicode()).tag(sync=True)
    """Dotted path -> what is wrong with the value; stands beside it."""
    level = traitlets.Enum(("first", "more", "all"), "first").tag(sync=True)
    """How many settings are on view."""
    able = traitlets.Dict(value_trait=traitlets.Bool()).tag(sync=True)
    """Of `PRESSES`: which make sense now."""
    words = traitlets.Dict(value_trait=traitlets.Unicode()).tag(sync=True)

    def __init__(self, moved: Callable[[str, Value], None], pressed: Callable[[str], None], **traits: Any) -> None:
        self._moved, self._pressed = moved, pressed
        self._settings: tuple[Setting, ...] = ()
        self._stood: dict[str, int] = {}
        super().__init__(**traits)
        self.observe(self._told, "chosen")
        self.on_msg(self._received)

    def show(self, settings: Sequence[Setting], scenario: Scenario, t: Texts) -> None:
        """Show these settings in the language of `t`; the words of the buttons too."""
        self._settings = tuple(settings)
        with self.hold_sync():
            self.words = _words(t)
            self.rows = [_row(one, scenario, t) for one in settings]

    def stand(self, values: Mapping[str, Value]) -> None:
        """Put the settings in `values` there, all others as they were shipped."""
        self._stood = {one.path: _stop(one, values.get(one.path, one.shipped)) for one in self._settings}
        self.chosen = dict(self._stood)

    def _told(self, change: Mapping[str, Any]) -> None:
        before, self._stood = self._stood, dict(change["new"])
        for one in self._settings:
            stop = self._stood.get(one.path)
            if stop is not None and stop != before.get(one.path) and 0 <= stop < len(one.values):
                self._moved(one.path, one.values[stop])

    def _received(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        if content.get("kind") in PRESSES:
            self._pressed(content["kind"])


def _stop(setting: Setting, value: Value) -> int:
    """Return the number of the stop for a value; for one between stops, the next."""
    if value in setting.values:
        return setting.values.index(value)
    beyond = (number for number, stop in enumerate(setting.values) if _above(stop, value))
    return next(beyond, len(setting.values) - 1)


def _above(stop: Value, value: Value) -> bool:
    return not isinstance(stop, str) and not isinstance(value, str) and stop > value


def _row(setting: Setting, scenario: Scenario, t: Texts) -> dict[str, Any]:
    return {
        "path": setting.path,
        "level": setting.level,
        "kind": setting.kind,
        "label": setting.label(t, scenario),
        "about": setting.about(t),
        "said": list(setting.said(t)),
        "shipped": _stop(setting, setting.shipped),
    }


def _words(t: Texts) -> dict[str, str]:
    return {
        "more": t("more…"),
        "fewer": t("fewer"),
        "all": t("all settings"),
        "close": t("close"),
        "search": t("search settings"),
        "none": t("no setting has these words"),
        "equalise": t("make defaults equal"),
        "equalise_about": t("The same run with the same defaults on both sides: is the difference architecture?"),
        "repeat": t("more repeats"),
        "repeat_about": t("Twenty more runs on each side, with other random numbers: how sure is the difference?"),
        "reset": t("reset"),
        "undo": t("undo"),
        "back": t("back to {value}", value="{value}"),
        "settings": t("settings"),
    }
