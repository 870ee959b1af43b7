"""What may stand where in a scenario file, looked up in the classes that describe it."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from workbench.formats.places import ValuePath


def shape_at(root: type[BaseModel], path: ValuePath) -> Any:
    """Return the annotation of the value at `path`; None where nothing may stand."""
    here: Any = root
    for part in path:
        here = shape_of_child(here, part)
    return here


def model_at(root: type[BaseModel], path: ValuePath) -> type[BaseModel] | None:
    """Return the class of the mapping at `path`; None if its keys are open, or it is no mapping."""
    return model_in(shape_at(root, path))


def model_in(shape: Any) -> type[BaseModel] | None:
    """Return the class among what an annotation allows, if there is one."""
    return next((one for one in options(shape) if _is_model(one)), None)


def keys_of(model: type[BaseModel] | None) -> list[str]:
    """Return the keys of a mapping of the file, as they are written."""
    return [] if model is None else list(_fields(model))


def is_open_mapping(shape: Any) -> bool:
    """Say whether a value of this shape is a mapping with keys of the writer's choice."""
    return any(typing.get_origin(one) is dict for one in options(shape))


def shape_of_child(shape: Any, part: str | int) -> Any:
    """Return the annotation of a key's value or of an element; None where nothing may stand."""
    for one in options(shape):
        if _is_model(one):
            return _fields(one).get(str(part))
        if typing.get_origin(one) is dict:
            return typing.get_args(one)[1]
        if typing.get_origin(one) is tuple and isinstance(part, int):
            return typing.get_args(one)[0]
    return None


def options(shape: Any) -> Iterator[Any]:
    """Yield the types that an annotation allows, without what is wrapped around them."""
    origin = typing.get_origin(shape)
    if origin is typing.Annotated:
        yield from options(typing.get_args(shape)[0])
    elif origin in (typing.Union, types.UnionType):
        for one in typing.get_args(shape):
            yield from options(one)
    elif shape is not None and shape is not type(None):
        yield shape


def _is_model(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, BaseModel)


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {spot.alias or name: spot.annotation for name, spot in model.model_fields.items()}
