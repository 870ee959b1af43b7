"""What frameworks ask of the allocator: to come and go, to be connected and not, to be spared offers and not.

Source: mesos src/master/allocator/mesos/hierarchical.cpp (addFramework to reviveOffers) (1.12.0-dev).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from workbench.engines.mesos.allocator_state import AllocatorState
from workbench.engines.mesos.books import Framework
from workbench.engines.mesos.capabilities import OF_FRAMEWORKS
from workbench.engines.mesos.offer_constraints import OfferConstraints
from workbench.engines.mesos.resources import Quantities, Resources


class FrameworkCalls(AllocatorState):
    """The calls about frameworks."""

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
