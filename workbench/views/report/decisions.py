"""What is worth telling about the decisions of a run: what was refused most, who waited longest, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.experiments import phases
from workbench.model.clock import NEVER, to_seconds
from workbench.model.reasons import REASONS
from workbench.model.trace import Trace
from workbench.views.i18n import Texts

MOST = 5
LEAST_WAIT_S = 0.05
"""Waits below this are not worth telling, in s."""

BEFORE_PLACEMENT = ("create", "wait", "decide")
"""Phases before a machine is chosen."""

UNTOLERATED, INSUFFICIENT = "node(s) had untolerated taint ", "Insufficient "
"""Upstream's reasons that end in a name."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A task that waited.

    Parameters
    ----------
    wait_s, attempts : float, int
        For how long, in seconds, and how many decisions were taken about it.
    phase : str
        The phase that took most of the wait; empty for a task that was never placed.
    why : str
        The reason for which machines were refused to it most often; empty when none was.
    node : str
        Where it went; empty: nowhere.
    """

    task: str
    wait_s: float
    attempts: int
    phase: str
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
    waits = [(_wait_s(trace, row), row) for row in trace["tasks"].dicts()]
    ranked = sorted((one for one in waits if one[0] >= LEAST_WAIT_S), key=lambda one: (-one[0], one[1]["task"]))
    return [
        Wait(row["task"], wait, row["attempts"], _longest_phase(row), _hindrance(trace, row["task"]), row["node"])
        for wait, row in ranked[:most]
    ]


def _wait_s(trace: Trace, row: Mapping[str, Any]) -> float:
    decided = row["decided_us"]
    return to_seconds((trace.horizon_us if decided == NEVER else decided) - row["submitted_us"])


def _longest_phase(row: dict[str, Any]) -> str:
    if row["decided_us"] == NEVER:
        return ""
    spent = phases.of_task(row)
    return max(BEFORE_PLACEMENT, key=lambda phase: spent.get(phase, 0.0))


def _hindrance(trace: Trace, task: str) -> str:
    table = trace["decisions"]
    counts: Counter[str] = Counter()
    for about, text in zip(table["task"], table["rejected"], strict=True):
        if about == task:
            for (_, reason), count in parsed(text):
                counts[reason] += count
    return min(counts, key=lambda reason: (-counts[reason], reason), default="")


def said(t: Texts, code: str) -> str:
    """Return a reason in words; what has no sentence, as upstream words it."""
    if code.startswith(UNTOLERATED) and code not in REASONS:
        return t("node(s) had untolerated taint {taint}", taint=code.removeprefix(UNTOLERATED))
    if code.startswith(INSUFFICIENT) and code not in REASONS:
        return t("Insufficient {resource}", resource=code.removeprefix(INSUFFICIENT))
    return t.template(REASONS.get(code, code))
