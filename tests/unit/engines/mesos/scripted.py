"""Drives the allocator by hand: a clock that is moved, offers that are collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any

from workbench.engines.mesos.allocation import Offerable
from workbench.engines.mesos.allocator import HierarchicalAllocator
from workbench.engines.mesos.allocator_options import Options
from workbench.engines.mesos.kinds import reserved_kind
from workbench.engines.mesos.resources import Resources
from workbench.engines.mesos.roles import Quota
from workbench.model.clock import SECOND_US

Seen = tuple[str, str, str, dict[str, float]]


def amounts(**numbers: float) -> dict[str, int]:
    """Return amounts in thousandths: ``amounts(cpus=0.5)`` is half a cpu."""
    return {name: round(number * 1000) for name, number in numbers.items()}


def plain(**numbers: float) -> Resources:
    return Resources(amounts(**numbers))


def reserved(role: str, label: str = "", **numbers: float) -> Resources:
    return Resources(
        special={reserved_kind(name, role, label): round(number * 1000) for name, number in numbers.items()}
    )


def quota(guarantee: Mapping[str, int] | None = None, limit: Mapping[str, int] | None = None) -> Quota:
    return Quota(guarantee or {}, limit or {})


class Script:
    """An allocator with a hand-moved clock; agents are taken in the order of their names unless said otherwise."""

    def __init__(
        self,
        interval: float = 1,
        min_allocatable: Iterable[Mapping[str, int]] = ({"cpus": 10}, {"mem": 32_000}),
        arrange: Callable[[list[str]], None] = lambda agents: agents.sort(key=lambda agent: (len(agent), agent)),
        **options: Any,
    ) -> None:
        self.now_us = 0
        self._calls: list[Callable[[], None]] = []
        self._offers: list[tuple[str, str, str, Resources]] = []
        self.runs = 0
        self.asked_to_leave: list[tuple[str, str]] = []
        self.allocator = HierarchicalAllocator(
            Options(round(interval * SECOND_US), tuple(min_allocatable), **options),
            lambda: self.now_us, self._calls.append, self._offered, arrange,
            inverse_offer=self._asked, random=Random(1).random,
        )  # fmt: skip

    def _asked(self, asked: Mapping[str, list[str]]) -> None:
        self.asked_to_leave += [(framework, agent) for framework, agents in asked.items() for agent in agents]

    def _offered(self, offerable: Offerable) -> None:
        for framework, by_role in offerable.items():
            for role, by_agent in by_role.items():
                self._offers += [(framework, role, agent, resources) for agent, resources in by_agent.items()]

    def settle(self) -> list[Seen]:
        """Let requested runs happen; return what was offered since the last time: framework, role, agent, amounts."""
        while self._calls:
            self._calls.pop(0)()
            self.runs += 1
        seen, self._offers = self._offers, []
        self.last = seen
        return [
            (framework, role, agent, {name: amount / 1000 for name, amount in resources.quantities().items()})
            for framework, role, agent, resources in seen
        ]

    def batch(self, after: float = 1) -> list[Seen]:
        """Move the clock to the next batch and let it happen."""
        self.now_us += round(after * SECOND_US)
        self.allocator.rounds.batch()
        return self.settle()

    def decline(self, seen: Seen, refuse: float | None) -> None:
        """Give an offer back whole, with a filter of so many seconds."""
        framework, role, agent, offered = seen
        given = next(one[3] for one in self.last if one[:3] == (framework, role, agent))
        assert given.quantities() == amounts(**offered)
        self.recover(framework, agent, role, given, refuse)

    def recover(self, framework: str, agent: str, role: str, resources: Resources, refuse: float | None) -> None:
        refuse_us = None if refuse is None else round(refuse * SECOND_US)
        self.allocator.recover_resources(framework, agent, role, resources, refuse_us)

    def framework(self, name: str, *roles: str, **more: Any) -> list[Seen]:
        self.allocator.add_framework(name, roles or (name,), **more)
        return self.settle()

    def agent(self, name: str, total: Resources) -> list[Seen]:
        self.allocator.add_agent(name, total)
        return self.settle()


def to_whom(offers: Iterable[Seen]) -> list[tuple[str, str]]:
    """Return framework and agent of each offer."""
    return [(framework, agent) for framework, _, agent, _ in offers]
