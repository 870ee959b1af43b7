"""Whose turn it was: free cpu, by whether the team that was offered it last has any work in the whole scenario.

Where offers go round among teams without work, free machines are within nobody's reach who needs them, though no
refusal hides them and hardly anybody holds them.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from workbench.experiments import machines
from workbench.model.clock import NEVER, SECOND_US
from workbench.model.resources import CPU
from workbench.views.amounts import control_plane, duration
from workbench.views.figures import focus, stacks, steps
from workbench.views.figures.held import waiting
from workbench.views.figures.remembered import remembered
from workbench.views.figures.stacks import HEADROOM, pattern
from workbench.views.figures.style import (
    Spec,
    look,
    note,
    seconds,
)
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.compare import Comparison
    from workbench.model.scenario import Scenario
    from workbench.model.trace import Trace
    from workbench.views.figures.panels import Panel

LAYERS = ("running", "round", "free")
"""From the bottom up; `round` is free and was offered last to a team without an app."""
WORTH_SHOWING = 5.0
"""Percent of the CPU while tasks wait, below which the figure would show nothing."""
A_MOMENT_US = SECOND_US

MOVED = 2

Layers = dict[str, steps.Steps]


@remembered
def layers(trace: Trace, scenario: Scenario) -> Layers:
    """Return each of `LAYERS` over time, in percent of all cpu; they add up to 100."""
    capacity = {node.name: node.capacity.get(CPU, 0) for node in machines.ever_there((trace,), scenario)}
    whole = sum(node.capacity.get(CPU, 0) for node in scenario.cluster.nodes)
    running, idle = dict.fromkeys(capacity, 0), dict.fromkeys(capacity, False)
    used, going_round = 0, 0
    found: Layers = {name: [] for name in LAYERS}
    for at_us, node, cpu, shown in sorted([(0, "", 0, -1), *_changes(trace, workless(scenario))]):
        if shown == MOVED:
            whole += cpu * capacity[node]
        elif node:
            before = capacity[node] - running[node] if idle[node] else 0
            running[node] += cpu
            used += cpu
            if shown >= 0:
                idle[node] = bool(shown)
            going_round += (capacity[node] - running[node] if idle[node] else 0) - before
        values = {"running": used, "round": going_round, "free": whole - used - going_round}
        for name, amount in values.items():
            line = found[name]
            if line and line[-1][0] == at_us:
                line.pop()
            line.append((at_us, 100 * amount / max(1, whole)))
    return found


def workless(scenario: Scenario) -> set[str]:
    """Return the teams that have no app."""
    return {team.name for team in scenario.teams} - {app.team for app in scenario.apps}


def _changes(trace: Trace, idle: Container[str]) -> list[tuple[int, str, int, int]]:
    """Return (time, machine, change of running millicores, 1 if shown to an idle team, 0 if to another, -1 if not).

    Machines that join or go: (time, machine, 1 or -1, `MOVED`).
    """
    tasks, offers = trace["tasks"], trace["offers"]
    found = [(at_us, node, change, MOVED) for at_us, node, change in machines.changes(trace)]
    found += [
        (at_us, node, 0, int(role in idle))
        for at_us, node, role in zip(offers["made_us"], offers["node"], offers["role"], strict=True)
    ]
    columns = (tasks[name] for name in ("decided_us", "ended_us", "released_us", "node", "cpu"))
    for decided, ended, released, node, cpu in zip(*columns, strict=True):
        if decided != NEVER:
            found.append((decided, node, cpu, -1))
            if ended != NEVER:
                found.append((max(ended, released), node, -cpu, -1))
    return found


def has_content(comparison: Comparison) -> bool:
    """Say whether, while tasks waited, free machines went round teams that have no work."""
    side = _offering(comparison)
    if side is None:
        return False
    trace = comparison.traces[side]
    during = waiting(trace)
    long = sum(end - start for start, end in during) >= A_MOMENT_US
    return long and _round(trace, comparison.scenario, during) >= WORTH_SHOWING


def _round(trace: Trace, scenario: Scenario, during: Sequence[tuple[int, int]]) -> float:
    line = layers(trace, scenario)["round"]
    whole = sum(end - start for start, end in during)
    return sum(steps.mean(line, start, end) * (end - start) for start, end in during) / whole if whole else 0.0


def _offering(comparison: Comparison) -> str | None:
    """Return the side on which teams without work were made offers, if there is one."""
    for side in focus.sides(comparison):
        if workless(comparison.scenario) & set(comparison.traces[side]["offers"]["role"]):
            return side
    return None


def finding(comparison: Comparison, t: Texts) -> str:
    """Return the title: how much went round idle teams while tasks waited."""
    side = _offering(comparison)
    assert side is not None
    trace = comparison.traces[side]
    during = waiting(trace)
    return t(
        "With {name}, {percent} % of the CPU goes round teams without work, while a task waits {time}.",
        name=control_plane(t, side), percent=round(_round(trace, comparison.scenario, during)),
        time=duration(t, _mean_wait_s(trace)),
    )  # fmt: skip


def _mean_wait_s(trace: Trace) -> float:
    """Return how long a task waits for a machine, in s, mean over all; one never placed counts until the end."""
    rows = zip(trace["tasks"]["submitted_us"], trace["tasks"]["decided_us"], strict=True)
    return fmean([seconds((trace.horizon_us if end == NEVER else end) - start) for start, end in rows] or [0.0])


def caption(comparison: Comparison, t: Texts) -> str:
    """Return the sentence below: how it comes about."""
    side = _offering(comparison)
    assert side is not None
    offers, without = comparison.traces[side]["offers"], workless(comparison.scenario)
    idle = sum(role in without for role in offers["role"])
    return t(
        "{idle} of {all} offers went to teams without any work: whoever holds least is asked first, and they hold "
        "nothing.",
        idle=f"{idle:,}", all=f"{len(offers):,}",
    )  # fmt: skip


def alt(comparison: Comparison, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "Stacked areas of all CPU over time, one panel for each control plane: running, free and last offered to a "
        "team with nothing to do, free. {finding}",
        finding=finding(comparison, t),
    )


def draw(comparison: Comparison, t: Texts) -> go.Figure:
    """Return the figure: one stack per control plane."""
    horizon = comparison.scenario.horizon_us

    def drawn(side: str, panel: Panel) -> tuple[list[Spec], list[Spec]]:
        found = layers(comparison.traces[side], comparison.scenario)
        shades = {
            "round": (t("free, offered last to a team with nothing to do"), pattern("/", look(t, side).colour, 1)),
        }
        shown = [name for name in LAYERS if name != "round" or any(value for _, value in found[name])]
        notes = _spot(t, panel, found, horizon) if side == _offering(comparison) else []
        return stacks.stack(t, side, panel, found, shades, shown, horizon), notes

    return stacks.draw(comparison, t, finding(comparison, t), drawn)


def _spot(t: Texts, panel: Panel, found: Layers, horizon: int) -> list[Spec]:
    """Return the annotation at the end of the run, where it is worst."""
    running, away = (steps.level(found[name], horizon - 1) for name in ("running", "round"))
    if away < WORTH_SHOWING:
        return []
    text = t("{percent} % free, none of it for those who wait", percent=round(away))
    return [
        note(
            text, seconds(horizon) * 0.93, running + away / 2, ax=seconds(horizon), ay=HEADROOM / 2 + 100,
            axref=panel.x, ayref=panel.y, xanchor="right", **panel.refs,
        )
    ]  # fmt: skip
