"""Parts of all cpu over time, stacked: what `holding.py` and `turns.py` have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from workbench.views.amounts import duration
from workbench.views.figures import focus, panels, steps
from workbench.views.figures.style import (
    IDLE,
    INK,
    Spec,
    axis,
    figure,
    look,
    named_once,
    seconds,
    time_axis,
    tinted,
)
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.compare import Comparison
    from workbench.views.figures.panels import Panel

HEADROOM = 16
"""Percent above the stack, for an annotation."""

Drawn = Callable[[str, "Panel"], tuple[list[Spec], list[Spec]]]
"""Takes a control plane and its panel, returns its traces and its annotations."""


def draw(comparison: Comparison, t: Texts, title: str, drawn: Drawn) -> go.Figure:
    """Return the figure: one stack per control plane, in percent of all cpu."""
    sides = focus.sides(comparison)
    grid = panels.grid(len(sides))
    data: list[Spec] = []
    notes = panels.names(t, sides, grid[0])
    for side, panel in zip(sides, grid[0], strict=True):
        traces, own = drawn(side, panel)
        data += traces
        notes += own
    x = time_axis(t, 0, comparison.scenario.horizon_us, t("time since the start"), panels.most_ticks(len(sides)))
    y = {
        **axis(t("share of all CPU")), "range": [0, 100 + HEADROOM], "dtick": 25,
        "ticksuffix": t("{number} %", number=""),
    }  # fmt: skip
    return figure(
        named_once(data), title, height=250, above=panels.LABEL_PIXELS, legend=True, left=76, annotations=notes,
        **panels.axes(grid, x, [y]),
    )  # fmt: skip


def stack(
    t: Texts,
    side: str,
    panel: Panel,
    layers: Mapping[str, steps.Steps],
    shades: Mapping[str, tuple[str, Spec]],
    shown: Sequence[str],
    horizon: int,
) -> list[Spec]:
    """Return the traces of one stack.

    Parameters
    ----------
    layers : mapping
        Name -> percent of all cpu over time.
    shades : mapping
        Name -> what it is called, and how its area is filled; `running` and `free` are known.
    shown : sequence of str
        The layers to be drawn, from the bottom up.
    horizon : int
        Length of the run, in microseconds.
    """
    colour = look(t, side).colour
    known = {
        "running": (t("running"), {"fillcolor": tinted(colour, 0.85)}),
        "free": (t("free"), {"fillcolor": IDLE}),
        **shades,
    }
    times, values = steps.stacked([layers[name] for name in shown], 0, horizon)
    when = [duration(t, seconds(time)) for time in times]
    at = [seconds(time) for time in times]
    return [
        {
            "type": "scatter", "mode": "lines", "stackgroup": side, "x": at, "y": [round(one, 2) for one in heights],
            **panel.axes, "line": {"width": 0, "shape": "hv", "color": colour if name == "running" else INK},
            **known[name][1], "name": known[name][0], "legendgroup": name, "text": when,
            "hovertemplate": f"{known[name][0]}: %{{y:.0f}} %<br>%{{text}}<extra></extra>",
        }
        for name, heights in zip(shown, values, strict=True)
    ]  # fmt: skip


def pattern(shape: str, colour: str, strength: float) -> Spec:
    """Return an area filled with a pattern on the ground of what is free."""
    lines = {"shape": shape, "fgcolor": tinted(colour, strength), "bgcolor": tinted(colour, 0.12), "size": 8}
    return {"fillpattern": {**lines, "solidity": 0.3, "fgopacity": 1}, "fillcolor": tinted(colour, 0.1)}
