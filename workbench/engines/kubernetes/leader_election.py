"""Which kube-scheduler and which controller manager decide: those that hold the lease. A lost one is replaced later.

The leader renews its lease every 2 s; a standby looks as often, and takes a lease that was not renewed for 15 s. So
nothing is decided for 13 to 17 s. A process that is back waits for the lease like any other.

Source: kubernetes, k8s.io/component-base/config (LeaderElectionConfiguration: lease 15 s, retry 2 s) (version 1.34).
Assumption: there is a standby. Left out: jitter of the retries, the 10 s after which a leader that cannot renew stops.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from workbench.engines.agenda import Agenda, Gate, Order
from workbench.engines.world import World
from workbench.model.clock import SECOND_US

LEASE_US = 15 * SECOND_US
RETRY_US = 2 * SECOND_US


class Led(Protocol):
    """A component of which one instance decides."""

    leading: bool

    def lead(self) -> None:
        """Go on: this instance, or the one that takes its place, is the leader from now on."""


class Leadership:
    """Of the controller manager: whether one leads. Its lease is an object of the API server, so it hangs there."""

    def __init__(self, agenda: Agenda) -> None:
        self._gate = Gate(agenda, Order.CONTROLLER)
        self._began: list[Callable[[], None]] = []

    @property
    def leading(self) -> bool:
        """Whether somebody leads."""
        return self._gate.is_open

    @leading.setter
    def leading(self, value: bool) -> None:
        if not value:
            self._gate.close()

    def on_new_leader(self, call: Callable[[], None]) -> None:
        """Have `call()` done when another instance begins, with nothing but what the API server knows."""
        self._began.append(call)

    def lead(self) -> None:
        """Somebody leads again."""
        self._gate.open()
        for call in self._began:
            call()

    @property
    def gate(self) -> Gate:
        """Where controllers wait for a leader."""
        return self._gate


class LeaderElection:
    """The lease of one component.

    Parameters
    ----------
    name : str
        As shown to people.
    led : Led
        The component.
    key : str
        Name of its stream of random numbers.
    """

    def __init__(self, world: World, name: str, led: Led, key: str) -> None:
        self._world = world
        self._name = name
        self._led = led
        phases = world.streams.stream(key)
        self._renew_us = phases.randrange(RETRY_US)
        self._retry_us = phases.randrange(RETRY_US)
        self._planned = 0  # counts elections, so that only the last one planned takes place

    def leader_lost(self) -> None:
        """The leader's process stops, now; without a leader there is nobody to lose."""
        if self._led.leading:
            self._led.leading = False
            self._plan(taken_over_us(self._world.now_us, self._renew_us, self._retry_us))

    def unanswered(self) -> None:
        """The API server does not answer: nobody decides."""
        self._led.leading = False
        self._planned += 1

    def answered(self, since_us: int) -> None:
        """The API server answers again; it had not since `since_us`, when the leader died as well."""
        at = taken_over_us(since_us, self._renew_us, self._retry_us)
        self._plan(max(at, self._look_us(self._world.now_us)))

    def _look_us(self, earliest_us: int) -> int:
        """Return when the standby looks at the lease, not before `earliest_us`."""
        return earliest_us + (self._retry_us - earliest_us) % RETRY_US

    def _plan(self, at_us: int) -> None:
        self._planned += 1
        self._world.agenda.at(at_us, Order.CONTROLLER, self._elected, self._planned)

    def _elected(self, planned: int) -> None:
        if planned == self._planned:
            self._world.event("leader-elected", self._name, "lease-expired")
            self._led.lead()


def taken_over_us(lost_us: int, renew_phase_us: int, retry_phase_us: int) -> int:
    """Return when the standby leads: at its first look after the lease, last renewed before the loss, has run out."""
    renewed_us = lost_us - (lost_us - renew_phase_us) % RETRY_US
    expired_us = renewed_us + LEASE_US
    return expired_us + (retry_phase_us - expired_us) % RETRY_US
