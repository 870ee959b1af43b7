"""One run of the allocator: whom the free resources of some agents are offered to.

Two stages. The first serves roles whose quota guarantee is not reached yet; the second serves everybody by fair share
and holds back what outstanding guarantees will need. In both, agents come in random order, and for each agent the
roles and frameworks in the order of the sorters: the first taker that passes gets everything that fits its limits,
its share grows, and the order is looked up anew for the next agent.

This is the plain form, in upstream's words. Runs normally take the fast form (`fast_allocation.py`), which makes the
same offers.

Source: mesos src/master/allocator/mesos/hierarchical.cpp, __generateOffers (1.12.0-dev).
Left out: what is held back for guarantees is not reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from workbench.engines.mesos.books import Framework, Slave
from workbench.engines.mesos.capabilities import strip
from workbench.engines.mesos.resources import NOTHING, Quantities, Resources, minus, plus
from workbench.engines.mesos.roles import Quota

if TYPE_CHECKING:
    from workbench.engines.mesos.allocator_state import AllocatorState

Offerable = dict[str, dict[str, dict[str, Resources]]]
"""Framework -> role -> agent -> what is offered."""


class AllocationRun:
    """One run over some agents; `offerable` is what came of it.

    Parameters
    ----------
    allocator : AllocatorState
        Whose books are read and written.
    """

    def __init__(self, allocator: AllocatorState) -> None:
        self._allocator = allocator
        self._tree = allocator.role_tree
        self.offerable: Offerable = {}
        self.consumed: dict[str, Quantities] = {}
        self.required_headroom: Quantities = {}
        self.available_headroom: Quantities = {}
        self._shared_offered: dict[str, Resources] = {}
        if self._tree.with_quota:
            self._look_at_quota()

    # -- quota ----------------------------------------------------------------------------------------------

    def _look_at_quota(self) -> None:
        for path, role in self._tree.with_quota.items():
            held = self._allocator.role_sorter.allocation_quantities(path)
            chargeable = minus(minus(held, role.held_reserved), role.held_revocable)
            self.consumed[path] = plus(role.reservations, chargeable)
            self.required_headroom = plus(self.required_headroom, minus(role.quota.guarantees, self.consumed[path]))
        self.available_headroom = self._unallocated_and_unreserved()

    def _unallocated_and_unreserved(self) -> Quantities:
        sorter, root = self._allocator.role_sorter, self._tree.root
        free = minus(sorter.totals.quantities, sorter.allocation_quantities())
        free = minus(free, minus(root.reservations, root.held_reserved))
        for agent in self._allocator.lenders:
            free = minus(free, self._allocator.slaves[agent].available.revocable().quantities())
        return free

    def _surplus_headroom(self) -> Quantities:
        return minus(self.available_headroom, self.required_headroom)

    def _roles(self) -> Iterator[str]:
        return iter(self._allocator.role_sorter.sort())

    def _frameworks(self, role: str) -> Iterator[str]:
        return iter(self._allocator.framework_sorters[role].sort())

    # -- the stages -----------------------------------------------------------------------------------------

    def offer_guarantees(self, agents: Iterable[str]) -> None:
        """Stage 1: offer each role with an unreached guarantee what brings it nearer, and more up to its limit.

        Guarantees are served even where the headroom is already negative: more was promised than there is.
        """
        for agent in agents:
            slave = self._allocator.slaves[agent]
            for role in self._roles():
                if not slave.available:
                    break
                known = self._tree.get(role)
                if known is not None and known.quota.guarantees and known.frameworks:
                    self._offer_guarantee(slave, role)

    def _offer_guarantee(self, slave: Slave, role: str) -> None:
        allocator = self._allocator
        guarantees = self._tree.quota(role).guarantees
        for framework_id in self._frameworks(role):
            framework = allocator.frameworks[framework_id]
            unsatisfied = minus(guarantees, self.consumed[role])
            if not unsatisfied:
                return
            available = self._available(slave, role)
            if not available:
                return
            if not (allocator.allocatable(available, role, framework) and slave.may_be_offered(framework, role)):
                continue
            available = strip(available, framework.capabilities)
            free = available.chargeable()
            guaranteed = free.shrunk(unsatisfied)
            if not guaranteed:
                continue
            charged = guaranteed + self._extra(role, free - guaranteed, guaranteed.quantities())
            offer = charged + available.exempt(role)
            if allocator.allocatable(offer, role, framework) and self._make(slave, role, framework, offer):
                counted = charged.quantities()
                self._consume(role, counted)
                self.required_headroom = minus(self.required_headroom, guaranteed.quantities())
                self.available_headroom = minus(self.available_headroom, counted)

    def _extra(self, role: str, extra: Resources, guaranteed: Quantities) -> Resources:
        """Return what goes out with a guaranteed piece, so that it is not split off: up to limit and headroom."""
        limits = self._tree.quota(role).limits
        if limits:
            extra = extra.shrunk_to_limits(limits, plus(self.consumed[role], guaranteed))
        if self.required_headroom and extra:
            extra = extra.shrunk(self._surplus_headroom())
        return extra

    def _available(self, slave: Slave, role: str) -> Resources:
        """Return what is free for a role; shared resources are offered once in a run."""
        available = slave.available.allocatable_to(role)
        return available - self._shared_offered.get(slave.id, NOTHING) if slave.shared else available

    def offer_fair_share(self, agents: Iterable[str]) -> None:
        """Stage 2: offer everything that is not held back, the role with the smallest share first."""
        for agent in agents:
            slave = self._allocator.slaves[agent]
            for role in self._roles():
                if not slave.available:
                    break
                self._offer_share(slave, role)

    def _offer_share(self, slave: Slave, role: str) -> None:
        allocator = self._allocator
        quota = self._tree.quota(role)
        for framework_id in self._frameworks(role):
            available = self._available(slave, role)
            if not available:
                return
            framework = allocator.frameworks[framework_id]
            if not (allocator.allocatable(available, role, framework) and slave.may_be_offered(framework, role)):
                continue
            offer = self._within(role, quota, strip(available, framework.capabilities))
            if offer is not available and not allocator.allocatable(offer, role, framework):
                continue
            if self._make(slave, role, framework, offer) and (quota or self.available_headroom):
                counted = offer.chargeable().quantities()
                if quota:
                    self._consume(role, counted)
                self.available_headroom = minus(self.available_headroom, counted)

    def _within(self, role: str, quota: Quota, available: Resources) -> Resources:
        """Return what of the available resources limit and headroom leave for a role; all of it without quotas."""
        if not (quota.limits or self.required_headroom):
            return available
        free = available.chargeable()
        if quota.limits:
            free = free.shrunk_to_limits(quota.limits, self.consumed[role])
        if self.required_headroom and free:
            free = free.shrunk(self._surplus_headroom())
        return free + available.exempt() if available.special or available.discrete else free

    def _consume(self, role: str, amounts: Quantities) -> None:
        self.consumed[role] = plus(self.consumed[role], amounts)

    def _make(self, slave: Slave, role: str, framework: Framework, offer: Resources) -> bool:
        """Offer unless a filter hides it; say whether it was offered."""
        allocator = self._allocator
        if allocator.filters.hide(framework.id, role, slave.id, offer):
            return False
        self._enter_offer(slave, role, framework, offer)
        allocator.allocate(slave, framework, role, offer)
        return True

    def _enter_offer(self, slave: Slave, role: str, framework: Framework, offer: Resources) -> None:
        places = self.offerable.setdefault(framework.id, {}).setdefault(role, {})
        places[slave.id] = places[slave.id] + offer if slave.id in places else offer
        if slave.shared:
            self._shared_offered[slave.id] = self._shared_offered.get(slave.id, NOTHING) + offer.shared()
