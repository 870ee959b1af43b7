"""Since when the pods of a Job are wanted that are not among its first ones.

A pod that ran and was deleted since there were too many is wanted again since then; after a suspension, since its end.
One that is wanted only since the Job has grown has not waited before that. All others are wanted for as long as their
Job, or stand in for one that was lost: that the World knows.
"""

from __future__ import annotations

from collections.abc import Iterable

ANY = -1
"""Instead of an index: of pods that have none."""


class WantedSince:
    """What one Job knows of it, in microseconds."""

    def __init__(self) -> None:
        self._of: dict[int, int] = {}
        self._any: list[int] = []

    def note(self, indexes: Iterable[int], now_us: int) -> None:
        """Note that pods of these indexes are wanted since now; `ANY` for each pod without one."""
        for index in indexes:
            if index == ANY:
                self._any.append(now_us)
            else:
                self._of[index] = now_us

    def forget(self, first: int) -> None:
        """Forget the indexes from `first` on: the Job has become smaller."""
        self._of = {index: since for index, since in self._of.items() if index < first}

    def begin_anew(self, now_us: int) -> None:
        """Count for all that is noted from now on: a suspension is over."""
        self._of = dict.fromkeys(self._of, now_us)
        self._any = [now_us] * len(self._any)

    def take(self, index: int) -> int | None:
        """Return since when the pod is wanted that is being made; None where nothing is noted."""
        if index == ANY:
            return self._any.pop(0) if self._any else None
        return self._of.pop(index, None)
