"""Relay: from a surge to the first further instance that serves, who held things up for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.experiments.reaction import PHASES, Reaction, reaction
from workbench.model.workload import App
from workbench.views.amounts import control_plane, duration
from workbench.views.figures import focus
from workbench.views.figures.style import (
    GREYS,
    PALETTE,
    TICK_SIZE,
    Spec,
    axis,
    figure,
    named_once,
    short,
    side_label,
    time_axis,
    width,
)
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.compare import Comparison

UNSEEN = 0.004
"""Phases below this part of the longest bar are thinner than two pixels: drawn, but not named."""
BAR_PIXELS, LETTER_PIXELS = 400, 6.8
"""Length of the longest bar in the narrowest figure, and of a letter: whether a segment holds its time in words."""
OWN = ("notice", "wait", "boot", "decide", "bind", "traffic")
"""The phases that are the control planes' own doing; the others are grey."""


def has_content(comparison: Comparison) -> bool:
    """Say whether a service got a further instance because too many requests came: on every side, or from none."""
    return _app(comparison) is not None


def finding(comparison: Comparison, t: Texts) -> str:
    """Return the title: the longest phase of the slower side, and how much of the whole it is."""
    found = _reactions(comparison)
    side = max(found, key=lambda name: _total(found[name]))
    phase = max(PHASES, key=lambda name: found[side].spent[name])
    return t(
        "With {side}, “{phase}” takes {time} of the {total} until one more serves.",
        side=control_plane(t, side),
        phase=t.template(PHASES[phase]),
        time=duration(t, found[side].spent[phase]),
        total=duration(t, _total(found[side])),
    )


def caption(comparison: Comparison, t: Texts) -> str:
    """Return the sentence below: both totals."""
    app, found = _app(comparison), _reactions(comparison)
    assert app is not None
    first, second = focus.sides(comparison)[:2]
    if not {first, second} <= found.keys():
        (side,) = {first, second} & found.keys()
        return t(
            "From the first request that nobody could answer to the first instance of {app} that clients are sent to: "
            "{time} with {side}. On the other side there was always one.",
            app=short(app.name), time=duration(t, _total(found[side])), side=control_plane(t, side),
        )  # fmt: skip
    return t(
        "From the first request too many to the first further instance of {app} that clients are sent to: {first_time} "
        "with {first}, {second_time} with {second}.",
        app=short(app.name),
        first=control_plane(t, first),
        second=control_plane(t, second),
        first_time=duration(t, _total(found[first])),
        second_time=duration(t, _total(found[second])),
    )


def alt(comparison: Comparison, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "A horizontal bar for each control plane: the time from the surge to the first further instance, by phase. "
        "{finding}",
        finding=finding(comparison, t),
    )


def draw(comparison: Comparison, t: Texts) -> go.Figure:
    """Return the figure: one bar per control plane, its phases in the order in which they came."""
    found = _reactions(comparison)
    sides = list(found)
    longest = max(map(_total, found.values()))
    shown = [phase for phase in PHASES if any(one.spent[phase] for one in found.values())]
    unseen = [phase for phase in shown if max(one.spent[phase] for one in found.values()) <= UNSEEN * longest]
    data = [_phase(t, phase, found, longest) for phase in shown]
    totals = [
        {
            "text": duration(t, _total(found[side])), "x": _total(found[side]), "y": place, "xanchor": "left",
            "xshift": 4, "showarrow": False, "font": {"size": TICK_SIZE},
        }
        for place, side in enumerate(sides)
    ]  # fmt: skip
    return figure(
        named_once(data, unseen),
        finding(comparison, t),
        height=30 + 48 * len(sides),
        legend=True,
        left=130,
        barmode="stack",
        bargap=0.35,
        annotations=totals,
        xaxis=time_axis(t, 0, max(1, round(longest * 1.14 * 1_000_000)), t("time since the surge"), 7),
        yaxis={
            **axis(), "tickmode": "array", "tickvals": list(range(len(sides))),
            "ticktext": [f"<b>{side_label(t, side)}</b>" for side in sides],
            "range": [len(sides) - 0.5, -0.5], "showgrid": False, "ticks": "",
        },
    )  # fmt: skip


def _app(comparison: Comparison) -> App | None:
    """Return the app to show: the question's own, else the first that got a further instance on every side."""
    about = focus.subject(comparison)
    loaded = sorted((app for app in comparison.scenario.apps if app.scaling), key=lambda app: app.name != about)
    sides = focus.sides(comparison)
    served = {app.name: [side for side in sides if reaction(comparison.traces[side], app.name)] for app in loaded}
    everywhere = next((app for app in loaded if len(served[app.name]) == len(sides)), None)
    cold = (app for app in loaded if app.scaling and app.scaling.least == 0 and {*served[app.name]} & {*sides[:2]})
    return everywhere or next(cold, None)


def _reactions(comparison: Comparison) -> dict[str, Reaction]:
    app = _app(comparison)
    assert app is not None
    found = {side: reaction(comparison.traces[side], app.name) for side in focus.sides(comparison)}
    return {side: one for side, one in found.items() if one is not None}


def _total(one: Reaction) -> float:
    return sum(one.spent.values())


def _phase(t: Texts, phase: str, found: dict[str, Reaction], longest: float) -> Spec:
    number = list(PHASES).index(phase)
    colour = PALETTE[OWN.index(phase)] if phase in OWN else GREYS[number % len(GREYS)]
    times = [one.spent[phase] for one in found.values()]
    name = t.template(PHASES[phase])
    return {
        "type": "bar", "orientation": "h", "x": times, "y": list(range(len(found))),
        "marker": {"color": colour, "line": {"width": 0.5, "color": "rgba(128,128,128,0.6)"}},
        "text": [_inside(t, one, longest) for one in times],
        "textposition": "inside", "insidetextanchor": "middle", "textangle": 0, "constraintext": "none",
        "insidetextfont": {"size": TICK_SIZE, "color": "#FFFFFF" if phase in OWN else "#111111"},
        "name": name, "legendgroup": phase, "hoverinfo": "text",
        "hovertext": [t("{phase}: {time}", phase=name, time=duration(t, one)) for one in times],
    }  # fmt: skip


def _inside(t: Texts, number: float, longest: float) -> str:
    text = duration(t, number)
    return text if (width(text) + 2) * LETTER_PIXELS < number / longest * BAR_PIXELS else ""
