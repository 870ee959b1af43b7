"""The seam between a run and a control plane: what users ask, what the World reports, what a control plane answers.

A control plane decides; the World executes and keeps the books. A control plane is handed whole apps, not single
pods, so that gangs, ordered sets and quotas stay its own business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from workbench.model.changes import Cascade
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
    """A user wants another number of instances, or of a batch app's tasks, in all or at once: `app` from now on."""

    app: App


@dataclass(frozen=True, slots=True)
class UpdateApp:
    """A user hands over a new version of an app. Tasks made from now on are to be made of `app`.

    With a `partition` only members of that number or above are meant; None leaves it as it was.
    """

    app: App
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class RollbackApp:
    """A user wants the version before the present one back: `app` is that version, at the present size."""

    app: App


@dataclass(frozen=True, slots=True)
class PauseApp:
    """A user holds the rollout of an app where it is."""

    app: App


@dataclass(frozen=True, slots=True)
class SuspendApp:
    """A user wants no task of a batch app to work from now on; what is done stays done."""

    app: App


@dataclass(frozen=True, slots=True)
class ResumeApp:
    """A user lets a rollout that was held go on, of a stateful app down to the member `partition`; or a batch app."""

    app: App
    partition: int = 0


@dataclass(frozen=True, slots=True)
class DeleteApp:
    """A user wants an app to go, with all its instances; or without them (``orphan``): they run on, unattended."""

    app: App
    cascade: Cascade = "background"


@dataclass(frozen=True, slots=True)
class RollingUpdateApp:
    """A user starts a program that replaces the instances of an app by those of its new version, one by one.

    Parameters
    ----------
    period_us, poll_us, timeout_us : int
        Between two steps; between two looks at what came of one; how long nothing may come of it.
    client_us : int or None
        The program is stopped after so long; None: it runs to its end.
    """

    app: App
    period_us: int = 60_000_000
    poll_us: int = 3_000_000
    timeout_us: int = 300_000_000
    client_us: int | None = None


@dataclass(frozen=True, slots=True)
class RouteApp:
    """A user wants clients of `app` to be sent to the instances of `to` alone; None: of all apps behind its name."""

    app: App
    to: App | None


@dataclass(frozen=True, slots=True)
class RelabelInstances:
    """A user gives so many instances of an app other labels; an empty value takes a label off.

    With a `cost` those of the lowest go first when the app gets smaller (annotation pod-deletion-cost).
    """

    app: App
    labels: Mapping[str, str]
    instances: int
    cost: int | None = None


@dataclass(frozen=True, slots=True)
class GrowApp:
    """A user wants the volumes of an app's instances to have so many bytes each."""

    app: App
    size: int


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


@dataclass(frozen=True, slots=True)
class MaintainNode:
    """An operator announces that a machine will be switched off from `begins_us` to `ends_us`."""

    node: int
    begins_us: int
    ends_us: int


@dataclass(frozen=True, slots=True)
class BeginMaintenance:
    """An operator is about to switch off a machine whose maintenance was announced."""

    node: int


@dataclass(frozen=True, slots=True)
class EndMaintenance:
    """An operator is about to switch that machine on again."""

    node: int


AppChange = (
    ScaleApp | UpdateApp | RollbackApp | PauseApp | SuspendApp | ResumeApp | DeleteApp | RouteApp | RelabelInstances
    | RollingUpdateApp | GrowApp
)  # fmt: skip
MaintenanceChange = MaintainNode | BeginMaintenance | EndMaintenance
NodeChange = CordonNode | UncordonNode | DrainNode | RemoveNode | GiveUp | MaintenanceChange
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
class AgentLost:
    """The process that speaks for a machine has stopped; its connections break, what else runs there runs on."""

    node: int


@dataclass(frozen=True, slots=True)
class AgentBack:
    """That process runs again, with what it had stored on the machine's disk."""

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


NodeFact = NodeJoined | NodeStopping | NodeBack | NodeReached | AgentLost | AgentBack
Fact = Started | Ready | Ended | NodeFact | SchedulerLost | SchedulerBack | MembersLost | MembersBack
"""What happens to machines' tasks and to the control plane's own processes.

The loss of a machine is not among them: nobody is left there to tell. What happens to tasks on a machine that is cut
off is: its agent sees it, and cannot pass it on (`Machine.in_touch`).
"""


class ControlPlane(Protocol):
    """A control plane."""

    name: str
    orders_machines: bool
    """Whether it makes pools larger and smaller by itself, where the scenario lets it."""
    starts_over: bool
    """Whether tasks that went down with their machine are started again there, unless others were made before."""

    def start(self, world: World) -> None:
        """Spawn the control loops; called once, at time zero, before anything else."""

    def apply(self, change: Change) -> None:
        """Take note of what a user or operator asks, now; see `World.not_understood` for what it cannot do."""

    def notify(self, fact: Fact) -> None:
        """Take note of a physical fact that a machine's agent sees, now."""

    def endpoints(self, app: str) -> tuple[int, ...]:
        """Return the tasks (rows of the trace) to which clients of `app` are sent now."""
