"""What is gathered while Kubernetes objects are read: faults with their places, fields with their counts.

Also what a rule about a type gets to see (`Spot`), and the shape of the tables of rules (`Rules`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from workbench.errors import DocumentError, Problem
from workbench.formats.places import ValuePath, dotted, shown
from workbench.formats.receipt import Presence
from workbench.model.parameters import Treatment

MAX_PROBLEMS = 100
"""Faults of one file that are reported before reading stops."""


WANTED: Mapping[str, str] = {
    "text": "a text; put it in quotes",
    "word": "a text",
    "whole": "a whole number",
    "truth": "true or false",
    "number or text": "a whole number or a text",
    "percentage": "a whole number or a percentage such as 25%",
    "list": "a list",
    "mapping": "a mapping",
    "amounts": "a mapping of resource names to amounts",
}
"""What a field can want -> how messages say it, in English."""


class At(NamedTuple):
    """Where a value stands: its key or position, and where the value around it stands."""

    around: At | None
    key: str | int


def path_of(at: At | None) -> ValuePath:
    """Return the keys and positions from the document down."""
    parts: list[str | int] = []
    while at is not None:
        parts.append(at.key)
        at = at.around
    return tuple(reversed(parts))


class Hidden(str):
    """A description in place of a value that must not be shown, or is too large to."""

    def __repr__(self) -> str:
        return str(self)


class Rules(NamedTuple):
    """What the types do not say.

    Parameters
    ----------
    words : mapping
        (type, JSON name) -> allowed words.
    ranges : mapping
        JSON name -> lowest and highest whole number; others are 0 to 2**31 - 1.
    renamed : mapping
        Type -> old JSON name -> new JSON name.
    before : mapping
        Type -> function of the plain mapping that returns it in today's spelling.
    after : mapping
        Type -> function of the typed value that checks it, fills in what the API derives, and returns it. It is not
        called for a value with faults.
    annotations : function
        Says of an annotation's name whether its value is kept.
    """

    words: Mapping[tuple[type, str], tuple[str, ...]]
    ranges: Mapping[str, tuple[int, int]]
    renamed: Mapping[type, Mapping[str, str]]
    before: Mapping[type, Before]
    after: Mapping[type, After]
    annotations: Callable[[str], bool]


class Spot(NamedTuple):
    """What a rule gets besides the value: the file's reading, where the value stands, its path in receipts."""

    reading: Reading
    at: At | None
    path: str

    def problem(self, code: str, *below: str | int, **args: Any) -> None:
        """Note a fault of the value, or of the value at the path `below` it."""
        self.add(Problem(code, self.place(*below), args))

    def add(self, problem: Problem) -> None:
        """Note a fault that knows its place, unless the objects are taken as they are."""
        if self.reading.checking:
            self.reading.add(problem)

    def place(self, *below: str | int) -> str:
        """Return where the value at the path `below` this one stands in the file."""
        return self.reading.where(self._below(below))

    def _below(self, keys: tuple[str | int, ...]) -> At | None:
        at = self.at
        for key in keys:
            at = At(at, key)
        return at

    def note(self, name: str, fate: Treatment) -> None:
        """Count the field `name` of the value in the receipt, with a fate of its own."""
        self.reading.count(f"{self.path}.{name}" if self.path else name, fate)


class Reading:
    """What is gathered while the documents of a file are read.

    Attributes
    ----------
    problems : list of Problem
        Every fault found so far.
    checking : bool
        Whether rules between fields count; without them only types, words and ranges do.
    kind, api_version : str
        Of the object being read.
    """

    def __init__(self, rules: Rules, *, checking: bool = True) -> None:
        self.rules = rules
        self.checking = checking
        self.problems: list[Problem] = []
        self.kind = ""
        self.api_version = ""
        self._base: ValuePath = ()
        self._place: Callable[[ValuePath], str] = dotted
        self._counts: dict[tuple[str, str, Treatment | None], int] = {}

    def begin(self, kind: str, api_version: str, place: Callable[[ValuePath], str], base: ValuePath) -> None:
        """Turn to the next object, which stands at `base` of its document."""
        self.kind, self.api_version, self._place, self._base = kind, api_version, place, base

    def problem(self, code: str, at: At | None, **args: Any) -> None:
        """Note a fault.

        Raises
        ------
        DocumentError
            With all faults so far, when there are `MAX_PROBLEMS` of them.
        """
        self.add(Problem(code, self.where(at), args))

    def add(self, problem: Problem) -> None:
        """Note a fault that knows its place; raises as `problem` does."""
        self.problems.append(problem)
        if len(self.problems) >= MAX_PROBLEMS:
            raise DocumentError([*self.problems, Problem("and-more", "", {"limit": MAX_PROBLEMS})])

    def where(self, at: At | None) -> str:
        """Return the place in the file."""
        return self._place((*self._base, *path_of(at)))

    def wrong(self, at: At | None, value: object, wanted: str, *, hidden: bool = False) -> Any:
        """Note that a value is not what is `WANTED` (or said in other words); return `FAILED`."""
        said = WANTED.get(wanted, wanted)
        self.problem("wrong-type", at, value=quotable(value, hidden=hidden), wanted=said)
        return FAILED

    def count(self, path: str, fate: Treatment | None = None) -> None:
        """Count a field of the present kind of object."""
        key = (self.kind, path, fate)
        self._counts[key] = self._counts.get(key, 0) + 1

    def presences(self, alias: Callable[[str, str], str]) -> tuple[Presence, ...]:
        """Return the fields counted, in the order of their first occurrence."""
        return tuple(
            Presence(kind, path, count, alias(kind, path), fate) for (kind, path, fate), count in self._counts.items()
        )


FAILED: Any = object()
"""Returned by a reader in place of a value: a fault was noted, or the value says nothing."""

Reader = Callable[[Any, At | None, Reading], Any]
Before = Callable[[Mapping[str, Any], Spot], Mapping[str, Any]]
After = Callable[[Any, Mapping[str, Any], Spot], Any]


def quotable(value: object, *, hidden: bool = False) -> object:
    """Return a value as a message may quote it: short, and nothing confidential."""
    if isinstance(value, dict | list):
        return Hidden("a mapping" if isinstance(value, dict) else "a list")
    if hidden:
        return Hidden("the value (not shown)")
    return shown(value) if isinstance(value, str) else value
