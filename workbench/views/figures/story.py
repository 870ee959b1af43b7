"""One task's story: a lane from the moment it was asked for, its phases side by side, a mark for every refusal.

Drawn from an explanation (`workbench.views.explaining`), not from a comparison: it belongs beside the *why* card. The
card itself has the lane alone, in plain boxes (`lane`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.experiments.phases import PHASES, STEPS
from workbench.model.clock import NEVER
from workbench.views.amounts import duration
from workbench.views.figures.style import ALARM, GREYS, IDLE, INK, Spec, figure, look, seconds, time_axis, tinted
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.explain import Facts

BEFORE_PLACEMENT = ("create", "wait", "decide")
"""Phases in the colour of the control plane: they come from how it schedules."""
RUNS = "running"
Parts = list[tuple[str, int, int]]
FINEST = 0.5
"""Refusals closer together than so many percent of the lane are one cross."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The lane without axes, for a card.

    Parameters
    ----------
    parts : tuple
        (what and how long, width in percent, colour as CSS has it), from left to right.
    refused : tuple of float
        Where no machine would do, in percent from the left.
    alt : str
        What it shows, for those who do not see it.
    """

    parts: tuple[tuple[str, float, str], ...]
    refused: tuple[float, ...]
    alt: str


def lane(facts: Facts, t: Texts) -> Lane:
    """Return the phases of a task side by side, as wide as they were long."""
    found = parts(facts)
    first, last = (found[0][1], found[-1][2]) if found else (0, 0)
    span = max(1, last - first)
    told = tuple(
        (f"{named(t, phase)}: {_took(t, start, end)}", round(100 * (end - start) / span, 2), _colour(t, facts, phase))
        for phase, start, end in found
    )
    places = (round((at - first) / span * 100 / FINEST) * FINEST for at in refusals(facts) if first <= at <= last)
    return Lane(told, tuple(dict.fromkeys(places)), alt(facts, t))


def parts(facts: Facts) -> Parts:
    """Return (phase, begin, end) in microseconds, in the order of time, one beginning where the other ends.

    The phases are those of `experiments.phases`, then ``running``; a wait that is not over ends at the instant asked
    about. Phases without length are left out.
    """
    row = whole(facts)
    now_us = max(facts.at_us, row["submitted_us"])
    reached = sorted((row[column], at, phase) for at, (column, phase) in enumerate(STEPS) if row[column] != NEVER)
    found: Parts = []
    before = row["submitted_us"]
    for time, _, phase in reached:
        found.append((phase, before, time))
        before = max(before, time)
    if row["started_us"] != NEVER:
        end = row["ended_us"] if row["ended_us"] != NEVER else facts.until_us
        found.append((RUNS, before, end))
    elif row["decided_us"] == NEVER:
        found.append(("create" if row["queued_us"] == NEVER else "wait", before, now_us))
    return [(phase, start, end) for phase, start, end in found if end > start]


def whole(facts: Facts) -> Mapping[str, int]:
    """Return the task's times as the run went on, not only up to the instant."""
    table = facts.trace["tasks"]
    bearers = zip(table["task"], table["incarnation"], strict=True)
    at = next(row for row, one in enumerate(bearers) if one == (facts.name, facts.row["incarnation"]))
    columns = ("submitted_us", *(column for column, _ in STEPS), "ended_us")
    return {column: table[column][at] for column in columns}


def refusals(facts: Facts) -> list[int]:
    """Return when no machine would do, in microseconds."""
    return [at for at, what, _ in facts.story if what == "refused"]


def alt(facts: Facts, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    told = t.listed(*(f"{named(t, phase)} {_took(t, start, end)}" for phase, start, end in parts(facts)))
    return t("One bar along the time, the story of {task}: {phases}.", task=facts.name, phases=told)


def named(t: Texts, phase: str) -> str:
    """Return what a phase is called."""
    return t("running") if phase == RUNS else t.template(PHASES[phase])


def _took(t: Texts, start: int, end: int) -> str:
    return duration(t, seconds(end - start))


UNSEEN = 0.002
"""Parts below this part of the whole are thinner than two pixels; they are drawn, but not named."""


def draw(facts: Facts, t: Texts) -> go.Figure:
    """Return the figure: the lane, refusals as crosses, the instant asked about as a line."""
    lane = parts(facts)
    first = lane[0][1] if lane else facts.at_us
    last = max([facts.at_us, *(end for _, _, end in lane)])
    data = [{**_bar(t, facts, part), "showlegend": part[2] - part[1] > UNSEEN * (last - first)} for part in lane]
    tried = refusals(facts)
    if tried:
        data.append({
            "type": "scatter", "mode": "markers", "name": t("no machine would do"),
            "x": [seconds(at) for at in tried], "y": [0.0] * len(tried),
            "marker": {"symbol": "x-thin", "size": 9, "line": {"width": 2, "color": ALARM}},
            "hovertext": [duration(t, seconds(at)) for at in tried], "hoverinfo": "text",
        })  # fmt: skip
    now: Spec = {
        "type": "line", "x0": seconds(facts.at_us), "x1": seconds(facts.at_us), "y0": -0.5, "y1": 0.5,
        "line": {"color": INK, "width": 1.5, "dash": "dot"},
    }  # fmt: skip
    return figure(
        data, t("The story of {task}", task=facts.name), height=70, legend=True, shapes=[now], barmode="overlay",
        xaxis=time_axis(t, first, last, t("time since the start")),
        yaxis={"visible": False, "range": [-0.5, 0.5], "fixedrange": True},
    )  # fmt: skip


def _bar(t: Texts, facts: Facts, part: tuple[str, int, int]) -> Spec:
    phase, start, end = part
    took = _took(t, start, end)
    return {
        "type": "bar", "orientation": "h", "name": named(t, phase), "base": [seconds(start)],
        "x": [seconds(end - start)], "y": [0.0], "width": 0.6,
        "marker": {"color": _colour(t, facts, phase), "line": {"width": 0.5, "color": "rgba(128,128,128,0.6)"}},
        "hovertext": [f"{named(t, phase)}<br>{took}"], "hoverinfo": "text",
    }  # fmt: skip


def _colour(t: Texts, facts: Facts, phase: str) -> str:
    if phase == RUNS:
        return IDLE
    if phase in BEFORE_PLACEMENT:
        return tinted(look(t, facts.side).colour, (0.45, 0.7, 1.0)[BEFORE_PLACEMENT.index(phase)])
    return GREYS[list(PHASES).index(phase)]
