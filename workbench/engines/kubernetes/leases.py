"""Node leases: the heartbeat of a kubelet, worked out when somebody looks instead of beat by beat.

Source: kubernetes, component-helpers/apimachinery/lease; kubelet defaults: a lease of 40 s, renewed every 10 s.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engines.world import World
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters


@parameters("kubernetes.leases")
@dataclass(frozen=True)
class LeaseParameters:
    """How often a kubelet says that it is there."""

    renew_interval_s: float = param(
        10.0, unit="s", low=1, high=60, help="how often a kubelet renews its node's lease",
        source="kubernetes 1.34, kubelet nodeLeaseDurationSeconds 40, a quarter of which is the interval",
        shown_in="who-heals-first",
    )  # fmt: skip


class Leases:
    """When each kubelet last renewed its lease. Every node has its own phase, drawn once."""

    def __init__(self, world: World) -> None:
        self._machines = world.machines
        self.interval_us = to_us(world.settings.of(LeaseParameters).renew_interval_s)
        self._world = world
        self._phase_us: list[int] = []
        for machine in world.machines:
            self.node_added(machine.name)

    def node_added(self, name: str) -> None:
        """Draw the phase of the next node."""
        draw = self._world.streams.stream(f"kubernetes/lease/{name}").random()
        self._phase_us.append(int(draw * self.interval_us))

    def last_renewal_us(self, node: int, now_us: int) -> int:
        """Return when the lease of a node was last renewed, as of `now_us`; before time zero for the very first.

        A kubelet that comes back renews at once and then in its interval; one that stopped does not renew any more.
        """
        machine = self._machines[node]
        start_us = machine.heard_since_us or self._phase_us[node] - self.interval_us
        until_us = now_us if machine.in_touch else min(now_us, machine.silent_since_us - 1)
        beats = max(0, until_us - start_us) // self.interval_us
        return start_us + beats * self.interval_us
