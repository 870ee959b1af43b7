"""What an appendix is made of: sections with sentences, tables and figures, in plain text of one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grid:
    """A table.

    Parameters
    ----------
    head : tuple of str
        Names of the columns.
    rows : tuple of tuple of str
        Cells; a row whose first cell is in `marked` stands out.
    numbers : frozenset of int
        Columns that hold numbers, set flush right.
    codes : frozenset of int
        Columns that hold names, paths and codes.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    codes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the appendix; `letter` is fixed for each subject, so that people can refer to it."""

    letter: str
    title: str
    said: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()
    figures: tuple[str, ...] = ()

    @property
    def filled(self) -> bool:
        """Whether there is anything in it."""
        return bool(self.said or self.figures or any(grid.rows for grid in self.grids))


def grid(
    caption: str,
    head: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    numbers: tuple[int, ...] = (),
    codes: tuple[int, ...] = (),
) -> Grid:
    """Return a table; columns that are empty in every row are left out."""
    kept = [column for column in range(len(head)) if any(row[column] for row in rows)]
    return Grid(
        caption,
        tuple(head[column] for column in kept),
        tuple(tuple(row[column] for column in kept) for row in rows),
        frozenset(place for place, column in enumerate(kept) if column in numbers),
        frozenset(place for place, column in enumerate(kept) if column in codes),
    )
