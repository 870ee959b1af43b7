"""The run behind one cell of what survives what, told line by line."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.model.clock import NEVER, to_seconds
from workbench.model.trace import Trace
from workbench.views.amounts import duration
from workbench.views.i18n import Texts

APP = "db"
"""The app whose bytes are looked for (`experiments/survival.py`)."""


def lines(trace: Trace, t: Texts) -> list[tuple[str, str]]:
    """Return (time, what happened) of the instance, its volume and the machines, in the order of time."""
    found = sorted([*_machines(trace, t), *_tasks(trace, t), *_volumes(trace, t)], key=lambda one: one[0])
    return [(duration(t, to_seconds(at_us)), what) for at_us, what in found]


def _tasks(trace: Trace, t: Texts) -> Iterator[tuple[int, str]]:
    names = {row["task"] for row in trace["tasks"].dicts() if row["app"] == APP}
    for task, _, node, start, end, reason in trace["attempts"].rows():
        if task in names:
            yield start, t("{task} runs on {node}", task=task, node=node)
            if end != NEVER:
                yield (
                    end,
                    {
                        "failed": t("{task} fails", task=task),
                        "killed": t("{task} is stopped", task=task),
                        "lost": t("{task} is lost with its machine", task=task),
                    }.get(reason, t("{task} ends", task=task)),
                )


def _volumes(trace: Trace, t: Texts) -> Iterator[tuple[int, str]]:
    for at_us, volume, app, node, state, _ in trace["volumes"].rows():
        said = {
            "created": t("{volume} is there", volume=volume),
            "attached": t("{volume} is attached to {node}", volume=volume, node=node),
            "detached": t("{volume} is detached", volume=volume),
            "grown": t("{volume} is larger", volume=volume),
            "unreachable": t("{volume} is out of reach", volume=volume),
            "lost": t("{volume} is lost, bytes and all", volume=volume),
            "deleted": t("{volume} is deleted, bytes and all", volume=volume),
        }
        if app == APP and state in said:
            yield at_us, said[state]


def _machines(trace: Trace, t: Texts) -> Iterator[tuple[int, str]]:
    for at_us, node, state, seen_by in trace["nodes"].rows():
        if seen_by == "world" and state in ("down", "up"):
            yield (
                at_us,
                t("machine {node} stops", node=node) if state == "down" else t("machine {node} is back", node=node),
            )
    for at_us, kind, subject, *_ in trace["events"].rows():
        if kind == "operator-acts":
            yield at_us, t("a person gives machine {node} up", node=subject)
