"""The outcome of one scheduling cycle, as the scheduler goes on with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from workbench.engines.kubernetes.fit_error import Rejected, dominant_reason, rejected_text
from workbench.engines.kubernetes.runtime import Refusal


class Refusals:
    """How many nodes were refused by which plugin for which reason; added up and put into words only when asked.

    Parameters
    ----------
    refused : iterable
        Refusals, each with a number of nodes; one may come several times.
    """

    def __init__(self, refused: Iterable[tuple[Refusal, int]]) -> None:
        self._refused = refused

    @cached_property
    def counts(self) -> Rejected:
        """Plugin and reason -> number of nodes."""
        counts: Rejected = {}
        for (plugin, status), number in self._refused:
            for reason in status.reasons if number else ():
                counts[plugin, reason] = counts.get((plugin, reason), 0) + number
        return counts

    @cached_property
    def text(self) -> str:
        """All of it as the trace writes it."""
        return rejected_text(self.counts)

    @cached_property
    def reason(self) -> str:
        """The reason that most nodes gave."""
        return dominant_reason(self.counts)

    @cached_property
    def plugins(self) -> tuple[str, ...]:
        """The plugins that refused some node."""
        return tuple(sorted({plugin for plugin, _ in self.counts}))


NOBODY = Refusals(())


class Choice:
    """The outcome of one cycle.

    Parameters
    ----------
    best : sequence of int
        The nodes that are equally good, in the order of the cluster; empty when none would do. To be read before the
        table is asked again.
    feasible : int
        How many nodes would do.
    refusals : Refusals
        Why the others would not.
    evaluated : int
        How many nodes were looked at and count.
    """

    __slots__ = ("best", "evaluated", "feasible", "refusals")

    def __init__(self, best: Sequence[int], feasible: int, refusals: Refusals = NOBODY, evaluated: int = 0) -> None:
        self.best = best
        self.feasible = feasible
        self.refusals = refusals
        self.evaluated = evaluated

    @property
    def rejected(self) -> str:
        """How many nodes were refused by which plugin for which reason, as the trace writes it."""
        return self.refusals.text

    @property
    def reason(self) -> str:
        """The reason that most nodes gave."""
        return self.refusals.reason

    @property
    def refused_by(self) -> tuple[str, ...]:
        """The plugins that refused some node."""
        return self.refusals.plugins
