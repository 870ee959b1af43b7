"""Who holds the machines: running work, offers being thought about, free but refused, free; as parts of all cpu."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.experiments.variants import base
from workbench.model.clock import SECOND_US
from workbench.views.amounts import control_plane, duration
from workbench.views.figures import focus, stacks, steps, turns
from workbench.views.figures.held import LAYERS, Holding, holding, waiting
from workbench.views.figures.stacks import HEADROOM, pattern
from workbench.views.figures.style import (
    ALARM,
    Spec,
    look,
    note,
    seconds,
)
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.compare import Comparison
    from workbench.views.figures.panels import Panel

WORTH_SAYING = 5.0
"""Percent of the CPU; less is too thin to be seen."""
A_MOMENT_US = SECOND_US
"""Work that waits less than this in all hardly waits."""
AFTER_US = 120 * SECOND_US
"""How long after a fault the least that runs is looked for."""
SEEN_AT_ALL = 1.0
"""Percent of the CPU over the whole run below which the figure would show nothing."""


def has_content(comparison: Comparison) -> bool:
    """Say whether, on a side that makes offers, work waited and some cpu was out of reach."""
    if not any(len(trace["offers"]) for trace in comparison.traces.values()):
        return False
    trace = comparison.traces[_offering(comparison)]
    if _length(waiting(trace)) < A_MOMENT_US:
        return False
    return _out_of_reach(holding(trace, comparison.scenario), [(0, trace.horizon_us)]) >= SEEN_AT_ALL


def finding(comparison: Comparison, t: Texts) -> str:
    """Return the title: how much was empty and out of reach while work waited, and for how long work did."""
    side = _offering(comparison)
    trace = comparison.traces[side]
    during = waiting(trace)
    percent = _out_of_reach(holding(trace, comparison.scenario), during)
    said = {"name": control_plane(t, side), "percent": round(percent), "time": duration(t, seconds(_length(during)))}
    fault_us = focus.first_fault_us(comparison.scenario)
    if percent < WORTH_SAYING and fault_us is not None:
        return _struck(comparison, t, fault_us)
    if percent < WORTH_SAYING and turns.has_content(comparison):
        return t(
            "With {name}, hardly any CPU is tied up by offers or refusals while tasks wait ({time}): what is free is "
            "offered to others first.",
            **said,
        )
    if percent < WORTH_SAYING:
        return t("With {name}, offers and refusals tie up hardly any CPU in the {time} in which tasks wait.", **said)
    return t("With {name}, {percent} % of the CPU is empty, yet out of reach, while tasks wait ({time}).", **said)


def _struck(comparison: Comparison, t: Texts, fault_us: int) -> str:
    """Return the title where nothing is out of reach, and a fault is what there is to see."""
    said = focus.names(comparison, t)
    for place, side in zip(("first", "second"), focus.sides(comparison), strict=False):
        running = holding(comparison.traces[side], comparison.scenario).layers["running"]
        after = [level for at_us, level in running if fault_us <= at_us <= fault_us + AFTER_US]
        before = steps.level(running, fault_us - 1)
        said |= {f"{place}_before": _whole(before), f"{place}_least": _whole(min([before, *after]))}
    return t(
        "The fault takes running CPU from {first_before} to {first_least} % with {first}, from {second_before} to "
        "{second_least} % with {second}.",
        **said,
    )


def _whole(percent: float) -> str:
    return f"{percent:.0f}"


def _out_of_reach(held: Holding, during: Sequence[tuple[int, int]]) -> float:
    return held.mean("offered", during) + held.mean("hidden", during)


def _length(during: Sequence[tuple[int, int]]) -> int:
    return sum(end - start for start, end in during)


def caption(comparison: Comparison, t: Texts) -> str:
    """Return the sentence below: why a part is out of reach."""
    side = _offering(comparison)
    trace = comparison.traces[side]
    held = holding(trace, comparison.scenario)
    during = [(0, trace.horizon_us)]
    parts = {
        "name": control_plane(t, side),
        "offered": _percent(held.mean("offered", during)),
        "hidden": _percent(held.mean("hidden", during)),
    }
    if all(base(comparison.scenario, side) != "kubernetes" for side in comparison.sides):
        return t(
            "Over the whole run of {name}, {offered} % is held by offers that are not answered yet, and {hidden} % is "
            "hidden: everybody who was offered it has just refused it.",
            **parts,
        )
    return t(
        "Over the whole run of {name}, {offered} % is held by offers that are not answered yet, and {hidden} % is "
        "hidden: everybody who was offered it has just refused it. Kubernetes offers nothing: what is free there is "
        "free for the next in line.",
        **parts,
    )


def _percent(number: float) -> str:
    return f"{number:.1f}" if 0.05 <= number < 9.95 else f"{number:.0f}"


def alt(comparison: Comparison, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "Stacked areas of all CPU over time, one panel for each control plane: running, offered, hidden by a refusal, "
        "free. {finding}",
        finding=finding(comparison, t),
    )


def draw(comparison: Comparison, t: Texts) -> go.Figure:
    """Return the figure: one stack per control plane."""
    horizon = comparison.scenario.horizon_us

    def drawn(side: str, panel: Panel) -> tuple[list[Spec], list[Spec]]:
        held = holding(comparison.traces[side], comparison.scenario)
        return _stack(t, side, panel, held, horizon), _spot(t, panel, held, horizon, waiting(comparison.traces[side]))

    return stacks.draw(comparison, t, finding(comparison, t), drawn)


def _offering(comparison: Comparison) -> str:
    """Return the side that makes offers; of several the one where work waits longest."""
    sides = [side for side in focus.sides(comparison) if len(comparison.traces[side]["offers"])]
    return max(sides, key=lambda side: _length(waiting(comparison.traces[side])))


def _stack(t: Texts, side: str, panel: Panel, held: Holding, horizon: int) -> list[Spec]:
    colour = look(t, side).colour
    shades = {
        "offered": (t("offered and being thought about"), pattern("/", colour, 1)),
        "hidden": (t("free but hidden by a refusal"), pattern(".", colour, 0.9)),
        "lost": (t("machine lost"), pattern("x", ALARM, 0.5)),
    }
    shown = [name for name in LAYERS if name in ("running", "free") or any(value for _, value in held.layers[name])]
    return stacks.stack(t, side, panel, held.layers, shades, shown, horizon)


def _spot(t: Texts, panel: Panel, held: Holding, horizon: int, during: Sequence[tuple[int, int]]) -> list[Spec]:
    """Return the annotation where, while tasks wait, most is empty and yet unavailable."""
    times, (running, offered, hidden, waits) = steps.stacked(
        [*(held.layers[name] for name in ("running", "offered", "hidden")), _waits(during)], 0, horizon
    )
    away = [one + other if wait else 0.0 for one, other, wait in zip(offered, hidden, waits, strict=True)]
    place = away.index(max(away))
    if _out_of_reach(held, during) < WORTH_SAYING:
        return []
    until = times[min(place + 1, len(times) - 1)]
    text = t("{percent} % empty, yet unavailable", percent=round(away[place]))
    late = times[place] * 2 > horizon
    where = {"ax": seconds(times[place]), "xanchor": "right" if late else "left", "axref": panel.x}
    spot = seconds(times[place] + (until - times[place]) // 2)
    return [
        note(text, spot, running[place] + away[place] / 2, ay=HEADROOM / 2 + 100, ayref=panel.y, **where, **panel.refs)
    ]


def _waits(during: Sequence[tuple[int, int]]) -> steps.Steps:
    return steps.amounts((start, end, 1.0) for start, end in during)
