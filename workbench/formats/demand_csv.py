"""A recorded demand as a CSV file: a column ``at`` (seconds, or a duration such as ``5min``) and a column ``rate``
(requests per second from then until the next row).

Other columns are left alone, so an export of a monitoring system needs no more than two headings changed.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator

from workbench.errors import DocumentError, InputError, Problem
from workbench.formats.durations import parse_duration
from workbench.formats.places import shown

COLUMNS = ("at", "rate")
MOST_ROWS = 100_000
MOST_RATE = 1e9
"""Requests per second."""
MOST_PROBLEMS = 20

Point = tuple[int, float]
"""When, in microseconds, and requests per second from then on."""


def read_recording(text: str, name: str) -> tuple[Point, ...]:
    """Return the points of a recording, times in rising order.

    Raises
    ------
    DocumentError
        With the first faults of the file, each with its line.
    """
    rows = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        known = ", ".join(shown(one) for one in rows.fieldnames or ())
        raise DocumentError([Problem("csv-column", f"{name}:1", {"key": key, "known": known}) for key in missing])
    points: list[Point] = []
    problems: list[Problem] = []
    try:
        for row in rows:
            place = f"{name}:{rows.line_num}"
            problems += _read(row, points, place)
            if len(problems) >= MOST_PROBLEMS:
                break
            if len(points) > MOST_ROWS:
                about = {"value": len(points), "what": "entries", "limit": MOST_ROWS}
                problems.append(Problem("too-many", name, about))
                break
    except csv.Error as error:
        problems.append(Problem("file-unreadable", f"{name}:{rows.line_num}", {"why": str(error)}))
    if not points and not problems:
        problems.append(Problem("too-few", name, {"value": 0, "what": "entries", "least": 1}))
    if problems:
        raise DocumentError(problems)
    return tuple(points)


def _read(row: dict[str, str | None], points: list[Point], place: str) -> Iterator[Problem]:
    """Add what a row says to `points`; yield what is wrong with it."""
    try:
        at_us = parse_duration(row["at"] or "", f"{place}: at")
    except InputError as error:
        yield from error.problems
        return
    said = shown(row["rate"] or "")
    try:
        rate = float(said)
    except ValueError:
        rate = math.nan
    if not 0 <= rate <= MOST_RATE:
        about = {"value": said or "''", "low": 0, "high": f"{MOST_RATE:g}", "unit": " requests/s"}
        yield Problem("out-of-range", f"{place}: rate", about)
    elif points and at_us <= points[-1][0]:
        about = {"key": "at", "value": shown(row["at"] or ""), "other": "at", "bound": f"{points[-1][0] / 1e6:g}s"}
        yield Problem("not-after", f"{place}: at", about)
    else:
        points.append((at_us, rate))
