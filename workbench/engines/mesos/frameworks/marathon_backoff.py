"""How long Marathon waits before it launches a failing app again.

The first failure of an app delays its next launch by `backoffSeconds`; each further one multiplies the delay by
`backoffFactor`, up to `maxLaunchDelaySeconds`. It is forgotten when nothing has failed for the longest delay.

Source: mesosphere/marathon docs/docs/backoff.md, core/launchqueue/impl/RateLimiter.scala.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.model.clock import SECOND_US


@dataclass(frozen=True, slots=True)
class Backoff:
    """An app's settings, times in microseconds; the defaults are Marathon's (app.raml)."""

    first_us: int = SECOND_US
    factor: float = 1.15
    longest_us: int = 300 * SECOND_US


@dataclass(slots=True)
class RateLimiter:
    """The delay of one app. `delay_us` is zero when there is none; it counts from the last failure."""

    backoff: Backoff
    delay_us: int = 0
    failed_us: int = 0

    def add_delay(self, now_us: int) -> int:
        """Count a failure; return when the next launch may be tried."""
        self.clean_up(now_us)
        grown = int(self.delay_us * self.backoff.factor) if self.delay_us else self.backoff.first_us
        self.delay_us = min(grown, self.backoff.longest_us)
        self.failed_us = now_us
        return self.until_us()

    def until_us(self) -> int:
        """Return when the next launch may be tried; zero when at once."""
        return self.failed_us + self.delay_us if self.delay_us else 0

    def clean_up(self, now_us: int) -> None:
        """Forget a delay that is over, once nothing has failed for the longest delay."""
        if self.delay_us and now_us > self.failed_us + self.backoff.longest_us:
            self.reset()

    def reset(self) -> None:
        """Forget the delay."""
        self.delay_us = 0
