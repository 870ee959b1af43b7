"""The allocator: decides which framework is offered which agent, and when. Upstream's HierarchicalDRFAllocatorProcess.

An allocation runs over all agents every `allocation_interval` (a *batch*), over all agents when a framework comes or
asks for offers again (revive), and over one agent when that agent comes or changes. Requests made at one instant are
answered by one run. Nothing else triggers one: what is declined, or freed by a task that ended, waits for the next
batch, as do new quotas and weights.

The class knows neither the World nor SimPy: it is handed a clock, a way to have something done "as soon as possible",
and the place to send offers to, so that event scripts can drive it as well. What one run does is in `allocation.py`,
when one takes place in `rounds.py`, who holds how much in `shares.py`.

Source: mesos src/master/allocator/mesos/hierarchical.cpp (1.12.0-dev).
Left out: metrics of single frameworks, requests for resources (which upstream only logs).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.engines.mesos.allocator_agents import AgentCalls
from workbench.engines.mesos.allocator_frameworks import FrameworkCalls
from workbench.engines.mesos.conversions import Conversion, applied
from workbench.engines.mesos.resources import Resources
from workbench.engines.mesos.roles import Quota


class HierarchicalAllocator(FrameworkCalls, AgentCalls):
    """Offers what is free; made as `AllocatorState` says."""

    # -- what frameworks hold -------------------------------------------------------------------------------

    def transition_offered_to_allocated(self, agent: str, role: str, resources: Resources) -> None:
        """An offer was accepted: a task uses these resources now. Only metrics tell the difference."""
        self.slaves[agent].use(role, resources)

    def recover_resources(
        self,
        framework: str,
        agent: str,
        role: str,
        resources: Resources,
        refuse_us: int | None,
        *,
        is_allocated: bool = False,
    ) -> None:
        """Something is free again: declined, left unused, rescinded, or a task has ended. Triggers no run.

        Parameters
        ----------
        refuse_us : int or None
            How long the framework does not want to be offered this again; None installs no filter, 0 neither.
        is_allocated : bool
            Whether a task used it, as told by `transition_offered_to_allocated`.
        """
        if resources.empty:
            return
        slave, one = self.slaves.get(agent), self.frameworks.get(framework)
        if slave is None:
            return
        if is_allocated:
            slave.end_use(role, resources)
        if one is None:
            return
        slave.give_back(framework, role, resources)
        self.shares.untrack(agent, one, role, resources)
        self._changed(agent)
        if refuse_us is not None:
            self.filters.refuse(framework, role, agent, resources, refuse_us, self._clock())

    def update_allocation(
        self, framework: str, agent: str, role: str, offered: Resources, conversions: Sequence[Conversion]
    ) -> None:
        """A framework turned parts of an offer it holds into something else: reserved them, made volumes of them."""
        slave = self.slaves[agent]
        # Another copy of a shared resource is made of nothing: it is held, but the agent has no more than before.
        updated = applied(offered, conversions)
        total = applied(slave.total, [one for one in conversions if one[0]])
        assert updated is not None
        assert total is not None
        slave.give_back(framework, role, offered)
        slave.take(framework, role, updated)
        self.shares.changed(agent, framework, role, offered, updated)
        self._update_total(slave, total)

    def update_available(self, agent: str, conversions: Sequence[Conversion]) -> bool:
        """An operator reserves free resources of an agent, or makes volumes of them; say whether they are free."""
        slave = self.slaves[agent]
        total = applied(slave.total, conversions)
        if total is None or applied(slave.available, conversions) is None:
            return False
        self._update_total(slave, total)
        return True

    def update_quota(self, role: str, quota: Quota) -> None:
        """Set or remove a top-level role's quota. Acts from the next run on."""
        self.role_tree.update_quota(role, quota)
        self._all_changed()

    def update_weights(self, weights: Mapping[str, float]) -> None:
        """Set the weights of roles. Acts from the next run on."""
        for role, weight in weights.items():
            self.role_tree.update_weight(role, weight)
            self.role_sorter.update_weight(role, weight)

    def recover(self, expected_agents: int, quotas: Mapping[str, Quota]) -> None:
        """A new master begins: given quotas, no offers are made until enough agents are back."""
        for role, quota in quotas.items():
            self.update_quota(role, quota)
        if quotas:
            self.rounds.recover(expected_agents)
