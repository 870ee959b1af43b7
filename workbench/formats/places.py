"""Where a value stands in a file, in the words of a message: ``shop.yaml:12: spec.containers[0]``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

ValuePath = tuple[str | int, ...]
"""Keys and positions that lead to a value, e.g. ``("spec", "containers", 0)``."""

_SHOWN = 60


class Document(NamedTuple):
    """One document of a file: its value, and a function that gives the place of the value at a path.

    `place(("spec", "containers", 0))` is for instance ``shop.yaml:12: spec.containers[0]``. A path that leads to
    nothing has the line of what it is missing from.
    """

    value: Any
    place: Callable[[ValuePath], str]


def dotted(path: ValuePath) -> str:
    """Return a path as people write it: ``spec.containers[0].name``, ``labels['a.b/c']``."""
    out = ""
    for part in path:
        if isinstance(part, int):
            out += f"[{part}]"
        elif re.fullmatch(r"[\w-]{1,60}", part):
            out += f".{part}" if out else part
        else:
            out += f"[{shown(part)!r}]"
    return out


def place_of(name: str, line: int | None, path: ValuePath = ()) -> str:
    """Return file, line and path in one text; a line of None and an empty path are left out."""
    where = name if line is None else f"{name}:{line}"
    return f"{where}: {dotted(path)}" if path else where


def shown(text: str) -> str:
    """Return a text as messages quote it: the first 60 characters of a longer one."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


SHAPES = ("a mapping", "a list")
"""What messages call a value that is neither text nor number."""


class Said(str):
    """A word of ours for a value, which messages print without quotes and in the reader's language."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def said(value: Any) -> Any:
    """Return a value as messages name it: texts and numbers themselves, for everything else a word."""
    if isinstance(value, dict | list):
        return Said(SHAPES[0] if isinstance(value, dict) else SHAPES[1])
    if value is None or isinstance(value, bool):
        return Said({None: "null", True: "true", False: "false"}[value])
    return shown(value) if isinstance(value, str) else value


class LinePlaces:
    """The places of a document whose containers' lines were noted while it was read.

    Parameters
    ----------
    name : str
        The file.
    root : object
        The document's value; it is kept, so that the identities in `lines` stay its own.
    lines : mapping
        Identity of a container -> line of each child, in order. A child beyond the list (it came by a merge key) has
        the line of its container.
    first : int
        Line of the document's start.
    """

    def __init__(self, name: str, root: Any, lines: Mapping[int, Sequence[int]], first: int) -> None:
        self.name = name
        self.root = root
        self.lines = lines
        self.first = first

    def __call__(self, path: ValuePath) -> str:
        """Return file, line and path of the value at `path`."""
        return place_of(self.name, self.line(path), path)

    def line(self, path: ValuePath) -> int:
        """Return the line of the value at `path`, or of the last part of the path that exists."""
        line, value = self.first, self.root
        for part in path:
            index = _index(value, part)
            if index is None:
                break
            lines = self.lines.get(id(value), ())
            line = lines[index] if index < len(lines) else line
            value = value[part]
        return line


def _index(value: Any, part: str | int) -> int | None:
    """Return the how-manieth child of a container `part` names, or None."""
    if isinstance(value, dict):
        return list(value).index(part) if part in value else None
    if isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value):
        return part
    return None
