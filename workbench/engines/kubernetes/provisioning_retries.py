"""When a provisioner tries again: after 1 s, then after twice as long each time, 5 min at most.

Claims are told apart by their uid, as in upstream's queue: one that is made anew begins anew.

Source: kubernetes-csi/external-provisioner, --retry-interval-start and --retry-interval-max;
sig-storage-lib-external-provisioner, controller.go (enqueueClaim: a change of a claim that is being waited for does not
cut the wait short).
"""

from __future__ import annotations

from workbench.model.clock import SECOND_US

FIRST_US, LAST_US = SECOND_US, 300 * SECOND_US


def delay_us(failures: int) -> int:
    """Return how long to wait after so many failures in a row, 1 or more."""
    return min(FIRST_US << min(failures - 1, 40), LAST_US)


class Retries:
    """How often it has failed for each claim, by uid, and which are being waited for."""

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
        """The time to wait is over."""
        self._waiting.discard(claim)

    def forget(self, claim: str) -> None:
        """It has come to a good end, or the claim is gone."""
        self._waiting.discard(claim)
        self._failures.pop(claim, None)
