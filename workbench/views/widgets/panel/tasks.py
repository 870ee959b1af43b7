"""The tab *Tasks*: every pod and task of the first repeat, side by side, longest waits first; a click asks why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from workbench.experiments.compare import Comparison
from workbench.model.trace import Trace
from workbench.views.amounts import control_plane, duration
from workbench.views.explaining.outline import standing, waited_s
from workbench.views.figures.style import look
from workbench.views.i18n import Texts
from workbench.views.widgets.browser import half

MOST = 300
"""Tasks of one side that are listed; those that waited longest."""

Asked = Callable[[str, str], None]
"""Takes the control plane and the task that the reader wants to know about."""


class TaskList(anywidget.AnyWidget):
    """Two lists of tasks, with a search over both.

    Parameters
    ----------
    asked : callable
        Gets the control plane and the name of the task that was clicked.
    """

    _esm = half("tasks.js")
    _css = half("tasks.css")

    sides = traitlets.List(traitlets.Dict()).tag(sync=True)
    """Of each control plane: ``side``, ``name``, ``mark``, ``colour``, ``rows`` (task, wait, machine, state) ..."""
    words = traitlets.Dict(value_trait=traitlets.Unicode()).tag(sync=True)

    def __init__(self, asked: Asked, **traits: Any) -> None:
        self._asked = asked
        super().__init__(**traits)
        self.on_msg(self._received)

    def show(self, comparison: Comparison, t: Texts) -> None:
        """List the tasks of the first repeat in the language of `t`."""
        with self.hold_sync():
            self.words = {
                "task": t("task"),
                "wait": t("waited"),
                "node": t("machine"),
                "state": t("state"),
                "search": t("search tasks"),
                "hint": t("Click a task to learn why it is where it is."),
            }
            self.sides = [_side(side, comparison.traces[side], t) for side in comparison.sides]

    def _received(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        side, task = content.get("side"), content.get("task")
        if content.get("kind") == "ask" and isinstance(side, str) and isinstance(task, str):
            self._asked(side, task)


def _side(side: str, trace: Trace, t: Texts) -> dict[str, Any]:
    seen = look(t, side)
    ranked = sorted(trace["tasks"].dicts(), key=lambda row: -waited_s(trace, row))
    rows = [[row["task"], duration(t, waited_s(trace, row)), row["node"], standing(row, t)] for row in ranked[:MOST]]
    left = len(ranked) - len(rows)
    return {
        "side": side,
        "name": control_plane(t, side),
        "mark": seen.mark,
        "colour": seen.colour,
        "rows": rows,
        "left": t("and {count} more that waited less", count=f"{left:,}") if left else "",
    }
