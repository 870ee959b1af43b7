"""The card: title, two sentences, a small table, and the story; as structure, as text, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from workbench.experiments import explain_kubernetes, explain_mesos
from workbench.experiments.explain import Cause, Facts, Listing
from workbench.experiments.explain_absent import why_absent
from workbench.views.amounts import control_plane, duration
from workbench.views.explaining import absent, kubernetes, mesos, story
from workbench.views.explaining.words import clock, state_of
from workbench.views.figures.story import Lane, lane
from workbench.views.figures.style import ALARM, width
from workbench.views.i18n import Texts

MOST_ROWS = 6
"""Rows of the table that a card has room for."""


@dataclass(frozen=True, slots=True)
class Card:
    """Texts in one language.

    Parameters
    ----------
    title : str
        Who, how it stands, when, and where.
    because, cure : str
        What stopped it (or why there), and what would change that.
    heads, rows : tuple
        The table; empty when there is nothing to put side by side.
    story : tuple of str
        What happened to it, a line each.
    lane : Lane or None
        The same as a bar.
    """

    title: str
    because: str
    cure: str = ""
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    story: tuple[str, ...] = ()
    lane: Lane | None = None


def card(facts: Facts | Listing, t: Texts) -> Card:
    """Return the card about a task, or about the tasks of an app."""
    if isinstance(facts, Listing):
        return _listed(facts, t)
    words = mesos if facts.mesos else kubernetes
    because, cure = reasons(facts)
    sayer = absent if facts.state in ("absent", "ended") else words
    heads, rows = words.table(t, facts) if facts.state not in ("absent", "ended") else ((), [])
    return Card(
        t(
            "{task}: {state} at {time}, on {side}",
            task=facts.name, state=state_of(t, facts.state), time=clock(t, _when_us(facts)),
            side=control_plane(t, facts.side),
        ),
        sayer.said(t, facts, because),
        sayer.said(t, facts, cure),
        *_filled(heads, rows[:MOST_ROWS]),
        tuple(f"{when}  {what}" for when, what in story.steps(t, facts.story)),
        lane(facts, t),
    )  # fmt: skip


def _when_us(facts: Facts) -> int:
    """Return the instant that a title names: what has ended is told of by its end, not by when it was asked about."""
    return int(facts.row["ended_us"]) if facts.state == "ended" else facts.at_us


def _filled(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return a table without the columns in which no row says anything."""
    kept = [column for column in range(len(heads)) if any(row[column] for row in rows)]
    return tuple(heads[column] for column in kept), tuple(tuple(row[column] for column in kept) for row in rows)


def reasons(facts: Facts) -> tuple[Cause, Cause]:
    """Return what stops a task, or put it where it is, and what would change that."""
    if facts.state == "absent":
        return why_absent(facts)
    if facts.state == "ended":
        return Cause("ended"), Cause("nothing")
    if not facts.mesos:
        waits = explain_kubernetes.why_waiting
        return waits(facts) if facts.state == "waiting" else explain_kubernetes.why_there(facts)
    return explain_mesos.why_waiting(facts) if facts.state == "waiting" else explain_mesos.why_there(facts)


def _listed(facts: Listing, t: Texts) -> Card:
    if not facts.rows:
        return Card(
            t("{app} on {side}", app=facts.app, side=control_plane(t, facts.side)),
            t("{app} has no task by {time}.", app=facts.app, time=clock(t, facts.at_us)),
        )
    waiting = sum(state == "waiting" for _, state, _, _ in facts.rows)
    return Card(
        t("{app} on {side}", app=facts.app, side=control_plane(t, facts.side)),
        t(
            "{app} has {count} tasks at {time}, {waiting} of them waiting.",
            app=facts.app, count=len(facts.rows), time=clock(t, facts.at_us), waiting=waiting,
        ),
        t("Name one of them to hear why."),
        (t("Task"), t("State"), t("Went to"), t("Waited")),
        tuple((task, state_of(t, state), node, duration(t, waited)) for task, state, node, waited in facts.rows),
    )  # fmt: skip


def text(one: Card) -> str:
    """Return the card as lines for a terminal."""
    lines = [one.title, "", one.because]
    if one.cure:
        lines.append(one.cure)
    if one.rows:
        lines += ["", *_columns((one.heads, *one.rows))]
    if one.story:
        lines += ["", *one.story]
    return "\n".join(lines)


def _columns(rows: tuple[tuple[str, ...], ...]) -> list[str]:
    widths = [max(width(row[at]) for row in rows) for at in range(len(rows[0]))]
    padded = ([cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)] for row in rows)
    return [("  " + "   ".join(cells)).rstrip() for cells in padded]


def html(one: Card) -> str:
    """Return the card as HTML; names from a user's file are escaped."""
    table = ""
    if one.rows:
        heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in one.heads)
        rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in one.rows)
        table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    told = "&#10;".join(map(escape, one.story))
    return (
        f'<div class="workbench-why" title="{told}"><strong>{escape(one.title)}</strong>'
        f"<p>{escape(one.because)} {escape(one.cure)}</p>{table}{bar(one.lane)}</div>"
    )


def bar(lane: Lane | None) -> str:
    """Return the lane as HTML that needs no style sheet."""
    if lane is None or not lane.parts:
        return ""
    boxes = "".join(
        f'<span title="{escape(said)}" style="flex:0 0 {wide:g}%;background:{colour}"></span>'
        for said, wide, colour in lane.parts
    )
    crosses = "".join(
        f'<i style="position:absolute;left:{at:g}%;top:0;width:1px;height:100%;background:{ALARM}"></i>'
        for at in lane.refused
    )
    style = "display:flex;position:relative;height:12px;overflow:hidden"
    return f'<div role="img" aria-label="{escape(lane.alt)}" style="{style}">{boxes}{crosses}</div>'
