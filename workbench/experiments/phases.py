"""Where the wait went: the time from submission to readiness, cut into phases that add up to the whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.model.clock import NEVER, to_seconds
from workbench.model.trace import Trace

STEPS = (
    ("queued_us", "create"),
    ("considered_us", "wait"),
    ("decided_us", "decide"),
    ("bound_us", "bind"),
    ("image_us", "image"),
    ("volume_us", "volume"),
    ("init_us", "init"),
    ("started_us", "start"),
    ("ready_us", "ready"),
)
"""The step a task reaches, and the phase that ends there."""

PHASES: dict[str, str] = {
    "create": "noticing and creating",
    "wait": "waiting for its turn or an offer",
    "decide": "being decided on",
    "bind": "bind or launch on its way",
    "image": "fetching the image",
    "volume": "attaching the volume",
    "init": "init containers",
    "start": "process starting",
    "ready": "becoming ready",
}
"""Phase -> what it is called, in English."""


def of_task(row: dict[str, Any]) -> dict[str, float]:
    """Return the seconds that one task spent in each phase.

    Steps count in the order of time, so that a control plane may mount volumes before it fetches images. A task that
    is still on its way has the phases it has completed.
    """
    reached = [(row[column], index, phase) for index, (column, phase) in enumerate(STEPS) if row[column] != NEVER]
    spent: dict[str, float] = {}
    before = row["submitted_us"]
    for time, _, phase in sorted(reached):
        spent[phase] = to_seconds(time - before)
        before = time
    return spent


def mean(trace: Trace, app: str = "") -> dict[str, float]:
    """Return the mean seconds per phase over the tasks of `app` (of all apps if empty) that became ready."""
    return _mean(row for row in _ready(trace, app))


def slowest(trace: Trace, app: str = "") -> dict[str, float]:
    """Return the phases of the task that took longest from submission to ready; empty when none became ready."""
    rows = _ready(trace, app)
    return of_task(max(rows, key=lambda row: row["ready_us"] - row["submitted_us"])) if rows else {}


def _ready(trace: Trace, app: str) -> list[dict[str, Any]]:
    return [row for row in trace["tasks"].dicts() if row["ready_us"] != NEVER and app in ("", row["app"])]


def _mean(rows: Iterable[dict[str, Any]]) -> dict[str, float]:
    total = dict.fromkeys(PHASES, 0.0)
    count = 0
    for row in rows:
        count += 1
        for phase, seconds in of_task(row).items():
            total[phase] += seconds
    return {phase: seconds / count for phase, seconds in total.items()} if count else {}
