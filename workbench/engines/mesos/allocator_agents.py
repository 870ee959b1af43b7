"""What the allocator is told of agents: that they come, change, are to be left out, and go.

Source: mesos src/master/allocator/mesos/hierarchical.cpp (addSlave to updateWhitelist) (1.12.0-dev).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from workbench.engines.mesos.allocator_state import AllocatorState
from workbench.engines.mesos.books import Slave
from workbench.engines.mesos.capabilities import OF_AGENTS
from workbench.engines.mesos.inverse_offers import Unavailability
from workbench.engines.mesos.offer_constraints import AgentInfo
from workbench.engines.mesos.resources import Resources


class AgentCalls(AllocatorState):
    """The calls about agents."""

    def add_agent(
        self,
        agent: str,
        total: Resources,
        used: Mapping[tuple[str, str], Resources] | None = None,
        *,
        info: AgentInfo | None = None,
        capabilities: frozenset[str] = OF_AGENTS,
        unavailability: Unavailability | None = None,
    ) -> None:
        """An agent registers; `used` is what frameworks hold there already, by framework and role.

        The role may be empty for a framework that nothing is known of yet.
        """
        slave = self.slaves[agent] = Slave(agent, total, info, capabilities)
        self._classify(slave)
        self.inverse_offers.schedule(agent, unavailability)
        self.role_tree.track_reservations(total.reservations())
        self.totals.add(total)
        for (framework, role), resources in (used or {}).items():
            self._count_used(slave, framework, role, resources)
        self.rounds.agent_added(len(self.slaves))
        self._changed(agent)
        self.rounds.ask((agent,))

    def _count_used(self, slave: Slave, framework: str, role: str, resources: Resources) -> None:
        """Count what runs on an agent already; a framework that is not known yet has no share for now."""
        slave.take(framework, role, resources)
        if role and framework in self.frameworks:
            self.shares.track(slave.id, self.frameworks[framework], role, resources)
            slave.use(role, resources)

    def _classify(self, slave: Slave) -> None:
        domain = self.options.domain
        slave.classify(domain.region if domain is not None else None, keep_gpus=self.options.filter_gpu_resources)
        if slave.total.special and slave.total.revocable():
            self.lenders[slave.id] = None
        else:
            self.lenders.pop(slave.id, None)

    def remove_agent(self, agent: str) -> None:
        """An agent is gone: nothing there is held by anybody any more."""
        slave = self.slaves.pop(agent)
        for (framework, role), held in slave.holders.items():
            if role and framework in self.frameworks:
                self.shares.untrack(agent, self.frameworks[framework], role, held)
        self.totals.remove(slave.total)
        self.role_tree.untrack_reservations(slave.total.reservations())
        self.filters.clear_agent(agent)
        self.inverse_offers.remove_agent(agent)
        self.lenders.pop(agent, None)
        self.rounds.candidates.forget(agent)
        if self.role_tree.with_quota:
            self._all_changed()

    def update_agent(
        self,
        agent: str,
        total: Resources | None = None,
        *,
        info: AgentInfo | None = None,
        capabilities: frozenset[str] | None = None,
    ) -> None:
        """An agent registers again with something changed; changed attributes end all filters for it."""
        slave = self.slaves[agent]
        changed = False
        if info is not None and info != slave.info:
            changed = True
            if info.attributes != slave.info.attributes:
                self.filters.clear_agent(agent)
                self.inverse_offers.clear_agent(agent)
            slave.info = info
        if capabilities is not None and capabilities != slave.capabilities:
            changed = True
            slave.capabilities = capabilities
        changed = (total is not None and self._update_total(slave, total)) or changed
        if changed:
            self._classify(slave)
            self._changed(agent)
            self.rounds.ask((agent,))

    def add_resource_provider(
        self, agent: str, total: Resources, used: Mapping[tuple[str, str], Resources] | None = None
    ) -> None:
        """An agent has more resources than before, some of them in use already, by framework and role."""
        slave = self.slaves[agent]
        self._update_total(slave, slave.total + total)
        for (framework, role), resources in (used or {}).items():
            if framework in self.frameworks:
                slave.take(framework, role, resources)
                self.shares.track(agent, self.frameworks[framework], role, resources)

    def update_unavailability(self, agent: str, unavailability: Unavailability | None) -> None:
        """An agent will be away for maintenance, or will not after all."""
        self.inverse_offers.schedule(agent, unavailability)
        self.rounds.ask((agent,))

    def update_inverse_offer(self, agent: str, framework: str, refuse_us: int | None) -> None:
        """A framework answered an inverse offer, or it was taken back; `refuse_us` as in `recover_resources`."""
        self.inverse_offers.answered(framework, agent, refuse_us, self._clock())

    def activate_agent(self, agent: str) -> None:
        """Offer this agent again, from the next batch on."""
        self.slaves[agent].activated = True
        self._changed(agent)

    def deactivate_agent(self, agent: str) -> None:
        """Do not offer this agent."""
        self.slaves[agent].activated = False

    def update_whitelist(self, hostnames: Collection[str] | None) -> None:
        """Offer only the agents with these host names from the next run on; None means all."""
        self.whitelist = hostnames
        self._all_changed()

    def _update_total(self, slave: Slave, total: Resources) -> bool:
        if slave.total == total:
            return False
        self.role_tree.untrack_reservations(slave.total.reservations())
        self.role_tree.track_reservations(total.reservations())
        self.totals.remove(slave.total)
        self.totals.add(total)
        slave.become(total)
        self._classify(slave)
        self._changed(slave.id)
        return True
