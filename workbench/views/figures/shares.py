"""Who uses how much: running cores of each team over time, its limit and guarantee, and what nobody uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workbench.experiments import machines
from workbench.experiments.variants import base
from workbench.model.clock import NEVER
from workbench.model.resources import CPU, Resources
from workbench.views.amounts import control_plane, duration
from workbench.views.figures import focus, panels, steps
from workbench.views.figures.style import (
    GREYS,
    INK,
    TICK_SIZE,
    Spec,
    count_axis,
    figure,
    hatching,
    look,
    named_once,
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
    from workbench.model.scenario import Scenario
    from workbench.model.trace import Trace
    from workbench.model.workload import Team
    from workbench.views.figures.panels import Panel

MOST_TEAMS = 4
"""Rows of the figure; further teams, the smallest, are left out."""
LITTLE = 0.1
"""With less than this part of all cores idle on every side, a cluster counts as full."""


def cores(trace: Trace, team: str | None = None) -> steps.Steps:
    """Return the requested cores of a team's running tasks over time; of all teams if None."""
    return steps.amounts((start, end, cpu / 1000) for start, end, cpu in _runs(trace, team))


def idle(trace: Trace, scenario: Scenario) -> steps.Steps:
    """Return the cores over time that no task runs on; those of a lost machine are not there to be idle."""
    stays = machines.stays(trace, scenario)
    whole = {one.node.name: one.node.capacity.get(CPU, 0) / 1000 for one in stays}
    changes = [(0, 0.0)]
    for one in stays:
        joined_us, removed_us = one.there
        changes.append((joined_us, whole[one.node.name]))
        if removed_us < trace.horizon_us:
            changes.append((removed_us, -whole[one.node.name]))
    for start, end, cpu in _runs(trace, None):
        changes += [(start, -cpu / 1000), (end, cpu / 1000)]
    table = trace["nodes"]
    for at_us, node, state, seen_by in zip(
        *(table[name] for name in ("at_us", "node", "state", "seen_by")), strict=True
    ):
        if seen_by == "world" and state in ("up", "down"):
            changes.append((at_us, whole[node] if state == "up" else -whole[node]))
    return [(time, max(0.0, round(value, 6))) for time, value in steps.counted(changes)]


def _runs(trace: Trace, team: str | None) -> Iterator[tuple[int, int, int]]:
    """Yield (start, end, millicores) of every run of a process of the team."""
    tasks, attempts = trace["tasks"], trace["attempts"]
    about = dict(zip(tasks["task"], zip(tasks["team"], tasks["cpu"], strict=True), strict=True))
    for task, start, end in zip(attempts["task"], attempts["started_us"], attempts["ended_us"], strict=True):
        owner, cpu = about[task]
        if team in (None, owner):
            yield start, trace.horizon_us if end == NEVER else end, cpu


# -- the picture --------------------------------------------------------------------------------------------


def has_content(comparison: Comparison) -> bool:
    """Say whether more than one team has work."""
    return len({app.team for app in comparison.scenario.apps}) > 1 and bool(_teams(comparison))


def finding(comparison: Comparison, t: Texts) -> str:
    """Return the title: what stood idle while tasks waited."""
    first, second = focus.sides(comparison)[:2]
    low, high = _before(comparison)
    unused = [_mean_idle(comparison, side, low, high) for side in (first, second)]
    said = {
        "first": control_plane(t, first),
        "second": control_plane(t, second),
        "first_idle": _cores(unused[0]),
        "second_idle": _cores(unused[1]),
    }
    late = _latecomer(comparison)
    if late is not None and max(unused) < LITTLE * comparison.scenario.cluster.capacity.get(CPU, 0) / 1000:
        return _served(comparison, t, late, said)
    if late is None and said["first_idle"] == said["second_idle"]:
        return _most_apart(comparison, t, said)
    if late is None:
        return t("{first_idle} cores stand idle on average with {first}, {second_idle} with {second}.", **said)
    return t(
        "Before {team} arrives, {first_idle} cores stand idle with {first}, {second_idle} with {second}.",
        team=short(late.name),
        **said,
    )


def _most_apart(comparison: Comparison, t: Texts, said: dict[str, str]) -> str:
    """Return the title where as much stands idle on both sides: whose share differs most."""
    horizon, sides = comparison.scenario.horizon_us, focus.sides(comparison)[:2]
    used = {
        team.name: [steps.mean(cores(comparison.traces[side], team.name), 0, horizon) for side in sides]
        for team in _teams(comparison)
    }
    name = max(used, key=lambda team: abs(used[team][0] - used[team][1]))
    return t(
        "On average {team} runs on {first_cores} cores with {first}, on {second_cores} with {second}.",
        team=short(name), first_cores=_cores(used[name][0]), second_cores=_cores(used[name][1]), **said,
    )  # fmt: skip


def _served(comparison: Comparison, t: Texts, late: Team, said: dict[str, str]) -> str:
    """Return the title where everything was full when a team came: when it had room for all that it brought."""
    since, sides = _arrival_us(comparison, late.name), focus.sides(comparison)[:2]
    waits = [_last_start_us(comparison.traces[side], late.name, since) for side in sides]
    times = [duration(t, seconds(wait or 0)) for wait in waits]
    said = {**said, "team": short(late.name)}
    if waits[0] is None and waits[1] is None:
        return t("Not all that {team} brings finds room within the run, on either side.", **said)
    if waits[1] is None:
        return t("With {first} all of {team} runs {time} after it came; with {second}, not within the run.",
                 time=times[0], **said)  # fmt: skip
    if waits[0] is None:
        return t("With {second} all of {team} runs {time} after it came; with {first}, not within the run.",
                 time=times[1], **said)  # fmt: skip
    return t("With {first} all of {team} runs {first_time} after it came, with {second} {second_time} after.",
             first_time=times[0], second_time=times[1], **said)  # fmt: skip


def caption(comparison: Comparison, t: Texts) -> str:
    """Return the sentence below: how long the latecomer waited, or how to read the lines."""
    late = _latecomer(comparison)
    if late is None:
        return t(
            "Each row is a team, the last one is what nobody uses; dashed lines are limits, dotted ones guarantees."
        )
    first, second = focus.sides(comparison)[:2]
    since = _arrival_us(comparison, late.name)
    waits = [_last_start_us(comparison.traces[side], late.name, since) for side in (first, second)]
    said = {"team": short(late.name), "first": control_plane(t, first), "second": control_plane(t, second)}
    if None in waits:
        return t("Not all that {team} brings finds room within the run.", **said)
    return t(
        "All that {team} brings runs {first_time} after its arrival with {first}, {second_time} after with {second}.",
        first_time=duration(t, seconds(waits[0] or 0)),
        second_time=duration(t, seconds(waits[1] or 0)),
        **said,
    )


def alt(comparison: Comparison, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "Running cores over time, a row for each team and one for idle cores, a column for each control plane. "
        "{finding}",
        finding=finding(comparison, t),
    )


def draw(comparison: Comparison, t: Texts) -> go.Figure:
    """Return the figure: a column per control plane; a row per team, and one for what nobody uses."""
    sides, teams = focus.sides(comparison), _teams(comparison)
    horizon, scenario = comparison.scenario.horizon_us, comparison.scenario
    grid = panels.grid(len(sides), len(teams) + 1)
    lines = {
        side: [*(cores(comparison.traces[side], team.name) for team in teams), idle(comparison.traces[side], scenario)]
        for side in sides
    }
    highest = max(value for side in sides for line in lines[side] for _, value in line)
    data: list[Spec] = []
    for column, side in enumerate(sides):
        for row, line in enumerate(lines[side]):
            unused = row == len(teams)
            data.append(_area(t, side, line, grid[row][column], horizon, unused=unused))
    for panel_row, team in zip(grid, teams, strict=False):
        for side, panel in zip(sides, panel_row, strict=True):
            data += _quota(comparison, t, team, side, panel)
    marks, words = _arrival(comparison, t, grid, teams)
    return figure(
        named_once(data),
        finding(comparison, t),
        height=max(200, 92 * (len(teams) + 1)),
        above=panels.LABEL_PIXELS,
        legend=any(trace["showlegend"] for trace in data),
        annotations=[*panels.names(t, sides, grid[0]), *_row_names(comparison, t, grid, teams), *words],
        shapes=marks,
        **panels.axes(
            grid,
            time_axis(t, 0, horizon, t("time since the start"), panels.most_ticks(len(sides))),
            [count_axis(t("cores"), highest, 3) for _ in grid],
        ),
    )


def _teams(comparison: Comparison) -> list[Team]:
    """Return the teams that have work, in the scenario's order; the largest users when there are many."""
    scenario = comparison.scenario
    names = dict.fromkeys([team.name for team in scenario.teams] + [app.team for app in scenario.apps])
    used = {name: max(_used(trace, name) for trace in comparison.traces.values()) for name in names}
    largest = sorted((name for name in names if used[name] > 0), key=lambda name: -used[name])[:MOST_TEAMS]
    return [scenario.team(name) for name in names if name in largest]


def _used(trace: Trace, team: str) -> int:
    return sum(cpu * (end - start) for start, end, cpu in _runs(trace, team))


def _area(t: Texts, side: str, line: steps.Steps, panel: Panel, horizon: int, *, unused: bool) -> Spec:
    seen = look(t, side)
    colour = GREYS[0] if unused else seen.colour
    shown = steps.thinned(steps.window(line, 0, horizon))
    return {
        "type": "scatter", "mode": "lines", "x": [seconds(time) for time, _ in shown],
        "y": [round(value, 6) for _, value in shown], **panel.axes,
        "line": {"color": colour, "width": 2, "shape": "hv"}, "fill": "tozeroy",
        "fillcolor": tinted(colour, 0.3), "fillpattern": hatching("" if unused else seen.pattern, colour),
        "name": control_plane(t, side), "legendgroup": "",
        "hoverinfo": "text", "text": [_said(t, time, value) for time, value in shown],
    }  # fmt: skip


def _said(t: Texts, at_us: int, value: float) -> str:
    return t("from {time} on: {cores} cores", time=duration(t, seconds(at_us)), cores=_cores(value))


def _cores(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") if value < 99.5 else f"{value:.0f}"


def _quota(comparison: Comparison, t: Texts, team: Team, side: str, panel: Panel) -> Iterator[Spec]:
    """Yield the lines of the limit and the guarantee that hold for a team on that side, from when they are set."""
    kinds = (
        (team.limit, t("limit"), "dash"),
        (_guarantee(team, base(comparison.scenario, side)), t("guarantee"), "dot"),
    )
    for amounts, name, dash in kinds:
        if CPU in amounts and not _refused(comparison.traces[side], team):
            yield {
                "type": "scatter", "mode": "lines",
                "x": [seconds(team.quota_at_us), seconds(comparison.scenario.horizon_us)],
                "y": [amounts[CPU] / 1000] * 2, **panel.axes, "line": {"color": INK, "width": 1.5, "dash": dash},
                "name": name, "legendgroup": dash, "hoverinfo": "skip",
            }  # fmt: skip


def _guarantee(team: Team, plane: str) -> Resources:
    """Return what is guaranteed to a team; Kubernetes has no such thing."""
    return {} if plane == "kubernetes" else team.guarantee


def _refused(trace: Trace, team: Team) -> bool:
    """Say whether the control plane noted that it does not set this team's quota."""
    events = trace["events"]
    return ("quota-not-set", team.name) in zip(events["kind"], events["subject"], strict=True)


# -- who comes late -----------------------------------------------------------------------------------------


def _arrival_us(comparison: Comparison, team: str) -> int:
    return min(app.at_us for app in comparison.scenario.apps if app.team == team)


def _latecomer(comparison: Comparison) -> Team | None:
    """Return the team that arrives last, if others were there before it."""
    teams = _teams(comparison)
    last = max(teams, key=lambda team: _arrival_us(comparison, team.name))
    return (
        last if _arrival_us(comparison, last.name) > min(_arrival_us(comparison, one.name) for one in teams) else None
    )


def _before(comparison: Comparison) -> tuple[int, int]:
    """Return the time over which idleness is judged: the second half of that before the latecomer, or the whole run."""
    late = _latecomer(comparison)
    if late is None:
        return 0, comparison.scenario.horizon_us
    arrival = _arrival_us(comparison, late.name)
    return arrival // 2, arrival


def _mean_idle(comparison: Comparison, side: str, low: int, high: int) -> float:
    return steps.mean(idle(comparison.traces[side], comparison.scenario), low, high)


def _last_start_us(trace: Trace, team: str, since: int) -> int | None:
    """Return how long after `since` the last task of the team that was wanted from the start of it ran."""
    tasks = trace["tasks"]
    rows = zip(tasks["team"], tasks["incarnation"], tasks["started_us"], strict=True)
    starts = [started for owner, incarnation, started in rows if owner == team and incarnation == 0]
    return None if NEVER in starts or not starts else max(starts) - since


def _arrival(
    comparison: Comparison, t: Texts, grid: list[list[Panel]], teams: list[Team]
) -> tuple[list[Spec], list[Spec]]:
    """Return a line through every panel at the moment the latecomer arrives, and its words in the latecomer's row."""
    late = _latecomer(comparison)
    if late is None:
        return [], []
    at = seconds(_arrival_us(comparison, late.name))
    marks = [
        {
            "type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "xref": panel.x, "yref": f"{panel.y} domain",
            "line": {"color": INK, "width": 1.2, "dash": "dot"},
        }
        for row in grid for panel in row
    ]  # fmt: skip
    row = grid[next(index for index, team in enumerate(teams) if team.name == late.name)]
    early = _early(comparison)
    words = [
        {
            "text": t("arrives"), "x": at, "xref": panel.x, "y": 1,
            "yref": f"{panel.y} domain", "xanchor": "left" if early else "right", "xshift": 3 if early else -3,
            "yanchor": "top", "showarrow": False, "font": {"size": TICK_SIZE},
        }
        for panel in row
    ]  # fmt: skip
    return marks, words


def _early(comparison: Comparison) -> bool:
    """Say whether the latecomer arrives in the first half of the run, where its words stand right of its line."""
    late = _latecomer(comparison)
    return late is not None and 2 * _arrival_us(comparison, late.name) < comparison.scenario.horizon_us


def _row_names(comparison: Comparison, t: Texts, grid: list[list[Panel]], teams: list[Team]) -> list[Spec]:
    """Return the names of the rows, in the corner of the left panel that the latecomer leaves free."""
    early = _early(comparison)
    longest = 20 if len(comparison.sides) < 3 else 12
    names = [*(plain(team.name, longest) for team in teams), t("nobody")]
    return [
        {
            "text": f"<b>{name}</b>", "x": 1 if early else 0, "xref": f"{row[0].x} domain", "y": 1,
            "yref": f"{row[0].y} domain", "xanchor": "right" if early else "left", "yanchor": "top", "showarrow": False,
            "xshift": -3 if early else 3, "font": {"size": TICK_SIZE},
        }
        for row, name in zip(grid, names, strict=True)
    ]  # fmt: skip
