"""After a master's failover: no offers until enough agents are back, if there are quotas to keep.

Without it, the first agents to return would look like the whole cluster, and quotas would take too much of it.

Source: mesos src/master/allocator/mesos/hierarchical.cpp (recover, addSlave, resume), 1.12.0-dev.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.model.parameters import param, parameters


@parameters("mesos.recovery")
@dataclass(frozen=True)
class RecoveryParameters:
    """How long a new master waits for the agents of the one before it."""

    agent_recovery_factor: float = param(
        0.8, low=0, high=1, help="part of the agents that must be back before a new master with quotas makes offers",
        source="mesos include/mesos/allocator/allocator.hpp, DEFAULT_ALLOCATOR_AGENT_RECOVERY_FACTOR",
        shown_in="master-lost",
    )  # fmt: skip
    recovery_timeout_s: float = param(
        600.0, unit="s", low=1, high=3600, help="how long a new master with quotas waits for them at most",
        source="mesos include/mesos/allocator/allocator.hpp, DEFAULT_ALLOCATOR_RECOVERY_TIMEOUT: 10 min",
        shown_in="master-lost",
    )  # fmt: skip


class Recovery:
    """Whether offers are made, and what has to happen before they are made again."""

    def __init__(self) -> None:
        self.paused = False
        self._expected: int | None = None
        self._timer: tuple[int, int] | None = None  # when it is due, and how many timers were armed before it

    def begin(self, expected: int, due_us: int, armed: int) -> None:
        """Pause until `expected` agents are back, or until the timer."""
        self._expected = expected
        self.paused = True
        self._timer = (due_us, armed)

    def agent_added(self, count: int) -> None:
        """End the pause if that many agents are enough."""
        if self.paused and self._expected is not None and count >= self._expected:
            self._expected = None
            self.paused = False

    def timed_out(self, now_us: int, before: tuple[int, int] | None = None) -> None:
        """End the pause if the timer is due; with `before`, only if it was due before that other timer."""
        if self._timer is not None and self._timer[0] <= now_us and (before is None or self._timer < before):
            self._timer = None
            self.paused = False
