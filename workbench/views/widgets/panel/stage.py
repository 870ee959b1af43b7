"""The stage: one figure at a time, or the list of tasks, chosen by tabs; the map of the cluster follows the clock."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from html import escape, unescape
from typing import Any

import ipywidgets

from workbench.experiments.compare import Comparison
from workbench.model.clock import to_us
from workbench.views.figures import FIGURES, cluster_map, figures_for
from workbench.views.figures.style import AXIS_PIXELS, TITLE_SIZE, Spec, lines, width
from workbench.views.i18n import SPACE_INSIDE_CHINESE, Texts
from workbench.views.widgets.chart import Chart
from workbench.views.widgets.panel.tasks import Asked, TaskList
from workbench.views.widgets.scrubber_clock import ScrubberClock

HEIGHT = 288
"""Of a figure, in px; its title and the tabs are on top."""
ABOVE, LIFT = 12, 11
"""What is left of the room for a title, and how much of it the names of the panels take, in px."""
BELOW = 18
"""What the words of an axis of time take, in px."""
MARK_PIXELS, TIMES = 15, (1, 2, 5, 10, 100, 10_000)
"""Marks of an upright axis are so many px apart at least; if they are not, there are so many times fewer."""
LETTER_PIXELS, SMALL = 7.0, 11
"""Of words along an upright axis: px for a letter, and their size where they have to be cut into lines."""
MAP = "cluster_map"
TASKS = "tasks"
"""The tab that lists tasks in place of a figure."""


class Stage(ipywidgets.VBox):
    """Tabs, the title of the figure, the figure.

    Parameters
    ----------
    clock : ScrubberClock
        What figures over time point their hands by.
    turned : callable
        Gets the name of the figure whose tab was chosen by the reader.
    asked : callable
        Gets the control plane and the name of a task that the reader clicked, in the map or in the list.
    """

    def __init__(self, clock: ScrubberClock, turned: Callable[[str], None], asked: Asked) -> None:
        self._turned = turned
        self._asked = asked
        self._setting = False
        self.tabs = ipywidgets.ToggleButtons(style={"button_width": "auto"})
        self.tabs.add_class("workbench-tabs")
        self.tabs.observe(self._chosen, "value")
        self.title = ipywidgets.HTML()
        self.title.add_class("workbench-title")
        self.chart = Chart(clock=clock)
        self.chart.on_click(self._clicked)
        self.tasks = TaskList(asked)
        super().__init__([self.tabs, self.title, self.chart, self.tasks])
        self.add_class("workbench-stage")

    def offer(self, names: Sequence[str], shown: str, t: Texts) -> None:
        """Offer the figures in `names`, with the tab of the one that is `shown` pressed."""
        options = [(t("Task list") if name == TASKS else FIGURES[name].label(t), name) for name in names]
        self._setting = True
        try:
            if list(self.tabs.options) != options:
                self.tabs.options = options
            self.tabs.value = shown or None
        finally:
            self._setting = False

    def show(self, comparison: Comparison, name: str, at: float, t: Texts) -> None:
        """Draw a figure, or list the tasks; only the map looks at where the clock stands, `at`, in s."""
        self._place(listed=name == TASKS)
        if name == TASKS:
            self.title.value = escape(t("Pods and tasks of the first repeat, longest waits first"))
            self.tasks.show(comparison, t)
            return
        kind = FIGURES[name]
        figure = cluster_map.draw_at(comparison, t, to_us(at)) if name == MAP else kind.draw(comparison, t)
        title, spec = fitted(json.loads(figure.to_json(validate=False)), HEIGHT, timed=kind.timed)
        alt = t.joined(kind.label(t) + ".", title) if name == MAP else kind.alt(comparison, t)
        self.title.value = f'<span title="{escape(title)}">{escape(title)}</span>'
        self.chart.language = t.language
        self.chart.show(spec, alt, subject=name, time_axes=time_axes(spec) if kind.timed else ())

    def empty(self, said: str) -> None:
        """Show a sentence instead of a figure."""
        self._place(listed=False)
        self.title.value = escape(said)
        self.chart.show({"data": [], "layout": _bare(HEIGHT)}, said)

    def _place(self, *, listed: bool) -> None:
        self.chart.layout.display = "none" if listed else None
        self.tasks.layout.display = None if listed else "none"

    def _clicked(self, customdata: Any) -> None:
        """A block of the map names its side and task; points of other figures name none."""
        if isinstance(customdata, list) and len(customdata) == 2:
            self._asked(*map(str, customdata))

    def _chosen(self, change: dict[str, Any]) -> None:
        if not self._setting and change["new"]:
            self._turned(change["new"])


def _bare(height: int) -> Spec:
    return {"height": height, "xaxis": {"visible": False}, "yaxis": {"visible": False}, "template": {}}


def choose(comparison: Comparison, wanted: str) -> str:
    """Return the figure to show: the wanted one, else the scenario's own, else the first there is; "" for none."""
    if wanted == TASKS:
        return TASKS
    for name in (wanted, comparison.scenario.study.figure):
        if name in FIGURES and FIGURES[name].has_content(comparison):
            return name
    return next(iter(figures_for(comparison)), "")


def fitted(figure: Spec, height: int, *, timed: bool) -> tuple[str, Spec]:
    """Return the title of a figure as plain text, and the figure without it in so many px.

    What is over time needs no words for its axis either: the clock is below it.
    """
    layout = dict(figure["layout"])
    text = layout.pop("title", {}).get("text", "")
    margin = dict(layout["margin"])
    margin["t"] -= 34 + round(TITLE_SIZE * 1.3) * text.count("<br>") - ABOVE
    margin["b"] -= BELOW if timed else 0
    inner = height - margin["t"] - margin["b"]
    layout.update(height=height, margin=margin, annotations=list(map(_lifted, layout.get("annotations", ()))))
    for name, axis in list(layout.items()):
        if name.startswith("xaxis") and timed:
            layout[name] = {**axis, "title": {"text": ""}}
        elif name.startswith("yaxis"):
            layout[name] = _narrowed(axis, inner)
    if "legend" in layout:
        layout["legend"] = {**layout["legend"], "y": -(AXIS_PIXELS - (BELOW if timed else 0)) / inner}
    title = SPACE_INSIDE_CHINESE.sub("", unescape(re.sub(r"<[^>]+>", "", text.replace("<br>", " "))))
    return title, {"data": figure["data"], "layout": layout}


def _lifted(annotation: Spec) -> Spec:
    """Return the name of a panel a little higher, clear of notes inside it; anything else as it is."""
    if annotation.get("yref") != "paper":
        return annotation
    return {**annotation, "yshift": annotation.get("yshift", 0) + LIFT}


def _narrowed(axis: Spec, inner: int) -> Spec:
    """Return an upright axis with its words in lines no longer than the axis is, and marks that keep apart."""
    low, high = axis.get("domain", (0, 1))
    length = (high - low) * inner
    done = dict(axis)
    if "dtick" in axis and "range" in axis:
        marks = (axis["range"][1] - axis["range"][0]) / axis["dtick"]
        done["dtick"] = axis["dtick"] * next(
            times for times in TIMES if marks * MARK_PIXELS <= times * length or times == TIMES[-1]
        )
    said = axis.get("title", {}).get("text", "")
    if width(said) * LETTER_PIXELS > length:
        cut = "<br>".join(lines(said, int(length / LETTER_PIXELS)))
        done["title"] = {**axis["title"], "text": cut, "font": {"size": SMALL}}
    return done


def time_axes(figure: Spec) -> list[str]:
    """Return the x axes of a figure as its traces name them."""
    return sorted({str(trace.get("xaxis", "x")) for trace in figure["data"]})
