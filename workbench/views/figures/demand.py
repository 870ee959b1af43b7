"""Demand against capacity: the requests that come, what the instances could answer, and in red what is lost."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from workbench.experiments import requests
from workbench.experiments.requests import Interval
from workbench.model.workload import App
from workbench.views.amounts import control_plane, duration
from workbench.views.figures import focus, panels, steps
from workbench.views.figures.style import (
    ALARM,
    INK,
    LABEL_SIZE,
    Spec,
    count_axis,
    figure,
    look,
    named_once,
    plain,
    seconds,
    short,
    side_label,
    time_axis,
    tinted,
)
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.compare import Comparison
    from workbench.views.figures.panels import Panel

HEAD = 1.5
"""How much higher than the highest line a panel is: names and totals stand above all lines."""


def has_content(comparison: Comparison) -> bool:
    """Say whether requests come to anything."""
    return any(len(trace["traffic"]) for trace in comparison.traces.values())


def finding(comparison: Comparison, t: Texts) -> str:
    """Return the title: how many requests each side loses."""
    first, second = focus.sides(comparison)[:2]
    lost = [_lost(comparison, side) for side in (first, second)]
    said = {
        "app": short(_app(comparison).name), "first": control_plane(t, first), "second": control_plane(t, second),
        "first_lost": f"{lost[0]:,}", "second_lost": f"{lost[1]:,}",
    }  # fmt: skip
    if lost == [0, 0]:
        return t("No request to {app} is lost, on either side.", **said)
    return t("{first} loses {first_lost} requests to {app}, {second} {second_lost}.", **said)


def caption(comparison: Comparison, t: Texts) -> str:
    """Return the sentence below: for how long too many requests came."""
    app = _app(comparison).name
    first, second = focus.sides(comparison)[:2]
    times = [
        sum(end - start for start, end in requests.overloaded(comparison.traces[side], app)) for side in (first, second)
    ]
    if not any(times) and any(_lost(comparison, side) for side in (first, second)):
        return t(
            "There were always instances enough to answer all requests; lost is what clients sent to instances that "
            "had stopped, or what went down with them."
        )
    if not any(times):
        return t("The instances could answer all requests at all times; the line is what they could answer.")
    return t(
        "More requests came than the instances could answer for {first_time} with {first}, for {second_time} with "
        "{second}.",
        **focus.each(comparison, t, times),
    )


def alt(comparison: Comparison, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "Requests a second over time as an area, what the instances could answer as a line, lost requests in red; one "
        "row for each control plane. {finding}",
        finding=finding(comparison, t),
    )


def draw(comparison: Comparison, t: Texts) -> go.Figure:
    """Return the figure: a row per control plane, all on one axis of time."""
    sides, horizon = focus.sides(comparison), comparison.scenario.horizon_us
    app = _app(comparison)
    rows = {side: list(requests.intervals(comparison.traces[side], app.name)) for side in sides}
    grid = panels.grid(1, len(sides))
    highest = max((max(one.offered, one.capacity) for found in rows.values() for one in found), default=1.0)
    data: list[Spec] = []
    notes: list[Spec] = []
    for side, (panel,) in zip(sides, grid, strict=True):
        data += _panel(t, side, rows[side], panel, horizon)
        notes += [_name(t, side, panel), _total(comparison, t, side, panel)]
    x = time_axis(t, 0, horizon, t("time since the start"), panels.most_ticks(1))
    y = [{**count_axis(t("requests/s"), highest, 4), "range": [0, HEAD * max(1.0, highest)]} for _ in sides]
    return figure(
        named_once(data),
        finding(comparison, t),
        height=130 * len(sides),
        legend=True,
        annotations=notes,
        **panels.axes(grid, x, y),
    )


def _app(comparison: Comparison) -> App:
    """Return the app to show: the question's own, else the first with requests."""
    about = focus.subject(comparison)
    loaded = [app for app in comparison.scenario.apps if app.load is not None]
    return next((app for app in loaded if app.name == about), loaded[0])


def _lost(comparison: Comparison, side: str) -> int:
    return round(requests.total(comparison.traces[side], _app(comparison).name, "lost"))


def _panel(t: Texts, side: str, rows: Sequence[Interval], panel: Panel, horizon: int) -> list[Spec]:
    """Return demand, lost requests and capacity of one side."""
    seen = look(t, side)
    answered = _line([(one.start_us, one.offered - one.lost) for one in rows], horizon)
    offered = _line([(one.start_us, one.offered) for one in rows], horizon)
    capacity = _line([(one.start_us, one.capacity) for one in rows], horizon)
    return [
        {
            **_trace(answered, panel), "line": {"width": 0, "shape": "hv", "color": INK},
            "fill": "tozeroy", "fillcolor": tinted(INK, 0.25), "hoverinfo": "skip",
            "name": t("requests that come"), "legendgroup": "demand",
        },
        {
            **_trace(offered, panel), "line": {"width": 0, "shape": "hv", "color": ALARM},
            "fill": "tonexty", "fillcolor": tinted(ALARM, 0.55), "hoverinfo": "skip",
            "name": t("lost requests"), "legendgroup": "lost",
        },
        {
            **_trace(capacity, panel), "line": {"width": 2.5, "shape": "hv", "color": seen.colour, "dash": seen.dash},
            "name": t("what the instances could answer"), "legendgroup": side,
            "hoverinfo": "text", "text": [_said(t, at, value) for at, value in capacity],
        },
    ]  # fmt: skip


def _line(values: list[steps.Step], horizon: int) -> steps.Steps:
    """Return the steps at which a rate changes, from zero to the end."""
    changes = values[:1] + [one for before, one in pairwise(values) if before[1] != one[1]]
    return steps.thinned(steps.window(changes, 0, horizon))


def _trace(line: steps.Steps, panel: Panel) -> Spec:
    return {
        "type": "scatter", "mode": "lines", "x": [seconds(at) for at, _ in line], "y": [value for _, value in line],
        **panel.axes,
    }  # fmt: skip


def _said(t: Texts, at_us: int, rate: float) -> str:
    return t(
        "from {time} on: {count} requests/s could be answered", time=duration(t, seconds(at_us)), count=round(rate)
    )


def _corner(panel: Panel, text: str, **place: object) -> Spec:
    return {
        "text": text, "y": 1, "yref": f"{panel.y} domain", "yanchor": "top", "xref": f"{panel.x} domain",
        "showarrow": False, "font": {"size": LABEL_SIZE}, **place,
    }  # fmt: skip


def _name(t: Texts, side: str, panel: Panel) -> Spec:
    return _corner(panel, f"<b>{side_label(t, side)}</b>", x=0.01, xanchor="left")


def _total(comparison: Comparison, t: Texts, side: str, panel: Panel) -> Spec:
    lost = t("{count} requests lost", count=f"{_lost(comparison, side):,}")
    return _corner(panel, f'<span style="color:{ALARM}"><b>{plain(lost)}</b></span>', x=0.99, xanchor="right")
