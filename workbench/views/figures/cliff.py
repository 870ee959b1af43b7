"""The cliff: how long a busy team waits beside more and more idle neighbours, one line per time of refusal.

An idle neighbour refuses what it is offered and is not offered it again for a while. As long as all of them have said
no before the first may be asked again, the busy one gets its turn. With `round` s between rounds of offers that holds
for fewer than ``floor((refusal + answer) / round) + 1`` neighbours: there the wait jumps.

A pure function of a sweep (`experiments/sweep.py`); works on one that is not complete yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import floor, log10
from typing import TYPE_CHECKING

from workbench.engines.mesos.allocator_options import AllocatorParameters
from workbench.engines.mesos.frameworks.base import FrameworkParameters
from workbench.model.parameters import Value
from workbench.views.amounts import control_plane, duration
from workbench.views.figures.style import INK, LABEL_SIZE, Spec, axis, figure, look, note, side_label
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.sweep import Point, Sweep

NEIGHBOURS = "teams.idle.count"
REFUSAL = "mesos.batch.idle_refuse_s"
GRID: dict[str, Sequence[Value]] = {
    REFUSAL: (5.0, 15.0, 120.0),
    NEIGHBOURS: (0, 2, 4, 5, 6, 8, 12, 15, 16, 20),
}
"""What is swept when nothing else is said: both sides of the first two jumps are in it, the third lies far outside."""

LEAST_S = 0.01
"""The foot of the axis, in s: less cannot be told from nothing here."""
TICKS_S = (0.01, 0.1, 1, 10, 60, 600, 3600)
DASHES = ("solid", "dash", "dot", "dashdot")
JUMP = 5.0
"""How many times longer a wait must be than the one before it to be called a jump."""


def jump_at(sweep: Sweep, refusal_s: float) -> int:
    """Return the number of idle neighbours from which on the busy team starves, by the rule above."""
    settings = sweep.scenario.settings
    answer_s = settings.of(FrameworkParameters).answer_s
    return floor((refusal_s + answer_s) / settings.of(AllocatorParameters).allocation_interval_s + 1e-9) + 1


def finding(sweep: Sweep, t: Texts) -> str:
    """Return the title: up to where neighbours cost nothing, and what one more costs."""
    refusals = sorted(float(value) for value in sweep.grid[REFUSAL])
    for refusal in refusals:
        line = sweep.line(_offering(sweep), NEIGHBOURS, {REFUSAL: refusal})
        for (before, low), (after, high) in pairwise(line):
            if high.mean > JUMP * max(low.mean, 0.1):
                return t(
                    "{before} idle neighbours cost next to nothing ({low} of waiting); {after} cost {high}.",
                    before=before, after=after, low=duration(t, low.mean), high=duration(t, high.mean),
                )  # fmt: skip
    return t("Idle neighbours cost next to nothing at these settings.")


def caption(sweep: Sweep, t: Texts) -> str:
    """Return the sentence below: the rule."""
    refusal = min(float(value) for value in sweep.grid[REFUSAL])
    return t(
        "The jump comes where the neighbours' refusals no longer outlast a whole round of asking: at {count} of them "
        "when each refuses for {refusal}. Kubernetes asks nobody.",
        count=jump_at(sweep, refusal), refusal=duration(t, refusal),
    )  # fmt: skip


def alt(sweep: Sweep, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "Lines of the mean wait of the busy team, on a logarithmic axis, over the number of idle neighbours: one for "
        "each time of refusal, and a flat one for Kubernetes. {finding}",
        finding=finding(sweep, t),
    )


def draw(sweep: Sweep, t: Texts) -> go.Figure:
    """Return the figure. A point's `customdata` is the settings of its run, to be opened on a click."""
    most = max(int(value) for value in sweep.grid[NEIGHBOURS])
    refusals = sorted(float(value) for value in sweep.grid[REFUSAL])
    data = [_line(t, sweep, "kubernetes", refusals[0], "solid")] if "kubernetes" in sweep.sides else []
    side = _offering(sweep)
    for refusal, dash in zip(refusals, DASHES * len(refusals), strict=False):
        data.append(_line(t, sweep, side, refusal, dash))
    jumps = [(refusal, jump_at(sweep, refusal)) for refusal in refusals if jump_at(sweep, refusal) <= most]
    top = _top(sweep)
    x = {**axis(t("idle neighbours")), "range": [-0.4, most + 0.4], "dtick": 1 if most <= 12 else 2, "tick0": 0}
    y = {
        **axis(t("mean wait of the busy team")),
        "type": "log",
        "range": [log10(LEAST_S), log10(top)],
        "tickvals": list(TICKS_S),
        "ticktext": [duration(t, second) for second in TICKS_S],
    }
    return figure(
        data, finding(sweep, t), height=270, legend=True, left=84, xaxis=x, yaxis=y,
        shapes=[_rule(at) for _, at in jumps], annotations=[_said(t, jumps[0], top)] if jumps else [],
    )  # fmt: skip


def _offering(sweep: Sweep) -> str:
    return "mesos" if "mesos" in sweep.sides else sweep.sides[-1]


def _top(sweep: Sweep) -> float:
    """Return the head of the axis, in s: above every wait and, for the words there, well above."""
    return 8 * max([60.0, *(point.mean for point in sweep.points)])


def _line(t: Texts, sweep: Sweep, side: str, refusal: float, dash: str) -> Spec:
    seen = look(t, side)
    line = sweep.line(side, NEIGHBOURS, {REFUSAL: refusal})
    name = control_plane(t, side)
    if side != "kubernetes":
        name = t("{name}, idle ones refuse for {time}", name=name, time=duration(t, refusal))
    return {
        "type": "scatter", "mode": "lines+markers", "name": name,
        "x": [value for value, _ in line], "y": [max(LEAST_S, point.mean) for _, point in line],
        "line": {"color": seen.colour, "dash": dash, "width": 2},
        "marker": {"symbol": seen.symbol, "size": 7, "color": seen.colour},
        "customdata": [dict(_opened(point, value, refusal)) for value, point in line],
        "text": [_hover(t, side, value, point) for value, point in line], "hoverinfo": "text",
    }  # fmt: skip


def _opened(point: Point, neighbours: Value, refusal: float) -> dict[str, Value]:
    """Return the settings of the run behind a point, those included that do not concern its side."""
    return {REFUSAL: refusal, NEIGHBOURS: neighbours, **point.settings}


def _hover(t: Texts, side: str, neighbours: Value, point: Point) -> str:
    said = t("{count} idle neighbours: {time}", count=neighbours, time=duration(t, point.mean))
    return f"<b>{side_label(t, side)}</b><br>{said}<br>{t('Click to open this run.')}"


def _rule(at: int) -> Spec:
    return {
        "type": "line", "xref": "x", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1, "layer": "below",
        "line": {"color": INK, "dash": "dot", "width": 1},
    }  # fmt: skip


def _said(t: Texts, jump: tuple[float, int], top: float) -> Spec:
    refusal, at = jump
    text = t("from {count} on, refusals of {time}<br>end before all were asked", count=at, time=duration(t, refusal))
    return note(text, at, log10(top / 2.6), ax=14, ay=0, xanchor="left", yanchor="middle", font={"size": LABEL_SIZE})
