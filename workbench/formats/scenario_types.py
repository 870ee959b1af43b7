"""The kinds of value a scenario file is made of, each with its check and its entry in the JSON Schema.

A check that fails raises pydantic's custom error with a code of `workbench.errors.TEXTS`, so that the wording is ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    Strict,
)
from pydantic import WithJsonSchema as Schema
from pydantic_core import PydanticCustomError, core_schema

from workbench.errors import InputError, Problem
from workbench.formats.durations import parse_duration
from workbench.formats.iso8601 import parse_repeats
from workbench.formats.places import said
from workbench.formats.quantities import quantity_or_problem
from workbench.model.batch_work import Schedule
from workbench.model.native.kubernetes.quantity import Quantity
from workbench.model.resources import DISK, EPHEMERAL_STORAGE, renamed

MOST = 2**53
"""The largest amount of anything: whole numbers up to here survive in every format we write."""
MOST_NODES = 100_000
MOST_TASKS = 5_000_000


class Part(BaseModel):
    """Base of every mapping in the file: unknown keys are refused, values do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def refused(problem: Problem) -> PydanticCustomError:
    """Return a problem as the error that a pydantic check raises; its args come back in the error's context."""
    return PydanticCustomError(problem.code, "-", dict(problem.args))


@dataclass(frozen=True)
class Within:
    """A number from `low` to `high`, both included; `unit` is for the message."""

    low: float
    high: float
    unit: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(schema) | {"minimum": self.low, "maximum": self.high}

    def check(self, value: float) -> float:
        """Return the value if it is within."""
        if self.low <= value <= self.high:
            return value
        if value < 0 <= self.low:
            raise refused(Problem("negative", "", {"value": value}))
        args = {"value": value, "low": self.low, "high": self.high, "unit": f" {self.unit}" if self.unit else ""}
        raise refused(Problem("out-of-range", "", args))


def _duration(value: object) -> int:
    try:
        return parse_duration(value)
    except InputError as error:
        raise refused(error.problems[0]) from error


def _repeats(value: object) -> Schedule:
    try:
        return parse_repeats(value if isinstance(value, str) else said(value))
    except InputError as error:
        raise refused(error.problems[0]) from error


def _positive(micros: int) -> int:
    if micros > 0:
        return micros
    raise refused(Problem("not-positive", "", {"value": "0"}))


def _quantity(value: object) -> Quantity:
    found = quantity_or_problem(value, "")
    if isinstance(found, Problem):
        raise refused(found)
    if found.units() > MOST:
        raise refused(Problem("out-of-range", "", {"value": value, "low": 0, "high": MOST, "unit": ""}))
    return found


_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _name(text: str) -> str:
    if _NAME.fullmatch(text):
        return text
    raise refused(Problem("bad-name", "", {"name": text[:70]}))


def _word(text: str) -> str:
    if not text or len(text) > 316 or _CONTROL.search(text):
        raise refused(Problem("bad-word", "", {"name": text[:70]}))
    return text


def _scalar(value: object) -> object:
    if isinstance(value, str | int | float):
        return value
    raise refused(Problem("wrong-type", "", {"value": said(value), "wanted": "a number, true or false, or a word"}))


def wrapped(key: str) -> Callable[[object], object]:
    """Return a check that takes a bare value for a mapping with that one key."""
    return lambda value: value if isinstance(value, dict | Part) else {key: value}


def both_languages(value: object) -> object:
    """Take a bare text for both languages."""
    return {"en": value, "zh": value} if isinstance(value, str) else value


_UNITS = r"(d|h|min|m|s|ms|us)"
_DURATION_SCHEMA = {
    "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": rf"^([0-9.]+ *{_UNITS} *)+$"}],
    "description": "90s, 5min, 1h30min, 200ms, or a number of seconds",
}

Text = Annotated[str, Strict()]
"""Any text."""

Name = Annotated[str, Strict(), AfterValidator(_name), Schema({"type": "string", "pattern": f"^{_NAME.pattern}$"})]
"""A name that is given here; it appears in file names, tables and figures."""

Word = Annotated[str, Strict(), AfterValidator(_word), Schema({"type": "string", "minLength": 1, "maxLength": 316})]
"""A name that somebody else gave: image, label, resource, taint."""

Whole = Annotated[int, Strict()]
"""A whole number, not in quotes."""

Number = Annotated[float, Strict()]
"""A number, not in quotes."""

Switch = Annotated[bool, Strict()]
"""true or false."""

Duration = Annotated[int, PlainValidator(_duration), Schema(_DURATION_SCHEMA)]
"""A stretch or a point of time, in microseconds once read."""

PositiveDuration = Annotated[int, PlainValidator(_duration), AfterValidator(_positive), Schema(_DURATION_SCHEMA)]
"""A duration above zero."""

_QUANTITY_FORM = r"^[0-9.]+([eE][0-9]+|[numkMGTPE]|[KMGTPE]i)?$"

Amount = Annotated[
    Quantity,
    PlainValidator(_quantity),
    Schema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "string", "pattern": _QUANTITY_FORM},
            ],
            "description": "an amount in Kubernetes' notation: 500m, 2, 1.5, 4Gi, 200M",
        }
    ),
]
"""How much of a resource."""


def _one_name(amounts: dict[str, Quantity]) -> dict[str, Quantity]:
    """Return amounts with the disk of a machine under our name, whichever it was given."""
    if DISK in amounts and EPHEMERAL_STORAGE in amounts:
        raise refused(Problem("not-together", "", {"key": EPHEMERAL_STORAGE, "other": DISK}))
    return renamed(amounts, EPHEMERAL_STORAGE, DISK)


Amounts = Annotated[dict[Word, Amount], AfterValidator(_one_name)]
"""How much of each resource: cpu, memory, disk (also called ephemeral-storage), nvidia.com/gpu, ..."""

Labels = dict[Word, Text]

Scalar = Annotated[Any, PlainValidator(_scalar), Schema({"type": ["number", "boolean", "string"]})]
"""The value of a declared parameter; whoever knows the parameter checks it."""

Repeats = Annotated[
    Schedule,
    PlainValidator(_repeats),
    Schema({"type": "string", "pattern": "^R[0-9]*/[^/]*/P", "description": "ISO 8601"}),
]
"""When something starts again and again: ``R3//PT10M``."""
