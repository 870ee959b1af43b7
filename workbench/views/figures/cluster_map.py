"""The cluster at one instant: every machine a column, every task a block on it, both systems side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, sqrt
from typing import TYPE_CHECKING

from workbench.experiments import machines
from workbench.model.clock import NEVER
from workbench.model.resources import CPU
from workbench.views.amounts import control_plane, duration
from workbench.views.figures import focus, panels, steps
from workbench.views.figures.style import (
    ALARM,
    GREYS,
    IDLE,
    INK,
    PALETTE,
    Spec,
    axis,
    count_axis,
    figure,
    look,
    named_once,
    plain,
    seconds,
    some,
    tinted,
    width,
)
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.compare import Comparison
    from workbench.model.cluster import Node
    from workbench.model.scenario import Scenario
    from workbench.model.trace import Trace
    from workbench.views.figures.panels import Panel

MOST_COLUMNS = 40
"""More machines than this are drawn as cells of a grid, coloured by how full they are."""
LETTERS = 68
"""Letters that fit below all panels of the narrowest figure."""
LASTING = 100
"""A difference counts when it lasts at least this part of the run."""
WIDE = 0.82
"""Width of a machine; the rest is the gap to the next."""
MOST_BLOCKS = 1500
"""More tasks than this at once as well."""
MOST_APPS = 7
"""Apps with a colour of their own, in the scenario's order; the others share a grey."""


@dataclass(frozen=True, slots=True)
class Block:
    """A task on a machine at the instant of the map.

    Parameters
    ----------
    cpu : int
        Millicores it asks for.
    since_us : int
        When its process started, `NEVER` if it has not yet; then it was placed at `placed_us`.
    """

    task: str
    app: str
    node: str
    cpu: int
    placed_us: int
    since_us: int


def blocks(trace: Trace, at_us: int) -> list[Block]:
    """Return the tasks that hold a part of a machine at an instant, in the order in which they were placed."""
    table = trace["tasks"]
    columns = (table[name] for name in ("task", "app", "node", "cpu", "decided_us", "started_us", "ended_us"))
    here = []
    for task, app, node, cpu, decided, started, ended in zip(*columns, strict=True):
        if decided != NEVER and decided <= at_us and (ended == NEVER or ended > at_us):
            here.append(Block(task, app, node, cpu, decided, started if started <= at_us else NEVER))
    return sorted(here, key=lambda block: (block.placed_us, block.task))


def lost(trace: Trace, at_us: int) -> set[str]:
    """Return the machines that are down at an instant."""
    table = trace["nodes"]
    down: set[str] = set()
    for time, node, state, seen_by in zip(
        *(table[name] for name in ("at_us", "node", "state", "seen_by")), strict=True
    ):
        if seen_by == "world" and state in ("up", "down") and time <= at_us:
            (down.add if state == "down" else down.discard)(node)
    return down


def instant_us(comparison: Comparison) -> int:
    """Return the instant at which the two sides differ most, and for a while, in the cpu that their tasks hold.

    After the first fault if there is one. Where they never differ for long, the one at which they hold most.
    """
    horizon = comparison.scenario.horizon_us
    low = focus.first_fault_us(comparison.scenario) or 0
    first, second = (_busy(comparison.traces[side]) for side in focus.sides(comparison)[:2])
    times, (ours, theirs) = steps.stacked([first, second], low, horizon)
    best, instant = (0.0, 0.0), low
    for (start, end), one, other in zip(pairwise(times), ours, theirs, strict=False):
        lasting = end - start >= (horizon - low) // LASTING
        rank = (abs(one - other) if lasting else 0.0, one + other)
        if rank > best:
            best, instant = rank, (start + end) // 2
    return instant


def _busy(trace: Trace) -> steps.Steps:
    table = trace["tasks"]
    columns = (table[name] for name in ("decided_us", "ended_us", "cpu"))
    return steps.amounts(
        (decided, trace.horizon_us if ended == NEVER else ended, cpu)
        for decided, ended, cpu in zip(*columns, strict=True)
        if decided != NEVER
    )


# -- the picture --------------------------------------------------------------------------------------------


def has_content(comparison: Comparison) -> bool:
    """Say whether anything was placed."""
    return any(node for trace in comparison.traces.values() for node in trace["tasks"]["node"])


def finding(comparison: Comparison, t: Texts) -> str:
    """Return the title: how many tasks are on the machines at the instant of the map."""
    at_us = instant_us(comparison)
    first, second = focus.sides(comparison)[:2]
    return t(
        "At {time}, {first} has {first_count} tasks on machines, {second} {second_count}.",
        time=duration(t, seconds(at_us)),
        first=control_plane(t, first),
        second=control_plane(t, second),
        first_count=len(blocks(comparison.traces[first], at_us)),
        second_count=len(blocks(comparison.traces[second], at_us)),
    )


def caption(comparison: Comparison, t: Texts) -> str:
    """Return the sentence below: how to read the map."""
    if _crowded(comparison, instant_us(comparison)):
        return t("Each cell is a machine; the stronger its colour, the more of its CPU is in use.")
    return t(
        "Each column is a machine, as high as it has cores; each block is a task, as high as the cores it asks for."
    )


def alt(comparison: Comparison, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "Map of the machines and the tasks on them, one panel for each control plane. {finding}",
        finding=finding(comparison, t),
    )


def draw(comparison: Comparison, t: Texts) -> go.Figure:
    """Return the map at the instant at which the two sides differ most."""
    return draw_at(comparison, t, instant_us(comparison))


def draw_at(comparison: Comparison, t: Texts, at_us: int) -> go.Figure:
    """Return the map at an instant, in microseconds since the start."""
    sides = focus.sides(comparison)
    grid = panels.grid(len(sides))
    title = (
        finding(comparison, t) if at_us == instant_us(comparison) else t("At {time}", time=duration(t, seconds(at_us)))
    )
    shape = _cells if _crowded(comparison, at_us) else _columns
    data, layout = shape(comparison, t, at_us, grid[0])
    return figure(
        data,
        title,
        height=250,
        above=panels.LABEL_PIXELS,
        legend=any(trace.get("showlegend") for trace in data),
        annotations=panels.names(t, sides, grid[0]),
        **layout,
    )


def _crowded(comparison: Comparison, at_us: int) -> bool:
    most = max(len(blocks(trace, at_us)) for trace in comparison.traces.values())
    return len(_nodes(comparison)) > MOST_COLUMNS or most > MOST_BLOCKS


def _nodes(comparison: Comparison) -> list[Node]:
    """Return the machines that have a place on the map: all that were ever there on some side."""
    traces = comparison.traces
    return machines.ever_there((traces[side] for side in focus.sides(comparison)), comparison.scenario)


# -- machines as columns ------------------------------------------------------------------------------------


def _columns(comparison: Comparison, t: Texts, at_us: int, row: Sequence[Panel]) -> tuple[list[Spec], Spec]:
    scenario, nodes = comparison.scenario, _nodes(comparison)
    names = [node.name for node in nodes]
    largest = max(node.capacity.get(CPU, 0) for node in nodes) / 1000
    data: list[Spec] = []
    for side, panel in zip(focus.sides(comparison), row, strict=True):
        trace = comparison.traces[side]
        missing = machines.absent(trace, scenario, at_us, names)
        data += _machines(nodes, t, lost(trace, at_us), missing, panel)
        data += _apps(scenario, names, t, side, blocks(trace, at_us), panel)
    x = {
        **axis(t("machines")), "range": [-0.6, len(names) - 0.4], "showgrid": False, "ticks": "",
        "tickmode": "array", "tickangle": 0, **_machine_marks(names, len(row)),
    }  # fmt: skip
    layout = panels.axes([row], x, [{**count_axis(t("cores"), largest, 5), "range": [0, largest * 1.04]}])
    return named_once(data), {"barmode": "overlay", **layout}


def _machine_marks(names: Sequence[str], columns: int) -> Spec:
    """Return the marks below the columns: the machines' names where they fit."""
    fits = (max(map(width, names)) + 2) * len(names) * columns <= LETTERS
    if not fits:
        return {"tickvals": [], "ticktext": []}
    return {"tickvals": list(range(len(names))), "ticktext": [plain(name) for name in names]}


def _machines(nodes: Sequence[Node], t: Texts, down: set[str], missing: set[str], panel: Panel) -> list[Spec]:
    """Return the machines: one outline each, crossed out if it is lost; none where one is not there."""
    shapes = ((False, t("free"), "", INK), (True, t("machine lost"), "x", ALARM))
    drawn = []
    for is_down, name, pattern, colour in shapes:
        mine = [
            (place, node) for place, node in enumerate(nodes)
            if (node.name in down) == is_down and node.name not in missing
        ]  # fmt: skip
        if mine:
            drawn.append({
                "type": "bar", "width": WIDE, "x": [place for place, _ in mine], **panel.axes,
                "y": [node.capacity.get(CPU, 0) / 1000 for _, node in mine],
                "marker": {
                    "color": IDLE, "line": {"color": INK, "width": 1},
                    "pattern": {"shape": pattern, "fgcolor": tinted(colour, 0.7), "bgcolor": IDLE, "size": 9,
                                "solidity": 0.2},
                },
                "name": name, "legendgroup": f"machine {is_down}", "legendrank": 2000, "hoverinfo": "text",
                "hovertext": [_machine_said(t, node.name, is_down) for _, node in mine],
            })  # fmt: skip
    return drawn


def _machine_said(t: Texts, node: str, is_down: bool) -> str:
    return t("{node}: lost", node=plain(node)) if is_down else t("{node}: free", node=plain(node))


def _apps(
    scenario: Scenario, names: Sequence[str], t: Texts, side: str, here: Sequence[Block], panel: Panel
) -> list[Spec]:
    """Return the tasks: one stack of blocks on each machine, in the order of the apps.

    A block's `customdata` is its side and task, to be asked about on a click.
    """
    place = {name: number for number, name in enumerate(names)}
    filled = dict.fromkeys(place, 0)
    order = {app.name: number for number, app in enumerate(scenario.apps)}
    drawn: dict[int, Spec] = {}
    for block in sorted(here, key=lambda block: order.get(block.app, len(order))):
        number = min(order.get(block.app, MOST_APPS), MOST_APPS)
        trace = drawn.setdefault(number, _app(t, block.app, number, side, panel))
        trace["x"].append(place[block.node])
        trace["y"].append(block.cpu / 1000)
        trace["base"].append(filled[block.node] / 1000)
        trace["hovertext"].append(_block_said(t, block))
        trace["customdata"].append([side, block.task])
        filled[block.node] += block.cpu
    return [drawn[number] for number in sorted(drawn)]


def _app(t: Texts, app: str, number: int, side: str, panel: Panel) -> Spec:
    return {
        "type": "bar", "width": WIDE, "x": [], "y": [], "base": [], "hovertext": [], "customdata": [],
        "hoverinfo": "text", **panel.axes,
        "marker": {
            "color": PALETTE[number] if number < MOST_APPS else GREYS[2],
            "line": {"color": "rgba(255,255,255,0.75)", "width": 1},
            "pattern": {"shape": look(t, side).pattern, "fgcolor": "rgba(255,255,255,0.5)", "fillmode": "overlay",
                        "size": 9, "solidity": 0.12},
        },
        "name": plain(app, 24) if number < MOST_APPS else t("other apps"), "legendgroup": f"app {number}",
    }  # fmt: skip


def _block_said(t: Texts, block: Block) -> str:
    task, node = plain(block.task), plain(block.node)
    if block.since_us == NEVER:
        time = duration(t, seconds(block.placed_us))
        return t("<b>{task}</b><br>on {node}<br>placed at {time}, not running yet", task=task, node=node, time=time)
    time = duration(t, seconds(block.since_us))
    return t("<b>{task}</b><br>on {node}<br>running since {time}", task=task, node=node, time=time)


# -- machines as cells --------------------------------------------------------------------------------------


def _cells(comparison: Comparison, t: Texts, at_us: int, row: Sequence[Panel]) -> tuple[list[Spec], Spec]:
    """Return the machines as cells, row by row in the order of the scenario."""
    nodes = _nodes(comparison)
    wide = ceil(sqrt(len(nodes) * 1.6))
    data = []
    for side, panel in zip(focus.sides(comparison), row, strict=True):
        trace = comparison.traces[side]
        down = lost(trace, at_us)
        on: dict[str, list[str]] = {node.name: [] for node in nodes}
        used = dict.fromkeys(on, 0)
        for block in blocks(trace, at_us):
            on[block.node].append(plain(block.task))
            used[block.node] += block.cpu
        missing = machines.absent(trace, comparison.scenario, at_us, on)
        full = [
            None if node.name in missing else 100 * used[node.name] / max(1, node.capacity.get(CPU, 0))
            for node in nodes
        ]  # fmt: skip
        said = [
            t("<b>{node}</b>: not there", node=plain(node.name)) if part is None
            else t("<b>{node}</b>: lost", node=plain(node.name)) if node.name in down
            else t("<b>{node}</b>: {percent} % of the CPU in use<br>{tasks}", node=plain(node.name),
                   percent=round(part), tasks=some(t, on[node.name], 4))
            for node, part in zip(nodes, full, strict=True)
        ]  # fmt: skip
        data.append({
            "type": "heatmap", "z": _rows(full, wide), "text": _rows(said, wide), "hoverinfo": "text", **panel.axes,
            "zmin": 0, "zmax": 100, "showscale": False, "xgap": 1, "ygap": 1, "showlegend": False,
            "colorscale": [[0, tinted(look(t, side).colour, 0.12)], [1, look(t, side).colour]],
        })  # fmt: skip
        crossed = [place for place, node in enumerate(nodes) if node.name in down]
        if crossed:
            data.append(_crosses(crossed, wide, panel))
    bare = {**axis(), "showticklabels": False, "ticks": "", "showgrid": False, "showline": False}
    x = {**bare, "title": axis(t("machines"))["title"]}
    return data, panels.axes([row], x, [{**bare, "autorange": "reversed"}])


def _crosses(places: Sequence[int], wide: int, panel: Panel) -> Spec:
    """Return the crosses over lost machines."""
    return {
        "type": "scatter", "mode": "markers", **panel.axes,
        "x": [place % wide for place in places], "y": [place // wide for place in places],
        "marker": {"symbol": "x-thin-open", "size": 10, "color": ALARM, "line": {"width": 2}},
        "hoverinfo": "skip", "showlegend": False,
    }  # fmt: skip


def _rows(values: Sequence[object], wide: int) -> list[list[object]]:
    return [list(values[start : start + wide]) for start in range(0, len(values), wide)]
