"""YAML documents built event by event, with a stack of their own.

A file is hostile until read: nothing here recurses, runs a tag, or expands an alias. An aliased value is shared, and
counted again each time, so that a file that would grow beyond all bounds is refused while it is still small.
"""

from __future__ import annotations

from array import array
from typing import Any

import yaml

from workbench.errors import Problem
from workbench.formats.places import Document, LinePlaces, ValuePath, place_of, shown
from workbench.formats.yaml_scalars import Trap, kind_of, plain

MAX_DEPTH = 200
"""Levels of nesting that are read. Whoever walks the values may recurse."""

MAX_PROBLEMS = 100
"""Faults of one file that are reported before reading stops."""

_STANDARD = "tag:yaml.org,2002:"
_SCALAR_TAGS = {_STANDARD + name for name in ("int", "float", "bool", "null")}
_TEXT_TAGS = {_STANDARD + "str", "!"}
_CONTAINER_TAGS = {_STANDARD + "map", _STANDARD + "seq", "!"}
_LONG = 200
"""Texts up to this many characters are kept once per file, however often it repeats them."""

_NOTHING: Any = object()
_MERGE: Any = object()


class Stop(Exception):  # noqa: N818 - not an error of its own: the fault is already noted
    """The file cannot be read on."""


class _Open:
    """A mapping or sequence that is being read.

    `line` is where it begins, `lines` where each child does, `before` the count of values when it began, `merged` the
    mappings that merge keys bring in, `key` the key whose value comes next.
    """

    __slots__ = ("anchor", "before", "key", "line", "lines", "merged", "value")

    def __init__(self, value: Any, anchor: str | None, before: int, line: int) -> None:
        self.value = value
        self.anchor = anchor
        self.before = before
        self.line = line
        self.lines = array("L")
        self.key: Any = _NOTHING
        self.merged: list[dict[str, Any]] = []


class Builder:
    """The documents of one text, and what is wrong with it.

    Parameters
    ----------
    name : str
        The file, for places.
    limit : int
        Values (scalars, mappings, sequences; keys too) that the file may hold after alias expansion.
    """

    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self.limit = limit
        self.documents: list[Document] = []
        self.problems: list[Problem] = []
        self._count = 0
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._lines: dict[int, array[int]] = {}
        self._root: Any = None
        self._first = 1
        self._plain: dict[str, Any] = {}
        self._texts: dict[str, str] = {}
        self._handlers = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._mapping,
            yaml.SequenceStartEvent: self._sequence,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document_start,
            yaml.DocumentEndEvent: self._document_end,
        }

    def take(self, event: Any) -> None:
        """Take the next event of the parser; `Stop` when reading on makes no sense."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(event)

    def note(self, code: str, line: int, path: ValuePath = (), **args: Any) -> None:
        """Note a fault; stop after `MAX_PROBLEMS` of them."""
        self.problems.append(Problem(code, place_of(self.name, line, path), args))
        if len(self.problems) >= MAX_PROBLEMS:
            self.problems.append(Problem("and-more", self.name, {"limit": MAX_PROBLEMS}))
            raise Stop

    # -- one method per event

    def _document_start(self, event: Any) -> None:
        self._anchors, self._lines, self._root = {}, {}, None
        self._first = event.start_mark.line + 1

    def _document_end(self, _event: Any) -> None:
        if self._root is not None:
            self.documents.append(Document(self._root, LinePlaces(self.name, self._root, self._lines, self._first)))

    def _scalar(self, event: Any) -> None:
        line = event.start_mark.line + 1
        text, tag = event.value, event.tag
        self._counted(1, line)
        if tag is not None and tag not in _TEXT_TAGS and tag not in _SCALAR_TAGS:
            self.note("yaml-tag", line, self._path(), tag=shown(tag))
            value: Any = text
        elif event.implicit[0] or tag in _SCALAR_TAGS:
            value = self._read_plain(text)
        else:
            value = self._texts.setdefault(text, text) if len(text) <= _LONG else text
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        self._add(value, line, text if event.implicit[0] else None)

    def _mapping(self, event: Any) -> None:
        self._open(event, {})

    def _sequence(self, event: Any) -> None:
        self._open(event, [])

    def _end(self, _event: Any) -> None:
        done = self._stack.pop()
        for source in done.merged:
            for key, value in source.items():
                done.value.setdefault(key, value)
        self._lines[id(done.value)] = done.lines
        if done.anchor is not None:
            self._anchors[done.anchor] = (done.value, self._count - done.before)
        self._add(done.value, done.line)

    def _alias(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if event.anchor not in self._anchors:
            self.note("yaml-alias", line, self._path(), alias=shown(event.anchor))
            self._add(None, line)
            return
        value, size = self._anchors[event.anchor]
        self._counted(size, line)
        self._add(value, line)

    # -- what they share

    def _counted(self, more: int, line: int) -> None:
        self._count += more
        if self._count > self.limit:
            self.problems.append(Problem("yaml-too-many", place_of(self.name, line), {"limit": self.limit}))
            raise Stop

    def _read_plain(self, text: str) -> Any:
        value = self._plain.get(text, _NOTHING)
        if value is _NOTHING:
            value = plain(text)
            if len(text) <= _LONG:
                self._plain[text] = value
        return value

    def _open(self, event: Any, value: Any) -> None:
        line = event.start_mark.line + 1
        if event.tag is not None and event.tag not in _CONTAINER_TAGS:
            self.note("yaml-tag", line, self._path(), tag=shown(event.tag))
        if len(self._stack) >= MAX_DEPTH:
            self.problems.append(Problem("too-deep", place_of(self.name, line), {"limit": MAX_DEPTH}))
            raise Stop
        self._stack.append(_Open(value, event.anchor, self._count, line))
        self._counted(1, line)

    def _path(self) -> ValuePath:
        """Return the path of the value that comes next."""
        path: list[str | int] = []
        for level in self._stack:
            if type(level.value) is list:
                path.append(len(level.value))
            elif level.key is not _NOTHING:
                path.append("<<" if level.key is _MERGE else level.key)
        return tuple(path)

    def _add(self, value: Any, line: int, written: str | None = None) -> None:
        """Put a finished value where it belongs: the document, an element, a key, or the value of a key."""
        if not self._stack:
            self._root = self._wanted(value, line)
            return
        level = self._stack[-1]
        if type(level.value) is list:
            level.value.append(self._wanted(value, line))
            level.lines.append(line)
        elif level.key is _NOTHING:
            self._key(level, value, line, written)
        elif level.key is _MERGE:
            self._merge(level, value, line)
            level.key = _NOTHING
        else:
            level.value[level.key] = self._wanted(value, line)
            level.key = _NOTHING

    def _wanted(self, value: Any, line: int) -> Any:
        """Return the value; for a trap, ask for quotes and return its text."""
        if type(value) is not Trap:
            return value
        self.note("yaml-not-string", line, self._path(), text=shown(value), kind=value.kind)
        return str(value)

    def _key(self, level: _Open, value: Any, line: int, written: str | None) -> None:
        """Take a key. Whole numbers are read as text, as Kubernetes does; nothing else stands in for text."""
        if written == "<<":
            level.key = _MERGE
            return
        key = str(value) if written is None else str(written)
        path = (*self._path(), shown(key))
        if type(value) is dict or type(value) is list:
            key = "?"
            self.note("yaml-key", line, path[:-1], kind=kind_of(value))
        elif type(value) is not str and type(value) is not int:
            self.note("yaml-not-string", line, path, text=shown(key), kind=kind_of(value))
        if key in level.value:
            self.note("yaml-duplicate-key", line, path, key=shown(key))
        else:
            level.lines.append(line)
        level.key = key

    def _merge(self, level: _Open, value: Any, line: int) -> None:
        """Take what a merge key brings in: a mapping or a list of mappings; the first to name a key wins."""
        sources = value if type(value) is list else [value]
        if all(type(source) is dict for source in sources):
            level.merged.extend(sources)
        else:
            self.note("yaml-merge", line, self._path())
