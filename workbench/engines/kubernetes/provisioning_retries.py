"""When a provisioner tries again: after 1 s, then after twice as long each time, 5 min at most.

Source: kubernetes-csi/external-provisioner, --retry-interval-start and --retry-interval-max.
"""

from __future__ import annotations

from workbench.model.clock import SECOND_US

FIRST_US, LAST_US = SECOND_US, 300 * SECOND_US


def delay_us(failures: int) -> int:
    """Return how long to wait after so many failures in a row, 1 or more."""
    return min(FIRST_US << min(failures - 1, 40), LAST_US)


class Retries:
    """How often it has failed for each claim, and for which one is being waited."""

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        self._waiting: set[str] = set()

    def failed(self, claim: str) -> int:
        """Count a failure; return how long to wait before the next try."""
        self._failures[claim] = self._failures.get(claim, 0) + 1
        self._waiting.add(claim)
        return delay_us(self._failures[claim])

    def waiting(self, claim: str) -> bool:
        """Say whether it is too early to try again."""
        return claim in self._waiting

    def over(self, claim: str) -> None:
        """The time to wait is over, or something about the claim has changed."""
        self._waiting.discard(claim)

    def forget(self, claim: str) -> None:
        """It has come to a good end, or the claim is gone."""
        self._waiting.discard(claim)
        self._failures.pop(claim, None)
