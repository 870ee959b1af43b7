"""What is worth telling about the decisions of a run: what was refused most, who waited longest, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.model.clock import NEVER, to_seconds
from workbench.model.reasons import REASONS
from workbench.model.trace import Trace
from workbench.views.i18n import Texts

MOST = 5
LEAST_WAIT_S = 0.05
"""Waits below this are not worth telling, in s."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A task that waited: for how long, after how many decisions, why, and where it went (empty: nowhere)."""

    task: str
    wait_s: float
    attempts: int
    why: str
    node: str


def refusals(trace: Trace, most: int = MOST) -> list[tuple[str, str, int, int]]:
    """Return (rule, reason, machines refused, tasks concerned) of the most frequent refusals."""
    counts: dict[tuple[str, str], int] = {}
    concerned: dict[tuple[str, str], set[str]] = {}
    table = trace["decisions"]
    for task, text in zip(table["task"], table["rejected"], strict=True):
        for key, count in parsed(text):
            counts[key] = counts.get(key, 0) + count
            concerned.setdefault(key, set()).add(task)
    ranked = sorted(counts, key=lambda key: (-counts[key], key))
    return [(*key, counts[key], len(concerned[key])) for key in ranked[:most]]


def parsed(rejected: str) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield ((rule, reason), count) of a cell such as ``NodeResourcesFit/Insufficient cpu=5; ...``."""
    for part in filter(None, rejected.split("; ")):
        what, _, count = part.rpartition("=")
        rule, _, reason = what.partition("/")
        if count.isdigit():
            yield (rule, reason), int(count)


def longest(trace: Trace, most: int = MOST) -> list[Wait]:
    """Return the tasks that waited longest from submission to placement; one never placed waits until the end."""
    table = trace["tasks"]
    names = ("task", "submitted_us", "decided_us", "attempts", "why", "node")
    waits = []
    for task, start, decided, attempts, why, node in zip(*(table[name] for name in names), strict=True):
        wait = to_seconds((trace.horizon_us if decided == NEVER else decided) - start)
        if wait >= LEAST_WAIT_S:
            waits.append(Wait(task, wait, attempts, why, node))
    return sorted(waits, key=lambda one: (-one.wait_s, one.task))[:most]


def said(t: Texts, code: str) -> str:
    """Return a reason in words; upstream's own wording, and what has no sentence, as it is."""
    return t.template(REASONS.get(code, code)) if code else ""
