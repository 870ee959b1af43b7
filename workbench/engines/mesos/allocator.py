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

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from workbench.engines.mesos.allocation import AllocationRun, Offerable
from workbench.engines.mesos.allocator_options import Options
from workbench.engines.mesos.books import Framework, Slave
from workbench.engines.mesos.capabilities import OF_AGENTS, OF_FRAMEWORKS
from workbench.engines.mesos.conversions import Conversion, applied
from workbench.engines.mesos.fast_allocation import FastRun
from workbench.engines.mesos.inverse_offers import InverseOffers, Unavailability
from workbench.engines.mesos.offer_constraints import AgentInfo, OfferConstraints
from workbench.engines.mesos.offers import OfferFilters
from workbench.engines.mesos.resources import Quantities, Resources
from workbench.engines.mesos.roles import Quota, RoleTree
from workbench.engines.mesos.rounds import Rounds
from workbench.engines.mesos.shares import Shares

InverseOfferable = dict[str, list[str]]
"""Framework -> the agents that it is asked to leave."""


class HierarchicalAllocator:
    """Offers what is free.

    Parameters
    ----------
    options : Options
        How it is set up.
    clock : callable
        Returns the time in microseconds.
    dispatch : callable
        Has a function called at this instant, after what is under way.
    offer : callable
        Receives the outcome of a run that offered something.
    arrange : callable
        Puts agents into the order in which they are offered, in place.
    inverse_offer : callable
        Receives whom a run asked to leave agents that will be unavailable.
    random : callable
        Returns a number from 0 up to 1; asked only by sorters that draw lots.
    """

    def __init__(
        self,
        options: Options,
        clock: Callable[[], int],
        dispatch: Callable[[Callable[[], None]], None],
        offer: Callable[[Offerable], None],
        arrange: Callable[[list[str]], None],
        inverse_offer: Callable[[InverseOfferable], None] | None = None,
        random: Callable[[], float] | None = None,
    ) -> None:
        self.options = options
        self.role_tree = RoleTree()
        self.shares = Shares(options, self.role_tree, random)
        self.totals, self.role_sorter = self.shares.totals, self.shares.roles
        self.framework_sorters = self.shares.frameworks
        self.slaves: dict[str, Slave] = {}
        self.frameworks: dict[str, Framework] = {}
        self.lenders: dict[str, None] = {}  # agents with revocable resources
        self.inverse_offers = InverseOffers()
        self.filters = OfferFilters(options.allocation_interval_us, self._changed)
        self.whitelist: Collection[str] | None = None
        self.rounds = Rounds(options, self.filters, clock, dispatch, self._generate_offers)
        self._form = FastRun if options.fast else AllocationRun
        self.recorder: Callable[[Sequence[str]], None] | None = None
        self._clock = clock
        self._offer = offer
        self._inverse_offer = inverse_offer
        self._arrange = arrange

    # -- frameworks -----------------------------------------------------------------------------------------

    def add_framework(
        self,
        framework: str,
        roles: Iterable[str],
        *,
        active: bool = True,
        suppressed: Collection[str] = (),
        min_allocatable: Mapping[str, Sequence[Quantities]] | None = None,
        capabilities: frozenset[str] = OF_FRAMEWORKS,
        constraints: OfferConstraints | None = None,
        used: Mapping[tuple[str, str], Resources] | None = None,
    ) -> None:
        """A framework subscribes; `used` is what it holds, by agent and role, on agents that came before it."""
        one = Framework(
            framework,
            dict.fromkeys(roles),
            min_allocatable=min_allocatable or {},
            capabilities=capabilities,
            constraints=constraints or {},
        )
        self.frameworks[framework] = one
        for role in one.roles:
            self.shares.track_framework(one, role)
            if role in suppressed:
                one.suppressed[role] = None
            else:
                self.framework_sorters[role].activate(framework)
        for (agent, role), resources in (used or {}).items():
            if agent in self.slaves:  # which knows of them already
                self.slaves[agent].name_role(framework, role, resources)
                self.shares.track(agent, one, role, resources)
                self.slaves[agent].use(role, resources)
        if active:
            self._all_changed()
            self.rounds.ask_all()
        else:
            self.deactivate_framework(framework)

    def remove_framework(self, framework: str) -> None:
        """A framework is gone for good; what it held is free again."""
        one = self.frameworks[framework]
        for slave in self.slaves.values():
            for holder, role in [key for key in slave.holders if key[0] == framework]:
                held = slave.holders[holder, role]
                slave.give_back(framework, role, held)
                self.shares.untrack(slave.id, one, role, held)
                self._changed(slave.id)
        for role in one.roles:
            self.shares.try_untrack_framework(one, role)
        self.filters.clear(framework)
        self.inverse_offers.clear_framework(framework)
        del self.frameworks[framework]

    def activate_framework(self, framework: str) -> None:
        """A framework is connected again; roles it had suppressed stay suppressed."""
        one = self.frameworks[framework]
        one.active = True
        for role in one.roles:
            if role not in one.suppressed:
                self.framework_sorters[role].activate(framework)
        self._all_changed()
        self.rounds.ask_all()

    def deactivate_framework(self, framework: str) -> None:
        """A framework is disconnected: no more offers, its filters are forgotten, what it holds it keeps."""
        one = self.frameworks[framework]
        for role in one.roles:
            self.framework_sorters[role].deactivate(framework)
        one.active = False
        self.filters.clear(framework)
        self.inverse_offers.clear_framework(framework)

    def update_framework(
        self,
        framework: str,
        roles: Iterable[str],
        suppressed: Collection[str] = (),
        *,
        min_allocatable: Mapping[str, Sequence[Quantities]] | None = None,
        capabilities: frozenset[str] = OF_FRAMEWORKS,
        constraints: OfferConstraints | None = None,
    ) -> None:
        """A framework subscribes anew; unlike a revive this offers nothing by itself."""
        one = self.frameworks[framework]
        one.min_allocatable = min_allocatable or {}
        one.capabilities = capabilities
        one.constraints = constraints or {}
        self._update_roles(one, dict.fromkeys(roles))
        were = dict(one.suppressed)
        self._suppress(one, [role for role in suppressed if role not in were])
        self._revive(one, [role for role in were if role not in suppressed])
        self._all_changed()

    def _update_roles(self, one: Framework, new: dict[str, None]) -> None:
        for role in new:
            if role not in one.roles:
                if not self.shares.tracked(one.id, role):
                    self.shares.track_framework(one, role)
                self.framework_sorters[role].activate(one.id)
        old, one.roles = one.roles, new
        for role in old:
            if role not in new:
                self.framework_sorters[role].deactivate(one.id)
                one.suppressed.pop(role, None)
                self.filters.clear(one.id, role)
                self.shares.try_untrack_framework(one, role)

    def suppress_offers(self, framework: str, roles: Iterable[str] = ()) -> None:
        """Make no more offers to a framework for these roles; none given means all."""
        one = self.frameworks[framework]
        self._suppress(one, list(roles) or list(one.roles))

    def _suppress(self, framework: Framework, roles: Iterable[str]) -> None:
        for role in roles:
            self.framework_sorters[role].deactivate(framework.id)
            framework.suppressed[role] = None

    def revive_offers(self, framework: str, roles: Iterable[str] = ()) -> None:
        """Offer again, filters forgotten, for these roles; none given means all. Runs over all agents."""
        one = self.frameworks[framework]
        self._revive(one, list(roles) or list(one.roles))
        self.rounds.ask_all()

    def _revive(self, framework: Framework, roles: Iterable[str]) -> None:
        self.inverse_offers.clear_framework(framework.id)
        for role in roles:
            self.filters.clear(framework.id, role)
            self.framework_sorters[role].activate(framework.id)
            framework.suppressed.pop(role, None)
            self._all_changed()

    # -- agents ---------------------------------------------------------------------------------------------

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
        slave, one = self.slaves.get(agent), self.frameworks.get(framework)
        if not resources or slave is None:
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

    # -- runs -----------------------------------------------------------------------------------------------

    def recover(self, expected_agents: int, quotas: Mapping[str, Quota]) -> None:
        """A new master begins: given quotas, no offers are made until enough agents are back."""
        for role, quota in quotas.items():
            self.update_quota(role, quota)
        if quotas:
            self.rounds.recover(expected_agents)

    def _generate_offers(self) -> None:
        candidates = self.rounds.candidates
        asked = candidates.asked()
        agents = candidates.take(self.slaves, self.whitelist)
        if self.recorder is not None:
            self.recorder(agents)
        if agents:
            self._run(agents)
        inverse = self.inverse_offers.due(asked, self.slaves, self.frameworks, self._clock())
        if inverse and self._inverse_offer is not None:
            self._inverse_offer(inverse)

    def expire_filters(self) -> None:
        """End the filters whose time is up; a run does so by itself."""
        self.filters.expire(self._clock())

    def _run(self, agents: list[str]) -> None:
        run = self._form(self)
        if any(role.quota.guarantees for role in self.role_tree.with_quota.values()):
            self._arrange(agents)
            run.offer_guarantees(agents)
        self._arrange(agents)
        run.offer_fair_share(agents)
        if run.offerable:
            if self.role_tree.with_quota:
                self._all_changed()  # what roles below others were given is charged to those from the next run on
            self._offer(run.offerable)

    def _changed(self, agent: str) -> None:
        """Note that another look at an agent may bring an offer. Under quota, what is free anywhere counts."""
        if self.role_tree.with_quota:
            self.rounds.candidates.all_changed()
        else:
            self.rounds.candidates.changed(agent)

    def _all_changed(self) -> None:
        self.rounds.candidates.all_changed()

    def allocatable(self, resources: Resources, role: str, framework: Framework) -> bool:
        """Say whether this is enough to be offered: it contains one of the sets of minimal amounts."""
        if not framework.min_allocatable:
            return self.is_enough(resources)
        sets = framework.min_allocatable.get(role, self.options.min_allocatable)
        return bool(resources) and (not sets or resources.holds_one_of(sets))

    def is_enough(self, resources: Resources) -> bool:
        """Say whether this is enough to be offered to somebody without minimal amounts of their own."""
        sets = self.options.min_allocatable
        return bool(resources) and (not sets or resources.holds_one_of(sets))

    # -- books ----------------------------------------------------------------------------------------------

    def allocate(self, slave: Slave, framework: Framework, role: str, resources: Resources) -> None:
        """Enter an offer into all books."""
        slave.take(framework.id, role, resources)
        self.shares.track(slave.id, framework, role, resources)
