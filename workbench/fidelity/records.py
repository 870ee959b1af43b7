"""Records of the real systems: files recognised by their shape, taken apart into cases.

| System | shape of a file | a case is |
|---|---|---|
| ``kube-scheduler`` | ``{"case", "result"}`` | one decision |
| ``kube-queue`` | ``{"name", "family", "events", "expected"}`` | one script |
| ``kubernetes`` | ``{"family", "groups"}`` | one row |
| ``mesos`` | ``{"kind", "cases"}`` or ``{"id", "kind", ...}`` | one id |
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from workbench.errors import DocumentError, Problem

System = Literal["kube-scheduler", "kube-queue", "kubernetes", "mesos"]

LARGEST = 512 * 1024 * 1024
"""Bytes of a record once unpacked, at most."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to agree about.

    Parameters
    ----------
    id : str
        Unique in its family.
    name : str
        What it shows, in a few words; may be empty.
    document : mapping
        The row, script or decision itself.
    group : str
        For ``kubernetes``: the upstream function that the row tests.
    """

    id: str
    name: str
    document: Mapping[str, Any]
    group: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One file.

    Parameters
    ----------
    file : str
        Its name, without folders.
    document : mapping
        The whole file, for what must be replayed in order.
    """

    system: System
    family: str
    file: str
    cases: tuple[Case, ...]
    document: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """The files below some paths, in order: records, read one at a time, and the names of other files."""

    files: tuple[Path, ...]
    asked_for: frozenset[Path]

    def records(self, other: Callable[[str], None]) -> Iterator[Record]:
        """Yield the records; `other` is told the name of each file in a folder that is none.

        Raises
        ------
        DocumentError
            A file cannot be read, or was asked for by name and is no record.
        """
        for path in self.files:
            record = recognised(_document(path), path.name)
            if record is not None:
                yield record
            elif path in self.asked_for:
                raise DocumentError(Problem("not-a-record", path.name))
            else:
                other(path.name)


def find(paths: Iterable[Path]) -> Found:
    """Return the files at `paths`, folders searched to any depth.

    Raises
    ------
    DocumentError
        With every path that does not exist.
    """
    files: list[Path] = []
    problems: list[Problem] = []
    asked_for = set()
    for path in paths:
        if path.is_dir():
            files.extend(sorted(one for one in path.rglob("*") if one.name.endswith((".json", ".json.gz"))))
        elif path.exists():
            files.append(path)
            asked_for.add(path)
        else:
            problems.append(Problem("file-missing", path.name))
    if problems:
        raise DocumentError(problems)
    return Found(tuple(dict.fromkeys(files)), frozenset(asked_for))


def _document(path: Path) -> Any:
    try:
        with path.open("rb") as packed, gzip.GzipFile(fileobj=packed) as unpacked:
            data = (unpacked if path.name.endswith(".gz") else packed).read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        spoilt = {"why": "it is not a gzip file, or cut short"}
        why = getattr(error, "strerror", None)
        raise DocumentError(Problem("file-unreadable", path.name, {"why": why} if why else spoilt)) from error
    if len(data) > LARGEST:
        sizes = {"size": f"more than {LARGEST:,} bytes", "limit": f"{LARGEST:,} bytes"}
        raise DocumentError(Problem("file-too-large", path.name, sizes))
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DocumentError(Problem("json-syntax", path.name, {"why": str(error)})) from error


def recognised(document: Any, file: str) -> Record | None:
    """Return the record that a file's content is, or None."""
    if not isinstance(document, dict):
        return None
    keys = frozenset(document)
    for wanted, system, family, cases in _SHAPES:
        if wanted <= keys:
            try:
                return Record(system, family(document), file, tuple(cases(document)), document)
            except (KeyError, TypeError, AttributeError, ValueError):
                return None
    return None


def _decisions(document: Mapping[str, Any]) -> Iterator[Case]:
    """Yield the decisions; events that only change the state, and errors, are replayed but not counted."""
    name = document["case"].get("name", "")
    for number, decision in enumerate(document["result"].get("decisions", ())):
        if "op" not in decision and "error" not in decision:
            yield Case(f"{name}/{number}", decision.get("pod", ""), decision)


def _script(document: Mapping[str, Any]) -> Iterator[Case]:
    yield Case(document["name"], document.get("description", ""), document)


def _rows(document: Mapping[str, Any]) -> Iterator[Case]:
    for group in document["groups"]:
        for row in group["cases"]:
            yield Case(row["id"], row.get("name", ""), row, group["function"])


def _mesos_cases(document: Mapping[str, Any]) -> Iterator[Case]:
    for case in document.get("cases", (document,)):
        yield Case(case["id"], case.get("description", ""), case)


_SHAPES: tuple[
    tuple[
        frozenset[str],
        System,
        Callable[[Mapping[str, Any]], str],
        Callable[[Mapping[str, Any]], Iterator[Case]],
    ],
    ...,
] = (
    (
        frozenset({"case", "result"}),
        "kube-scheduler",
        lambda document: str(document["case"].get("family", "")),
        _decisions,
    ),
    (
        frozenset({"name", "family", "events", "expected"}),
        "kube-queue",
        lambda document: str(document["family"]),
        _script,
    ),
    (frozenset({"family", "groups"}), "kubernetes", lambda document: str(document["family"]), _rows),
    (frozenset({"kind", "cases"}), "mesos", lambda document: str(document["kind"]), _mesos_cases),
    (frozenset({"id", "kind", "source"}), "mesos", lambda document: str(document["kind"]), _mesos_cases),
)
"""Keys that a file must have, the system, its family, its cases; the first that fits."""
