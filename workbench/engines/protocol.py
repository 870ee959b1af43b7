"""The seam between a run and a control plane: what users ask, what the World reports, what a control plane answers.

A control plane decides; the World executes and keeps the books. A control plane is handed whole apps, not single
pods, so that gangs, ordered sets and quotas stay its own business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from workbench.model.workload import App, Team

if TYPE_CHECKING:
    from workbench.engines.world import World

EndReason = Literal["finished", "failed", "killed"]
"""finished: by itself, as meant; failed: by itself, amiss; killed: because a control plane asked for it."""


@dataclass(frozen=True, slots=True)
class CreateApp:
    """A user hands over an app: ``kubectl apply``, a POST to Marathon.

    A batch app with arrivals is handed over empty; its tasks follow as `AddTasks`.
    """

    app: App


@dataclass(frozen=True, slots=True)
class AddTasks:
    """Further tasks of a batch app arrive: slots ``first .. first + count - 1``."""

    app: App
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class SetQuota:
    """An operator sets a team's limit and guarantee."""

    team: Team


@dataclass(frozen=True, slots=True)
class GiveUp:
    """An operator tells the control plane, in its own way, that a machine will not come back."""

    node: int


@dataclass(frozen=True, slots=True)
class ScaleApp:
    """A user wants another number of instances: `app` as it is wanted from now on."""

    app: App


@dataclass(frozen=True, slots=True)
class UpdateApp:
    """A user hands over a new version of an app. Tasks made from now on are to be made of `app`."""

    app: App


@dataclass(frozen=True, slots=True)
class RollbackApp:
    """A user wants the version before the present one back: `app` is that version, at the present size."""

    app: App


@dataclass(frozen=True, slots=True)
class PauseApp:
    """A user holds the rollout of an app where it is."""

    app: App


@dataclass(frozen=True, slots=True)
class ResumeApp:
    """A user lets a rollout that was held go on."""

    app: App


@dataclass(frozen=True, slots=True)
class DeleteApp:
    """A user wants an app to go, with all its instances."""

    app: App


@dataclass(frozen=True, slots=True)
class CordonNode:
    """An operator wants no new work on a machine."""

    node: int


@dataclass(frozen=True, slots=True)
class UncordonNode:
    """An operator gives a machine back to new work."""

    node: int


@dataclass(frozen=True, slots=True)
class DrainNode:
    """An operator wants no new work on a machine, and what runs there to move elsewhere."""

    node: int


@dataclass(frozen=True, slots=True)
class RemoveNode:
    """An operator wants a machine drained and then given back: once it is empty, `Fleet.remove` takes it away."""

    node: int


AppChange = ScaleApp | UpdateApp | RollbackApp | PauseApp | ResumeApp | DeleteApp
NodeChange = CordonNode | UncordonNode | DrainNode | RemoveNode | GiveUp
Change = CreateApp | AddTasks | SetQuota | AppChange | NodeChange
"""What users and operators ask of a control plane."""


@dataclass(frozen=True, slots=True)
class Started:
    """The process of a task runs. `task` is its row in the trace."""

    task: int


@dataclass(frozen=True, slots=True)
class Ready:
    """A task can serve."""

    task: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The process of a task stopped on a machine that is up: the machine's agent sees it at once."""

    task: int
    reason: EndReason


@dataclass(frozen=True, slots=True)
class NodeJoined:
    """A machine that was ordered in the course of the run has booted: its agent runs, and nobody knows of it yet."""

    node: int


@dataclass(frozen=True, slots=True)
class NodeStopping:
    """A machine is about to be shut down; its agent may hold that up for so long (`Shutdowns.hold`)."""

    node: int
    grace_us: int
    critical_us: int


@dataclass(frozen=True, slots=True)
class NodeBack:
    """A machine that was lost has started again: nothing runs there, its images and local disks are still there."""

    node: int


@dataclass(frozen=True, slots=True)
class NodeReached:
    """Messages to a machine that was cut off pass again: what ran there has run on, or ended meanwhile."""

    node: int


@dataclass(frozen=True, slots=True)
class SchedulerLost:
    """The process that decides where tasks of `app` run has stopped: a framework, kube-scheduler."""

    app: str


@dataclass(frozen=True, slots=True)
class SchedulerBack:
    """That process runs again; what it had stored it still knows."""

    app: str


@dataclass(frozen=True, slots=True)
class MembersLost:
    """Members of the control plane have stopped, the leader among them: one, or so many that no majority is left."""

    majority: bool


@dataclass(frozen=True, slots=True)
class MembersBack:
    """Those members run again; what they had stored on disk they still know."""

    majority: bool


Fact = (
    Started | Ready | Ended | NodeJoined | NodeStopping | NodeBack | NodeReached | SchedulerLost | SchedulerBack
    | MembersLost | MembersBack
)  # fmt: skip
"""What happens to machines' tasks and to the control plane's own processes.

The loss of a machine is not among them: nobody is left there to tell. What happens to tasks on a machine that is cut
off is: its agent sees it, and cannot pass it on (`Machine.in_touch`).
"""


class ControlPlane(Protocol):
    """A control plane."""

    name: str
    orders_machines: bool
    """Whether it makes pools larger and smaller by itself, where the scenario lets it."""

    def start(self, world: World) -> None:
        """Spawn the control loops; called once, at time zero, before anything else."""

    def apply(self, change: Change) -> None:
        """Take note of what a user or operator asks, now; see `World.not_understood` for what it cannot do."""

    def notify(self, fact: Fact) -> None:
        """Take note of a physical fact that a machine's agent sees, now."""

    def endpoints(self, app: str) -> tuple[int, ...]:
        """Return the tasks (rows of the trace) to which clients of `app` are sent now."""
