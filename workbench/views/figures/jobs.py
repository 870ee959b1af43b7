"""Jobs: every task of every batch job as a line in time, one panel a side: it waits, holds, reads, works."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.experiments import jobs, metrics
from workbench.experiments.jobs import Doing, Span
from workbench.views.amounts import control_plane, duration, value
from workbench.views.figures import focus, panels
from workbench.views.figures.style import (
    ALARM,
    IDLE,
    PALETTE,
    Spec,
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
    from workbench.views.figures.panels import Panel

MOST_TASKS = 150
"""More lines than this cannot be told apart."""

ORDER: tuple[Doing, ...] = ("waits", "holds", "near", "far", "works")


def has_content(comparison: Comparison) -> bool:
    """Say whether there are jobs that are run by a framework of their own, or read data, or wait for each other."""
    found = jobs.jobs(comparison.scenario)
    tasks = sum(max(1, app.replicas) for app in found)
    return any(app.framework not in ("", "batch") or app.input for app in found) and tasks <= MOST_TASKS


# -- words --------------------------------------------------------------------------------------------------


def _spent(comparison: Comparison, side: str) -> dict[Doing, float]:
    """Return what part of their time after waiting tasks spent how."""
    found: dict[Doing, float] = dict.fromkeys(ORDER, 0.0)
    for span in jobs.spans(comparison.traces[side], comparison.scenario):
        found[span.doing] += seconds(span.end_us - span.start_us)
    return found


def finding(comparison: Comparison, t: Texts) -> str:
    """Return the title: what tasks spend their time with on each side, besides working."""
    first, second = focus.sides(comparison)[:2]
    spent = {side: _spent(comparison, side) for side in (first, second)}
    names = {"first": control_plane(t, first), "second": control_plane(t, second)}

    def part(doing: Doing, side: str) -> str:
        held = sum(time for one, time in spent[side].items() if one != "waits")
        return t("{number} %", number=round(100 * spent[side][doing] / held) if held else 0)

    if any(spent[side]["far"] for side in spent):
        return t(
            "Reading over the network takes {first_part} of the tasks' time with {first}, {second_part} with {second}.",
            first_part=part("far", first), second_part=part("far", second), **names,
        )  # fmt: skip
    return t(
        "Tasks that hold a place and cannot work: {first_part} of their time with {first}, {second_part} with "
        "{second}.",
        first_part=part("holds", first),
        second_part=part("holds", second),
        **names,
    )


def caption(comparison: Comparison, t: Texts) -> str:
    """Return the sentence below: how to read a line, and how much was read near."""
    first, second = focus.sides(comparison)[:2]
    names = {"first": control_plane(t, first), "second": control_plane(t, second)}
    if any(len(comparison.traces[side]["reads"]) for side in (first, second)):
        one = metrics.METRICS["local_reads"]
        near = [
            value(t, one, metrics.measured("local_reads", comparison.traces[side], comparison.scenario))
            for side in (first, second)
        ]
        return t(
            "A line is a task, from the moment it is wanted. Read from their own machine: {first_near} with {first}, "
            "{second_near} with {second}.",
            first_near=near[0], second_near=near[1], **names,
        )  # fmt: skip
    return t("A line is a task, from the moment it is wanted to its end; those of one job lie together.")


def alt(comparison: Comparison, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "Horizontal lines in time, one for each task, one panel for each control plane: waiting, holding, reading, "
        "working. {finding}",
        finding=finding(comparison, t),
    )


def _called(t: Texts, doing: Doing) -> str:
    return {
        "waits": t("waits for a place"),
        "holds": t("holds a place, cannot work"),
        "near": t("reads from its own machine"),
        "far": t("reads over the network"),
        "works": t("works"),
    }[doing]


# -- picture ------------------------------------------------------------------------------------------------


def draw(comparison: Comparison, t: Texts) -> go.Figure:
    """Return the figure."""
    sides, scenario = focus.sides(comparison), comparison.scenario
    grid = panels.grid(len(sides))
    places = _places(comparison, sides)
    data: list[Spec] = []
    for side, panel in zip(sides, grid[0], strict=True):
        found = list(jobs.spans(comparison.traces[side], scenario))
        data += [_lines(t, doing, [one for one in found if one.doing == doing], places[side], panel, side)
                 for doing in ORDER]  # fmt: skip
    high, ticks = _height(comparison, sides)
    return figure(
        named_once(data, ()),
        finding(comparison, t),
        height=280,
        above=panels.LABEL_PIXELS,
        legend=True,
        annotations=[*panels.names(t, sides, grid[0])],
        **panels.axes(
            grid,
            time_axis(t, 0, scenario.horizon_us, t("time since the start"), panels.most_ticks(len(sides))),
            [
                {
                    "range": [high + 0.5, -0.5], "tickmode": "array", "tickvals": list(ticks.values()),
                    "ticktext": [plain(name, 14) for name in ticks], "showgrid": False, "zeroline": False,
                }
            ],
        ),
    )  # fmt: skip


def _bands(comparison: Comparison, sides: Sequence[str]) -> dict[str, int]:
    """Return how many lines each job needs, the most on any side."""
    bands = {}
    for app in jobs.jobs(comparison.scenario):
        counts = [sum(name == app.name for name in comparison.traces[side]["tasks"]["app"]) for side in sides]
        bands[app.name] = max([1, *counts])
    return bands


def _places(comparison: Comparison, sides: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return the height of each task's line, by side: the tasks of a job in the order of their starts."""
    found: dict[str, dict[str, int]] = {}
    for side in sides:
        top, places = 0, dict[str, int]()
        rows = list(comparison.traces[side]["tasks"].dicts())
        for name, band in _bands(comparison, sides).items():
            mine = [row for row in rows if row["app"] == name]
            mine.sort(key=lambda row: (row["started_us"] < 0, row["started_us"], row["slot"]))
            places |= {row["task"]: top + number for number, row in enumerate(mine)}
            top += band + 1
        found[side] = places
    return found


def _height(comparison: Comparison, sides: Sequence[str]) -> tuple[float, dict[str, float]]:
    """Return the height of all lines, and where the name of each job stands."""
    top, ticks = 0, dict[str, float]()
    for name, band in _bands(comparison, sides).items():
        ticks[name] = top + (band - 1) / 2
        top += band + 1
    return float(top - 1), ticks


def _lines(t: Texts, doing: Doing, spans: list[Span], places: dict[str, int], panel: Panel, side: str) -> Spec:
    colours = {"waits": IDLE, "holds": ALARM, "near": PALETTE[1], "far": PALETTE[5], "works": look(side).colour}
    called = _called(t, doing)
    texts = [f"{plain(one.task, 40)}<br>{called}: {duration(t, seconds(one.end_us - one.start_us))}" for one in spans]
    return {
        "type": "bar", "orientation": "h", "x": [seconds(one.end_us - one.start_us) for one in spans],
        "base": [seconds(one.start_us) for one in spans], "y": [places[one.task] for one in spans],
        "width": 0.9, **panel.axes, "name": called, "legendgroup": doing, "text": texts, "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"color": colours[doing] if doing != "works" else tinted(colours[doing], 0.55), "line": {"width": 0}},
    }  # fmt: skip
