"""Where the wait went: the time from submission to readiness, by phase; what both sides share is grey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.experiments import phases
from workbench.views.amounts import control_plane, duration
from workbench.views.figures import focus
from workbench.views.figures.remembered import remembered
from workbench.views.figures.style import (
    GREYS,
    LABEL_SIZE,
    PALETTE,
    TICK_SIZE,
    Spec,
    axis,
    figure,
    letters_on,
    look,
    named_once,
    plain,
    side_label,
    time_axis,
    width,
)
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.compare import Comparison

SAME = 0.02
"""Phases count as the same when they differ by less than this part of the longest bar: nobody would see it."""
UNSEEN = 0.004
"""Phases below this part of the longest bar are thinner than two pixels; they are drawn, but not named."""
BAR_PIXELS, LETTER_PIXELS = 400, 6.8
"""Length of the longest bar in the narrowest figure, and of a letter: whether a segment holds its time in words."""


@dataclass(frozen=True, slots=True)
class Bars:
    """The bars of one kind of task: seconds by phase for each control plane.

    Parameters
    ----------
    seconds : mapping
        Control plane -> phase -> seconds.
    """

    seconds: dict[str, dict[str, float]]

    @property
    def longest(self) -> float:
        """The length of the longest bar, in seconds."""
        return max((sum(spent.values()) for spent in self.seconds.values()), default=0.0)

    def of(self, phase: str) -> list[float]:
        """Return the seconds of a phase on every side."""
        return [spent.get(phase, 0.0) for spent in self.seconds.values()]

    def differs(self, phase: str) -> bool:
        """Say whether a phase took visibly longer on one side than on another."""
        return max(self.of(phase)) - min(self.of(phase)) > SAME * self.longest

    def visible(self, phase: str) -> bool:
        """Say whether a phase is long enough to be seen on some side."""
        return max(self.of(phase)) > UNSEEN * self.longest


def has_content(comparison: Comparison) -> bool:
    """Say whether, on every side, some task became ready, and took time to."""
    typical = _bars(comparison)[0]
    return all(typical.seconds.values()) and typical.longest > 0


def finding(comparison: Comparison, t: Texts) -> str:
    """Return the title: the phase that makes the largest difference, or that none does."""
    typical, slowest = _bars(comparison)
    bars = typical if any(typical.differs(phase) for phase in phases.PHASES) else slowest
    first, second = focus.sides(comparison)[:2]
    apart = {
        phase: abs(bars.seconds[first].get(phase, 0) - bars.seconds[second].get(phase, 0)) for phase in phases.PHASES
    }
    phase = max(apart, key=lambda name: apart[name])
    if not bars.differs(phase):
        return t("Both spend their time alike, phase by phase.")
    said = {
        "phase": t.template(phases.PHASES[phase]),
        "first": control_plane(t, first),
        "second": control_plane(t, second),
        "first_time": duration(t, bars.seconds[first].get(phase, 0)),
        "second_time": duration(t, bars.seconds[second].get(phase, 0)),
    }
    if bars is typical:
        return t("“{phase}” differs most: {first_time} ({first}), {second_time} ({second}).", **said)
    return t("“{phase}” of the slowest: {first_time} with {first}, {second_time} with {second}.", **said)


def caption(comparison: Comparison, t: Texts) -> str:
    """Return the sentence below: how much of the wait is common to both sides."""
    typical, slowest = _bars(comparison)
    if not any(one.differs(phase) for one in (typical, slowest) for phase in phases.PHASES):
        return t("What is grey takes as long on one side as on the other.")
    first = focus.sides(comparison)[0]
    spent = typical.seconds[first]
    alike = sum(number for phase, number in spent.items() if not typical.differs(phase))
    if alike > SAME * typical.longest:
        return t(
            "The grey phases take {time} on both sides for the average task; only the coloured ones come from the "
            "control planes.",
            time=duration(t, alike),
        )
    return t("Grey phases take the same on both sides; the coloured ones come from the control planes.")


def alt(comparison: Comparison, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "Horizontal bars of the time from submission to readiness by phase, for the average and the slowest task under "
        "each control plane. {finding}",
        finding=finding(comparison, t),
    )


def draw(comparison: Comparison, t: Texts) -> go.Figure:
    """Return the figure: the average task above, the slowest below, one bar per control plane each."""
    sides = focus.sides(comparison)
    bars = _bars(comparison)
    app = focus.subject(comparison)
    colours = _colours(bars)
    data: list[Spec] = []
    layout: Spec = {}
    heads = (
        (t("average task of {app}", app=plain(app)), t("slowest task of {app}", app=plain(app)))
        if app
        else (t("average task"), t("slowest task"))
    )
    notes: list[Spec] = []
    for number, (one, head) in enumerate(zip(bars, heads, strict=True)):
        tail = str(number + 1) if number else ""
        bottom, top = (0.61, 0.9) if number == 0 else (0.0, 0.3)
        longest_us = round(one.longest * 1.14 * 1_000_000)
        x = time_axis(t, 0, max(1, longest_us), t("time from submission to ready") if number else "", 7)
        layout |= {
            f"xaxis{tail}": {**x, "anchor": f"y{tail}"},
            f"yaxis{tail}": {**_sides_axis(t, sides), "domain": [bottom, top], "anchor": f"x{tail}"},
        }
        data += _stack(t, one, sides, colours, tail)
        notes.append(_head(head, top))
        notes += [_total(t, one, side, place, tail) for place, side in enumerate(sides)]
    unseen = [phase for phase in phases.PHASES if not any(one.visible(phase) for one in bars)]
    return figure(
        named_once(sorted(data, key=lambda trace: list(phases.PHASES).index(trace["legendgroup"])), unseen),
        finding(comparison, t),
        height=30 + 2 * (62 + 34 * len(sides)),
        legend=True,
        left=130,
        barmode="stack",
        bargap=0.3,
        annotations=notes,
        **layout,
    )


def _bars(comparison: Comparison) -> tuple[Bars, Bars]:
    """Return the bars of the average and of the slowest task."""
    app, sides = focus.subject(comparison), focus.sides(comparison)
    return (
        Bars({side: _mean(comparison.traces[side], app) for side in sides}),
        Bars({side: _slowest(comparison.traces[side], app) for side in sides}),
    )


_mean, _slowest = remembered(phases.mean), remembered(phases.slowest)


def _colours(bars: tuple[Bars, Bars]) -> dict[str, str]:
    """Return a colour per phase: the same wherever it stands, grey when it differs nowhere."""
    return {
        phase: (PALETTE if any(one.differs(phase) for one in bars) else GREYS)[number]
        for number, phase in enumerate(phases.PHASES)
    }


def _sides_axis(t: Texts, sides: list[str]) -> Spec:
    """Return the axis with the control planes, the first on top."""
    return {
        **axis(),
        "tickmode": "array",
        "tickvals": list(range(len(sides))),
        "ticktext": [f"<b>{side_label(t, side)}</b>" for side in sides],
        "range": [len(sides) - 0.5, -0.5],
        "showgrid": False,
        "ticks": "",
    }


def _stack(t: Texts, bars: Bars, sides: list[str], colours: dict[str, str], tail: str) -> list[Spec]:
    shown = [phase for phase in phases.PHASES if any(bars.of(phase))]
    return [
        {
            "type": "bar", "orientation": "h", "xaxis": f"x{tail}", "yaxis": f"y{tail}",
            "x": bars.of(phase), "y": list(range(len(sides))),
            "marker": {
                "color": colours[phase], "line": {"width": 0.5, "color": "rgba(128,128,128,0.6)"},
                "pattern": {"shape": [look(t, side).pattern for side in sides], "fgcolor": "rgba(255,255,255,0.5)",
                            "fillmode": "overlay", "size": 9, "solidity": 0.12},
            },
            "text": [_inside(t, one, bars.longest) for one in bars.of(phase)],
            "textposition": "inside", "insidetextanchor": "middle", "textangle": 0, "constraintext": "none",
            "insidetextfont": {"size": TICK_SIZE, "color": letters_on(colours[phase])},
            "name": t.template(phases.PHASES[phase]), "legendgroup": phase,
            "hoverinfo": "text", "hovertext": [
                t("{phase}: {time}", phase=t.template(phases.PHASES[phase]), time=duration(t, number))
                for number in bars.of(phase)
            ],
        }
        for phase in shown
    ]  # fmt: skip


def _inside(t: Texts, number: float, longest: float) -> str:
    text = duration(t, number)
    return text if (width(text) + 2) * LETTER_PIXELS < number / longest * BAR_PIXELS else ""


def _head(text: str, top: float) -> Spec:
    return {
        "text": text, "showarrow": False, "font": {"size": LABEL_SIZE}, "x": 0, "xref": "paper", "xanchor": "left",
        "y": top, "yref": "paper", "yanchor": "bottom",
    }  # fmt: skip


def _total(t: Texts, bars: Bars, side: str, place: int, tail: str) -> Spec:
    """Return the length of a bar in words, at its end."""
    total = sum(bars.seconds[side].values())
    return {
        "text": duration(t, total), "x": total, "y": place, "xref": f"x{tail}", "yref": f"y{tail}",
        "xanchor": "left", "xshift": 4, "showarrow": False, "font": {"size": TICK_SIZE},
    }  # fmt: skip
