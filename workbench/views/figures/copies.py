"""Where every copy of the data is: a lane per member, and below them whether a write can be acknowledged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.experiments import replication, versions
from workbench.experiments.metrics import measured
from workbench.model.clock import to_us
from workbench.views.amounts import control_plane, duration
from workbench.views.figures import focus, panels
from workbench.views.figures.style import (
    ALARM,
    INK,
    LABEL_SIZE,
    Spec,
    axis,
    figure,
    named_once,
    note,
    seconds,
    short,
    time_axis,
    tinted,
)
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.compare import Comparison
    from workbench.model.workload import App
    from workbench.views.figures.panels import Panel

SERVING, CATCHING_UP, WAITING = "#44A08F", "#8C8A2E", "#8C8C8C"
FAINT = {"stopped": 0.45, "left": 0.12}
"""Opacity of the states of which nothing is left but data."""
LANE_PIXELS = 40


def has_content(comparison: Comparison) -> bool:
    """Say whether an app of the scenario keeps copies of data."""
    return bool(_apps(comparison))


def _apps(comparison: Comparison) -> list[App]:
    """Return the apps with copies, the question's own first."""
    about = focus.subject(comparison)
    kept = [app for app in comparison.scenario.apps if app.replication is not None and app.replicas]
    return sorted(kept, key=lambda app: app.name != about)


def finding(comparison: Comparison, t: Texts) -> str:
    """Return the title: for how long writes were refused on each side, or a copy was missing if that is asked."""
    app = _apps(comparison)[0]
    first, second = focus.sides(comparison)[:2]
    asked = comparison.scenario.study.finding
    if asked is not None and asked.measure == f"short_of_copies:{app.name}":
        short_us = [
            to_us(measured(asked.measure, comparison.traces[side], comparison.scenario)) for side in (first, second)
        ]
        said = {"app": short(app.name), **focus.each(comparison, t, short_us)}
        return t("{app} lacks a copy for {first_time} with {first}, for {second_time} with {second}.", **said)
    refused = [_refused_us(comparison, app, side) for side in (first, second)]
    said = {"app": short(app.name), **focus.each(comparison, t, refused)}
    if not any(refused):
        return t("{app} takes writes all the time, with {first} and with {second}.", **said)
    return t("{app} refuses writes for {first_time} with {first}, for {second_time} with {second}.", **said)


def _time(t: Texts, time_us: int) -> str:
    return duration(t, seconds(time_us))


def _refused_us(comparison: Comparison, app: App, side: str) -> int:
    return sum(end - start for start, end in replication.refused(comparison.traces[side], app.name))


def caption(comparison: Comparison, t: Texts) -> str:
    """Return the sentence below: how many copies there are at the end."""
    app = _apps(comparison)[0]
    first, second = focus.sides(comparison)[:2]
    whole = [_whole_at_end(comparison, app, side) for side in (first, second)]
    return t(
        "At the end {first_whole} of {members} copies serve with {first}, {second_whole} with {second}.",
        first=control_plane(t, first), second=control_plane(t, second), members=_wanted_at_end(comparison, app),
        first_whole=whole[0], second_whole=whole[1],
    )  # fmt: skip


def _wanted_at_end(comparison: Comparison, app: App) -> int:
    return versions.wanted(comparison.scenario, app)[-1][1]


def _lanes_of(comparison: Comparison, app: App) -> list[int]:
    """Return the members that any side had, at least those at the start."""
    known = {member for trace in comparison.traces.values() for member in replication.copies(trace, app.name)}
    return sorted(known | set(range(app.replicas)))


def _whole_at_end(comparison: Comparison, app: App, side: str) -> int:
    stays = replication.copies(comparison.traces[side], app.name).values()
    return sum(bool(member) and member[-1].state == "serving" for member in stays)


def alt(comparison: Comparison, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "A lane per member over time, one panel for each control plane: joining, serving, catching up, waiting for a "
        "leader, stopped, out of reach, lost, gone for good. {finding}",
        finding=finding(comparison, t),
    )


def draw(comparison: Comparison, t: Texts) -> go.Figure:
    """Return the figure: a column per control plane."""
    app, sides = _apps(comparison)[0], focus.sides(comparison)
    members = _lanes_of(comparison, app)
    (row,) = panels.grid(len(sides))
    data: list[Spec] = []
    notes: list[Spec] = [*panels.names(t, sides, row)]
    for side, panel in zip(sides, row, strict=True):
        data += _lanes(comparison, t, app, side, members, panel)
        notes += _spot(comparison, t, app, side, len(members), panel)
    horizon = comparison.scenario.horizon_us
    order = [state for state, _ in _legend(t)]
    data.sort(key=lambda trace: order.index(trace["legendgroup"]))
    return figure(
        named_once(data),
        finding(comparison, t),
        height=LANE_PIXELS * (len(members) + 2),
        above=panels.LABEL_PIXELS,
        legend=True,
        annotations=notes,
        shapes=_marks(comparison, app, row),
        barmode="overlay",
        **panels.axes(
            [row],
            time_axis(t, 0, horizon, t("time since the start"), panels.most_ticks(len(sides))),
            [_members(t, app, members)],
        ),
    )


def _strip(lanes: int) -> float:
    """Return where the strip lies that says whether writes are taken: below the lanes, room for a note between."""
    return lanes + 0.4


def _members(t: Texts, app: App, members: Sequence[int]) -> Spec:
    """Return the axis of lanes: the first member on top, below all the strip of writes."""
    names = [f"{short(app.name, 12)}-{member}" for member in members]
    strip = _strip(len(members))
    return {
        **axis(),
        "range": [strip + 0.4, -0.6],
        "tickmode": "array",
        "tickvals": [*range(len(members)), strip],
        "ticktext": [*names, t("takes writes")],
        "showgrid": False,
    }


def _legend(t: Texts) -> list[tuple[str, str]]:
    """Return every state with its name, in the order of the legend."""
    return [
        ("joining", t("introduces itself")),
        ("serving", t("serving, up to date")),
        ("catching-up", t("catching up")),
        ("waiting", t("waits for a leader")),
        ("stopped", t("stopped, data in reach")),
        ("unreachable", t("data out of reach")),
        ("lost", t("data lost")),
        ("left", t("gone for good")),
        ("yes", t("writes taken")),
        ("no", t("writes refused")),
    ]


def _ink(state: str) -> Spec:
    """Return how a state is drawn: colour and pattern, so that neither is needed alone."""
    inks: dict[str, tuple[str, str]] = {
        "joining": (SERVING, "."),
        "left": (WAITING, ""),
        "serving": (SERVING, ""),
        "catching-up": (CATCHING_UP, "/"),
        "waiting": (WAITING, "."),
        "stopped": (WAITING, ""),
        "unreachable": (ALARM, "\\"),
        "lost": (ALARM, "x"),
        "yes": (INK, ""),
        "no": (ALARM, ""),
    }
    colour, shape = inks[state]
    if not shape:
        return {"color": tinted(colour, FAINT.get(state, 1.0)), "line": {"width": 0}}
    pattern = {"shape": shape, "fgcolor": colour, "bgcolor": tinted(colour, 0.18), "size": 7, "solidity": 0.35}
    return {"color": colour, "pattern": pattern, "line": {"width": 0}}


def _lanes(comparison: Comparison, t: Texts, app: App, side: str, members: Sequence[int], panel: Panel) -> list[Spec]:
    """Return one set of bars per state."""
    trace = comparison.traces[side]
    names = dict(_legend(t))
    bars: dict[str, list[tuple[float, int, int, str]]] = {}
    for member, stays in replication.copies(trace, app.name).items():
        for stay in stays:
            bars.setdefault(stay.state, []).append((members.index(member), stay.start, stay.end, stay.node))
    strip = _strip(len(members))
    for state, spans in (("yes", replication.writable(trace, app.name)), ("no", replication.refused(trace, app.name))):
        bars.setdefault(state, []).extend((strip, start, end, "") for start, end in spans)
    return [_bars(t, state, names[state], found, strip, panel) for state, found in bars.items() if found]


def _bars(
    t: Texts, state: str, name: str, found: Sequence[tuple[float, int, int, str]], strip: float, panel: Panel
) -> Spec:
    return {
        "type": "bar", "orientation": "h", **panel.axes,
        "y": [lane for lane, *_ in found],
        "base": [seconds(start) for _, start, _, _ in found],
        "x": [seconds(end - start) for _, start, end, _ in found],
        "width": [0.28 if lane == strip else 0.62 for lane, *_ in found],
        "marker": _ink(state), "name": name, "legendgroup": state, "hoverinfo": "text",
        "hovertext": [_said(t, name, start, end, node) for _, start, end, node in found],
    }  # fmt: skip


def _said(t: Texts, state: str, start: int, end: int, node: str) -> str:
    said = t("{state} for {time}, from {start} on", state=state, time=_time(t, end - start), start=_time(t, start))
    return f"{said}<br>{short(node)}" if node else said


def _spot(comparison: Comparison, t: Texts, app: App, side: str, lanes: int, panel: Panel) -> list[Spec]:
    """Return the annotation at the longest time without writes."""
    gaps = replication.refused(comparison.traces[side], app.name)
    if not gaps:
        return []
    start, end = max(gaps, key=lambda gap: gap[1] - gap[0])
    time, whole = _time(t, end - start), _time(t, sum(gap[1] - gap[0] for gap in gaps))
    text = t("no writes for {time}", time=time)
    if time != whole:
        text = t("no writes for {time} on end", time=time)
    middle = (start + end) / 2 / comparison.scenario.horizon_us
    place = "left" if middle < 1 / 3 else "right" if middle > 2 / 3 else "center"
    return [
        note(
            text, seconds((start + end) // 2), _strip(lanes) - 0.15,
            ay=-16, ax={"left": 20, "right": -20, "center": 0}[place], xanchor=place,
            font={"size": LABEL_SIZE, "color": ALARM}, **panel.refs,
        )
    ]  # fmt: skip


def _marks(comparison: Comparison, app: App, row: Sequence[Panel]) -> list[Spec]:
    """Return a line in every panel for each fault, and for each change of the app."""
    scenario = comparison.scenario
    moments = [(fault.at_us, ALARM) for fault in scenario.faults]
    moments += [(change.at_us, INK) for change in scenario.changes if change.app == app.name]
    return [
        {
            "type": "line", "x0": seconds(at_us), "x1": seconds(at_us), "y0": 0, "y1": 1, "xref": panel.x,
            "yref": f"{panel.y} domain", "line": {"color": colour, "width": 1.5, "dash": "dot"},
        }
        for at_us, colour in moments for panel in row
    ]  # fmt: skip
