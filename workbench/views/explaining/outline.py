"""What the trace alone tells of a task, for every control plane: how it stands, what was in its way, its time.

The panel shows it at once; the reasons (`explain`) come after, since they take another run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.experiments.explain import story_of
from workbench.experiments.phases import PHASES, STEPS, of_task
from workbench.model.clock import NEVER, to_seconds
from workbench.model.trace import Trace
from workbench.views.amounts import control_plane, duration
from workbench.views.explaining.story import steps
from workbench.views.i18n import Texts
from workbench.views.report.decisions import parsed, said

SHORT_S = 0.05
"""A wait below this is none, in s."""

OUTCOMES = {
    "waiting": "waiting",
    "starting": "starting",
    "running": "running",
    "finished": "finished",
    "killed": "killed",
    "failed": "failed",
    "lost": "lost",
}
"""How a task stands at the end of the run, in English."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What is to be told about a task.

    Parameters
    ----------
    title : str
        Its name and the control plane.
    sentences : tuple of str
        How it stands, what stood in its way, where the time went.
    steps : tuple of (str, str)
        When it reached which step, in words.
    """

    title: str
    sentences: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]


def outline(trace: Trace, task: str, t: Texts) -> Outline:
    """Return the story of the task with this name.

    Raises
    ------
    KeyError
        When the run has no such task.
    """
    row = row_of(trace, task)
    sentences = (_standing(trace, row, t), _unknown(trace, row, t), *_in_the_way(trace, row, t), _spent(row, t))
    title = f"{task} · {control_plane(t, trace.control_plane)}"
    return Outline(title, tuple(filter(None, sentences)), tuple(steps(t, story_of(row, trace))))


def row_of(trace: Trace, task: str) -> dict[str, Any]:
    """Return the row of a task in the table ``tasks``; of several with one name, the last."""
    table = trace["tasks"]
    names: list[str] = table["task"]
    for number in range(len(names) - 1, -1, -1):
        if names[number] == task:
            return {column.name: table[column.name][number] for column in table.columns}
    raise KeyError(task)


def standing(row: dict[str, Any], t: Texts) -> str:
    """Return how a task stands at the end of the run, in a word."""
    on_its_way = row["outcome"] == "waiting" and row["decided_us"] != NEVER
    return t.template(OUTCOMES["starting" if on_its_way else row["outcome"]])


def waited_s(trace: Trace, row: dict[str, Any]) -> float:
    """Return how long a task waited for a machine, in s; one never placed, until its end or that of the run."""
    return to_seconds(_end_of_wait(trace, row) - row["submitted_us"])


def _end_of_wait(trace: Trace, row: dict[str, Any]) -> int:
    return next(end for end in (row["decided_us"], row["ended_us"], trace.horizon_us) if end != NEVER)


def _standing(trace: Trace, row: dict[str, Any], t: Texts) -> str:
    waited = duration(t, waited_s(trace, row))
    if row["decided_us"] == NEVER:
        if row["outcome"] == "waiting":
            return t("It has waited {time} for a machine and has none at the end.", time=waited)
        return t("It waited {time} and never got a machine.", time=waited)
    if waited_s(trace, row) < SHORT_S:
        return t("It got {node} at once.", node=row["node"])
    return t("It waited {time} for a machine and got {node}.", time=waited, node=row["node"])


def _unknown(trace: Trace, row: dict[str, Any], t: Texts) -> str:
    """Return for how long nobody knew that it was wanted: a loss is noticed late, or a successor made late."""
    known = to_seconds((trace.horizon_us if row["queued_us"] == NEVER else row["queued_us"]) - row["submitted_us"])
    if known < max(1.0, waited_s(trace, row) / 10):
        return ""
    if row["incarnation"] == 0:
        return t("For {time} of it there was nothing to place: it had not been made yet.", time=duration(t, known))
    return t("For {time} of it there was nothing to place: its loss had not been acted on.", time=duration(t, known))


def _in_the_way(trace: Trace, row: dict[str, Any], t: Texts) -> Iterator[str]:
    """Yield who was asked meanwhile, where decisions go by offers, and what machines were refused for."""
    queued = row["queued_us"]
    end = _end_of_wait(trace, row)
    if queued == NEVER or to_seconds(end - queued) < SHORT_S:
        return
    yield _asked(trace, row, queued, end, t)
    counts: dict[str, int] = {}
    table = trace["decisions"]
    for at_us, about, text in zip(table["at_us"], table["task"], table["rejected"], strict=True):
        if about == row["task"] and row["submitted_us"] <= at_us <= end:
            for (_, reason), count in parsed(text):
                counts[reason] = counts.get(reason, 0) + count
    if counts:
        reason = min(counts, key=lambda one: (-counts[one], one))
        yield t(
            "Machines refused when it was decided on: {count}; most often since: {reason}.",
            count=f"{sum(counts.values()):,}", reason=said(t, reason),
        )  # fmt: skip


def _asked(trace: Trace, row: dict[str, Any], begin: int, end: int, t: Texts) -> str:
    """Return how many offers went to its own team while it waited, and to others."""
    table = trace["offers"]
    roles = [role for made, role in zip(table["made_us"], table["role"], strict=True) if begin <= made <= end]
    if not roles:
        return ""
    mine = roles.count(row["team"])
    return t(
        "Offers of machines meanwhile: {others} to other teams, {mine} to its own.",
        mine=f"{mine:,}", others=f"{len(roles) - mine:,}",
    )  # fmt: skip


def _spent(row: dict[str, Any], t: Texts) -> str:
    """Return the longest part of its way after a machine was chosen."""
    after = [phase for _, phase in STEPS[3:]]
    spent = {phase: seconds for phase, seconds in of_task(row).items() if phase in after and seconds >= SHORT_S}
    if not spent:
        return ""
    longest = max(spent, key=lambda phase: spent[phase])
    return t(
        "From there to being ready most of the time, {time}, went into: {phase}.",
        time=duration(t, spent[longest]), phase=t.template(PHASES[longest]),
    )  # fmt: skip
