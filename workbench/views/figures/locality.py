"""What a wait for nearby data buys: near reads on the left, the time of a job on the right, over the longest wait.

A pure function of the curve of `experiments/locality.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from workbench.experiments.locality import Waited
from workbench.model.clock import to_us
from workbench.views.amounts import duration
from workbench.views.figures import panels
from workbench.views.figures.style import LABEL_SIZE, Spec, axis, figure, look, time_axis
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

NEARLY_ALL = 0.95
"""The wait that is named in the title is the shortest with so many near reads."""


def finding(curve: Sequence[Waited], t: Texts) -> str:
    """Return the title: what the shortest wait buys with which nearly all is read near."""
    none = curve[0]
    bought = next((one for one in curve if one.near >= NEARLY_ALL), curve[-1])
    return t(
        "{wait} of waiting: {near} % of reads are near, not {before} %, and a job takes {job}, not {longer}.",
        wait=duration(t, bought.wait_s), near=_percent(bought), before=_percent(none),
        job=duration(t, round(bought.job_s)), longer=duration(t, round(none.job_s)),
    )  # fmt: skip


def _percent(one: Waited) -> str:
    return f"{100 * one.near:.0f}"


def alt(curve: Sequence[Waited], t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "Two lines over the longest wait for nearby data: the part of near reads, and how long a job takes. {finding}",
        finding=finding(curve, t),
    )


def draw(curve: Sequence[Waited], t: Texts, side: str = "mesos") -> go.Figure:
    """Return the figure: two panels, a point for each wait."""
    ((left, right),) = panels.grid(2)
    longest = max(one.wait_s for one in curve) * 1.04
    x = time_axis(t, 0, to_us(longest), t("longest wait for nearby data"), 5)
    x["range"] = [-0.03 * longest, longest]  # the first mark is whole
    slowest = max(one.job_s for one in curve)
    y = (
        {**axis(), "range": [0, 108], "ticksuffix": t.template("{number} %").removeprefix("{number}")},
        {**time_axis(t, 0, to_us(slowest * 1.15), "", 5)},
    )
    layout: Spec = {}
    for panel, up in zip((left, right), y, strict=True):
        tail = panel.x[1:]
        layout[f"xaxis{tail}"] = {**x, "domain": [panel.left, panel.right], "anchor": panel.y}
        layout[f"yaxis{tail}"] = {**up, "domain": [panel.bottom, panel.top], "anchor": panel.x}
    return figure(
        [
            _line(t, curve, side, left.axes, lambda one: 100 * one.near),
            _line(t, curve, side, right.axes, lambda one: one.job_s),
        ],
        finding(curve, t),
        height=210,
        above=panels.LABEL_PIXELS,
        showlegend=False,
        annotations=[
            _head(t("read from the own machine"), left.left),
            _head(t("time that a job takes"), right.left),
        ],
        **layout,
    )


def _line(t: Texts, curve: Sequence[Waited], side: str, axes: Spec, value: Callable[[Waited], float]) -> Spec:
    seen = look(t, side)
    return {
        "type": "scatter", "mode": "lines+markers", **axes,
        "x": [one.wait_s for one in curve], "y": [value(one) for one in curve],
        "line": {"color": seen.colour, "width": 2},
        "marker": {"symbol": seen.symbol, "size": 7, "color": seen.colour},
        "hoverinfo": "text",
        "text": [
            t(
                "{wait} of waiting: {near} % near, a job takes {job}",
                wait=duration(t, one.wait_s), near=_percent(one), job=duration(t, one.job_s),
            )
            for one in curve
        ],
    }  # fmt: skip


def _head(text: str, left: float) -> Spec:
    return {
        "text": f"<b>{text}</b>", "showarrow": False, "font": {"size": LABEL_SIZE}, "x": left, "xref": "paper",
        "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 3,
    }  # fmt: skip
