"""The allocator: decides which framework is offered which agent, and when. Upstream's HierarchicalDRFAllocatorProcess.

An allocation runs over all agents every `allocation_interval` (a *batch*), over all agents when a framework comes or
asks for offers again (revive), and over one agent when that agent comes or changes. Requests made at one instant are
answered by one run. Nothing else triggers one: what is declined, or freed by a task that ended, waits for the next
batch, as do new quotas and weights.

The class knows neither the World nor SimPy: it is handed a clock, a way to have something done "as soon as possible",
and the place to send offers to, so that event scripts can drive it as well. What one run does is in `allocation.py`.

Source: mesos src/master/allocator/mesos/hierarchical.cpp (1.12.0-dev).
Left out so far: inverse offers and maintenance, operator reservations, recovery after a master's failover,
resource providers, metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from workbench.engines.mesos.allocation import AllocationRun, Offerable
from workbench.engines.mesos.books import Framework, Slave
from workbench.engines.mesos.candidates import Candidates
from workbench.engines.mesos.offers import OfferFilters
from workbench.engines.mesos.resources import Quantities, Resources
from workbench.engines.mesos.roles import Quota, RoleTree
from workbench.engines.mesos.sorters.drf import DRFSorter, Totals
from workbench.model.clock import SECOND_US
from workbench.model.parameters import param, parameters

Conversion = tuple[Resources, Resources]
"""What an operation such as RESERVE or CREATE consumes, and what it makes of it."""


@parameters("mesos.allocator")
@dataclass(frozen=True)
class AllocatorParameters:
    """When and how resources are offered."""

    allocation_interval_s: float = param(
        1.0, unit="s", low=0.1, high=60, help="time between two rounds of offers over all agents",
        source="mesos docs/configuration/master.md, --allocation_interval", shown_in="first-look",
    )  # fmt: skip
    agent_order: str = param(
        "random", choices=("random", "sorted"), help="order in which the agents of a round are offered",
        source="mesos hierarchical.cpp: std::random_shuffle; sorted is for comparing runs", shown_in="first-look",
    )  # fmt: skip
    min_allocatable_resources: str = param(
        "cpus:0.01|mem:32", choices=("cpus:0.01|mem:32", "cpus:1;mem:1024"),
        help="what an agent must have free to be offered: one of the sets between bars, mem in MiB",
        source="mesos docs/configuration/master.md, --min_allocatable_resources", shown_in="first-look",
    )  # fmt: skip


@dataclass(frozen=True)
class Options:
    """How an allocator is set up.

    Parameters
    ----------
    min_allocatable : sequence of Quantities
        An offer must contain one of these; an empty sequence means anything.
    fairness_exclude : collection of str
        Resources that do not count towards shares.
    """

    allocation_interval_us: int = SECOND_US
    min_allocatable: Sequence[Quantities] = ()
    fairness_exclude: Collection[str] = ()


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
    """

    def __init__(
        self,
        options: Options,
        clock: Callable[[], int],
        dispatch: Callable[[Callable[[], None]], None],
        offer: Callable[[Offerable], None],
        arrange: Callable[[list[str]], None],
    ) -> None:
        self.options = options
        self.totals = Totals()
        self.role_sorter = DRFSorter(self.totals, options.fairness_exclude)
        self.framework_sorters: dict[str, DRFSorter] = {}
        self.role_tree = RoleTree()
        self.slaves: dict[str, Slave] = {}
        self.frameworks: dict[str, Framework] = {}
        self.filters = OfferFilters(options.allocation_interval_us, self._changed)
        self.whitelist: Collection[str] | None = None
        self.paused = False
        self._clock = clock
        self._dispatch = dispatch
        self._offer = offer
        self._arrange = arrange
        self._candidates = Candidates()
        self._pending = False
        self._batch_armed = 0
        self._in_batch = False

    # -- frameworks -----------------------------------------------------------------------------------------

    def add_framework(
        self,
        framework: str,
        roles: Iterable[str],
        *,
        active: bool = True,
        suppressed: Collection[str] = (),
        min_allocatable: Mapping[str, Sequence[Quantities]] | None = None,
    ) -> None:
        """A framework subscribes."""
        one = Framework(framework, dict.fromkeys(roles), min_allocatable=min_allocatable or {})
        self.frameworks[framework] = one
        for role in one.roles:
            self._track_framework(one, role)
            if role in suppressed:
                one.suppressed[role] = None
            else:
                self.framework_sorters[role].activate(framework)
        if active:
            self._all_changed()
            self._generate_everywhere()
        else:
            self.deactivate_framework(framework)

    def remove_framework(self, framework: str) -> None:
        """A framework is gone for good; what it held is free again."""
        one = self.frameworks[framework]
        for slave in self.slaves.values():
            for holder, role in [key for key in slave.holders if key[0] == framework]:
                held = slave.holders[holder, role]
                slave.give_back(framework, role, held)
                self._untrack(slave.id, one, role, held)
                self._changed(slave.id)
        for role in one.roles:
            self._try_untrack_framework(one, role)
        self.filters.clear(framework)
        del self.frameworks[framework]

    def activate_framework(self, framework: str) -> None:
        """A framework is connected again; roles it had suppressed stay suppressed."""
        one = self.frameworks[framework]
        one.active = True
        for role in one.roles:
            if role not in one.suppressed:
                self.framework_sorters[role].activate(framework)
        self._all_changed()
        self._generate_everywhere()

    def deactivate_framework(self, framework: str) -> None:
        """A framework is disconnected: no more offers, its filters are forgotten, what it holds it keeps."""
        one = self.frameworks[framework]
        for role in one.roles:
            self.framework_sorters[role].deactivate(framework)
        one.active = False
        self.filters.clear(framework)

    def update_framework(self, framework: str, roles: Iterable[str], suppressed: Collection[str] = ()) -> None:
        """A framework changes its roles; unlike a revive this offers nothing by itself."""
        one = self.frameworks[framework]
        new = dict.fromkeys(roles)
        for role in new:
            if role not in one.roles:
                if not self._tracked(framework, role):
                    self._track_framework(one, role)
                self.framework_sorters[role].activate(framework)
        old, one.roles = one.roles, new
        for role in old:
            if role not in new:
                self.framework_sorters[role].deactivate(framework)
                one.suppressed.pop(role, None)
                self.filters.clear(framework, role)
                self._try_untrack_framework(one, role)
        were = dict(one.suppressed)
        self._suppress(one, [role for role in suppressed if role not in were])
        self._revive(one, [role for role in were if role not in suppressed])
        self._all_changed()

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
        self._generate_everywhere()

    def _revive(self, framework: Framework, roles: Iterable[str]) -> None:
        for role in roles:
            self.filters.clear(framework.id, role)
            self.framework_sorters[role].activate(framework.id)
            framework.suppressed.pop(role, None)
            self._all_changed()

    # -- agents ---------------------------------------------------------------------------------------------

    def add_agent(self, agent: str, total: Resources, used: Mapping[tuple[str, str], Resources] | None = None) -> None:
        """An agent registers; `used` is what frameworks hold there already, by framework and role."""
        slave = self.slaves[agent] = Slave(agent, total)
        self.role_tree.track_reservations(total.reservations())
        self.totals.add(total)
        for (framework, role), resources in (used or {}).items():
            slave.take(framework, role, resources)
            if framework in self.frameworks:
                self._track(agent, self.frameworks[framework], role, resources)
        self._changed(agent)
        self.generate_offers((agent,))

    def remove_agent(self, agent: str) -> None:
        """An agent is gone: nothing there is held by anybody any more."""
        slave = self.slaves.pop(agent)
        for (framework, role), held in slave.holders.items():
            if framework in self.frameworks:
                self._untrack(agent, self.frameworks[framework], role, held)
        self.totals.remove(slave.total)
        self.role_tree.untrack_reservations(slave.total.reservations())
        self.filters.clear_agent(agent)
        self._candidates.forget(agent)
        if self.role_tree.with_quota:
            self._all_changed()

    def update_agent(self, agent: str, total: Resources | None = None, *, attributes_changed: bool = False) -> None:
        """An agent registers again with something changed; changed attributes end all filters for it."""
        if attributes_changed:
            self.filters.clear_agent(agent)
        grown = total is not None and self._update_total(self.slaves[agent], total)
        if grown or attributes_changed:
            self._changed(agent)
            self.generate_offers((agent,))

    def activate_agent(self, agent: str) -> None:
        """Offer this agent again, from the next batch on."""
        self.slaves[agent].activated = True
        self._changed(agent)

    def deactivate_agent(self, agent: str) -> None:
        """Do not offer this agent."""
        self.slaves[agent].activated = False

    def update_whitelist(self, agents: Collection[str] | None) -> None:
        """Offer only these agents from the next run on; None means all."""
        self.whitelist = agents
        self._all_changed()

    def _update_total(self, slave: Slave, total: Resources) -> bool:
        if slave.total == total:
            return False
        self.role_tree.untrack_reservations(slave.total.reservations())
        self.role_tree.track_reservations(total.reservations())
        self.totals.remove(slave.total)
        self.totals.add(total)
        slave.become(total)
        self._changed(slave.id)
        return True

    # -- what frameworks hold -------------------------------------------------------------------------------

    def recover_resources(
        self, framework: str, agent: str, role: str, resources: Resources, refuse_us: int | None
    ) -> None:
        """Something is free again: declined, left unused, rescinded, or a task has ended. Triggers no run.

        Parameters
        ----------
        refuse_us : int or None
            How long the framework does not want to be offered this again; None installs no filter, 0 neither.
        """
        slave, one = self.slaves.get(agent), self.frameworks.get(framework)
        if not resources or slave is None or one is None:
            return
        slave.give_back(framework, role, resources)
        self._untrack(agent, one, role, resources)
        self._changed(agent)
        if refuse_us is not None:
            self.filters.refuse(framework, role, agent, resources, refuse_us, self._clock())

    def update_allocation(
        self, framework: str, agent: str, role: str, offered: Resources, conversions: Sequence[Conversion]
    ) -> None:
        """A framework turned parts of an offer it holds into something else: reserved them, made volumes of them."""
        slave = self.slaves[agent]
        updated, total = offered, slave.total
        for consumed, converted in conversions:
            updated = updated - consumed + converted
            total = total - consumed + converted
        slave.give_back(framework, role, offered)
        slave.take(framework, role, updated)
        self.role_tree.untrack_reserved(role, offered)
        self.role_tree.track_reserved(role, updated)
        self.framework_sorters[role].update(framework, agent, offered, updated)
        self.role_sorter.update(role, agent, offered, updated)
        self._update_total(slave, total)

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

    def pause(self) -> None:
        """Make no offers; requests for runs are forgotten."""
        self.paused = True

    def resume(self) -> None:
        """Make offers again; this alone triggers no run."""
        self.paused = False

    def batch(self) -> None:
        """Run over all agents: called once in every allocation interval."""
        self._in_batch = True
        self._generate_everywhere()
        if not self._pending:
            self._end_batch()

    def generate_offers(self, agents: Iterable[str]) -> None:
        """Ask for a run over `agents`; what is asked for at one instant is one run."""
        if not self.paused:
            self._candidates.ask(agents)
            self._request()

    def _generate_everywhere(self) -> None:
        if not self.paused:
            self._candidates.ask_all()
            self._request()

    def _request(self) -> None:
        if not self._pending:
            self._pending = True
            self._dispatch(self._generate_offers)

    def _generate_offers(self) -> None:
        self._pending = False
        if not self.paused:
            self.filters.expire(self._clock(), self._batch_armed if self._in_batch else None)
            agents = self._candidates.take(self.slaves, self.whitelist)
            if agents:
                self._run(agents)
        self._end_batch()

    def _end_batch(self) -> None:
        """Arm the timer of the next batch: filters armed from now on outlive it if they end at its instant."""
        if self._in_batch:
            self._in_batch = False
            self._batch_armed = self.filters.armed()

    def _run(self, agents: list[str]) -> None:
        run = AllocationRun(self)
        if any(role.quota.guarantees for role in self.role_tree.with_quota.values()):
            self._arrange(agents)
            run.offer_guarantees(agents)
        self._arrange(agents)
        run.offer_fair_share(agents)
        if run.offerable:
            self._offer(run.offerable)

    def _changed(self, agent: str) -> None:
        """Note that another look at an agent may bring an offer. Under quota, what is free anywhere counts."""
        if self.role_tree.with_quota:
            self._candidates.all_changed()
        else:
            self._candidates.changed(agent)

    def _all_changed(self) -> None:
        self._candidates.all_changed()

    def allocatable(self, resources: Resources, role: str, framework: Framework) -> bool:
        """Say whether this is enough to be offered: it contains one of the sets of minimal amounts."""
        if not resources:
            return False
        sets = self.options.min_allocatable
        if framework.min_allocatable:
            sets = framework.min_allocatable.get(role, sets)
        return not sets or resources.holds_one_of(sets)

    # -- books ----------------------------------------------------------------------------------------------

    def allocate(self, slave: Slave, framework: Framework, role: str, resources: Resources) -> None:
        """Enter an offer into all books."""
        slave.take(framework.id, role, resources)
        self._track(slave.id, framework, role, resources)

    def _track(self, agent: str, framework: Framework, role: str, resources: Resources) -> None:
        if not self._tracked(framework.id, role):
            self._track_framework(framework, role)
        if resources.special:
            self.role_tree.track_reserved(role, resources)
        self.role_sorter.allocated(role, agent, resources)
        self.framework_sorters[role].allocated(framework.id, agent, resources)

    def _untrack(self, agent: str, framework: Framework, role: str, resources: Resources) -> None:
        if resources.special:
            self.role_tree.untrack_reserved(role, resources)
        self.framework_sorters[role].unallocated(framework.id, agent, resources)
        self.role_sorter.unallocated(role, agent, resources)
        if role not in framework.roles:
            self._try_untrack_framework(framework, role)

    def _tracked(self, framework: str, role: str) -> bool:
        sorter = self.framework_sorters.get(role)
        return sorter is not None and sorter.contains(framework)

    def _track_framework(self, framework: Framework, role: str) -> None:
        if role not in self.framework_sorters:
            self.role_sorter.add(role)
            self.role_sorter.activate(role)
            self.framework_sorters[role] = DRFSorter(self.totals, self.options.fairness_exclude)
        self.role_tree.track_framework(framework.id, role)
        self.framework_sorters[role].add(framework.id)

    def _try_untrack_framework(self, framework: Framework, role: str) -> None:
        """Forget that a framework belongs to a role, unless it still holds something there."""
        sorter = self.framework_sorters.get(role)
        if sorter is None or not sorter.contains(framework.id) or sorter.allocation(framework.id):
            return
        self.role_tree.untrack_framework(framework.id, role)
        sorter.remove(framework.id)
        if sorter.count() == 0:
            self.role_sorter.remove(role)
            del self.framework_sorters[role]
