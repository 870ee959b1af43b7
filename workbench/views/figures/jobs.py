"""Jobs: every task of every batch job as a line in time, one panel a side: it waits, holds, reads, works."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
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

MOST_TASKS = 160
"""More lines than this cannot be told apart."""

BAND, THICKEST = 0.86, 0.3
"""What a job's lines take of its band at most, and a single line of it."""

LOWEST = 0.6
"""A band for a name to stand beside, where one on the mean is 1."""

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

    if sum(spent[side]["far"] for side in spent) > sum(spent[side]["holds"] for side in spent):
        return t(
            "Far reads take {first_part} of the tasks' time with {first}, {second_part} with {second}.",
            first_part=part("far", first), second_part=part("far", second), **names,
        )  # fmt: skip
    return t(
        "Held without work: {first_part} of the time with {first}, {second_part} with {second}.",
        first_part=part("holds", first),
        second_part=part("holds", second),
        **names,
    )


def caption(comparison: Comparison, t: Texts) -> str:
    """Return the sentence below: how to read a line, and how much was read near."""
    sides = focus.sides(comparison)
    names = {"first": control_plane(t, sides[0]), "second": control_plane(t, sides[1])}
    if any(len(comparison.traces[side]["reads"]) for side in sides):
        one = metrics.METRICS["local_reads"]
        near = [
            value(t, one, metrics.measured("local_reads", comparison.traces[side], comparison.scenario))
            for side in sides
        ]
        if len(sides) > 2:
            each = (
                t("{amount} with {side}", amount=amount, side=control_plane(t, side))
                for amount, side in zip(near, sides, strict=True)
            )
            return t(
                "A line is a task. Near reads: {list}.",
                list=t.listed(*each),
            )
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
    names = [app.name for app in jobs.jobs(scenario)]
    bands = _bands(comparison, sides)
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
                    "range": [bands[-1][0] + bands[-1][1] / 2, bands[0][0] - bands[0][1] / 2],
                    "tickmode": "array", "tickvals": [middle for middle, _ in bands],
                    "ticktext": [plain(name, 9) for name in names], "showgrid": False, "zeroline": False,
                }
            ],
        ),
    )  # fmt: skip


Line = tuple[float, float]
"""Where a task's line lies, and how thick it is."""


def _bands(comparison: Comparison, sides: Sequence[str]) -> list[tuple[float, float]]:
    """Return the middle and the height of each job's band: as the root of its tasks, one on the mean, none too low."""
    counts = []
    for app in jobs.jobs(comparison.scenario):
        there = [sum(name == app.name for name in comparison.traces[side]["tasks"]["app"]) for side in sides]
        counts.append(sqrt(max(1, *there)))
    mean, bands, top = sum(counts) / len(counts), [], -0.5
    for count in counts:
        height = max(LOWEST, count / mean)
        bands.append((top + height / 2, height))
        top += height
    return bands


def _places(comparison: Comparison, sides: Sequence[str]) -> dict[str, dict[str, Line]]:
    """Return the line of each task, by side: every job has a band, its tasks in the order of their starts."""
    found: dict[str, dict[str, Line]] = {}
    bands = _bands(comparison, sides)
    for side in sides:
        rows, places = list(comparison.traces[side]["tasks"].dicts()), dict[str, Line]()
        for app, (middle, height) in zip(jobs.jobs(comparison.scenario), bands, strict=True):
            mine = [row for row in rows if row["app"] == app.name]
            mine.sort(key=lambda row: (row["started_us"] < 0, row["started_us"], row["slot"]))
            thick = min(BAND * height / max(1, len(mine)), THICKEST)
            top = middle - thick * len(mine) / 2
            places |= {row["task"]: (top + thick * (line + 0.5), thick) for line, row in enumerate(mine)}
        found[side] = places
    return found


def _lines(t: Texts, doing: Doing, spans: list[Span], places: dict[str, Line], panel: Panel, side: str) -> Spec:
    colours = {"waits": IDLE, "holds": ALARM, "near": PALETTE[1], "far": PALETTE[5], "works": look(t, side).colour}
    called = _called(t, doing)
    texts = [f"{plain(one.task, 40)}<br>{called}: {duration(t, seconds(one.end_us - one.start_us))}" for one in spans]
    return {
        "type": "bar", "orientation": "h", "x": [seconds(one.end_us - one.start_us) for one in spans],
        "base": [seconds(one.start_us) for one in spans], "y": [places[one.task][0] for one in spans],
        "width": [0.9 * places[one.task][1] for one in spans], **panel.axes,
        "name": called, "legendgroup": doing, "text": texts, "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"color": colours[doing] if doing != "works" else tinted(colours[doing], 0.55), "line": {"width": 0}},
    }  # fmt: skip
