"""Clusters with data under frameworks of their own, run and read off."""

from __future__ import annotations

from typing import Any

from tests.make import GIB, app, seconds
from tests.unit.engines.mesos.runs import column, traced
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.trace import Trace
from workbench.model.workload import App, Replication, Volume

SERVICE = {"mesos.workloads.members_by": "dcos-commons", "mesos.workloads.brokers_by": "dcos-commons"}
KAFKA = {"mesos.workloads.brokers_by": "kafka"}
MARATHON = {"mesos.workloads.members_by": "marathon", "mesos.workloads.brokers_by": "marathon"}

READY_S = 15
"""From the launch of a member to its serving."""


def cluster(shape: str = "ring", members: int = 3, **more: Any) -> App:
    more = {"cpu": 1000, "start": 5, "ready": 10, "max_per_node": 1, "volume": Volume(40 * GIB, "local")} | more
    data = Replication(10 * GIB, shape, writes=200_000)  # type: ignore[arg-type]  # a plain text, for loops
    return app("db", "stateful", members, replication=data, **more)


def running(under: dict[str, Any], *apps: App, **more: Any) -> Trace:
    more = {"machines": 5, "horizon": 3600} | more
    return traced(*(apps or (cluster(),)), settings={**under, **more.pop("settings", {})}, **more)


def away(at: float, back: float | None = None, node: str = "node-0") -> Fault:
    return Fault(seconds(at), node=node, back_us=None if back is None else seconds(back))


def change(at: float, kind: str, **more: Any) -> PlannedChange:
    return PlannedChange(seconds(at), kind, app="db", **more)  # type: ignore[arg-type]  # a plain text


def times(trace: Trace, name: str) -> list[int | None]:
    """Return a column of the tasks in the order in which they were made, rounded to whole seconds."""
    return [round(time) if time is not None else None for time in column(trace, "tasks", name)]
