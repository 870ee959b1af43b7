"""What survives what, as a grid: every kind of storage of every side against every event, each cell with its run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from workbench.experiments.survival import EVENTS, KINDS, Event, Survival, kind_name, replay, survival
from workbench.model.trace import Trace

SEED = 1


@dataclass(frozen=True, slots=True)
class Cell:
    """What has become of the bytes of one kind of storage after one event.

    Parameters
    ----------
    on : str
        Control plane.
    kind : str
        Name of the kind of storage.
    event : str
        What happened.
    outcome : Survival
        As the run ended.
    seed : int
        Of that run.
    own : object or None
        The kind itself, where it is one of the user's own.
    """

    on: str
    kind: str
    event: Event
    outcome: Survival
    seed: int = SEED
    own: Any = None

    def run(self) -> Trace:
        """Make the run behind the cell once more, and return what happened."""
        return replay(self.kind if self.own is None else self.own, self.event, self.on, seed=self.seed)


def grid(*own: Any, sides: Iterable[str] = tuple(KINDS), seed: int = SEED) -> tuple[Cell, ...]:
    """Return a cell for every kind of storage and every event, side by side, each from a run of its own.

    Parameters
    ----------
    own : VolumePlugin or its class
        Kinds of one's own, tried on every side after its own kinds.
    """
    return tuple(growing(*own, sides=sides, seed=seed))


def growing(*own: Any, sides: Iterable[str] = tuple(KINDS), seed: int = SEED) -> Iterator[Cell]:
    """Yield the cells of `grid` one by one, as their runs end."""
    for on in sides:
        for kind in (*KINDS[on], *own):
            mine = None if isinstance(kind, str) else kind
            for event in EVENTS:
                yield Cell(on, kind_name(kind), event, survival(kind, event, on, seed=seed), seed, mine)


def rows(*own: Any, sides: Iterable[str] = tuple(KINDS)) -> tuple[tuple[str, str], ...]:
    """Return (control plane, kind of storage) of every row of `grid`."""
    return tuple((on, kind_name(kind)) for on in sides for kind in (*KINDS[on], *own))
