"""Which kube-scheduler decides: the one that holds the lease. A lost one is replaced when its lease has run out.

The leader renews its lease every 2 s; a standby looks as often, and takes a lease that was not renewed for 15 s. So
nothing is scheduled for 13 to 17 s. A process that is back waits for the lease like any other.

Source: kubernetes, k8s.io/component-base/config (LeaderElectionConfiguration: lease 15 s, retry 2 s) (version 1.34).
Assumption: there is a standby. Left out: jitter of the retries, the 10 s after which a leader that cannot renew stops.
"""

from __future__ import annotations

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.scheduler import Scheduler
from workbench.engines.world import World
from workbench.model.clock import SECOND_US

LEASE_US = 15 * SECOND_US
RETRY_US = 2 * SECOND_US


class LeaderElection:
    """The lease of kube-scheduler."""

    def __init__(self, world: World, scheduler: Scheduler, rank: int = 0) -> None:
        self._world = world
        self._scheduler = scheduler
        phases = world.streams.stream(f"kubernetes/scheduler{rank or ''}/lease")
        self._renew_us = phases.randrange(RETRY_US)
        self._retry_us = phases.randrange(RETRY_US)

    def leader_lost(self) -> None:
        """The leader's process stops, now; without a leader there is nobody to lose."""
        if self._scheduler.leading:
            self._scheduler.leading = False
            at = taken_over_us(self._world.now_us, self._renew_us, self._retry_us)
            self._world.agenda.at(at, Order.CONTROLLER, self._elected)

    def _elected(self) -> None:
        self._world.event("leader-elected", "kube-scheduler", "lease-expired")
        self._scheduler.lead()


def taken_over_us(lost_us: int, renew_phase_us: int, retry_phase_us: int) -> int:
    """Return when the standby leads: at its first look after the lease, last renewed before the loss, has run out."""
    renewed_us = lost_us - (lost_us - renew_phase_us) % RETRY_US
    expired_us = renewed_us + LEASE_US
    return expired_us + (retry_phase_us - expired_us) % RETRY_US
