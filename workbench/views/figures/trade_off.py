"""Cheaper or safer: what each setting costs, and what it loses; a frontier for each side, a ring around today's.

A pure function of a sweep (`experiments/sweep.py`) with a measure of harm and, beside it, one of cost; works on one
that is not complete yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.engines.catalogue import PARAMETERS
from workbench.experiments.metrics import METRICS, Metric
from workbench.formats.scenario_override import value_at
from workbench.model.parameters import Value
from workbench.views.amounts import control_plane, typical, value
from workbench.views.figures.style import (
    Spec,
    axis,
    figure,
    look,
    plain,
    short,
    side_label,
    tinted,
)
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.sweep import Point, Sweep


def frontier(points: Sequence[Point], cost: str) -> list[Point]:
    """Return the points that no other beats: cheaper and no worse, or better and no dearer; the cheapest first."""
    kept: list[Point] = []
    for one in sorted(points, key=lambda point: (point.mean_of(cost), point.mean)):
        if not kept or one.mean < kept[-1].mean:
            kept.append(one)
    return kept


def finding(sweep: Sweep, t: Texts) -> str:
    """Return the title: what each side loses, and could lose at no more cost."""
    said = [_said(sweep, side, t) for side in sweep.sides]
    if not all(said):
        return t("Every setting is being run.")
    what, _, about = sweep.measure.partition(":")
    return t(
        "{measure}, at no more cost: {answers}.",
        measure=t(METRICS[what].title, about=short(about)), answers=t("; ").join(said),
    )  # fmt: skip


def _said(sweep: Sweep, side: str, t: Texts) -> str:
    """Return half a sentence about one side; empty while its own settings have not been run."""
    now, best = _now(sweep, side), _bought(sweep, side)
    if now is None or best is None:
        return ""
    words = {"side": control_plane(t, side), "now": _value(t, sweep, now), "best": _value(t, sweep, best)}
    if words["now"] == words["best"]:
        return t("{side} stays at {now}", **words)
    return t("{side} can come down from {now} to {best}", **words)


def caption(_: Sweep, t: Texts) -> str:
    """Return the sentence below: how to read it."""
    return t(
        "Left and down is better; each point is a setting, rings are today's, lines join what nothing else beats. "
        "Where lines cross, the choice changes."
    )


def alt(sweep: Sweep, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "Points, one for each setting: what it costs to the right, what it loses upwards; one frontier for each "
        "control plane. {finding}",
        finding=finding(sweep, t),
    )


def draw(sweep: Sweep, t: Texts) -> go.Figure:
    """Return the figure, of a sweep that may still go on."""
    cost, harm = METRICS[_cost(sweep).partition(":")[0]], METRICS[sweep.measure.partition(":")[0]]
    data: list[Spec] = []
    for side in sweep.sides:
        points = [point for point in sweep.points if point.side == side]
        data += [_dots(t, sweep, side, points), _line(t, sweep, side, frontier(points, _cost(sweep)))]
        now = _now(sweep, side)
        data += [] if now is None else [_ring(t, sweep, now)]
    return figure(
        data,
        finding(sweep, t),
        height=260,
        legend=True,
        xaxis=_axis(t, cost, _cost(sweep), [point.mean_of(_cost(sweep)) for point in sweep.points]),
        yaxis=_axis(t, harm, sweep.measure, [point.mean for point in sweep.points]),
    )


def _axis(t: Texts, metric: Metric, measure: str, values: Sequence[float]) -> Spec:
    """Return an axis whose marks read as people say them."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = 0.08 * (high - low or 1.0)
    step = _step((high - low or 1.0) / 4, metric.unit)
    first = -(-max(0.0, low - room) // step)
    marks = [step * (first + number) for number in range(7) if step * (first + number) <= high + room]
    return {
        **axis(t(metric.title, about=plain(measure.partition(":")[2]))),
        "range": [low - room, high + room],
        "tickmode": "array", "tickvals": marks, "ticktext": [value(t, metric, mark) for mark in marks],
    }  # fmt: skip


def _step(rough: float, unit: str) -> float:
    """Return a round distance of marks near `rough`: 1, 2 or 5 times a power of ten; time paid for in min or h."""
    paid = unit in ("instance-s", "machine-s")
    base = (3600.0 if rough >= 1800 else 60.0) if paid else 1.0
    size = 10.0 ** len(str(int(rough / base))) / 10 if rough >= base else 10.0**-6
    while size * 10 <= rough / base:
        size *= 10
    return base * next(size * nice for nice in (1, 2, 5, 10) if size * nice >= rough / base)


def _dots(t: Texts, sweep: Sweep, side: str, points: Sequence[Point]) -> Spec:
    seen = look(t, side)
    return {
        "type": "scatter", "mode": "markers", "showlegend": False,
        "x": [point.mean_of(_cost(sweep)) for point in points], "y": [point.mean for point in points],
        "marker": {"symbol": seen.symbol, "size": 8, "color": tinted(seen.colour, 0.55),
                   "line": {"width": 1, "color": seen.colour}},
        "customdata": [dict(point.settings) for point in points],
        "text": [_hover(t, sweep, point) for point in points], "hoverinfo": "text",
    }  # fmt: skip


def _line(t: Texts, sweep: Sweep, side: str, points: Sequence[Point]) -> Spec:
    seen = look(t, side)
    return {
        "type": "scatter", "mode": "lines", "name": side_label(t, side),
        "x": [point.mean_of(_cost(sweep)) for point in points], "y": [point.mean for point in points],
        "line": {"color": seen.colour, "width": 2, "dash": seen.dash, "shape": "hv"}, "hoverinfo": "skip",
    }  # fmt: skip


def _ring(t: Texts, sweep: Sweep, point: Point) -> Spec:
    return {
        "type": "scatter", "mode": "markers", "showlegend": False, "hoverinfo": "skip",
        "x": [point.mean_of(_cost(sweep))], "y": [point.mean],
        "marker": {"symbol": "circle-open", "size": 20, "color": look(t, point.side).colour, "line": {"width": 2.5}},
    }  # fmt: skip


def _hover(t: Texts, sweep: Sweep, point: Point) -> str:
    cost = METRICS[_cost(sweep).partition(":")[0]]
    settings = [t("{setting}: {value}", setting=plain(_named(t, sweep, path)), value=plain(str(chosen)))
                for path, chosen in point.settings.items()]  # fmt: skip
    came = t("{harm} for {cost}", harm=_value(t, sweep, point), cost=value(t, cost, point.mean_of(_cost(sweep))))
    return "<br>".join([f"<b>{side_label(t, point.side)}</b>", came, *settings])


def _named(t: Texts, sweep: Sweep, path: str) -> str:
    """Return a setting as the scenario's slider calls it, or by its path."""
    for slider in sweep.scenario.study.sliders:
        if slider.path == path and slider.label is not None:
            return t.local(slider.label)
    return path


def _cost(sweep: Sweep) -> str:
    return next(iter(sweep.points[0].others)) if sweep.points else sweep.measure


def _value(t: Texts, sweep: Sweep, point: Point) -> str:
    return value(t, METRICS[sweep.measure.partition(":")[0]], *typical(point.values))


def _now(sweep: Sweep, side: str) -> Point | None:
    """Return the point at the scenario's own settings."""
    for point in sweep.points:
        if point.side == side and all(_current(sweep, path) == chosen for path, chosen in point.settings.items()):
            return point
    return None


def _current(sweep: Sweep, path: str) -> Value | None:
    if path in PARAMETERS:
        return sweep.scenario.settings.values.get(path, PARAMETERS[path].default)
    found: Value | None = value_at(sweep.scenario.document, path, PARAMETERS)
    return found


def _bought(sweep: Sweep, side: str) -> Point | None:
    """Return the point that loses least among those that cost no more than today's."""
    now = _now(sweep, side)
    if now is None:
        return None
    most = now.mean_of(_cost(sweep))
    return min(
        (point for point in sweep.points if point.side == side and point.mean_of(_cost(sweep)) <= most),
        key=lambda point: (point.mean, point.mean_of(_cost(sweep))),
    )
