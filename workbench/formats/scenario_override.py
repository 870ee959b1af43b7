"""Changing one value of a scenario by a dotted path: ``apps.web.replicas=8``, ``horizon=600s``, ``faults.0.at=100s``.

An element of a list goes by its name or its position. A key that itself holds dots (an image, a parameter) is found
as a whole. What comes out are plain values again, to be checked like a file.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from workbench.errors import InputError, Problem, ScenarioError, nearest, no_such
from workbench.formats.places import ValuePath, said, shown
from workbench.formats.scenario_document import ScenarioDocument
from workbench.formats.scenario_shape import is_open_mapping, keys_of, model_in, shape_of_child
from workbench.formats.text import yaml_documents

PARAMETERS = "parameters"
"""The key under which declared parameters stand."""

_LONGEST_VALUE = 10_000


def parse_change(text: str) -> tuple[str, Any]:
    """Return path and value of ``PATH=VALUE``; the value is read as YAML would read it.

    Raises
    ------
    ScenarioError
        It has another form, or the value is none.
    """
    path, equals, value = text.partition("=")
    path, value = path.strip(), value.strip()
    if not equals or not path or not value or len(value) > _LONGEST_VALUE:
        raise ScenarioError(Problem("override-form", "", {"text": shown(text)}))
    try:
        documents = yaml_documents(value, path, limit_values=1000)
    except InputError as error:
        raise ScenarioError(error.problems) from error
    return path, documents[0].value if documents else None


def overridden(tree: Mapping[str, Any], changes: Mapping[str, Any], parameters: Collection[str] = ()) -> dict[str, Any]:
    """Return a scenario's plain values with changes; `tree` stays as it is.

    Parameters
    ----------
    changes : mapping
        Dotted path -> value.
    parameters : collection of str
        Paths of declared parameters: a change of one is written under ``parameters``.

    Raises
    ------
    ScenarioError
        With every path that leads nowhere.
    """
    made = copy.deepcopy(dict(tree))
    problems: list[Problem] = []
    for path, value in changes.items():
        try:
            _put(made, resolved(made, path, parameters), value)
        except ScenarioError as error:
            problems.extend(error.problems)
    if problems:
        raise ScenarioError(problems)
    return made


def value_at(tree: Mapping[str, Any], path: str, parameters: Collection[str] = ()) -> Any:
    """Return the value at a dotted path; None where the file leaves it out. Raises as `overridden` does."""
    here: Any = tree
    for part in resolved(tree, path, parameters):
        here = _inside(here, part)
    return here


def resolved(tree: Mapping[str, Any], path: str, parameters: Collection[str] = ()) -> ValuePath:
    """Return the keys and positions that a dotted path stands for.

    Raises
    ------
    ScenarioError
        It leads to nothing a scenario could hold.
    """
    if path in parameters:
        return (PARAMETERS, path)
    parts, done = path.split("."), list[str | int]()
    here: Any = tree
    shape: Any = ScenarioDocument
    while parts:
        key, used = _step(here, shape, parts, path, parameters)
        done.append(key)
        shape = shape_of_child(shape, key)
        here = _inside(here, key)
        del parts[:used]
    return tuple(done)


def _inside(here: Any, key: str | int) -> Any:
    if isinstance(here, dict):
        return here.get(key)
    return here[key] if isinstance(here, list) and isinstance(key, int) else None


def _step(here: Any, shape: Any, parts: list[str], path: str, parameters: Collection[str]) -> tuple[str | int, int]:
    """Return the key or position that the first of the parts stand for, and how many parts that takes."""
    if isinstance(here, list):
        return _element(here, parts, path)
    if is_open_mapping(shape):
        return _open_key(here if isinstance(here, dict) else {}, shape, parts)
    model = model_in(shape)
    if model is None:
        _nowhere(path, [])
    keys = keys_of(model)
    if parts[0] not in keys:
        before = path[: len(path) - len(".".join(parts))]
        _nowhere(path, [before + key for key in keys] + ([] if before else list(parameters)))
    return parts[0], 1


def _nowhere(path: str, known: Collection[str]) -> NoReturn:
    near = nearest(path, known)
    code = "override-unknown-known" if near is None else "override-unknown"
    raise ScenarioError(Problem(code, "", {"path": shown(path), "near": near}))


def _element(here: list[Any], parts: list[str], path: str) -> tuple[int, int]:
    """Return the position of the element with this name, or at this position; names may hold dots."""
    names = {str(one["name"]): index for index, one in enumerate(here) if isinstance(one, dict) and "name" in one}
    for used in range(len(parts), 0, -1):
        name = ".".join(parts[:used])
        if name in names:
            return names[name], used
    if parts[0].isdecimal() and len(parts[0]) < 7 and int(parts[0]) < len(here):
        return int(parts[0]), 1
    known = list(names) or [str(index) for index in range(len(here))]
    raise ScenarioError(no_such(shown(parts[0]), known, "elements", shown(path)))


def _open_key(here: Mapping[str, Any], shape: Any, parts: list[str]) -> tuple[str, int]:
    """Return the key meant: the longest that is there, or a new one up to where its value's own keys begin."""
    for used in range(len(parts), 0, -1):
        if ".".join(parts[:used]) in here:
            return ".".join(parts[:used]), used
    inner = keys_of(model_in(shape_of_child(shape, "")))
    used = next((index for index in range(1, len(parts)) if parts[index] in inner), len(parts))
    return ".".join(parts[:used]), used


def _put(tree: dict[str, Any], path: ValuePath, value: Any) -> None:
    """Set the value at a path, making the mappings on the way that are not there."""
    here: Any = tree
    for depth, part in enumerate(path[:-1]):
        child = _inside(here, part)
        if not isinstance(child, dict | list):
            if child is not None:
                where = ".".join(map(str, path[: depth + 1]))
                raise ScenarioError(
                    Problem("wrong-type", where, {"value": said(child), "wanted": "a mapping of keys to values"})
                )
            child = here[part] = {}
        here = child
    here[path[-1]] = value
