"""JSON read without trusting the file: duplicate keys, endless numbers and half characters are reported with places."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from workbench.errors import Problem
from workbench.formats.places import ValuePath, place_of, shown
from workbench.formats.yaml_events import MAX_DEPTH, MAX_PROBLEMS
from workbench.formats.yaml_scalars import ENDLESS, Trap, fraction, whole

_LINES_UP_TO = 4_000_000
"""Characters of a text in which lines are looked up; each look-up reads the text from its start."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+')
_HALF = re.compile(r"[\ud800-\udfff]")
_HALF_WRITTEN = re.compile(r"\\u[dD][89a-fA-F]")


class JsonPlaces:
    """The places in a JSON text; the line is looked up when it is asked for."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    def __call__(self, path: ValuePath) -> str:
        """Return file, line and path of the value at `path`."""
        line = _line(self.text, path) if len(self.text) <= _LINES_UP_TO else None
        return place_of(self.name, line, path)


class JsonReader:
    """Reads one text; `problems` has what is wrong with it."""

    def __init__(self, name: str, text: str, limit: int) -> None:
        self.place = JsonPlaces(name, text)
        self.name = name
        self.text = text
        self.limit = limit
        self.problems: list[Problem] = []
        self._repeated: list[tuple[dict[str, Any], str]] = []
        self._odd = _HALF_WRITTEN.search(text) is not None

    def read(self) -> tuple[bool, Any]:
        """Return whether the text is JSON and within bounds, and its value."""
        try:
            value = json.loads(
                self.text,
                object_pairs_hook=self._object,
                parse_int=self._number(whole),
                parse_float=self._number(fraction),
                parse_constant=self._number(lambda text: Trap(text, ENDLESS)),
            )
        except json.JSONDecodeError as error:
            why = f"{error.msg[0].lower()}{error.msg[1:]} (column {error.colno})"
            self.problems.append(Problem("json-syntax", place_of(self.name, error.lineno), {"why": why}))
            return False, None
        except RecursionError:
            self.problems.append(Problem("too-deep", self.name, {"limit": MAX_DEPTH}))
            return False, None
        if not self._bounded(value):
            return False, None
        if self._odd or self._repeated:
            self._locate(value)
        return True, value

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            times = Counter(key for key, _ in pairs)
            self._repeated.extend((made, key) for key, count in times.items() if count > 1)
        return made

    def _number(self, made: Callable[[str], Any]) -> Callable[[str], Any]:
        def read(text: str) -> Any:
            value = made(text)
            self._odd = self._odd or type(value) is Trap
            return value

        return read

    def _bounded(self, root: Any) -> bool:
        """Say whether the value holds no more, and is no deeper, than allowed."""
        count, level = 1, [root]
        for _ in range(MAX_DEPTH + 1):
            level = [child for value in level for child in _children(value)]
            count += len(level)
            if count > self.limit:
                self.problems.append(Problem("yaml-too-many", self.name, {"limit": self.limit}))
                return False
            if not level:
                return True
        self.problems.append(Problem("too-deep", self.name, {"limit": MAX_DEPTH}))
        return False

    def _locate(self, root: Any) -> None:
        """Report repeated keys, impossible numbers and half characters where they stand."""
        repeated: dict[int, list[str]] = {}
        for holder, key in self._repeated:
            repeated.setdefault(id(holder), []).append(key)
        for path, value in _walk(root):
            if len(self.problems) >= MAX_PROBLEMS:
                self.problems.append(Problem("and-more", self.name, {"limit": MAX_PROBLEMS}))
                return
            for key in repeated.get(id(value), ()):
                self._note("yaml-duplicate-key", (*path, key), key=shown(key))
            if type(value) is Trap:
                self._note("json-number", path, text=shown(value), kind=value.kind)
            elif _half(value):
                self._note("json-half-character", path)

    def _note(self, code: str, path: ValuePath, **args: Any) -> None:
        self.problems.append(Problem(code, self.place(path), args))


def _half(value: Any) -> bool:
    """Say whether a text, or a key, holds half of a surrogate pair, which no file can be written with."""
    texts = value if isinstance(value, dict) else (value,)
    return any(isinstance(text, str) and _HALF.search(text) for text in texts)


def _children(value: Any) -> Any:
    if type(value) is dict:
        return value.values()
    return value if type(value) is list else ()


def _walk(root: Any) -> Iterator[tuple[ValuePath, Any]]:
    """Yield every value with its path, in the order of the text."""
    todo: list[tuple[ValuePath, Any]] = [((), root)]
    while todo:
        path, value = todo.pop()
        yield path, value
        inside = value.items() if type(value) is dict else enumerate(_children(value))
        todo.extend(reversed([((*path, part), child) for part, child in inside]))


def _line(text: str, path: ValuePath) -> int:
    """Return the line on which the value at `path`, or the last part of the path that exists, begins."""
    where = _offset(text, path)
    return text.count("\n", 0, where) + 1


def _offset(text: str, path: ValuePath) -> int:
    best, key_next = 0, False
    here: list[str | int] = []  # the path of the value that comes next
    objects: list[bool] = []  # for each open bracket: is it an object's
    for token in _TOKEN.finditer(text):
        said = token.group()
        if said in ("}", "]"):
            here.pop()
            objects.pop()
            key_next = False
        elif said == ",":
            key_next = objects[-1]
            here[-1] = here[-1] if key_next else int(here[-1]) + 1
        elif said == ":":
            key_next = False
        elif key_next:
            here[-1] = json.loads(said)
        else:
            if tuple(here) == path[: len(here)]:
                best = token.start()
                if len(here) == len(path):
                    return best
            if said in ("{", "["):
                key_next = said == "{"
                objects.append(key_next)
                here.append("" if key_next else 0)
    return best
