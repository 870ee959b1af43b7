"""The members of a control plane: how many there are, how many are down, and whether the rest are a majority.

Masters with ZooKeeper and a replicated registry, API servers with etcd: both go on as long as more than half of their
members are there. They run on machines of their own, outside the cluster of the scenario.

Source: etcd documentation (a quorum is n // 2 + 1); mesos docs/high-availability.md (--quorum, more than half).
"""

from __future__ import annotations


class Members:
    """The members of one control plane.

    Parameters
    ----------
    total : int
        How many there are.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._down: list[int] = []  # how many stopped with each fault that is not over

    @property
    def quorum(self) -> int:
        """How many are a majority."""
        return self._total // 2 + 1

    @property
    def suffice(self) -> bool:
        """Say whether those that are there are a majority."""
        return self._total - sum(self._down) >= self.quorum

    def lose(self, *, majority: bool) -> None:
        """One member stops, or so many that the rest are no majority."""
        self._down.append(self._stopped(majority=majority))

    def return_(self, *, majority: bool) -> None:
        """Those members run again."""
        self._down.remove(self._stopped(majority=majority))

    def _stopped(self, *, majority: bool) -> int:
        return self._total - self.quorum + 1 if majority else 1
