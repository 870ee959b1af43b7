"""Where a broker may start again, and when: it sticks to its host for a while, and waits longer after each failure.

Source: mesos/kafka src/scala/ly/stealth/mesos/kafka, Broker.scala (Stickiness, Failover), README (Failed Broker
Recovery, Broker Placement Stickiness).
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.model.clock import NEVER


@dataclass(slots=True)
class Stickiness:
    """The host of a broker. Times in microseconds.

    Parameters
    ----------
    period_us : int
        For so long after it stopped it is started on that host only.
    """

    period_us: int
    host: str = ""
    stopped_us: int = NEVER

    def left_us(self, now_us: int) -> int:
        """Return for how much longer only its host will do; 0 when any host will."""
        if not self.host or self.stopped_us == NEVER:
            return 0
        return max(0, self.stopped_us + self.period_us - now_us)

    def allows(self, host: str, now_us: int) -> bool:
        """Say whether it may be started on a host."""
        return not self.left_us(now_us) or host == self.host


@dataclass(slots=True)
class Failover:
    """The failures of a broker in a row.

    Parameters
    ----------
    first_us, longest_us : int
        The wait after the first failure; it doubles with each, up to the longest.
    most : int
        With so many failures in a row it is not tried again; 0 means that it always is.
    """

    first_us: int
    longest_us: int
    most: int = 0
    failures: int = 0
    failed_us: int = NEVER

    @property
    def delay_us(self) -> int:
        """How long the broker waits after the last failure."""
        return min(self.longest_us, self.first_us << min(30, self.failures - 1)) if self.failures else 0

    @property
    def until_us(self) -> int:
        """When it may be tried again; 0 if it has not failed."""
        return self.failed_us + self.delay_us if self.failures else 0

    @property
    def exceeded(self) -> bool:
        """Say whether it has failed too often."""
        return bool(self.most) and self.failures >= self.most

    def failed(self, now_us: int) -> None:
        """Count a failure."""
        self.failures += 1
        self.failed_us = now_us

    def reset(self) -> None:
        """The broker runs: forget its failures."""
        self.failures, self.failed_us = 0, NEVER


@dataclass(slots=True)
class Broker:
    """What the scheduler knows of one broker, by number. One that is not `active` is stopped, and stays so."""

    stickiness: Stickiness
    failover: Failover
    active: bool = True

    def started(self, host: str) -> None:
        """It runs on a host."""
        self.stickiness.host, self.stickiness.stopped_us = host, NEVER
        self.failover.reset()

    def stopped(self, now_us: int, *, failed: bool) -> None:
        """It does not run any more. Failures in a row count from the first as to where it may go."""
        if not failed or not self.failover.failures:
            self.stickiness.stopped_us = now_us
        if not failed:
            self.failover.reset()
            return
        self.failover.failed(now_us)
        if self.failover.exceeded:
            self.active = False

    def why_not(self, host: str, now_us: int) -> tuple[str, int]:
        """Return why it is not started on a host now, empty if it may be, and for how long that holds."""
        if not self.stickiness.allows(host, now_us):
            return "sticks-to-host", self.stickiness.left_us(now_us)
        if self.failover.until_us > now_us:
            return "failover-delay", self.failover.until_us - now_us
        return "", 0
