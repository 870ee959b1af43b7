"""The offers that are out: made when the allocator says so, answered, or taken back.

An offer is taken back without a filter: nobody refused it, so it may be made again at once. One that waits too long for
its answer is taken back after `--offer_timeout`.

Source: mesos src/master/master.cpp (offer, offerTimeout, rescindOffer, removeOffer) (1.12.0-dev).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from workbench.engines.agenda import Order
from workbench.engines.mesos.allocation import Offerable
from workbench.engines.mesos.offers import Offer, OfferParameters
from workbench.engines.mesos.resources import Quantities, Resources, plus
from workbench.model.clock import NEVER, to_us
from workbench.model.resources import CPU, MEMORY

if TYPE_CHECKING:
    from workbench.engines.mesos.frameworks.base import Framework
    from workbench.engines.mesos.master import Master


class OutstandingOffers:
    """The offers of the leading master to which there is no answer yet."""

    def __init__(self, master: Master) -> None:
        self._master = master
        self._world = master.world
        self._timeout_us = to_us(master.world.settings.of(OfferParameters).timeout_s)
        self._offers: dict[int, Offer] = {}
        self._on: dict[str, dict[int, None]] = {}
        self._count = 0
        self._rows = master.world.trace["offers"]

    def add_agent(self, agent: str) -> None:
        """There is another agent."""
        self._on[agent] = {}

    def make(self, offerable: Offerable) -> None:
        """Make the offers of one run of the allocator, and send each framework its own."""
        count = 0
        for framework_id, by_role in offerable.items():
            framework = self._master.framework(framework_id)
            assert framework is not None  # the allocator has only those that subscribed
            offers = [
                self._make(framework, role, agent, resources)
                for role, by_agent in by_role.items()
                for agent, resources in by_agent.items()
            ]
            count += len(offers)
            self._master.send(framework.resource_offers, offers)
            if self._world.now_us + self._timeout_us < self._world.scenario.horizon_us:
                self._world.agenda.after(self._timeout_us, Order.FRAMEWORK, self._time_out, offers)
        self._world.trace["control_plane"].append(self._world.now_us, "allocator", "offers", count)

    def _make(self, framework: Framework, role: str, agent: str, resources: Resources) -> Offer:
        now, number = self._world.now_us, self._count
        amounts = resources.quantities()
        row = self._rows.append(
            number, now, NEVER, framework.name, role, agent,
            amounts.get(CPU, 0), amounts.get(MEMORY, 0), 0, "outstanding", 0.0,
        )  # fmt: skip
        window = self._master.registry.windows.get(agent)
        offer = Offer(number, framework.id, role, agent, resources, now, row, window)
        self._count += 1
        self._offers[number] = offer
        self._on[agent][number] = None
        return offer

    def take(self, number: int) -> Offer | None:
        """Return an offer that is being answered, and forget it; None if it is none any more."""
        offer = self._offers.pop(number, None)
        if offer is not None:
            del self._on[offer.agent][number]
        return offer

    def note_answer(self, offer: Offer, answer: str, cpu_used: int = 0, refuse_s: float = 0.0) -> None:
        """Write into the trace what became of an offer."""
        rows, row = self._rows, offer.row
        rows["answered_us"][row] = self._world.now_us
        rows["cpu_used"][row] = cpu_used
        rows["answer"][row] = answer
        rows["refuse_s"][row] = refuse_s

    def _rescind(self, offer: Offer) -> None:
        self.take(offer.number)
        self.note_answer(offer, "rescinded")
        master = self._master
        master.allocator.recover_resources(offer.framework, offer.agent, offer.role, offer.resources, None)
        framework = master.framework(offer.framework)
        if framework is not None:
            master.send(framework.offer_rescinded, offer.number)

    def _time_out(self, offers: Iterable[Offer]) -> None:
        for offer in offers:
            if offer.number in self._offers:
                self._rescind(offer)

    def rescind_all_on(self, agent: str) -> Quantities:
        """Take back all offers of one agent; return what they held."""
        rescinded: Quantities = {}
        for number in list(self._on[agent]):
            offer = self._offers[number]
            rescinded = plus(rescinded, offer.resources.quantities())
            self._rescind(offer)
        return rescinded

    def rescind_all_of(self, framework: Framework) -> None:
        """Take back all offers of one framework."""
        for offer in [one for one in self._offers.values() if one.framework == framework.id]:
            self._rescind(offer)

    def lose(self) -> None:
        """The leading master is lost, and its offers with it."""
        for offer in self._offers.values():
            self.note_answer(offer, "rescinded")
            self._on[offer.agent].clear()
        self._offers.clear()
