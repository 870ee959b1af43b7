"""Which machines run hot: the cpu that processes really want, machine by machine over time, and where it is too much.

Shown where processes use something else than they ask for; else requests say it all, and `cluster_map.py` shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from workbench.experiments import machines, metrics
from workbench.model.clock import NEVER
from workbench.model.resources import CPU
from workbench.views.amounts import control_plane, duration
from workbench.views.figures import focus, panels
from workbench.views.figures.remembered import remembered
from workbench.views.figures.style import (
    ALARM,
    LABEL_SIZE,
    Spec,
    axis,
    figure,
    look,
    named_once,
    plain,
    seconds,
    time_axis,
    tinted,
)
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.compare import Comparison
    from workbench.model.cluster import Node
    from workbench.model.scenario import Scenario
    from workbench.model.trace import Trace
    from workbench.views.figures.panels import Panel

SLICES = 120
"""Pieces into which the run is cut; each shows its mean."""
HOTTEST = 150
"""Percent of a machine's cpu from which on the colour no longer changes."""
ROW_PIXELS = 16

Rows = dict[str, list[float]]
"""Machine -> cpu wanted in each slice, in percent of what it has."""


@remembered
def heat(trace: Trace, scenario: Scenario) -> Rows:
    """Return how much cpu is wanted on each machine in each slice of time, in percent of its cpu."""
    wide = trace.horizon_us / SLICES
    tasks = trace["tasks"]
    app_of = dict(zip(tasks["task"], tasks["app"], strict=True))
    asked = dict(zip(tasks["task"], tasks["cpu"], strict=True))
    wanted = {app.name: app.wanted_cpu for app in scenario.apps}
    nodes = machines.ever_there((trace,), scenario)
    rows = {node.name: [0.0] * SLICES for node in nodes}
    share: Mapping[str, float] = {node.name: 100 / (wide * max(1, node.capacity.get(CPU, 0))) for node in nodes}
    columns = (trace["attempts"][name] for name in ("task", "node", "started_us", "ended_us"))
    for task, node, start, ended in zip(*columns, strict=True):
        end = trace.horizon_us if ended == NEVER else ended
        wants = wanted[app_of[task]] if app_of[task] in wanted else asked[task]
        cpu, row = wants * share[node], rows[node]
        for at in range(int(start / wide), min(SLICES, int(end / wide) + 1)):
            row[at] += cpu * max(0.0, min(end, (at + 1) * wide) - max(start, at * wide))
    return rows


def _nodes(comparison: Comparison) -> list[Node]:
    """Return the machines that have a row: all that were there on either side."""
    return machines.ever_there((comparison.traces[side] for side in focus.sides(comparison)), comparison.scenario)


def has_content(comparison: Comparison) -> bool:
    """Say whether use differs from requests, and some machine runs out of cpu."""
    scenario = comparison.scenario
    differs = any(app.wanted_cpu != app.request.get(CPU, 0) for app in scenario.apps)
    return differs and max(_short(comparison).values()) > 0


def _short(comparison: Comparison) -> dict[str, float]:
    """Return the percentage of all cpu wanted that is not there, by side."""
    scenario, traces = comparison.scenario, comparison.traces
    return {side: 100 * metrics.measured("cpu_short", traces[side], scenario) for side in focus.sides(comparison)}


def finding(comparison: Comparison, t: Texts) -> str:
    """Return the title: how much cpu is wanted in vain on each side."""
    short = _short(comparison)
    said = t.listed(
        *(t("{side} {percent} %", side=control_plane(t, side), percent=f"{part:.1f}") for side, part in short.items())
    )
    return t("Of the CPU that processes want, their machine lacks: {sides}.", sides=said)


def caption(comparison: Comparison, t: Texts) -> str:
    """Return the sentence below: what red means, and that nothing is slowed down."""
    return t(
        "A row is one of {count} machines. Red: its processes want more CPU than it has; here they are counted, not "
        "slowed down. Requests fit everywhere: it is use that does not.",
        count=len(_nodes(comparison)),
    )


def alt(comparison: Comparison, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "A grid of machines by time for each control plane, darker where more CPU is used, red where more is wanted "
        "than there is. {finding}",
        finding=finding(comparison, t),
    )


def draw(comparison: Comparison, t: Texts) -> go.Figure:
    """Return the figure: machines by time, one panel for each side."""
    sides = focus.sides(comparison)
    grid = panels.grid(len(sides))
    data = [one for side, panel in zip(sides, grid[0], strict=True) for one in _drawn(comparison, t, side, panel)]
    names = [plain(node.name, 18) for node in _nodes(comparison)]
    step = max(1, len(names) // 12)
    x = time_axis(t, 0, comparison.scenario.horizon_us, t("time since the start"), panels.most_ticks(len(sides)))
    y = {
        **axis(t("machine")), "range": [len(names) - 0.5, -0.5], "showgrid": False,
        "tickvals": list(range(0, len(names), step)), "ticktext": names[::step],
    }  # fmt: skip
    return figure(
        named_once(data, ("",)), finding(comparison, t), height=min(320, max(120, ROW_PIXELS * len(names))),
        above=panels.LABEL_PIXELS, legend=True, left=76, annotations=panels.names(t, sides, grid[0]),
        **panels.axes(grid, x, [y]),
    )  # fmt: skip


def _drawn(comparison: Comparison, t: Texts, side: str, panel: Panel) -> list[Spec]:
    scenario, colour = comparison.scenario, look(t, side).colour
    known = heat(comparison.traces[side], scenario)
    rows = {node.name: known.get(node.name, [0.0] * SLICES) for node in _nodes(comparison)}
    wide = seconds(scenario.horizon_us) / SLICES
    when = [duration(t, wide * at) for at in range(SLICES)]
    full = 100 / HOTTEST
    shades = [[0, tinted(colour, 0.06)], [full, tinted(colour, 0.9)], [full, tinted(ALARM, 0.75)], [1, ALARM]]
    grid: Spec = {
        "type": "heatmap", "x": [round(wide * (at + 0.5), 3) for at in range(SLICES)], "y": list(range(len(rows))),
        "z": [[round(one, 1) for one in row] for row in rows.values()], "zmin": 0, "zmax": HOTTEST,
        "colorscale": shades, "showscale": False, "legendgroup": "", **panel.axes,
        "customdata": [[[plain(name), at] for at in when] for name in rows],
        "hovertemplate": t("%{{customdata[0]}}: %{{z:.0f}} % of its CPU wanted<br>%{{customdata[1]}}")
        + "<extra></extra>",
    }  # fmt: skip
    keys = (("used", t("CPU in use, darker for more"), colour), ("short", t("more wanted than the machine has"), ALARM))
    return [grid, *(_key(panel, group, name, shade) for group, name, shade in keys)]


def _key(panel: Panel, group: str, name: str, colour: str) -> Spec:
    """Return a mark that stands in the legend only."""
    return {
        "type": "scatter", "mode": "markers", "x": [None], "y": [None], "name": name, "legendgroup": group,
        "marker": {"symbol": "square", "size": LABEL_SIZE, "color": colour}, "hoverinfo": "skip", **panel.axes,
    }  # fmt: skip
