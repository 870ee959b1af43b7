"""What happened: tables with declared columns, appended to while a run goes on, read afterwards.

A table is a list of columns; a row is an index. Times are whole microseconds since the start, `NEVER` (-1) where
something has not happened. Utilisation is not sampled: it follows from the start and end times of the tasks.

The columns of a task split its waiting into phases, the same for every control plane:

    submitted --create--> queued --wait--> considered --decide--> decided --bind--> bound
              --image--> image --volume--> volume --start--> started --ready--> ready
"""

from __future__ import annotations

import csv
import hashlib
import io
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from workbench.model.clock import NEVER

Dtype = Literal["time", "int", "float", "text"]


class Column(NamedTuple):
    """A column's name, type, unit and meaning. A `time` is whole microseconds, empty in files when it is `NEVER`."""

    name: str
    dtype: Dtype
    unit: str
    meaning: str


def _time(name: str, meaning: str) -> Column:
    return Column(name, "time", "us", meaning)


def _text(name: str, meaning: str) -> Column:
    return Column(name, "text", "", meaning)


def _int(name: str, unit: str, meaning: str) -> Column:
    return Column(name, "int", unit, meaning)


def _float(name: str, unit: str, meaning: str) -> Column:
    return Column(name, "float", unit, meaning)


TABLES: dict[str, tuple[Column, ...]] = {
    "tasks": (
        _text("task", "name of the pod or task"),
        _text("app", "the app it belongs to"),
        _text("team", "the app's owner: namespace, role"),
        _text("kind", "service, stateful, batch or daemon"),
        _int("slot", "", "its place in the app: ordinal, or number of the batch task"),
        _int("incarnation", "", "0 for the first task in this slot, one more for each that replaced it"),
        _int("cpu", "millicores", "requested cpu"),
        _int("memory", "bytes", "requested memory"),
        _time(
            "submitted_us", "when it was first wanted: app handed over or changed, or the loss of the task it replaces"
        ),
        _time("queued_us", "when the control plane knew of it as work to place"),
        _time("considered_us", "when the decision that placed it began: scheduling cycle, or the offer made"),
        _time("decided_us", "when a machine was chosen"),
        _time("bound_us", "when the machine's agent learned of it"),
        _time("image_us", "when its image was on the machine"),
        _time("volume_us", "when its volumes were mounted"),
        _time("init_us", "when its init containers were done; empty where there are none"),
        _time("started_us", "when its process ran"),
        _time("ready_us", "when it was ready to serve; for batch the same as started"),
        _time("ended_us", "when its process stopped, for whatever reason"),
        _time("released_us", "when the control plane counted its resources as free again"),
        _text("node", "the machine it was placed on"),
        _int("attempts", "", "decisions taken about it, failed ones included"),
        _text("outcome", "running, waiting, finished, killed, lost; how it stands at the end"),
        _text("why", "reason code of the last failed decision or of the end"),
        _int("version", "", "which version of its app: 0 as handed over, one more for each update"),
    ),
    "attempts": (
        _text("task", "name of the pod or task"),
        _int("attempt", "", "number of this start of its process on the same machine, from 0"),
        _text("node", "the machine"),
        _time("started_us", "process running"),
        _time("ended_us", "process stopped"),
        _text("reason", "why it stopped"),
    ),
    "decisions": (
        _time("at_us", "when the decision was taken"),
        _text("task", "what it was about"),
        _int("attempt", "", "number of the decision for this task, from 1"),
        _text("node", "machine chosen; empty when none would do"),
        _int("feasible", "machines", "how many would have done"),
        _text("rejected", "counts by rule and reason: 'rule/reason=count', separated by '; '"),
    ),
    "offers": (
        _int("offer", "", "number of the offer"),
        _time("made_us", "when it was made"),
        _time("answered_us", "when it was accepted, declined or rescinded"),
        _text("framework", "to whom"),
        _text("role", "for which role"),
        _text("node", "which machine"),
        _int("cpu", "millicores", "cpu offered"),
        _int("memory", "bytes", "memory offered"),
        _int("cpu_used", "millicores", "cpu taken by the answer"),
        _text("answer", "accepted, declined, rescinded or outstanding"),
        _float("refuse_s", "s", "filter asked for with the answer"),
    ),
    "nodes": (
        _time("at_us", "when it changed"),
        _text("node", "the machine"),
        _text(
            "state",
            "physically up, down, cut-off, reached, agent-down, agent-up; ordered, refused, open, launched, "
            "cancelled, joined, removed; or to the control plane ready, not-ready, unreachable, gone",
        ),
        _text("seen_by", "world, or the control plane"),
    ),
    "volumes": (
        _time("at_us", "when it changed"),
        _text("volume", "the volume"),
        _text("app", "the app it belongs to"),
        _text("node", "the machine it is attached to or lives on"),
        _text("state", "created, attached, detached, grown, unreachable, lost, deleted"),
        _int("size", "bytes", "its size"),
    ),
    "data_copies": (
        _time("at_us", "when it changed"),
        _text("app", "the replicated app"),
        _int("member", "", "which copy"),
        _text("node", "where its bytes are"),
        _text("state", "joining, serving, catching-up, waiting (for a leader), stopped, unreachable, lost, left"),
    ),
    "reads": (
        _time("at_us", "when it began to read"),
        _text("task", "the batch task that reads"),
        _text("app", "the app it belongs to"),
        _text("node", "the machine it runs on"),
        _text("level", "process: kept by its process; node: on a disk of its machine; any: on another machine"),
        _int("size", "bytes", "size of the block"),
        _float("takes_s", "s", "how long it takes"),
    ),
    "endpoints": (
        _time("at_us", "when the change reached clients"),
        _text("app", "the app that is served"),
        _text("task", "who joined or left"),
        _text("change", "added or removed"),
        _text("reason", "why"),
    ),
    "traffic": (
        _time("at_us", "start of the interval"),
        _text("app", "the app that is served"),
        _float("offered", "requests/s", "requests that came"),
        _float("served", "requests/s", "requests that were answered"),
        _float("lost", "requests/s", "requests that were refused, or sent to nobody, or lost with an instance"),
        _float("late", "requests/s", "requests that were, or will be, answered later than they should"),
        _float("capacity", "requests/s", "what the instances that clients are sent to could answer"),
        _float("waiting", "requests", "requests at the instances at the end of the interval"),
    ),
    "scaling": (
        _time("at_us", "when it was decided"),
        _text("app", "what is scaled: an app or a pool of machines"),
        _int("before", "", "size before"),
        _int("after", "", "size after"),
        _text("reason", "why"),
    ),
    "control_plane": (
        _time("at_us", "when"),
        _text("part", "which part: scheduler, allocator, a controller, a framework"),
        _text("what", "what it did"),
        _int("count", "", "how many at once"),
    ),
    "events": (
        _time("at_us", "when"),
        _text("kind", "what happened, as a code"),
        _text("subject", "to whom: task, app, node, team"),
        _text("reason", "why, as a code"),
        _text("detail", "particulars"),
    ),
}
"""Table -> columns. New columns are added here only; removing or renaming one needs a changelog line."""


class Table:
    """Rows with declared columns, stored by column.

    ``table["started_us"][row]`` reads or writes one cell; numbers lie in `array.array`, texts in lists.
    """

    __slots__ = ("_stores", "columns", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.columns = TABLES[name]
        self._stores: dict[str, Any] = {}
        for column in self.columns:
            if column.dtype == "text":
                self._stores[column.name] = []
            else:
                self._stores[column.name] = array("d" if column.dtype == "float" else "q")

    def __getitem__(self, column: str) -> Any:
        return self._stores[column]

    def __len__(self) -> int:
        return len(self._stores[self.columns[0].name])

    def append(self, *cells: Any) -> int:
        """Add a row, cells in the order of the columns; return its index."""
        for store, cell in zip(self._stores.values(), cells, strict=True):
            store.append(cell)
        return len(self) - 1

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows as tuples, in order."""
        return zip(*self._stores.values(), strict=True)

    def dicts(self) -> Iterator[dict[str, Any]]:
        """Yield the rows as mappings from column name to cell."""
        names = [column.name for column in self.columns]
        return (dict(zip(names, row, strict=True)) for row in self.rows())

    def text(self) -> str:
        """Return the table as CSV with a header; a time that is `NEVER` is an empty cell."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([column.name for column in self.columns])
        times = [column.dtype == "time" for column in self.columns]
        for row in self.rows():
            writer.writerow(
                ["" if is_time and cell == NEVER else cell for cell, is_time in zip(row, times, strict=True)]
            )
        return out.getvalue()


AT_ONCE = 256
"""Rows of a journal that are kept as they came before they are taken apart into columns."""

BY_CELL = frozenset({"tasks", "attempts", "volumes"})
"""Tables whose rows change as soon as they are there; in all others rows are mostly added."""


class Journal(Table):
    """A table to which rows are added much oftener than anybody looks at them: storing several at once is cheaper.

    A column is up to date when it is asked for; ask anew after adding rows.
    """

    __slots__ = ("_count", "_new")

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._new: list[tuple[Any, ...]] = []
        self._count = 0

    def __getitem__(self, column: str) -> Any:
        if self._new:
            self._store()
        return self._stores[column]

    def __len__(self) -> int:
        return self._count

    def append(self, *cells: Any) -> int:
        """Add a row, cells in the order of the columns; return its index."""
        row = self._count
        self._count = row + 1
        self._new.append(cells)
        if len(self._new) >= AT_ONCE:
            self._store()
        return row

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows as tuples, in order."""
        self._store()
        return super().rows()

    def _store(self) -> None:
        """Take the new rows apart into columns."""
        new, self._new = self._new, []
        if new:
            for store, cells in zip(self._stores.values(), zip(*new, strict=True), strict=True):
                store.extend(cells)


class Trace:
    """Everything that happened in one run.

    Parameters
    ----------
    scenario, control_plane : str
        Names.
    seed : int
        The seed of this run.
    horizon_us : int
        Length of the run.
    """

    def __init__(self, scenario: str, control_plane: str, seed: int, horizon_us: int) -> None:
        self.scenario = scenario
        self.control_plane = control_plane
        self.seed = seed
        self.horizon_us = horizon_us
        self.tables: dict[str, Table] = {name: Table(name) if name in BY_CELL else Journal(name) for name in TABLES}

    def __getitem__(self, table: str) -> Table:
        return self.tables[table]

    def digest(self) -> str:
        """Return the SHA-256 of all tables as text: equal digests mean equal runs, byte for byte."""
        sha = hashlib.sha256()
        for name, table in self.tables.items():
            sha.update(f"{name}\n{table.text()}".encode())
        return sha.hexdigest()

    def write(self, folder: Path) -> Sequence[Path]:
        """Write one CSV file per table that has rows; return the files, in the order of the tables."""
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for name, table in self.tables.items():
            if len(table):
                path = folder / f"{name}.csv"
                path.write_text(table.text(), encoding="utf-8", newline="")
                written.append(path)
        return written
