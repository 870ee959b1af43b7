"""The fast form of one run of the allocator: the same offers as `allocation.py`, which stays the specification.

Three things are done differently; a property test holds the two against each other over random histories.

* The order of roles and frameworks is walked as far as it takes to find a taker (`sorters/ordered.py`), not written
  out for every agent. Who has taken something moves once the agent is done with: until then nobody looks at the order.
* Where nothing but plain resources, and no quota, is in play, the first taker gets everything, and in one go.
* The first stage looks only at roles whose guarantee is not reached yet.

Sorters that draw lots draw anew for every agent: with those, the plain form runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from workbench.engines.mesos.allocation import AllocationRun
from workbench.engines.mesos.books import Framework, Slave
from workbench.engines.mesos.resources import Resources, minus
from workbench.engines.mesos.sorters.nodes import Entry, Node
from workbench.engines.mesos.sorters.ordered import OrderedDRFSorter

if TYPE_CHECKING:
    from workbench.engines.mesos.allocator_state import AllocatorState


class FastRun(AllocationRun):
    """One run over some agents, for allocators whose sorters are all `OrderedDRFSorter`."""

    def __init__(self, allocator: AllocatorState) -> None:
        super().__init__(allocator)
        self._role_sorter = _ordered(allocator.role_sorter)
        self._role_order: list[Entry] = []  # the live order of roles, if none is below another
        self._taken: list[tuple[Slave, Framework, str, Resources]] = []
        self._orders: dict[str, list[Entry]] = {}
        self._places: dict[Node, dict[str, Resources]] = {}  # by a framework's node in the sorter of a role

    def _roles(self) -> Iterator[str]:
        return self._role_sorter.in_order()

    def _frameworks(self, role: str) -> Iterator[str]:
        return _ordered(self._allocator.framework_sorters[role]).in_order()

    # -- the stages -----------------------------------------------------------------------------------------

    def offer_guarantees(self, agents: Iterable[str]) -> None:
        """Stage 1: offer each role with an unreached guarantee what brings it nearer, and more up to its limit."""
        sorter = self._role_sorter
        sorter.settle()
        unreached = [path for path, role in self._tree.with_quota.items() if role.quota.guarantees and role.frameworks]
        for agent in agents:
            slave = self._allocator.slaves[agent]
            unreached = [role for role in unreached if minus(self._tree.quota(role).guarantees, self.consumed[role])]
            if not unreached:
                return
            for role in sorted(unreached, key=sorter.place):
                if not slave.available:
                    break
                self._offer_guarantee(slave, role)
            self._enter_taken()

    def offer_fair_share(self, agents: Iterable[str]) -> None:
        """Stage 2: offer everything that is not held back, the role with the smallest share first."""
        slaves, with_quota = self._allocator.slaves, bool(self._tree.with_quota)
        entries = self._role_sorter.entries()
        self._role_order = entries if isinstance(entries, list) else []
        for agent in agents:
            slave = slaves[agent]
            available = slave.available
            if with_quota or not (available.is_plain and slave.shared.empty):
                for role in self._roles():
                    if not slave.available:
                        break
                    self._offer_share(slave, role)
                self._enter_taken()
            elif available.plain:
                self._offer_whole(slave)

    def _offer_whole(self, slave: Slave) -> None:
        """Offer everything on an agent with plain resources only to the first who may and does not refuse it."""
        allocator, available = self._allocator, slave.available
        agent, frameworks, filters = slave.id, allocator.frameworks, allocator.filters
        refused, orders = filters.by_framework, self._orders
        enough = allocator.is_enough(available)
        for _, _, role, node in self._role_order or self._role_sorter.entries():
            for _, _, framework_id, leaf in orders[role] if role in orders else self._order_of(role):
                framework = frameworks[framework_id]
                if framework.min_allocatable:
                    if not allocator.allocatable(available, role, framework):
                        continue
                elif not enough:
                    continue
                if (framework.constraints or slave.selective) and not slave.may_be_offered(framework, role):
                    continue
                if framework_id in refused and filters.hide(framework_id, role, agent, available):
                    continue
                if leaf not in self._places:
                    self._places[leaf] = self.offerable.setdefault(framework_id, {}).setdefault(role, {})
                self._places[leaf][agent] = available
                slave.take_all(framework_id, role)
                self._role_sorter.grow(node, available)
                self._sorter(role).grow(leaf, available)
                return

    def _order_of(self, role: str) -> Iterable[Entry]:
        """Return the frameworks of a role; none comes, goes or gives back in the course of a run, so lists stay."""
        entries = self._sorter(role).entries()
        if isinstance(entries, list):
            self._orders[role] = entries
        return entries

    def _sorter(self, role: str) -> OrderedDRFSorter:
        return _ordered(self._allocator.framework_sorters[role])

    def _make(self, slave: Slave, role: str, framework: Framework, offer: Resources) -> bool:
        """Offer unless a filter hides it; say whether it was offered. The sorters hear of it later."""
        if self._allocator.filters.hide(framework.id, role, slave.id, offer):
            return False
        self._enter_offer(slave, role, framework, offer)
        slave.take(framework.id, role, offer)
        self._taken.append((slave, framework, role, offer))
        return True

    def _enter_taken(self) -> None:
        if self._taken:
            for slave, framework, role, offer in self._taken:
                self._allocator.shares.track(slave.id, framework, role, offer)
            self._taken.clear()


def _ordered(sorter: object) -> OrderedDRFSorter:
    assert isinstance(sorter, OrderedDRFSorter)
    return sorter
