"""What the master answers to a framework that asks how its tasks stand (explicit reconciliation).

Source: mesos src/master/master.cpp (_reconcileTasks), docs/reconciliation.md.
Left out: implicit and periodic reconciliation; agents that are known from the registry only, or gone by an operator.
"""

from __future__ import annotations

from collections.abc import Container

from workbench.engines.mesos.operations import StatusUpdate, TaskState


def standing(
    task: int,
    latest: StatusUpdate | None,
    unheard: StatusUpdate | None,
    unreachable: Container[int],
    *,
    partition_aware: bool,
) -> StatusUpdate:
    """Return how a task stands.

    Parameters
    ----------
    latest : StatusUpdate or None
        The last news of a task that the master has; None if it has no such task.
    unheard : StatusUpdate or None
        Its end, if its framework has not heard of it.
    unreachable : container of int
        Tasks on agents that are unreachable.
    partition_aware : bool
        Whether the framework knows other ends than TASK_LOST.
    """
    if latest is not None:
        return latest
    if unheard is not None:
        return unheard
    reason = "agent-unreachable" if task in unreachable else "framework-removed"
    if not partition_aware:
        return StatusUpdate(task, TaskState.LOST, reason)
    return StatusUpdate(task, TaskState.UNREACHABLE if task in unreachable else TaskState.GONE, reason)
