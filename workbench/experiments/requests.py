"""What became of the requests to an app: rates over time, and sums over the run, from the table ``traffic``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from workbench.model.clock import SECOND_US
from workbench.model.trace import Trace


class Interval(NamedTuple):
    """One row of the table and how long it holds: rates per second, from `start_us` to `end_us`."""

    start_us: int
    end_us: int
    offered: float
    served: float
    lost: float
    late: float
    capacity: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.end_us - self.start_us) / SECOND_US


def intervals(trace: Trace, app: str) -> Iterator[Interval]:
    """Yield the intervals of an app, in order, each up to the next, the last up to the end of the run."""
    table = trace["traffic"]
    columns = ("offered", "served", "lost", "late", "capacity")
    rows: list[tuple[Any, ...]] = [
        row[1:]
        for row in zip(table["app"], table["at_us"], *(table[one] for one in columns), strict=True)
        if row[0] == app
    ]
    ends = [*(row[0] for row in rows), trace.horizon_us][1:]
    for (start_us, *rates), end_us in zip(rows, ends, strict=True):
        yield Interval(start_us, end_us, *rates)


def total(trace: Trace, app: str, column: str) -> float:
    """Return how many requests a column of rates comes to over the run."""
    return float(sum(getattr(one, column) * one.seconds for one in intervals(trace, app)))


def overloaded(trace: Trace, app: str) -> list[tuple[int, int]]:
    """Return the stretches of time in which more requests came than could be answered."""
    found: list[tuple[int, int]] = []
    for one in intervals(trace, app):
        if one.offered > one.capacity:
            joined = bool(found) and found[-1][1] == one.start_us
            found[-1:] = [(found[-1][0], one.end_us)] if joined else [*found[-1:], (one.start_us, one.end_us)]
    return found
