"""Rows of *what survives what*: kinds of storage that fare alike in every event share one row, which names them all.

Where each is by itself stands in a table below the figure, and what happened to each in its own run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from workbench.experiments.survival import EVENTS, Event, Survival
from workbench.experiments.survival_grid import Cell
from workbench.views.figures.style import plain

LONGEST_LINE = 38
"""Letters of a line of names; more kinds go on in the next one."""

Outcomes = tuple[tuple[Event, Survival], ...]


class Row(NamedTuple):
    """Kinds of storage of one control plane that share a row, in their order."""

    on: str
    kinds: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """Their names, in lines that are short enough to stand beside a figure."""
        lines: list[str] = []
        for number, kind in enumerate(self.kinds):
            name = plain(kind) + ("," if number < len(self.kinds) - 1 else "")
            if lines and len(lines[-1]) + 1 + len(name) <= LONGEST_LINE:
                lines[-1] += f" {name}"
            else:
                lines.append(name)
        return lines


def outcomes(cells: Iterable[Cell]) -> dict[tuple[str, str], Outcomes]:
    """Return (control plane, kind) -> what became of its bytes in each event, as far as that is known."""
    found: dict[tuple[str, str], list[tuple[Event, Survival]]] = {}
    for one in cells:
        found.setdefault((one.on, one.kind), []).append((one.event, one.outcome))
    return {row: tuple(said) for row, said in found.items()}


def alike(cells: Iterable[Cell], rows: Sequence[tuple[str, str]]) -> list[Row]:
    """Return the rows: those that fare alike together, where the first of them was.

    A kind of which not every run has been made yet has a row of its own.
    """
    known = outcomes(cells)
    grouped: dict[object, list[tuple[str, str]]] = {}
    for row in rows:
        said = known.get(row, ())
        key = (row[0], said) if len(said) == len(EVENTS) else row
        grouped.setdefault(key, []).append(row)
    made = [Row(members[0][0], tuple(kind for _, kind in members)) for members in grouped.values()]
    sides = list(dict.fromkeys(on for on, _ in rows))
    return sorted(made, key=lambda row: sides.index(row.on))


def places(rows: Sequence[Row]) -> Mapping[Row, float]:
    """Return the height of the middle of every row, in lines of names; a line is left free between two sides."""
    found, top, before = {}, 0.0, ""
    for row in rows:
        top += 1 if before not in ("", row.on) else 0
        tall = len(row.lines)
        found[row] = top + (tall - 1) / 2
        top, before = top + tall + 0.35, row.on
    return found
