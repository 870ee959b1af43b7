"""What the allocator knows of each agent and each framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workbench.engines.mesos.capabilities import OF_AGENTS, OF_FRAMEWORKS, may_receive
from workbench.engines.mesos.offer_constraints import AgentInfo, OfferConstraints, excluded
from workbench.engines.mesos.resources import NOTHING, Quantities, Resources
from workbench.engines.mesos.values import Verbatim

GPUS = "gpus"


class Slave:
    """An agent as the allocator knows it (upstream's word).

    ``available`` is what is neither offered nor in use, and all shared resources, which may be offered once more while
    they are in use. ``selective`` says that not everybody may be offered this agent: its GPUs are kept for those who
    know of them (``gpus_kept``), it is in another region (``remote``), or it lacks capabilities. ``used`` is what
    tasks use, by role: the part of ``holders`` that is no longer only offered, of what counts against a quota and
    belongs to known frameworks, as plain amounts; metrics tell it.
    """

    __slots__ = (
        "_recounts", "activated", "available", "capabilities", "gpus_kept", "holders", "id", "info", "over", "remote",
        "selective", "shared", "total", "used",
    )  # fmt: skip

    available: Resources

    def __init__(
        self,
        agent: str,
        total: Resources,
        info: AgentInfo | None = None,
        capabilities: frozenset[str] = OF_AGENTS,
    ) -> None:
        self.id = agent
        self.info = info or AgentInfo(agent)
        self.capabilities = capabilities
        self.holders: dict[tuple[str, str], Resources] = {}
        self.used: dict[str, Resources] = {}
        self.activated = True
        self.over = False  # more is held than there is
        self.gpus_kept = self.remote = self.selective = False
        self.become(total)

    def become(self, total: Resources) -> None:
        """Change the total. An agent may have less than is in use: then nothing is offered there for a while."""
        self.total = total
        self.shared = total.shared() if total.special else NOTHING
        verbatim = any(
            isinstance(amount, Verbatim) for part in (total.plain, total.special) for amount in part.values()
        )
        self._recounts = bool(self.shared) or verbatim
        self._recount()

    def classify(self, region: str | None, *, keep_gpus: bool) -> None:
        """Note who may be offered this agent.

        Parameters
        ----------
        region : str or None
            The master's.
        keep_gpus : bool
            Whether agents with GPUs go only to frameworks that know of GPUs.
        """
        self.gpus_kept = keep_gpus and self.total.quantities().get(GPUS, 0) > 0
        self.remote = self.info.domain is not None and self.info.domain.region != region
        self.selective = self.gpus_kept or self.remote or not self.capabilities >= OF_AGENTS

    def may_be_offered(self, framework: Framework, role: str) -> bool:
        """Say whether capabilities and offer constraints let a framework have this agent in a role."""
        if framework.constraints and excluded(framework.constraints, role, self.info):
            return False
        return not self.selective or may_receive(
            framework.capabilities, self.capabilities, role, gpus=self.gpus_kept, remote=self.remote
        )

    def take(self, framework: str, role: str, resources: Resources) -> None:
        """Count resources as offered to, or used by, a framework."""
        holder = (framework, role)
        held = self.holders.get(holder)
        self.holders[holder] = resources if held is None else held + resources
        if self.over or self._recounts or not self.available.contains(resources):
            self._recount()
        else:
            self.available = self.available - resources

    def take_all(self, framework: str, role: str) -> None:
        """Count everything that is available as offered to a framework."""
        if self.over or self._recounts:
            self.take(framework, role, self.available)
            return
        holder, resources, holders = (framework, role), self.available, self.holders
        holders[holder] = holders[holder] + resources if holder in holders else resources
        self.available = NOTHING

    def use(self, role: str, resources: Resources) -> None:
        """Count resources as used by a task, of those that are held."""
        self.used[role] = self.used.get(role, NOTHING) + _counted(resources)

    def end_use(self, role: str, resources: Resources) -> None:
        """Undo `use`."""
        self.used[role] = self.used.get(role, NOTHING) - _counted(resources)

    def give_back(self, framework: str, role: str, resources: Resources) -> None:
        """Undo `take`."""
        holder = (framework, role)
        left = self.holders[holder] - resources
        if left.empty:
            del self.holders[holder]
        else:
            self.holders[holder] = left
        if self.over or self._recounts:
            self._recount()
        else:
            self.available = self.available + resources

    def name_role(self, framework: str, role: str, resources: Resources) -> None:
        """Note in which role a framework holds what was there before anything was known of it."""
        unnamed = self.holders.pop((framework, ""), None)
        if unnamed is not None:
            self.holders[framework, role] = self.holders.get((framework, role), NOTHING) + resources
            if left := unnamed - resources:
                self.holders[framework, ""] = left

    def held(self) -> Resources:
        """Return everything that is offered or in use."""
        taken = NOTHING
        for held in self.holders.values():
            taken = taken + held
        return taken

    def _recount(self) -> None:
        taken = self.held()
        if self.shared:
            taken = taken - taken.shared()
        self.over = not self.total.contains(taken)
        self.available = self.total - taken


def _counted(resources: Resources) -> Resources:
    """Return the amounts that count against a quota, as plain ones."""
    return resources if resources.is_plain else Resources(resources.chargeable().quantities())


@dataclass(slots=True)
class Framework:
    """A framework as the allocator knows it.

    Parameters
    ----------
    min_allocatable : mapping
        Overrides the option, by role; an empty sequence means anything.
    """

    id: str
    roles: dict[str, None]
    suppressed: dict[str, None] = field(default_factory=dict)
    active: bool = True
    min_allocatable: Mapping[str, Sequence[Quantities]] = field(default_factory=dict)
    capabilities: frozenset[str] = OF_FRAMEWORKS
    constraints: OfferConstraints = field(default_factory=dict)
