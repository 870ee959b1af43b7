"""Inverse offers: asking frameworks to leave an agent that will be unavailable, for maintenance.

Every active framework that has something on such an agent is asked once; it is asked again after it answered, unless
its answer left a filter. Normal offers of the agent go on meanwhile.

Source: mesos src/master/allocator/mesos/hierarchical.cpp (generateInverseOffers, updateInverseOffer), 1.12.0-dev.
Left out: the answers themselves, which the real allocator only keeps for operators to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workbench.engines.mesos.books import Framework, Slave
from workbench.engines.mesos.offers import refusal_us


@dataclass(frozen=True, slots=True)
class Unavailability:
    """When an agent will be away, in microseconds; without a duration for good."""

    start_us: int
    duration_us: int | None = None


class InverseOffers:
    """Which agents will be unavailable, and who was asked to leave them."""

    def __init__(self) -> None:
        self._unavailable: dict[str, Unavailability] = {}
        self._outstanding: dict[str, dict[str, None]] = {}
        self._refused_until: dict[tuple[str, str], int] = {}  # framework, agent

    def schedule(self, agent: str, unavailability: Unavailability | None) -> None:
        """Note that an agent will be away, or that it will not; everybody is asked anew."""
        self._forget(agent)
        if unavailability is not None:
            self._unavailable[agent] = unavailability
            self._outstanding[agent] = {}

    def remove_agent(self, agent: str) -> None:
        """An agent is gone."""
        self._forget(agent)

    def _forget(self, agent: str) -> None:
        self._unavailable.pop(agent, None)
        self._outstanding.pop(agent, None)
        self.clear_agent(agent)

    def clear_agent(self, agent: str) -> None:
        """Drop all filters for an agent."""
        for key in [key for key in self._refused_until if key[1] == agent]:
            del self._refused_until[key]

    def clear_framework(self, framework: str) -> None:
        """Drop all filters of a framework."""
        for key in [key for key in self._refused_until if key[0] == framework]:
            del self._refused_until[key]

    def answered(self, framework: str, agent: str, refuse_us: int | None, now_us: int) -> None:
        """A framework answered, or its inverse offer was taken back; `refuse_us` as for offers."""
        self._outstanding[agent].pop(framework, None)
        duration = refusal_us(refuse_us)
        if duration:
            key = (framework, agent)
            self._refused_until[key] = max(now_us + duration, self._refused_until.get(key, 0))

    def due(
        self,
        asked: Iterable[str] | None,
        slaves: Mapping[str, Slave],
        frameworks: Mapping[str, Framework],
        now_us: int,
    ) -> dict[str, list[str]]:
        """Return framework -> agents to be asked for now, among the agents `asked` about (None: all); note them."""
        found: dict[str, list[str]] = {}
        for agent in self._unavailable if asked is None else [one for one in asked if one in self._unavailable]:
            outstanding = self._outstanding[agent]
            for framework in dict.fromkeys(holder for holder, _ in slaves[agent].holders):
                known = frameworks.get(framework)
                if known is None or not known.active or framework in outstanding:
                    continue
                if self._refused_until.get((framework, agent), now_us) > now_us:
                    continue
                outstanding[framework] = None
                found.setdefault(framework, []).append(agent)
        return found
