"""What Marathon runs: an app as it understands it, the versions of it that there are, and their instances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from workbench.engines.mesos.frameworks.marathon_backoff import Backoff, RateLimiter
from workbench.engines.mesos.frameworks.marathon_constraints import Constraint
from workbench.engines.mesos.resources import Resources
from workbench.engines.mesos.task_group import TaskGroup
from workbench.model.clock import SECOND_US
from workbench.model.native.marathon import UpgradeStrategy
from workbench.model.workload import App


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """How an instance is found to serve or not, times in microseconds; the defaults are Marathon's.

    Parameters
    ----------
    grace_us : int
        For so long after it began to run, failures do not count until it has been healthy once.
    most_failures : int
        It is stopped after so many in a row; 0 means never.
    by_executor : bool
        Whether the executor on the agent checks, `delay_us` after the start and then every interval; else Marathon
        does.
    paced : bool
        Whether it takes a check to find out that an instance serves; else that is known at once.
    timeout_us : int
        A check that is not answered in this time has failed.
    queued : bool
        Whether a check waits with the requests that the instance holds (HTTP).
    """

    grace_us: int = 300 * SECOND_US
    interval_us: int = 60 * SECOND_US
    most_failures: int = 3
    delay_us: int = 15 * SECOND_US
    by_executor: bool = False
    paced: bool = False
    timeout_us: int = 20 * SECOND_US
    queued: bool = False


@dataclass(frozen=True)
class RunSpec:
    """One version of an app or pod (Marathon's word for either).

    Parameters
    ----------
    id : str
        Its path among Marathon's groups.
    request : Resources
        What an instance takes of an offer.
    resident : bool
        Its instances stay where their volume is: resources and volume are reserved on one agent.
    disk : int
        Bytes of offered disk that become the volume of a resident instance; 0 where disk is not accounted for.
    inactive_after_us : int or None
        How long an unreachable instance is waited for before another takes its place; None means for ever.
    dependencies : tuple of str
        Paths of apps and groups whose instances must be healthy before this one starts.
    upgrade : UpgradeStrategy
        How its instances take the place of those of the version before.
    kill_grace_us : int or None
        How long an instance may take to stop; None is for the executor to say.
    health : HealthCheck or None
        How Marathon finds out that an instance does not serve; None: it does not, and every instance that runs counts
        as healthy.
    group : TaskGroup or None
        The tasks that make up one instance of a pod; None for an app.
    readiness_us : int or None
        How often a deployment asks, beyond that, whether an instance is ready; None: it does not.
    """

    app: App
    id: str
    instances: int
    request: Resources
    constraints: tuple[Constraint, ...] = ()
    resident: bool = False
    disk: int = 0
    backoff: Backoff = field(default_factory=Backoff)
    inactive_after_us: int | None = 0
    dependencies: tuple[str, ...] = ()
    upgrade: UpgradeStrategy = field(default_factory=UpgradeStrategy)
    kill_selection: str = "YOUNGEST_FIRST"
    kill_grace_us: int | None = None
    health: HealthCheck | None = field(default_factory=HealthCheck)
    readiness_us: int | None = None
    group: TaskGroup | None = None

    def depends_on(self, other: str) -> bool:
        """Say whether the app with path `other` must be healthy first."""
        return any(other == path or other.startswith(path.rstrip("/") + "/") for path in self.dependencies)


class Condition(Enum):
    """How an instance stands."""

    SCHEDULED = auto()
    STAGING = auto()
    STARTING = auto()
    RUNNING = auto()
    UNREACHABLE = auto()
    KILLING = auto()
    STOPPED = auto()


class Goal(Enum):
    """What is to become of an instance: it is to run, to stop and keep its reservation, or to go."""

    RUNNING = auto()
    STOPPED = auto()
    DECOMMISSIONED = auto()


@dataclass(slots=True)
class Instance:
    """One instance. A resident one lives through its tasks, any other ends with its task.

    Parameters
    ----------
    task : int
        Row of its present task.
    agent : str
        Where it is, or has its reservation; empty before.
    label : str
        Label of its reservation; empty when it has none.
    since_us : int
        When it came to be in its condition.
    healthy, ready : bool
        Whether Marathon takes it for healthy; and whether it has said that it is ready to serve.
    """

    number: int
    task: int
    condition: Condition = Condition.SCHEDULED
    agent: str = ""
    label: str = ""
    tasks: int = 1
    healthy: bool = False
    ready: bool = False
    since_us: int = 0
    goal: Goal = Goal.RUNNING


@dataclass
class Running:
    """One version of an app with its instances.

    `scheduled` holds the instances that wait to be launched, by number, in the order in which they came to wait.
    """

    spec: RunSpec
    limiter: RateLimiter
    versions: Versions
    since_us: int = 0
    instances: dict[int, Instance] = field(default_factory=dict)
    scheduled: dict[int, Instance] = field(default_factory=dict)
    blocked: bool = False

    def healthy(self) -> bool:
        """Say whether all instances are up and healthy."""
        return sum(one.healthy for one in self.instances.values()) >= self.spec.instances


@dataclass
class Versions:
    """The versions of one app that are wanted or still have instances, the newest last."""

    id: str
    every: list[Running] = field(default_factory=list)
    numbered: int = 0

    @property
    def newest(self) -> Running:
        """The version that is wanted."""
        return self.every[-1]

    def instances(self) -> Iterator[tuple[Running, Instance]]:
        """Yield the instances of all versions, the oldest first."""
        for version in self.every:
            for instance in version.instances.values():
                yield version, instance

    def agents(self) -> list[str]:
        """Return the agents where instances are that can be reached, one entry per instance."""
        return [one.agent for _, one in self.instances() if one.agent and one.condition is not Condition.UNREACHABLE]
