"""Complete runs under Mesos, and what is read off their traces."""

from __future__ import annotations

from typing import Any

from tests.make import scenario
from workbench.engines.mesos import Mesos
from workbench.engines.world import World
from workbench.model.clock import NEVER, to_seconds
from workbench.model.trace import Trace

EXACT = {
    "mesos.master.message_s": 0.0,
    "mesos.registry.store_s": 0.0,
    "mesos.registry.fetch_s": 0.0,
    "mesos.agent.executor_start_s": 0.0,
    "world.images.default_size_mib": 0,
}
"""Settings under which times are easy to follow: messages, the registry, executors and images take no time."""


def traced(*apps: Any, seed: int = 1, control_plane: Any = None, **more: Any) -> Trace:
    """Run apps on a few machines; `more` goes to the scenario."""
    settings = {**EXACT, **more.pop("settings", {})}
    return World(scenario(*apps, settings=settings, **more), control_plane or Mesos(), seed).run()


def rows(trace: Trace, table: str, **wanted: Any) -> list[dict[str, Any]]:
    """Return the rows of a table whose cells are as wanted; times in seconds, None for never."""
    times = {column.name for column in trace[table].columns if column.dtype == "time"}
    found = []
    for cells in trace[table].dicts():
        row = {name: _seconds(cell) if name in times else cell for name, cell in cells.items()}
        if all(row[name] == value for name, value in wanted.items()):
            found.append(row)
    return found


def _seconds(micros: int) -> float | None:
    return None if micros == NEVER else to_seconds(micros)


def column(trace: Trace, table: str, name: str, **wanted: Any) -> list[Any]:
    return [row[name] for row in rows(trace, table, **wanted)]
