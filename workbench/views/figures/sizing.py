"""How many machines it takes: the part of runs that met every goal at each number that was tried, a line per side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.experiments.sizing import Size, Sizing, Tried
from workbench.views import sizing as words
from workbench.views.figures.style import INK, LABEL_SIZE, Spec, axis, count_axis, figure, look, note, side_label
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go


def draw(sizing: Sizing, t: Texts) -> go.Figure:
    """Return the figure, of a search that may still go on."""
    tried = [one.machines for size in sizing.sizes for one in size.tried]
    data = [_line(t, size) for size in sizing.sizes]
    x = count_axis(t("machines"), max(tried, default=sizing.high), 8)
    return figure(
        data,
        words.finding(sizing, t),
        height=200,
        legend=True,
        annotations=[_found(t, size, at) for at, size in enumerate(sizing.sizes) if size.machines is not None],
        shapes=[_rule(size) for size in sizing.sizes if size.machines is not None],
        xaxis={**x, "range": [min(tried, default=0) - 0.5, max(tried, default=sizing.high) * 1.04 + 0.5]},
        yaxis={**axis(t("runs that met every goal")), "range": [-0.06, 1.22], "tickformat": ".0%", "dtick": 0.25},
    )


def alt(sizing: Sizing, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "The part of runs that met every goal, over the number of machines, one line for each control plane. {finding}",
        finding=words.finding(sizing, t),
    )


def _line(t: Texts, size: Size) -> Spec:
    """Return what came of each number; where one was both searched for and confirmed, the confirmation."""
    seen = look(t, size.side)
    last: dict[int, Tried] = {one.machines: one for one in size.tried}
    points = [last[machines] for machines in sorted(last)]
    return {
        "type": "scatter", "mode": "lines+markers", "name": side_label(t, size.side), "legendgroup": size.side,
        "x": [one.machines for one in points], "y": [one.met / one.runs for one in points],
        "line": {"color": seen.colour, "dash": seen.dash, "width": 1.5},
        "marker": {
            "symbol": seen.symbol, "color": seen.colour, "line": {"color": seen.colour, "width": 2},
            "size": [13 if one.machines == size.machines else 8 for one in points],
        },
        "text": [_hover(t, one) for one in points], "hoverinfo": "text",
    }  # fmt: skip


def _hover(t: Texts, one: Tried) -> str:
    said = t("{machines} machines: {met} of {runs} runs met every goal", machines=one.machines, met=one.met,
             runs=one.runs)  # fmt: skip
    return "<br>".join([said, *(f"{count} × {words.goal(t, goal)}" for goal, count in one.misses.items())])


def _found(t: Texts, size: Size, at: int) -> Spec:
    text = t("{machines} machines: {runs} of {runs} runs", machines=size.machines, runs=size.tried[-1].runs)
    return note(text, size.machines or 0, 1, ax=0, ay=-18 - 20 * (at % 2), xanchor="center",
                font={"size": LABEL_SIZE, "color": look(t, size.side).colour})  # fmt: skip


def _rule(size: Size) -> Spec:
    return {
        "type": "line", "xref": "x", "yref": "y", "x0": size.machines, "x1": size.machines, "y0": -0.06, "y1": 1,
        "layer": "below", "line": {"color": INK, "dash": "dot", "width": 1},
    }  # fmt: skip
