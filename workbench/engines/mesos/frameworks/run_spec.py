"""What Marathon runs: an app as it understands it, and the instances it keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from workbench.engines.mesos.frameworks.marathon_backoff import Backoff, RateLimiter
from workbench.engines.mesos.frameworks.marathon_constraints import Constraint
from workbench.engines.mesos.offers import Offer
from workbench.engines.mesos.operations import Operation
from workbench.engines.mesos.resources import Resources
from workbench.model.workload import App


@dataclass(frozen=True)
class RunSpec:
    """An app or pod (Marathon's word for either).

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
    """

    number: int
    task: int
    condition: Condition = Condition.SCHEDULED
    agent: str = ""
    label: str = ""
    tasks: int = 1
    healthy: bool = False


@dataclass
class Running:
    """A run spec with its instances.

    `scheduled` holds the instances that wait to be launched, by number, in the order in which they came to wait.
    """

    spec: RunSpec
    limiter: RateLimiter
    instances: dict[int, Instance] = field(default_factory=dict)
    scheduled: dict[int, Instance] = field(default_factory=dict)
    numbered: int = 0
    blocked: bool = False

    def agents(self) -> list[str]:
        """Return the agents where instances are that can be reached, one entry per instance."""
        return [
            one.agent for one in self.instances.values() if one.agent and one.condition is not Condition.UNREACHABLE
        ]

    def healthy(self) -> bool:
        """Say whether all instances are up and healthy."""
        return sum(one.healthy for one in self.instances.values()) >= self.spec.instances


class Rest:
    """What is left of an offer while it is being matched, and what has been made of it so far."""

    __slots__ = ("matched", "offer", "operations", "resources")

    def __init__(self, offer: Offer) -> None:
        self.offer = offer
        self.resources = offer.resources
        self.operations: list[Operation] = []
        self.matched = 0

    def fits(self, request: Mapping[str, int]) -> bool:
        """Say whether the unreserved rest covers a request."""
        free = self.resources.plain
        return all(amount <= free.get(name, 0) for name, amount in request.items())

    def take(self, resources: Resources, *operations: Operation) -> None:
        """Use a part of the rest for one instance."""
        self.resources = self.resources - resources
        self.operations += operations
        self.matched += 1
