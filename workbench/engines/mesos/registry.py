"""What outlives a master: the registry, a log that most of the masters keep.

It holds the agents that were admitted, which of them are unreachable, out of use or being emptied, when maintenance is
planned and which machines are down for it, quotas and weights; no tasks, no frameworks, no offers. Those a new master
learns from agents and frameworks that register again.

What is to be true from now on is written down first, and done once it is stored. While one write is on its way others
gather, and go together with the next. A write that is on its way is lost with the master that makes it.

Source: mesos src/master/registry.proto, src/master/registrar.cpp (update, _update) (1.12.0-dev).
Left out: agents gone for good; a master that stops itself because a write takes longer than 20 s, or the first read
longer than a minute (the time-outs of storing and of fetching that its flags give).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from workbench.engines.agenda import Agenda, Order
from workbench.engines.mesos.inverse_offers import Unavailability
from workbench.engines.mesos.roles import Quota
from workbench.model.parameters import param, parameters


@parameters("mesos.registry")
@dataclass(frozen=True)
class RegistryParameters:
    """How fast the replicated log is."""

    store_s: float = param(
        0.01, unit="s", low=0, high=20, help="how long it takes until most masters have stored a change",
        source="assumption: one round to a majority of the masters, and to their disks", shown_in="quorum-lost",
    )  # fmt: skip
    fetch_s: float = param(
        0.01, unit="s", low=0, high=60, help="how long a new leader takes to read the registry",
        source="assumption: as long as a write, for a registry of a few kilobytes", shown_in="master-lost",
    )  # fmt: skip


@dataclass
class Registry:
    """The registry. Agents and roles map to nothing or to what is known of them, in the order of their coming."""

    agents: dict[str, None] = field(default_factory=dict)
    unreachable: dict[str, None] = field(default_factory=dict)
    deactivated: dict[str, None] = field(default_factory=dict)
    draining: dict[str, None] = field(default_factory=dict)
    windows: dict[str, Unavailability] = field(default_factory=dict)
    down: dict[str, None] = field(default_factory=dict)
    quotas: dict[str, Quota] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)

    def reachable(self) -> dict[str, None]:
        """Return the agents that a new master expects to hear from."""
        return {agent: None for agent in self.agents if agent not in self.unreachable}


class Registrar:
    """Stores changes of the registry for the leading master, one write at a time.

    Parameters
    ----------
    store_us : int
        What a write takes. With 0 there is none to wait for: a change is stored when it is asked for.
    """

    def __init__(self, agenda: Agenda, store_us: int) -> None:
        self._agenda = agenda
        self._store_us = store_us
        self._gathered: list[Callable[[], None]] = []
        self._writing = False
        self._term = 0

    def store(self, then: Callable[..., None], *args: Any) -> None:
        """Write a change, and carry on with `then(*args)`, which puts it into the registry, once it is stored."""
        if not self._store_us:
            then(*args)
            return
        self._gathered.append(partial(then, *args))
        if not self._writing:
            self._write()

    def _write(self) -> None:
        self._writing = True
        batch, self._gathered = self._gathered, []
        self._agenda.after(self._store_us, Order.CONTROLLER, self._stored, batch, self._term)

    def _stored(self, batch: list[Callable[[], None]], term: int) -> None:
        if term != self._term:
            return
        self._writing = False
        for then in batch:
            then()
        if self._gathered and not self._writing:
            self._write()

    def lose(self) -> None:
        """The leader is lost, and with it what it was writing."""
        self._term += 1
        self._gathered.clear()
        self._writing = False
