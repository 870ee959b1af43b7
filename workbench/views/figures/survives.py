"""What survives what: a row for the kinds of storage that fare alike, a column for each event, a mark for the bytes.

Red does not mean bad: it means that a copy has to be elsewhere. Every mark knows the run that it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from workbench.experiments.survival import EVENTS, Event, Survival
from workbench.views.amounts import control_plane
from workbench.views.figures.style import ALARM, LABEL_SIZE, TICK_SIZE, Spec, axis, figure, look, named_once, plain
from workbench.views.figures.survives_rows import Row, alike, outcomes, places
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.survival_grid import Cell

ROW_PIXELS = 21
MARKS: dict[Survival, tuple[str, str]] = {
    Survival.KEPT: ("circle", "#44A08F"),
    Survival.UNREACHABLE: ("diamond-open", "#B08A1E"),
    Survival.LOST: ("x", ALARM),
}
"""Outcome -> symbol and colour, so that neither is needed alone."""


def event_name(t: Texts, event: Event) -> str:
    """Return what happens, in words."""
    return {
        "container-restart": t("container restarts"),
        "pod-deleted": t("pod or task replaced"),
        "node-restart": t("machine restarts"),
        "node-loss": t("machine lost"),
        "zone-loss": t("zone lost"),
    }[event]


def outcome_name(t: Texts, outcome: Survival) -> str:
    """Return what has become of the bytes, in words."""
    return {
        Survival.KEPT: t("kept"),
        Survival.UNREACHABLE: t("kept, but out of reach"),
        Survival.LOST: t("lost"),
    }[outcome]


def finding(cells: Sequence[Cell], t: Texts) -> str:
    """Return the title: how many kinds lose their bytes with the pod, and how many with the machine.

    A kind of one's own is tried on every side, and counts once.
    """
    lost = {event: len({one.kind for one in cells if one.event == event and one.outcome is Survival.LOST})
            for event in EVENTS}  # fmt: skip
    return t(
        "Of {kinds} kinds of storage, {pod} lose their bytes with the pod or task, {machine} with the machine.",
        kinds=len({one.kind for one in cells}), pod=lost["pod-deleted"], machine=lost["node-loss"],
    )  # fmt: skip


def caption(t: Texts) -> str:
    """Return the sentence below."""
    return t("Red does not mean bad; it means that you must have a copy elsewhere.")


def alt(cells: Sequence[Cell], t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "A table of marks: kinds of storage that fare alike in one row, events in columns; a disc for kept, an open "
        "diamond for out of reach, a cross for lost. {finding}",
        finding=finding(cells, t),
    )


def told(cell: Cell, t: Texts) -> str:
    """Return one cell as a sentence, with the run that it comes from."""
    return t(
        "{kind} on {side}, {event}: {outcome} (run with seed {seed})",
        kind=plain(cell.kind), side=control_plane(t, cell.on), event=event_name(t, cell.event),
        outcome=outcome_name(t, cell.outcome), seed=cell.seed,
    )  # fmt: skip


def draw(cells: Sequence[Cell], t: Texts, rows: Sequence[tuple[str, str]] = ()) -> go.Figure:
    """Return the figure; `customdata` of a mark is the number of its cell.

    Parameters
    ----------
    rows : sequence
        (control plane, kind) of every row, where cells are still to come.
    """
    rows = rows or _rows(cells)
    shown = alike(cells, rows)
    at = places(shown)
    deepest = max(middle + (len(row.lines) - 1) / 2 for row, middle in at.items())
    data = [_outcome(cells, at, outcome, t) for outcome in MARKS]
    labels = [
        f'{"<br>".join(row.lines)} <span style="color:{seen.colour}">{seen.mark}</span>'
        for seen, row in ((look(t, row.on), row) for row in shown)
    ]
    return figure(
        named_once(data),
        finding(cells, t) if len(cells) == len(rows) * len(EVENTS) else t("What survives what?"),
        height=round(ROW_PIXELS * (deepest + 1)),
        above=26,
        legend=True,
        left=255,
        hovermode="closest",
        xaxis={
            **axis(), "range": [-0.5, len(EVENTS) - 0.5], "tickmode": "array", "tickvals": list(range(len(EVENTS))),
            "ticktext": [event_name(t, event) for event in EVENTS], "side": "top", "showgrid": True, "ticks": "",
            "showline": False, "tickfont": {"size": LABEL_SIZE}, "automargin": False,
        },
        yaxis={
            **axis(), "range": [deepest + 0.6, -0.6], "tickmode": "array",
            "tickvals": list(at.values()), "ticktext": labels, "ticks": "", "showline": False,
            "tickfont": {"size": TICK_SIZE},
        },
    )  # fmt: skip


def _rows(cells: Sequence[Cell]) -> list[tuple[str, str]]:
    """Return (side, kind) in order."""
    return list(dict.fromkeys((one.on, one.kind) for one in cells))


def _outcome(cells: Sequence[Cell], at: Mapping[Row, float], outcome: Survival, t: Texts) -> Spec:
    """Return the marks of one outcome: one for each row and event, which leads to the cell of the row's first kind."""
    numbers = {(one.on, one.kind, one.event): number for number, one in enumerate(cells)}
    there = [
        (numbers[row.on, row.kinds[0], event], row, event)
        for row in at
        for event in EVENTS
        if (row.on, row.kinds[0], event) in numbers
    ]
    there = [spot for spot in there if cells[spot[0]].outcome is outcome]
    symbol, colour = MARKS[outcome]
    return {
        "type": "scatter", "mode": "markers",
        "x": [EVENTS.index(event) for _, _, event in there], "y": [at[row] for _, row, _ in there],
        "marker": {"symbol": symbol, "size": 12, "color": colour, "line": {"width": 2, "color": colour}},
        "name": outcome_name(t, outcome), "legendgroup": outcome.value, "cliponaxis": False,
        "hoverinfo": "text", "hovertext": [_hover(cells[number], row, t) for number, row, _ in there],
        "customdata": [[number] for number, _, _ in there],
    }  # fmt: skip


def _hover(cell: Cell, row: Row, t: Texts) -> str:
    """Return what a mark says: its first kind's run, and who fares alike."""
    others = [plain(kind) for kind in row.kinds[1:]]
    if not others:
        return told(cell, t)
    return t.joined(told(cell, t), t("Alike, each in a run of its own: {kinds}", kinds="<br>" + "<br>".join(others)))


def one_by_one(cells: Sequence[Cell], t: Texts) -> list[list[str]]:
    """Return the table of every kind by itself: a line of headings, then one for each kind."""
    known = outcomes(cells)
    table = [[t("control plane"), t("kind of storage"), *(event_name(t, event) for event in EVENTS)]]
    for (on, kind), said in known.items():
        words = dict(said)
        marks = [outcome_name(t, words[event]) if event in words else "" for event in EVENTS]
        table.append([control_plane(t, on), kind, *marks])
    return table
