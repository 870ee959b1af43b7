"""What a framework may do with an offer, and how a task's state is told.

Source: mesos include/mesos/mesos.proto (Offer.Operation, TaskState), docs/task-state-reasons.md.
Left out so far: operations on several offers at once, CREATE_DISK, GROW and SHRINK of volumes, the
states ERROR, GONE_BY_OPERATOR and UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from workbench.engines.mesos.offers import Offer
from workbench.engines.mesos.resources import Resources

if TYPE_CHECKING:
    from workbench.engines.mesos.task_group import TaskGroup


@dataclass(frozen=True, slots=True)
class Launch:
    """Run a task on the offered agent.

    Parameters
    ----------
    task : int
        Its row in the trace.
    resources : Resources
        What it takes of the offer.
    volume : str
        Name of the volume it needs; empty for none.
    kill_grace_us : int or None
        How long it may take to stop when whoever has it killed does not say; None is for the executor to say.
    executor : int or None
        Row of the executor on that agent that it runs in: it starts once that runs, and fetches nothing. None: one of
        its own is started for it.
    """

    task: int
    resources: Resources
    volume: str = ""
    kill_grace_us: int | None = None
    executor: int | None = None


@dataclass(frozen=True, slots=True)
class LaunchGroup(Launch):
    """LAUNCH_GROUP: run the tasks of a group in one executor on the offered agent, all or none.

    `task` is the row that stands for all of them, `resources` what they and the executor take together.
    """

    group: TaskGroup | None = None


@dataclass(frozen=True, slots=True)
class Convert:
    """RESERVE, UNRESERVE, CREATE or DESTROY: make `converted` of `consumed`, which was offered.

    Amounts stay the same, only what they are set aside for changes.
    """

    consumed: Resources
    converted: Resources


Operation = Launch | Convert


@dataclass(frozen=True, slots=True)
class Answer:
    """ACCEPT, or DECLINE when there are no operations.

    Parameters
    ----------
    refuse_us : int
        How long what is left unused is not to be offered to this framework again; 0 installs no filter.
    """

    offer: Offer
    operations: Sequence[Operation]
    refuse_us: int


class TaskState(Enum):
    """How a task stands, as the master and the frameworks hear of it."""

    STAGING = "TASK_STAGING"
    STARTING = "TASK_STARTING"
    RUNNING = "TASK_RUNNING"
    KILLING = "TASK_KILLING"
    FINISHED = "TASK_FINISHED"
    FAILED = "TASK_FAILED"
    KILLED = "TASK_KILLED"
    DROPPED = "TASK_DROPPED"
    GONE = "TASK_GONE"
    LOST = "TASK_LOST"
    UNREACHABLE = "TASK_UNREACHABLE"

    @property
    def terminal(self) -> bool:
        """Say whether the task does not run any more, as far as anybody can tell now."""
        return self not in (TaskState.STAGING, TaskState.STARTING, TaskState.RUNNING, TaskState.KILLING)


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """News of a task. `healthy` says that its checks pass; `reason` is a code of `model.reasons`.

    `members` is how each task of a group stands, by name.
    """

    task: int
    state: TaskState
    reason: str = ""
    healthy: bool = False
    members: tuple[tuple[str, TaskState], ...] = ()
