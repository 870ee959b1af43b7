"""What pydantic finds wrong with a scenario, in our own words and with places in the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from workbench.errors import TEXTS, Problem, unknown_key, unknown_value
from workbench.formats.places import ValuePath, said
from workbench.formats.scenario_shape import keys_of, model_at
from workbench.formats.yaml_events import MAX_PROBLEMS

Place = Callable[[ValuePath], str]

WANTED: dict[str, str] = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text; put it in quotes if it is meant as text",
    "bool_type": "true or false",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
    "tuple_type": "a list",
}
"""Pydantic's code for a wrong type -> what is wanted instead."""

ANOTHER = "what may stand here"
"""What is wanted where the code says nothing else."""


def problems_of(error: ValidationError, model: type[BaseModel], tree: Any, place: Place) -> list[Problem]:
    """Return the faults of a document, in the order of the file as far as pydantic keeps it.

    Parameters
    ----------
    tree : mapping
        The document as it was read; `place` knows its paths.
    """
    errors = error.errors(include_url=False)[: MAX_PROBLEMS + 1]  # whoever reports stops there; places cost time
    found = (_problem(one, model, tree, place) for one in errors)
    return [problem for problem in found if problem is not None]


def _problem(error: Mapping[str, Any], model: type[BaseModel], tree: Any, place: Place) -> Problem | None:
    code, value, context = error["type"], error["input"], dict(error.get("ctx") or {})
    path = tuple(part for part in error["loc"] if part != "[key]")
    if code == "missing":
        return Problem("missing-key", place(path[:-1]), {"key": path[-1]})
    if code == "extra_forbidden":
        return _unknown_key(str(path[-1]), value, path, model, place)
    where = place(_existing(path, tree))
    if code == "literal_error":
        return unknown_value(said(value), re.findall(r"'([^']*)'", context["expected"]), where)
    if code in ("too_long", "too_short"):
        return _length(code, value, context, where)
    if code in TEXTS:
        return Problem(code, where, context)
    return Problem("wrong-type", where, {"value": said(value), "wanted": WANTED.get(code, ANOTHER)})


Known = set[tuple[str, str]]
"""Keys whose values could not be read: where somebody may miss them, and the key."""

MISSING = ("missing-key", "one-of", "only-with")
"""Codes of problems that say that a key is not there."""

_FEW_KEYS = 100
"""A mapping with more is no part with keys of ours; to go through its keys for every fault would take long."""


def unread(error: ValidationError, tree: Any, place: Place) -> Known:
    """Return the keys that stand in the file with a value at fault, for `told_already`."""
    errors = error.errors(include_url=False)[: MAX_PROBLEMS + 1]
    ways = {tuple(fault["loc"][:end]) for fault in errors for end in range(1, len(fault["loc"]) + 1)}
    return {one for path in ways for one in _missed(path, tree, place)}


def _missed(path: ValuePath, tree: Any, place: Place) -> Iterator[tuple[str, str]]:
    """Yield a key as missed by its mapping and by each key of that, if `path` leads to one."""
    part: Any
    for part in path[:-1]:
        if isinstance(part, int):
            if not isinstance(tree, list):
                return
            tree = tree[part]
        elif isinstance(tree, dict) and part in tree:
            tree = tree[part]
        else:
            return
    if isinstance(tree, dict) and path[-1] in tree and len(tree) <= _FEW_KEYS:
        yield place(path[:-1]), str(path[-1])
        yield from ((place((*path[:-1], other)), str(path[-1])) for other in tree)


def told_already(problem: Problem, known: Known) -> bool:
    """Say whether a problem calls a key missing that is there, with a value that was told to be at fault."""
    absent = ("other",) if problem.code == "only-with" else ("key", "other")
    keys = (str(problem.args.get(name, "")).partition(":")[0] for name in absent)
    return problem.code in MISSING and any((problem.place, key) in known for key in keys)


def _unknown_key(key: str, value: Any, path: ValuePath, model: type[BaseModel], place: Place) -> Problem:
    if value is None and not key.isascii():
        return Problem("unknown-key-comma", place(path), {"key": key})
    return unknown_key(key, keys_of(model_at(model, path[:-1])), place(path))


def _length(code: str, value: Any, context: Mapping[str, Any], where: str) -> Problem | None:
    """Return the problem of a list's length; pydantic also counts a list as short whose elements are at fault."""
    count = len(value)
    if code == "too_long":
        return Problem("too-many", where, {"value": count, "what": "entries", "limit": context["max_length"]})
    if count >= context["min_length"]:
        return None
    return Problem("too-few", where, {"value": count, "what": "entries", "least": context["min_length"]})


def _existing(path: ValuePath, tree: Any) -> ValuePath:
    """Return `path` up to where the file has it; a bare value that stands for a mapping has no deeper path."""
    if not path:
        return ()
    first, rest = path[0], path[1:]
    if isinstance(tree, dict):
        return (first, *_existing(rest, tree[first])) if first in tree else (first,)
    if isinstance(tree, list) and isinstance(first, int):
        return (first, *_existing(rest, tree[first]))
    return ()
