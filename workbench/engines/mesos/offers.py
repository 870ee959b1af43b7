"""Offers, and the filters that keep an agent from being offered again too soon.

An offer is what is free on one agent, shown to one framework of one role. Until the framework answers, nobody else is
offered it. Refusing it, or leaving a part of it unused, leaves a *filter*: for a while that framework is not offered,
for that role, anything on that agent that the refused resources contain; more, or something else, is offered.

Source: mesos src/master/allocator/mesos/hierarchical.cpp (recoverResources, expire), include/mesos/mesos.proto
(Filters).
Left out so far: offers combined in one answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from workbench.engines.mesos.resources import Resources
from workbench.model.clock import SECOND_US
from workbench.model.parameters import param, parameters

if TYPE_CHECKING:
    from workbench.engines.mesos.inverse_offers import Unavailability

DEFAULT_REFUSE_US = 5 * SECOND_US
"""Filters.refuse_seconds when it is not given, or negative (mesos.proto)."""

LONGEST_REFUSE_US = 365 * 24 * 3600 * SECOND_US
"""Longer filters are cut to this."""


@parameters("mesos.offers")
@dataclass(frozen=True)
class OfferParameters:
    """How long offers and refusals last."""

    refuse_s: float = param(
        5.0, unit="s", low=0, high=600,
        help="how long a batch framework is not offered again what it refused or left unused; 0 leaves no filter",
        source="mesos include/mesos/mesos.proto, Filters.refuse_seconds", shown_in="idle-quota",
    )  # fmt: skip
    timeout_s: float = param(
        31_536_000.0, unit="s", low=0.01, high=31_536_000.0,
        help="when an unanswered offer is taken back; the default, a year, stands for never",
        source="mesos docs/configuration/master.md, --offer_timeout: none by default", shown_in="first-look",
    )  # fmt: skip


@dataclass(slots=True)
class Offer:
    """One offer: `resources` on `agent` for `framework` (its id) in `role`, made at `made_us`.

    `row` is its row in the trace; `unavailability` is when the agent will be away for maintenance, if that is known.
    """

    number: int
    framework: str
    role: str
    agent: str
    resources: Resources
    made_us: int
    row: int = -1
    unavailability: Unavailability | None = None


Timer = tuple[int, int]
"""When a timer ends, and its number: of two that end at one instant the one armed first acts first."""


def refusal_us(refuse_us: int | None) -> int:
    """Return how long a refusal lasts: 0 for none, the default time for a negative one, at most a year."""
    if refuse_us is None:
        return 0
    return DEFAULT_REFUSE_US if refuse_us < 0 else min(refuse_us, LONGEST_REFUSE_US)


class RefusedOfferFilter:
    """Hides offers that the refused resources contain; `gone` once it has been dropped."""

    __slots__ = ("gone", "refused")

    def __init__(self, refused: Resources) -> None:
        self.refused = refused
        self.gone = False


_Place = tuple[str, str]  # role, agent


class OfferFilters:
    """All filters of all frameworks.

    Parameters
    ----------
    interval_us : int
        The allocation interval: no filter lasts less, so that each lives through the next batch.
    freed : callable
        Called with an agent when a filter for it ends, however it ends.
    """

    def __init__(self, interval_us: int, freed: Callable[[str], None]) -> None:
        self._interval_us = interval_us
        self._freed = freed
        self.by_framework: dict[str, dict[_Place, deque[RefusedOfferFilter]]] = {}
        self._by_agent: dict[str, dict[tuple[str, str], None]] = {}  # agent -> framework and role of filters for it
        self._ends: list[tuple[int, int, str, _Place, RefusedOfferFilter]] = []
        self._armed = 0

    def refuse(self, framework: str, role: str, agent: str, refused: Resources, refuse_us: int, now_us: int) -> None:
        """Install the filter that a refusal asks for: none for zero, the default time for a negative one."""
        duration = refusal_us(refuse_us)
        if not duration:
            return
        end_us = now_us + max(duration, self._interval_us)
        one = RefusedOfferFilter(refused)
        place = (role, agent)
        mine = self.by_framework.setdefault(framework, {})
        if place in mine:
            mine[place].append(one)
        else:
            mine[place] = deque((one,))
            self._by_agent.setdefault(agent, {})[framework, role] = None
        heappush(self._ends, (end_us, self.arm(), framework, place, one))

    def arm(self) -> int:
        """Return the number of a timer that is armed now: filters, batches and others are numbered together."""
        self._armed += 1
        return self._armed

    def expire(self, now_us: int, before: Timer | None = None) -> None:
        """End the filters whose time is up; with `before`, only those that end before that other timer.

        A batch comes before the end of a filter that was armed after the batch's own timer and ends with it
        (MESOS-4302).
        """
        kept = []
        while self._ends and self._ends[0][0] <= now_us:
            entry = heappop(self._ends)
            end_us, number, framework, place, one = entry
            if before is not None and (end_us, number) > before:
                kept.append(entry)
            elif not one.gone:
                self._end(framework, place, one)
        for entry in kept:
            heappush(self._ends, entry)

    def _end(self, framework: str, place: _Place, one: RefusedOfferFilter) -> None:
        one.gone = True
        mine = self.by_framework[framework]
        mine[place].remove(one)
        if mine[place]:
            self._freed(place[1])
        else:
            self._drop(framework, place)

    def hide(self, framework: str, role: str, agent: str, offer: Resources) -> bool:
        """Say whether a filter keeps this offer from being made."""
        mine = self.by_framework.get(framework)
        if not mine:
            return False
        for one in mine.get((role, agent), ()):  # noqa: SIM110 - asked so often that a generator weighs
            if one.refused.contains(offer):
                return True
        return False

    def clear(self, framework: str, role: str | None = None) -> None:
        """Drop a framework's filters, of one role or of all."""
        for place in list(self.by_framework.get(framework, ())):
            if role is None or place[0] == role:
                self._drop(framework, place)

    def clear_agent(self, agent: str) -> None:
        """Drop everybody's filters for one agent."""
        for framework, role in list(self._by_agent.get(agent, ())):
            self._drop(framework, (role, agent))

    def _drop(self, framework: str, place: _Place) -> None:
        role, agent = place
        for one in self.by_framework[framework].pop(place):
            one.gone = True
        here = self._by_agent[agent]
        del here[framework, role]
        if not here:
            del self._by_agent[agent]
        self._freed(agent)

    def count(self, role: str) -> int:
        """Return how many filters there are for a role."""
        return sum(
            len(filters) for mine in self.by_framework.values() for place, filters in mine.items() if place[0] == role
        )
