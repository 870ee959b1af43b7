"""What the allocator knows of each agent and each framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workbench.engines.mesos.resources import NOTHING, Quantities, Resources


class Slave:
    """An agent as the allocator knows it (upstream's word). ``available`` is what is neither offered nor in use."""

    __slots__ = ("activated", "available", "holders", "id", "over", "total")

    def __init__(self, agent: str, total: Resources) -> None:
        self.id = agent
        self.total = total
        self.available = total
        self.holders: dict[tuple[str, str], Resources] = {}
        self.activated = True
        self.over = False  # more is held than there is

    def take(self, framework: str, role: str, resources: Resources) -> None:
        """Count resources as offered to, or used by, a framework."""
        holder = (framework, role)
        held = self.holders.get(holder)
        self.holders[holder] = resources if held is None else held + resources
        if self.over or not self.available.contains(resources):
            self._recount()
        else:
            self.available = self.available - resources

    def give_back(self, framework: str, role: str, resources: Resources) -> None:
        """Undo `take`."""
        holder = (framework, role)
        left = self.holders[holder] - resources
        if left:
            self.holders[holder] = left
        else:
            del self.holders[holder]
        if self.over:
            self._recount()
        else:
            self.available = self.available + resources

    def become(self, total: Resources) -> None:
        """Change the total. An agent may have less than is in use: then nothing is offered there for a while."""
        self.total = total
        self._recount()

    def _recount(self) -> None:
        taken = NOTHING
        for held in self.holders.values():
            taken = taken + held
        self.over = not self.total.contains(taken)
        self.available = self.total - taken


@dataclass(slots=True)
class Framework:
    """A framework as the allocator knows it. `min_allocatable` overrides the option, by role."""

    id: str
    roles: dict[str, None]
    suppressed: dict[str, None] = field(default_factory=dict)
    active: bool = True
    min_allocatable: Mapping[str, Sequence[Quantities]] = field(default_factory=dict)
