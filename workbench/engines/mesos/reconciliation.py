"""What the master answers to a framework that asks how its tasks stand by name (explicit reconciliation).

Source: mesos src/master/master.cpp (_reconcileTasks), docs/reconciliation.md.
Of tasks on agents that a new master knows from the registry only there is no answer (`TaskBooks.reconcile`).
Left out: agents gone by an operator, or not known at all.
"""

from __future__ import annotations

from workbench.engines.mesos.operations import StatusUpdate, TaskState


def standing(
    task: int,
    latest: StatusUpdate | None,
    unheard: StatusUpdate | None,
    gone: str,
    *,
    unreachable: bool,
    partition_aware: bool,
) -> StatusUpdate:
    """Return how a task stands.

    Parameters
    ----------
    latest : StatusUpdate or None
        The last news of a task that the master has; None if it has no such task.
    unheard : StatusUpdate or None
        Its end, if its framework has not heard of it.
    gone : str
        Why a task that nobody knows of is gone, as a code.
    unreachable : bool
        Whether its agent is.
    partition_aware : bool
        Whether the framework knows other ends than TASK_LOST.
    """
    if latest is not None:
        return latest
    if unheard is not None:
        return unheard
    reason = "agent-unreachable" if unreachable else gone
    if not partition_aware:
        return StatusUpdate(task, TaskState.LOST, reason)
    return StatusUpdate(task, TaskState.UNREACHABLE if unreachable else TaskState.GONE, reason)
