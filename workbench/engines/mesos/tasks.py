"""A task as a master knows it, and as the agent does that runs it: each has a record of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.engines.mesos.operations import StatusUpdate
from workbench.engines.mesos.resources import Resources
from workbench.engines.mesos.task_group import TaskGroup


@dataclass(slots=True)
class Task:
    """A task.

    Parameters
    ----------
    row : int
        Its row in the trace.
    framework : str
        Id of its framework.
    latest : StatusUpdate
        The last news of it.
    volume : str
        Name of its volume; empty for none.
    kill_grace_us : int or None
        How long it may take to stop; None is for the executor to say.
    group : TaskGroup or None
        The tasks of a group that this record stands for.
    checkpoint : bool
        Whether its executor outlives the agent's process (FrameworkInfo.checkpoint).
    executor : int or None
        Row of the executor that it runs in; None: one of its own.
    """

    row: int
    framework: str
    role: str
    agent: str
    resources: Resources
    latest: StatusUpdate
    volume: str = ""
    kill_grace_us: int | None = None
    checkpoint: bool = False
    group: TaskGroup | None = None
    executor: int | None = None


def held(tasks: Iterable[Task]) -> dict[tuple[str, str], Resources]:
    """Return what tasks hold, by framework and role."""
    found: dict[tuple[str, str], Resources] = {}
    for task in tasks:
        key = (task.framework, task.role)
        found[key] = found[key] + task.resources if key in found else task.resources
    return found
