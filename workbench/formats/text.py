"""Text files and the plain values in them: YAML and JSON, read without trusting the file.

What comes out is dicts, lists, texts, numbers, true/false and null, and with each document a function that says
where a value stands. Nothing in a file makes this module run code, expand aliases, recurse or hold more than the
caller allows: YAML is built event by event, and each value counts as often as aliases repeat it.

Plain YAML scalars are read as Kubernetes reads them (YAML 1.1: `yes` and `on` are true, 0644 is octal, 1e3 a number).
Where YAML 1.1 reads something that the writer hardly meant, a date or 12:30:45 or 1_000, the file is asked for quotes.
Only a complete timestamp such as 2016-05-06T19:25:10Z stays text: exports of old clusters print it without quotes.

All faults are reported at once, as far as the parser can go on.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from workbench.errors import DocumentError, Problem

MAX_DEPTH = 200
"""Levels of nesting that are read; deeper files are refused, so that whoever walks the values may recurse."""

MAX_DIGITS = 64
"""Digits of a whole number that are read; longer ones are no amount of anything."""

MAX_PROBLEMS = 100
"""Faults of one file that are reported; the count of the others follows."""

Path_ = tuple[str | int, ...]
"""Keys and positions that lead to a value, e.g. ``("spec", "containers", 0)``."""

Progress = Callable[[int, int], None]
"""Called now and then with how much of a text is read and how much there is, in characters."""


class Document(NamedTuple):
    """One document of a file: its value, and a function that gives the place of the value at a path.

    `place(("spec", "containers", 0))` is for instance ``shop.yaml:12: spec.containers[0]``. A path that leads to
    nothing has the line of what it is missing from.
    """

    value: Any
    place: Callable[[Path_], str]


def dotted(path: Path_) -> str:
    """Return a path as people write it: ``spec.containers[0].name``, ``labels['a.b/c']``."""
    out = ""
    for part in path:
        if isinstance(part, int):
            out += f"[{part}]"
        elif re.fullmatch(r"[\w-]+", part):
            out += f".{part}" if out else part
        else:
            out += f"[{part!r}]"
    return out


def place_of(name: str, line: int | None, path: Path_) -> str:
    """Return file, line and path in one text; a line of None is left out."""
    where = name if line is None else f"{name}:{line}"
    return f"{where}: {dotted(path)}" if path else where


# -- files ------------------------------------------------------------------------------------------------------

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}


def read_text(path: Path, *, limit: int, name: str = "") -> str:
    """Return the text of a file in UTF-8, a leading byte order mark left off.

    Parameters
    ----------
    limit : int
        Bytes; a longer file is refused before it is read.
    name : str
        How messages call the file; its last path component if empty.

    Raises
    ------
    DocumentError
        The file is missing, unreadable, empty, longer than `limit`, or not text.
    """
    name = name or path.name
    try:
        size = path.stat().st_size
        if size > limit:
            raise DocumentError(_too_large(name, size, limit))
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError as error:
        raise DocumentError(Problem("file-missing", name)) from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "the name is not a file name"
        raise DocumentError(Problem("file-unreadable", name, {"why": why})) from error
    if len(data) > limit:
        raise DocumentError(_too_large(name, len(data), limit))
    return decoded(data, name)


def decoded(data: bytes, name: str) -> str:
    """Return bytes as text; `DocumentError` if they are empty, binary or in another encoding than UTF-8."""
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


# -- plain scalars ----------------------------------------------------------------------------------------------


class _Trap(NamedTuple):
    """What YAML 1.1 makes of a plain scalar that was hardly meant so."""

    kind: str


_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
    (re.compile(r"[-+]?(0|[1-9][0-9]*)"), lambda text: _whole(text, 10)),
    (re.compile(r"[-+]?0o?[0-7]+"), lambda text: _whole(text.replace("o", ""), 8)),
    (re.compile(r"[-+]?0x[0-9a-fA-F]+"), lambda text: _whole(text, 16)),
    (re.compile(r"[-+]?0b[01]+"), lambda text: _whole(text, 2)),
    (re.compile(r"[-+]?0[0-9]+"), lambda text: _Trap("number that begins with zero")),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), lambda text: _fraction(text)),
    (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), lambda text: _Trap("number without a value")),
    (_TIMESTAMP, str),
    (re.compile(r"\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?([Tt]|[ \t]+)\d.*"), lambda text: _Trap("date")),
    (
        re.compile(r"[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*"),
        lambda text: _Trap("number in base 60"),
    ),
    (re.compile(r"[-+]?[0-9][0-9_]*(\.[0-9_]*([eE][-+][0-9]+)?)?|[-+]?0[xb][0-9a-fA-F_]+"), lambda text: _Trap("number")),
)
"""Forms of a plain scalar that YAML 1.1 does not read as text, and what each becomes; the first that matches counts.

Source: yaml.org/type (int, float, timestamp of YAML 1.1); exponents without sign as in go-yaml, which Kubernetes uses.
"""


def _whole(text: str, base: int) -> int | _Trap:
    return int(text, base) if len(text) <= MAX_DIGITS else _Trap(f"number of {len(text):,} digits")


def _fraction(text: str) -> float | _Trap:
    value = float(text)
    return value if abs(value) != float("inf") else _Trap("number beyond all bounds")


def plain(text: str) -> Any:
    """Return what a plain (unquoted) scalar stands for: null, true/false, a number, a `_Trap`, or its text."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "+-.0123456789":
        for form, made in _NUMBERS:
            if form.fullmatch(text):
                return made(text)
    return text


# -- YAML -------------------------------------------------------------------------------------------------------

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")}
_STEP = 1 << 14
"""Events between two reports of progress."""

_NO_KEY: Any = object()


class _Open:
    """A mapping or sequence that is being read. `lines` has the line of each child, in order."""

    __slots__ = ("anchor", "before", "key", "lines", "merged", "value")

    def __init__(self, value: Any, anchor: str | None, before: int) -> None:
        self.value = value
        self.anchor = anchor
        self.before = before
        self.key: Any = _NO_KEY
        self.lines = array("L")
        self.merged: list[tuple[Any, int]] = []


class _Stop(Exception):  # noqa: N818 - it ends the reading of a file, the problem is already noted
    """The file cannot be read on."""


class _Merge(str):
    """The key `<<`."""

    __slots__ = ()


class _Builder:
    """Builds the documents of one text, event by event, with a stack of its own.

    `count` is the number of values after alias expansion: an alias adds what its anchor holds, so that a file that
    would grow beyond `limit` is refused before anything grows.
    """

    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self.limit = limit
        self.problems: list[Problem] = []
        self.documents: list[Document] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.lines: dict[int, array[int]] = {}
        self.known: dict[str, Any] = {}
        self.count = 0
        self.first_line = 1
        self.root: Any = None

    # -- events

    def document_start(self, event: Any) -> None:
        """Begin a document; anchors reach no further than their document."""
        self.anchors, self.lines, self.root = {}, {}, None
        self.first_line = event.start_mark.line + 1

    def document_end(self, _event: Any) -> None:
        """Keep a document that holds something."""
        if self.root is not None:
            place = _Places(self.name, self.root, self.lines, self.first_line)
            self.documents.append(Document(self.root, place))

    def scalar(self, event: Any) -> None:
        """Read one scalar: plain ones by `plain`, all others as text."""
        text = event.value
        line = event.start_mark.line + 1
        if event.tag is not None and not self._standard(event, line):
            value = text
        elif event.implicit[0] or (event.tag is not None and event.tag in _TAGS and not event.tag.endswith(":str")):
            value = self._plain(text, line)
        else:
            value = self.known.setdefault(text, text) if len(text) < _STEP else text
        self._add(value, line, 1, event.anchor)

    def container(self, event: Any, value: Any) -> None:
        """Open a mapping or a sequence."""
        line = event.start_mark.line + 1
        if event.tag is not None:
            self._standard(event, line)
        if len(self.stack) >= MAX_DEPTH:
            self._stop(Problem("too-deep", f"{self.name}:{line}", {"limit": MAX_DEPTH}))
        if self.stack and (top := self.stack[-1]).key is _NO_KEY and type(top.value) is dict:
            self._stop(Problem("yaml-key", f"{self.name}:{line}", {"kind": _KINDS[type(value)]}))
        self._line(line)
        self.stack.append(_Open(value, event.anchor, self.count))
        self._counted(1, line)

    def close(self, event: Any) -> None:
        """Close the innermost mapping or sequence and hand it to the one around it."""
        done = self.stack.pop()
        line = event.start_mark.line + 1
        for source, at in done.merged:
            self._merge(done.value, source, at)
        self.lines[id(done.value)] = done.lines
        self._put(done.value, line)
        if done.anchor is not None:
            self.anchors[done.anchor] = (done.value, self.count - done.before)

    def alias(self, event: Any) -> None:
        """Put an anchor's value here again; it counts as a whole."""
        line = event.start_mark.line + 1
        if event.anchor not in self.anchors:
            self._stop(Problem("yaml-alias", f"{self.name}:{line}", {"alias": event.anchor}))
        value, size = self.anchors[event.anchor]
        self._add(value, line, size, None)

    # -- parts

    def _plain(self, text: str, line: int) -> Any:
        """Return the value of a plain scalar; one memory of every text seen makes equal texts one object."""
        known = self.known
        if text in known and type(known[text]) is str and text not in _WORDS:
            seen = known[text]
        seen = plain(text)
        return seen if line else text

    def _standard(self, event: Any, line: int) -> bool:
        """Say whether a value's tag is one of YAML's plain ones; report any other."""
        if event.tag in _TAGS or event.tag == "!":
            return True
        self._note(Problem("yaml-tag", f"{self.name}:{line}", {"tag": _short(event.tag)}))
        return False
