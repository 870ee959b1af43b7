"""Numbers a user may change, each declared once, in the module that reads it.

A module writes::

    @parameters("mesos.offers")
    @dataclass(frozen=True)
    class OfferParameters:
        refuse_s: float = param(
            5.0, unit="s", low=0, high=600, help="how long a declined agent is not offered again",
            source="mesos include/mesos/mesos.proto, Filters.refuse_seconds", shown_in="idle-quota",
        )

and reads ``settings.of(OfferParameters).refuse_s``. The one declaration feeds the check of scenario files, sliders
and their tooltips, the documentation and the report's list of assumptions. `workbench.engines.catalogue` gathers
the declarations of every engine in one `Registry`.

The module also holds the vocabulary in which engines and formats say what they do with a field of a user's file:
*honoured*, *approximated* (how) or *ignored* (why).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from workbench.errors import Problem, ScenarioError, nearest, unknown_value

Value = float | int | bool | str
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One adjustable number, switch or choice.

    Parameters
    ----------
    path : str
        Dotted path; its last part is the attribute that the engine reads.
    unit : str
        Empty for counts, switches and choices.
    low, high : float or None
        Allowed range, both ends included.
    choices : tuple of str
        Allowed words, for a choice.
    help : str
        What it means, in one clause, in English.
    source : str
        Where the default is from: file and version, or why this value was taken.
    shown_in : str
        A shipped scenario in which moving it changes what happens.
    """

    path: str
    default: Value
    unit: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    help: str
    source: str
    shown_in: str

    def problem(self, value: object, place: str = "") -> Problem | None:
        """Return what is wrong with `value`, or None."""
        where = f"{place}: {self.path}" if place else self.path
        if self.choices:
            return None if value in self.choices else unknown_value(value, self.choices, where)
        if isinstance(self.default, bool):
            if isinstance(value, bool):
                return None
            return Problem("wrong-type", where, {"value": value, "wanted": "true or false"})
        if isinstance(value, bool) or not isinstance(value, int | float):
            written = str(value).lower() if isinstance(value, bool) else value
            return Problem("wrong-type", where, {"value": written, "wanted": "a number"})
        if isinstance(self.default, int) and value != int(value):
            return Problem("wrong-type", where, {"value": value, "wanted": "a whole number"})
        low = float("-inf") if self.low is None else self.low
        high = float("inf") if self.high is None else self.high
        if low <= value <= high:
            return None
        unit = f" {self.unit}" if self.unit else ""
        return Problem("out-of-range", where, {"value": value, "low": low, "high": high, "unit": unit})

    def typed(self, value: Value) -> Value:
        """Return `value` in the type of the default (a whole float for an int, and the reverse)."""
        return value if isinstance(value, str) else type(self.default)(value)


def param(
    default: Any,
    *,
    help: str,  # noqa: A002 - the word readers of a declaration expect
    source: str,
    shown_in: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Declare an adjustable number as a dataclass field; see `Parameter` for the meaning of each argument."""
    about = {
        "unit": unit, "low": low, "high": high, "choices": choices,
        "help": help, "source": source, "shown_in": shown_in,
    }  # fmt: skip
    return field(default=default, metadata={"parameter": about})


def parameters(prefix: str) -> Callable[[type[T]], type[T]]:
    """Give a frozen dataclass of `param` fields its place in the tree of settings."""

    def mark(cls: type[T]) -> type[T]:
        cls.PREFIX = prefix  # type: ignore[attr-defined]  # what this decorator adds
        return cls

    return mark


def declared(cls: type[Any]) -> Iterator[Parameter]:
    """Yield the parameters that a class marked with `parameters` declares."""
    for spot in dataclasses.fields(cls):
        default: Any = spot.default
        yield Parameter(f"{cls.PREFIX}.{spot.name}", default, **spot.metadata["parameter"])


class Registry(Mapping[str, Parameter]):
    """All parameters of a number of engines, by dotted path."""

    def __init__(self, classes: Iterable[type[Any]]) -> None:
        self._all = {one.path: one for cls in classes for one in declared(cls)}

    def __getitem__(self, path: str) -> Parameter:
        return self._all[path]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._all))

    def __len__(self) -> int:
        return len(self._all)

    def problems(self, values: Mapping[str, object], place: str = "") -> list[Problem]:
        """Return every fault in a set of overrides: unknown paths, wrong types, values out of range."""
        found = []
        for path, value in values.items():
            if path not in self._all:
                near = nearest(path, self._all)
                code = "override-unknown" if near else "override-unknown-known"
                found.append(Problem(code, place, {"path": path, "near": near}))
            elif (problem := self._all[path].problem(value, place)) is not None:
                found.append(problem)
        return found

    def settings(self, values: Mapping[str, Value], place: str = "") -> Settings:
        """Return the settings with `values` over the defaults.

        Raises
        ------
        ScenarioError
            With every fault in `values`.
        """
        if problems := self.problems(values, place):
            raise ScenarioError(problems)
        return Settings({path: self._all[path].typed(value) for path, value in values.items()})


@dataclass(frozen=True)
class Settings:
    """Overrides by dotted path; everything else has its declared default."""

    values: Mapping[str, Value] = field(default_factory=dict)

    def of(self, cls: type[T]) -> T:
        """Return the parameters of `cls`, a class marked with `parameters`, with the overrides applied."""
        prefix = cls.PREFIX  # type: ignore[attr-defined]  # added by `parameters`
        names = {spot.name for spot in dataclasses.fields(cls)}  # type: ignore[arg-type]  # it is a dataclass
        return cls(**{name: self.values[f"{prefix}.{name}"] for name in names if f"{prefix}.{name}" in self.values})


Status = Literal["honoured", "approximated", "ignored"]


@dataclass(frozen=True, slots=True)
class Treatment:
    """What happens to one field of a user's file.

    `note` says how it is approximated or why it is ignored; it may name placeholders, whose values are in `args`.
    """

    status: Status
    note: str = ""
    args: tuple[tuple[str, str], ...] = ()

    def text(self, template: str | None = None) -> str:
        """Return the note, in English or from a translated `template`, with its placeholders filled."""
        said = self.note if template is None else template
        return said.format(**dict(self.args)) if self.args else said


HONOURED = Treatment("honoured")


def approximated(how: str) -> Treatment:
    """Return the treatment of a field whose effect is modelled in a simpler way."""
    return Treatment("approximated", how)


def ignored(why: str) -> Treatment:
    """Return the treatment of a field that changes nothing in a run."""
    return Treatment("ignored", why)


Treatments = Mapping[str, Treatment]
"""``"Kind: path"`` -> treatment, for instance ``"Deployment: spec.replicas"``. A path covers what lies below it."""
