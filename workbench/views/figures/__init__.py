"""Figures: pure functions from a comparison to a plain plotly figure; nothing here changes a result.

| A reader asks | and opens |
|---|---|
| How do tasks get their machines? | `staircase.py` |
| Who holds the machines? | `holding.py`, worked out in `held.py` |
| Whose turn was it to take what is free? | `turns.py` |
| Where did the wait go? | `waiting.py` |
| Who heals first? | `strength.py` |
| What comes back by itself, in which steps? | `ladder.py` |
| How does one version follow another? | `lanes.py` |
| Does capacity follow demand, and what is lost until it does? | `demand.py` |
| Who held things up until a further instance served? | `relay.py` |
| Where is every copy of the data? | `copies.py` |
| What does every task of a job do, and when? | `jobs.py` |
| What runs where, at one instant? | `cluster_map.py` |
| Which machines run out of CPU? | `heat.py` |
| In which zone does every disk lie, and is it used? | `zones.py` |
| Who uses how much, and what stands idle? | `shares.py` |
| What survives what? | `survives.py`, its rows `survives_rows.py`, drawn from `experiments/survival_grid.py` |
| How long does a busy team wait beside idle neighbours? | `cliff.py`, drawn from a sweep |
| What is it worth to wait for the machine that has the data? | `locality.py`, drawn from a curve |
| What does each setting cost and lose? | `trade_off.py`, drawn from a sweep |
| How many machines does it take? | `sizing.py`, drawn from a search |
| What happened to one task, and when? | `story.py`, drawn from an explanation |
| What do three rules of fairness come to? | `playground.py`, without a run |
| Colours, letters, axes of time? | `style.py` |
| Panels beside each other? | `panels.py` |
| Parts of all cpu, stacked? | `stacks.py` |
| Lines in steps, made small? | `steps.py` |
| Which app, which fault, which side left? | `focus.py` |
| What is worked out of a run but once? | `remembered.py` |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.views.figures import (
    cluster_map,
    copies,
    demand,
    heat,
    holding,
    jobs,
    ladder,
    lanes,
    relay,
    shares,
    staircase,
    strength,
    turns,
    waiting,
    zones,
)
from workbench.views.figures.style import PAGE_CSS
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.compare import Comparison

__all__ = ["FIGURES", "PAGE_CSS", "FigureKind", "figures_for", "provenance"]

Words = Callable[["Comparison", Texts], str]


@dataclass(frozen=True, slots=True)
class FigureKind:
    """A kind of figure. All functions but `has_content` may be called only where that says yes.

    Parameters
    ----------
    name : str
        As a scenario's `study.figure` names it.
    label : callable
        What a reader calls it: the words on a tab.
    draw : callable
        The figure, its title the finding.
    finding : callable
        That title alone.
    caption : callable
        One or two sentences to stand below it, with numbers from the run.
    alt : callable
        What it shows, for those who do not see it.
    needs : tuple of str
        The trace tables it reads.
    has_content : callable
        Whether a comparison fills it.
    timed : bool
        Whether all its x axes are the time of the run, in s.
    """

    name: str
    label: Callable[[Texts], str]
    draw: Callable[[Comparison, Texts], go.Figure]
    finding: Words
    caption: Words
    alt: Words
    needs: tuple[str, ...]
    has_content: Callable[[Comparison], bool]
    timed: bool = False


FIGURES: dict[str, FigureKind] = {
    kind.name: kind
    for kind in (
        FigureKind(
            "demand", lambda t: t("Demand"),
            demand.draw, demand.finding, demand.caption, demand.alt,
            ("traffic",), demand.has_content, timed=True,
        ),
        FigureKind(
            "relay", lambda t: t("Relay"),
            relay.draw, relay.finding, relay.caption, relay.alt,
            ("traffic", "scaling", "tasks", "endpoints"), relay.has_content,
        ),
        FigureKind(
            "strength", lambda t: t("Who serves"),
            strength.draw, strength.finding, strength.caption, strength.alt,
            ("attempts", "endpoints"), strength.has_content, timed=True,
        ),
        FigureKind(
            "ladder", lambda t: t("Way back"),
            ladder.draw, ladder.finding, ladder.caption, ladder.alt,
            ("tasks", "endpoints", "nodes", "volumes", "events"), ladder.has_content,
        ),
        FigureKind(
            "lanes", lambda t: t("Versions"),
            lanes.draw, lanes.finding, lanes.caption, lanes.alt,
            ("tasks", "attempts", "endpoints", "events"), lanes.has_content, timed=True,
        ),
        FigureKind(
            "copies", lambda t: t("Copies"),
            copies.draw, copies.finding, copies.caption, copies.alt,
            ("data_copies", "events"), copies.has_content, timed=True,
        ),
        FigureKind(
            "waiting", lambda t: t("Waiting"),
            waiting.draw, waiting.finding, waiting.caption, waiting.alt,
            ("tasks",), waiting.has_content,
        ),
        FigureKind(
            "staircase", lambda t: t("Staircase"),
            staircase.draw, staircase.finding, staircase.caption, staircase.alt,
            ("tasks", "offers"), staircase.has_content,
        ),
        FigureKind(
            "holding", lambda t: t("Who holds"),
            holding.draw, holding.finding, holding.caption, holding.alt,
            ("tasks", "offers", "nodes"), holding.has_content, timed=True,
        ),
        FigureKind(
            "turns", lambda t: t("Whose turn"),
            turns.draw, turns.finding, turns.caption, turns.alt,
            ("tasks", "offers"), turns.has_content, timed=True,
        ),
        FigureKind(
            "shares", lambda t: t("Who uses"),
            shares.draw, shares.finding, shares.caption, shares.alt,
            ("tasks", "attempts", "nodes"), shares.has_content, timed=True,
        ),
        FigureKind(
            "heat", lambda t: t("Hot machines"),
            heat.draw, heat.finding, heat.caption, heat.alt,
            ("tasks", "attempts"), heat.has_content, timed=True,
        ),
        FigureKind(
            "jobs", lambda t: t("Jobs"),
            jobs.draw, jobs.finding, jobs.caption, jobs.alt,
            ("tasks", "reads", "events"), jobs.has_content, timed=True,
        ),
        FigureKind(
            "zones", lambda t: t("Disks by zone"),
            zones.draw, zones.finding, zones.caption, zones.alt,
            ("volumes", "events"), zones.has_content,
        ),
        FigureKind(
            "cluster_map", lambda t: t("Cluster"),
            cluster_map.draw, cluster_map.finding, cluster_map.caption, cluster_map.alt,
            ("tasks", "nodes"), cluster_map.has_content,
        ),
    )
}  # fmt: skip
"""Every kind by name, in the order in which a report shows them."""


def figures_for(comparison: Comparison) -> list[str]:
    """Return the names of the figures that the comparison fills, the one its scenario asks for first."""
    filled = [name for name, kind in FIGURES.items() if kind.has_content(comparison)]
    return sorted(filled, key=lambda name: name != comparison.scenario.study.figure)


def provenance(comparison: Comparison, t: Texts) -> str:
    """Return the sentence that says which run figures are drawn from: the first of the repeats."""
    if len(comparison.seeds) == 1:
        return t("Figures show the run with seed {seed}.", seed=comparison.seeds[0])
    return t(
        "Figures show the first of {count} repeats, the run with seed {seed}.",
        count=len(comparison.seeds),
        seed=comparison.seeds[0],
    )
