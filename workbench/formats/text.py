"""Text files and the plain values in them: YAML and JSON, read without trusting the file.

What comes out is dicts, lists, texts, numbers, true/false and null, each document with a function that says where a
value stands. Nothing in a file makes this run code, expand aliases, recurse, or hold more than the caller allows.
All faults are reported at once, as far as the parser can go on.

| A reader asks | and opens |
|---|---|
| What does an unquoted word or number become? | `yaml_scalars.py` |
| How are alias bombs, tags and deep nesting refused? | `yaml_events.py` |
| What does JSON add? | `json_values.py` |
| How does a message get its line? | `places.py` |
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from workbench.errors import DocumentError, Problem
from workbench.formats.json_values import JsonReader
from workbench.formats.places import Document, ValuePath, dotted, place_of
from workbench.formats.yaml_events import MAX_DEPTH, Builder, Stop

__all__ = ["Document", "Progress", "ValuePath", "decoded", "dotted", "json_document", "read_text", "yaml_documents"]

Progress = Callable[[int, int], None]
"""Called now and then with how much of a text has been read, and how much there is, in characters."""

_STEP = 1 << 14
"""Events between two reports of progress: some 30 a second."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C where PyYAML has it; eight times as fast."""

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}


def read_text(path: Path, *, limit: int, name: str = "") -> str:
    """Return the text of a file in UTF-8, a leading byte order mark left off.

    Parameters
    ----------
    limit : int
        Bytes; a longer file is refused before it is read.
    name : str
        What messages call the file; if empty, its name without folders.

    Raises
    ------
    DocumentError
        The file is missing, unreadable, empty, longer than `limit`, or not text.
    """
    name = name or path.name or str(path)
    try:
        size = path.stat().st_size
        if size > limit:
            raise DocumentError(_too_large(name, size, limit))
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError as error:
        raise DocumentError(Problem("file-missing", name)) from error
    except IsADirectoryError as error:
        raise DocumentError(Problem("file-unreadable", name, {"why": "it is a folder"})) from error
    except OSError as error:
        raise DocumentError(Problem("file-unreadable", name, {"why": error.strerror or "-"})) from error
    except ValueError as error:
        raise DocumentError(Problem("file-unreadable", name, {"why": "no file can have this name"})) from error
    if len(data) > limit:  # what is no regular file has no size to look at
        raise DocumentError(_too_large(name, len(data), limit))
    return decoded(data, name)


def decoded(data: bytes, name: str) -> str:
    """Return the bytes of a file as text; `DocumentError` if they are empty, binary or not UTF-8."""
    if not data.strip():
        raise DocumentError(Problem("file-empty", name))
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            raise DocumentError(Problem("file-encoding", name, {"encoding": encoding}))
    if (found := _CONTROL.search(data)) is not None:
        raise DocumentError(_binary(name, data, found.start()))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(_binary(name, data, error.start)) from error


def _too_large(name: str, size: int, limit: int) -> Problem:
    return Problem("file-too-large", name, {"size": _megabytes(size), "limit": _megabytes(limit)})


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _binary(name: str, data: bytes, offset: int) -> Problem:
    return Problem("file-binary", name, {"byte": f"0x{data[offset]:02x}", "offset": offset})


def yaml_documents(
    text: str,
    name: str,
    *,
    limit_values: int,
    progress: Progress | None = None,
    problems: list[Problem] | None = None,
) -> list[Document]:
    """Return the documents of a YAML text that hold something.

    Parameters
    ----------
    name : str
        The file, for places.
    limit_values : int
        Values (keys too) that the text may hold after alias expansion.
    problems : list or None
        If given, faults after which reading can go on are appended to it instead of raised, so that a caller can
        report them together with its own.

    Raises
    ------
    DocumentError
        With all faults up to the one that stopped the parser.
    """
    builder = Builder(name, limit_values)
    whole = True
    try:
        _feed(builder, text, progress)
    except Stop:
        whole = False
    except yaml.YAMLError as error:
        whole = False
        builder.problems.extend(_syntax(error, text, name))
    except UnicodeEncodeError:
        whole = False
        builder.problems.append(Problem("json-half-character", name))
    return _handed_back(builder.documents, builder.problems, problems, whole)


def json_document(text: str, name: str, *, limit_values: int, problems: list[Problem] | None = None) -> Document:
    """Return the one value of a JSON text; parameters and errors as for `yaml_documents`."""
    reader = JsonReader(name, text.removeprefix("\ufeff"), limit_values)
    whole, value = reader.read()
    return _handed_back([Document(value, reader.place)], reader.problems, problems, whole)[0]


def _handed_back(
    documents: list[Document], found: list[Problem], problems: list[Problem] | None, whole: bool
) -> list[Document]:
    if found and (problems is None or not whole):
        raise DocumentError([*(problems or ()), *found])
    if problems is not None:
        problems.extend(found)
    return documents


def _feed(builder: Builder, text: str, progress: Progress | None) -> None:
    parser = _Loader(text)
    steps, event = 0, parser.get_event()
    while event is not None:
        builder.take(event)
        steps += 1
        if progress is not None and steps % _STEP == 0:
            progress(event.end_mark.index, len(text))
        event = parser.get_event()
    if progress is not None:
        progress(len(text), len(text))


# -- what went wrong ----------------------------------------------------------------------------------------------

ADVICE = {
    "mapping values are not allowed": "': ' stands where no key can begin; check the indentation, or use quotes",
    "did not find expected key": "the indentation does not match the lines above, or a quote or bracket is not closed",
    "did not find expected '-' indicator": "the indentation does not match the list above",
    "could not find expected ':'": "a key lacks its ':', or a text over several lines lacks its quotes",
    "did not find expected node content": "a value is missing here; or a bracket above is not closed",
    "cannot start any token": "a value begins with a character that needs quotes",
}
"""Part of libyaml's message -> what the writer can do, at the place of the message."""

OPENED = {
    "found unexpected end of stream": "this quote is not closed",
    "did not find expected ',' or": "this bracket is not closed, or a comma is missing after it",
}
"""The same for messages about something that began earlier; the place is where it began."""


def _syntax(error: Any, text: str, name: str) -> list[Problem]:
    """Return what a parser's error means for the writer of the file."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        where = getattr(error, "position", 0)
        why = f"the character {_character(error)} is not allowed"
        return [Problem("yaml-syntax", place_of(name, text.count("\n", 0, where) + 1), {"why": why})]
    if "maximum nesting depth" in (error.problem or ""):  # the parser reads ahead, and has a limit of its own (1,000)
        return [Problem("too-deep", place_of(name, mark.line + 1), {"limit": MAX_DEPTH})]
    lines = text.splitlines()
    at = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in at[: len(at) - len(at.lstrip())] or at[mark.column : mark.column + 1] == "\t":
        return _tabs(lines, mark.line, name)
    if "{{" in at:
        return [Problem("yaml-template", place_of(name, mark.line + 1))]
    said = error.problem or "no value can be read here"
    if error.context_mark is not None and (opened := _advice(said, OPENED)) is not None:
        mark, said = error.context_mark, opened
    return [Problem("yaml-syntax", place_of(name, mark.line + 1), {"why": _advice(said, ADVICE) or said})]


def _advice(said: str, advice: dict[str, str]) -> str | None:
    return next((cure for part, cure in advice.items() if part in said), None)


_MOST_TABS = 20


def _tabs(lines: list[str], first: int, name: str) -> list[Problem]:
    """Return a problem for the line where a tab stopped the parser and for each later one that a tab indents."""
    others = (number for number, line in enumerate(lines) if number > first and line.lstrip(" ").startswith("\t"))
    numbers = [first, *(number for number, _ in zip(others, range(_MOST_TABS), strict=False))]
    return [Problem("yaml-tab", place_of(name, number + 1)) for number in numbers]


def _character(error: Any) -> str:
    code = getattr(error, "character", 0)
    return f"U+{code if isinstance(code, int) else ord(code):04X}"
