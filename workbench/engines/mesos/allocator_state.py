"""What an allocator knows, and what it does by itself: runs. The calls of others are in `allocator.py` and beside it.

The class knows neither the World nor SimPy: it is handed a clock, a way to have something done "as soon as possible",
and the place to send offers to, so that event scripts can drive it as well.

Source: mesos src/master/allocator/mesos/hierarchical.cpp (1.12.0-dev).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from workbench.engines.mesos.allocation import AllocationRun, Offerable
from workbench.engines.mesos.allocator_options import Options
from workbench.engines.mesos.books import Framework, Slave
from workbench.engines.mesos.fast_allocation import FastRun
from workbench.engines.mesos.inverse_offers import InverseOffers
from workbench.engines.mesos.offers import OfferFilters
from workbench.engines.mesos.resources import Resources
from workbench.engines.mesos.roles import RoleTree
from workbench.engines.mesos.rounds import Rounds
from workbench.engines.mesos.shares import Shares

InverseOfferable = dict[str, list[str]]
"""Framework -> the agents that it is asked to leave."""


class AllocatorState:
    """What an allocator knows, and its runs.

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

    # -- runs -----------------------------------------------------------------------------------------------

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
        return not resources.empty and (not sets or resources.holds_one_of(sets))

    def is_enough(self, resources: Resources) -> bool:
        """Say whether this is enough to be offered to somebody without minimal amounts of their own."""
        sets = self.options.min_allocatable
        return not resources.empty and (not sets or resources.holds_one_of(sets))

    # -- books ----------------------------------------------------------------------------------------------

    def allocate(self, slave: Slave, framework: Framework, role: str, resources: Resources) -> None:
        """Enter an offer into all books."""
        slave.take(framework.id, role, resources)
        self.shares.track(slave.id, framework, role, resources)
