"""Who heals first: the instances of an app that serve, over time, on both sides; the fault; the moment of recovery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.experiments import serving, versions
from workbench.model.workload import App
from workbench.views.amounts import control_plane, duration
from workbench.views.faults import in_short
from workbench.views.figures import focus, panels, steps
from workbench.views.figures.style import (
    ALARM,
    INK,
    TICK_SIZE,
    Spec,
    count_axis,
    figure,
    hatching,
    lines,
    look,
    named_once,
    note,
    plain,
    seconds,
    short,
    time_axis,
    tinted,
)
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.compare import Comparison
    from workbench.model.trace import Trace
    from workbench.views.figures.panels import Panel

MOST_APPS = 3
"""Rows of the figure; the app the question is about comes first."""


def has_content(comparison: Comparison) -> bool:
    """Say whether clients were sent to anything."""
    return bool(focus.served(comparison))


def finding(comparison: Comparison, t: Texts) -> str:
    """Return the title: who had the app whole again after how long."""
    app, scenario = _apps(comparison)[0], comparison.scenario
    first, second = focus.sides(comparison)[:2]
    fault = focus.first_fault_us(scenario)
    since = app.at_us if fault is None else fault
    whole = [focus.whole_us(comparison, app, side) for side in (first, second)]
    said = {
        "app": short(app.name),
        "first": control_plane(t, first),
        "second": control_plane(t, second),
        "first_time": duration(t, seconds((whole[0] or since) - since)),
        "second_time": duration(t, seconds((whole[1] or since) - since)),
    }
    if fault is None:
        return _opened(t, whole, said)
    hurt = [focus.hurt(comparison, app, side) for side in (first, second)]
    if not any(hurt):
        return t("{app} stays at full strength with {first} and with {second}.", **said)
    if not all(hurt):
        return _hurt_once(t, whole[hurt.index(True)], said, first=hurt[0])
    return _healed(t, whole, said)


def _hurt_once(t: Texts, whole: int | None, said: dict[str, str], *, first: bool) -> str:
    """Return the title where only one side lost instances: the `first` or the second."""
    names = {"hurt": said["first"], "spared": said["second"], "time": said["first_time"]}
    if not first:
        names = {"hurt": said["second"], "spared": said["first"], "time": said["second_time"]}
    if whole is None:
        return t("{app} stays full with {spared}; with {hurt} it is not full again within the run.", **said, **names)
    return t("{app} stays full with {spared}; with {hurt} it is full again after {time}.", **said, **names)


def _healed(t: Texts, whole: list[int | None], said: dict[str, str]) -> str:
    if whole == [None, None]:
        return t("{app} does not return to full strength within the run, on either side.", **said)
    if whole[1] is None:
        return t("{first} has {app} back at full strength after {first_time}, {second} not within the run.", **said)
    if whole[0] is None:
        return t("{second} has {app} back at full strength after {second_time}, {first} not within the run.", **said)
    if said["first_time"] == said["second_time"]:
        return t("Both have {app} back at full strength after {first_time}.", **said)
    return t("{app} is full again after {first_time} with {first}, after {second_time} with {second}.", **said)


def _opened(t: Texts, whole: list[int | None], said: dict[str, str]) -> str:
    if whole == [None, None]:
        return t("{app} does not reach full strength within the run, on either side.", **said)
    if whole[1] is None:
        return t("{first} has {app} at full strength after {first_time}, {second} not within the run.", **said)
    if whole[0] is None:
        return t("{second} has {app} at full strength after {second_time}, {first} not within the run.", **said)
    if said["first_time"] == said["second_time"]:
        return t("Both have {app} at full strength after {first_time}.", **said)
    return t("{app} is at full strength after {first_time} with {first}, after {second_time} with {second}.", **said)


def caption(comparison: Comparison, t: Texts) -> str:
    """Return the sentence below: how long clients were sent to instances that were dead."""
    app = _apps(comparison)[0]
    first, second = focus.sides(comparison)[:2]
    times = [_misled_us(comparison.traces[side], app) for side in (first, second)]
    within = _window(comparison, _apps(comparison))
    if any(times) and not any(_misled_us(comparison.traces[side], app, within) for side in focus.sides(comparison)):
        return t(
            "Later, outside the time shown, clients were sent to dead instances for {first_time} with {first}, for "
            "{second_time} with {second}.",
            **focus.each(comparison, t, times),
        )
    if not any(times):
        return t("Every client was sent to an instance that runs; the dashed line is what is wanted.")
    return t(
        "Red marks the time in which clients were still sent to dead instances: {first_time} with {first}, "
        "{second_time} with {second}.",
        **focus.each(comparison, t, times),
    )


def alt(comparison: Comparison, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "Serving instances over time as step lines, one panel for each control plane. {finding}",
        finding=finding(comparison, t),
    )


def draw(comparison: Comparison, t: Texts) -> go.Figure:
    """Return the figure: a column per control plane, a row per app."""
    apps, sides = _apps(comparison), focus.sides(comparison)
    low, high = _window(comparison, apps)
    grid = panels.grid(len(sides), len(apps))
    data: list[Spec] = []
    notes: list[Spec | None] = [*panels.names(t, sides, grid[0])]
    highest = []
    for app, row in zip(apps, grid, strict=True):
        tops = []
        for side, panel in zip(sides, row, strict=True):
            number = steps.window(serving.strength(comparison.traces[side], app.name), low, high)
            wanted = _wanted(comparison, app, side, (low, high))
            tops.append(max(value for _, value in (*number, *wanted)))
            data += _panel(comparison, t, app, side, panel, (low, high))
        highest.append(max(tops))
        notes += [_moment(comparison, t, app, side, panel, (low, high)) for side, panel in zip(sides, row, strict=True)]
    marks, words = _fault(comparison, t, grid, (low, high))
    y = [count_axis(_row_title(t, app, len(apps)), top, 5) for app, top in zip(apps, highest, strict=True)]
    x = time_axis(t, low, high, t("time since the start"), panels.most_ticks(len(sides)))
    return figure(
        named_once(trace for trace in data if trace["legendgroup"] != "dead" or any(trace["y"])),
        finding(comparison, t),
        height=230 if len(apps) == 1 else 135 * len(apps),
        above=panels.LABEL_PIXELS,
        legend=True,
        annotations=[*[one for one in notes if one], *words],
        shapes=marks,
        **panels.axes(grid, x, y),
    )


def _row_title(t: Texts, app: App, rows: int) -> str:
    said = t("instances of {app}", app=plain(app.name, 16))
    return "<br>".join(lines(said, 16)) if rows > 1 else said


def _apps(comparison: Comparison) -> list[App]:
    """Return the apps to show: the question's own, then those that the fault or the start sets apart."""
    served = focus.served(comparison)
    if focus.first_fault_us(comparison.scenario) is None:
        return served[:MOST_APPS]
    hurt = [app for app in served[1:] if any(focus.hurt(comparison, app, side) for side in comparison.sides)]
    return [served[0], *hurt][:MOST_APPS]


def _window(comparison: Comparison, apps: Sequence[App]) -> tuple[int, int]:
    """Return the time to show: from a little before the fault, or the start, to a little after the last recovery."""
    horizon = comparison.scenario.horizon_us
    moments = [focus.whole_us(comparison, app, side) for app in apps for side in comparison.sides]
    last = max((horizon if moment is None else moment for moment in moments), default=horizon)
    fault = focus.first_fault_us(comparison.scenario)
    start = 0 if fault is None else fault
    span = max(last - start, horizon // 20)
    return max(0, start - span // 8), min(horizon, start + span + span // 6)


def _panel(comparison: Comparison, t: Texts, app: App, side: str, panel: Panel, within: tuple[int, int]) -> list[Spec]:
    trace, seen = comparison.traces[side], look(t, side)
    serve = steps.thinned(steps.window(serving.strength(trace, app.name), *within))
    wanted = _wanted(comparison, app, side, within)
    times = [seconds(time) for time, _ in serve]
    return [
        _misled(trace, t, app, panel, within, max(value for _, value in wanted)),
        {
            "type": "scatter", "mode": "lines", "x": [seconds(time) for time, _ in wanted],
            "y": [value for _, value in wanted], **panel.axes,
            "line": {"color": INK, "width": 1.5, "dash": "dash", "shape": "hv"}, "hoverinfo": "skip",
            "name": t("wanted"), "legendgroup": "wanted",
        },
        {
            "type": "scatter", "mode": "lines", "x": times, "y": [value for _, value in serve], **panel.axes,
            "line": {"color": seen.colour, "width": 2.5, "shape": "hv"},
            "fill": "tozeroy", "fillcolor": tinted(seen.colour, 0.16),
            "fillpattern": hatching(seen.pattern, seen.colour),
            "name": control_plane(t, side), "legendgroup": "",
            "hoverinfo": "text", "text": [_said(t, time, value) for time, value in serve],
        },
    ]  # fmt: skip


def _wanted(comparison: Comparison, app: App, side: str, within: tuple[int, int]) -> list[tuple[int, float]]:
    """Return how many instances are wanted on a side, over the time to show."""
    number = versions.wanted(comparison.scenario, app, comparison.traces[side])
    return steps.window([(time, float(count)) for time, count in number], *within)


def _said(t: Texts, at_us: int, number: float) -> str:
    return t("from {time} on: {count} serving", time=duration(t, seconds(at_us)), count=round(number))


def _misled(trace: Trace, t: Texts, app: App, panel: Panel, within: tuple[int, int], most: float) -> Spec:
    """Return the band of time in which clients were sent to dead instances."""
    low, high = within
    dead = steps.amounts((start, end, 1.0) for start, end in serving.misdirected(trace, app.name))
    band = steps.thinned([(time, min(value, 1.0)) for time, value in steps.window(dead, low, high)])
    return {
        "type": "scatter", "mode": "lines", "x": [seconds(time) for time, _ in band],
        "y": [value * most * 1.3 for _, value in band], **panel.axes,
        "line": {"width": 0, "shape": "hv", "color": ALARM}, "fill": "tozeroy", "fillcolor": tinted(ALARM, 0.2),
        "hoverinfo": "skip", "name": t("clients still sent to a dead instance"), "legendgroup": "dead",
    }  # fmt: skip


def _misled_us(trace: Trace, app: App, within: tuple[int, int] | None = None) -> int:
    """Return for how long clients were sent to dead instances, in the whole run or `within` a part of it."""
    low, high = within or (0, trace.horizon_us)
    dead = steps.amounts((start, end, 1.0) for start, end in serving.misdirected(trace, app.name))
    alive = [(time, min(value, 1.0)) for time, value in dead]
    return round(steps.mean(alive, low, high) * (high - low))


def _moment(
    comparison: Comparison, t: Texts, app: App, side: str, panel: Panel, within: tuple[int, int]
) -> Spec | None:
    """Return the annotation at the moment of full strength."""
    fault = focus.first_fault_us(comparison.scenario)
    moment = focus.whole_us(comparison, app, side)
    if moment is None or moment == fault:
        return None
    since = app.at_us if fault is None else fault
    time = duration(t, seconds(moment - since))
    text = t("full after {time}", time=time) if len(comparison.sides) < 3 else time
    wanted = steps.level(_wanted(comparison, app, side, within), moment)
    late = 2 * moment > within[0] + within[1]
    place = {"ax": -12, "xanchor": "right"} if late else {"ax": 12, "xanchor": "left"}
    return note(text, seconds(moment), wanted, ay=-18, **place, **panel.refs)


def _fault(
    comparison: Comparison, t: Texts, grid: Sequence[Sequence[Panel]], within: tuple[int, int]
) -> tuple[list[Spec], list[Spec]]:
    """Return a line in every panel for each fault in the picture, and its name beside the first one."""
    faults = [
        (fault.at_us, in_short(t, fault))
        for fault in comparison.scenario.faults
        if within[0] <= fault.at_us <= within[1]
    ]
    marks = [
        {
            "type": "line", "x0": seconds(at), "x1": seconds(at), "y0": 0, "y1": 1, "xref": panel.x,
            "yref": f"{panel.y} domain", "line": {"color": ALARM, "width": 1.5, "dash": "dot"},
        }
        for at, _ in faults for row in grid for panel in row
    ]  # fmt: skip
    words = [
        {
            "text": what, "x": seconds(at), "y": 0.03, "xref": panel.x, "yref": f"{panel.y} domain",
            "xanchor": "left", "yanchor": "bottom", "xshift": 3, "showarrow": False,
            "font": {"size": TICK_SIZE, "color": ALARM},
        }
        for at, what in faults[:1] for panel in grid[0]
    ]  # fmt: skip
    return marks, words
