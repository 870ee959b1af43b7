"""Which settings a reader can move, and the values each one stops at.

The scenario names the first five; eight are on view at most; all others are in the drawer. Every setting moves over a
list of values that people would choose: 0, 5 s, 10 s, 30 s, 1 min ...
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import floor, log10
from typing import Literal

from workbench.engines.catalogue import PARAMETERS
from workbench.errors import InputError, ScenarioError
from workbench.experiments.variants import follows
from workbench.formats.durations import parse_duration
from workbench.formats.quantities import parse_quantity
from workbench.formats.scenario_override import value_at
from workbench.model.clock import to_seconds
from workbench.model.parameters import Parameter, Value
from workbench.model.scenario import Scenario, Slider
from workbench.views import sentences
from workbench.views.i18n import Texts
from workbench.views.widgets.panel.memory_stops import memory_stops

FIRST, MOST = 5, 8
"""Settings on view at first, and after *more*."""

MOST_STEPS = 200
"""Values of one setting at most."""
EVERY = 101
"""Whole numbers up to so many are all there."""

DECADE = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
MINUTE_S = 60.0
TIMES_S = (
    1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 360, 420, 480, 600, 720, 900,
    1200, 1500, 1800, 2400, 3000, 3600, 5400, 7200, 10800, 14400, 21600, 43200, 86400, 172800, 604800, 2592000,
    7776000, 31536000,
)  # fmt: skip
"""Durations from a second up that people choose, in s."""

Level = Literal["first", "more", "all"]
Kind = Literal["range", "switch", "choice"]


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that can be moved.

    Parameters
    ----------
    level : str
        Where it is found: on view at first, after *more*, or in the drawer.
    values : tuple
        What it can be set to, in rising order.
    shipped : value
        As the scenario was loaded.
    slider : Slider or None
        The scenario's own words and range for it.
    """

    path: str
    level: Level
    kind: Kind
    values: tuple[Value, ...]
    shipped: Value
    slider: Slider | None = None

    def label(self, t: Texts, scenario: Scenario) -> str:
        """Return what it is, in the reader's words."""
        return sentences.label(t, scenario, self.path)

    def said(self, t: Texts) -> tuple[str, ...]:
        """Return every value in words, with its unit."""
        return tuple(sentences.setting(t, self.path, value) for value in self.values)

    def about(self, t: Texts) -> str:
        """Return what a tooltip says: meaning, dotted path, source."""
        if self.path not in PARAMETERS:
            return t("A value of the scenario: {path}", path=self.path)
        one = PARAMETERS[self.path]
        return t("{meaning}\n{path}\nSource: {source}", meaning=t(one.help), path=self.path, source=one.source)


def settings(scenario: Scenario) -> tuple[Setting, ...]:
    """Return every setting of a scenario: its own sliders first, in their order, then all declared ones by path."""
    own = {slider.path: slider for slider in scenario.study.sliders}
    first = list(own)[:FIRST]
    more = [path for path in dict.fromkeys([*own, *_near(scenario)]) if path not in first][: MOST - FIRST]
    rest = [
        path for path in [*own, *PARAMETERS] if path not in first and path not in more and _concerns(scenario, path)
    ]
    levels: Iterable[tuple[Level, list[str]]] = (("first", first), ("more", more), ("all", rest))
    return tuple(_setting(scenario, path, level, own.get(path)) for level, paths in levels for path in paths)


def _near(scenario: Scenario) -> Iterator[str]:
    """Yield the paths that this scenario is known to depend on, relatives of its own sliders first."""
    study = scenario.study
    families = {slider.path.rpartition(".")[0] for slider in study.sliders}
    yield from study.equalised
    yield from (lever.path for lever in study.levers)
    if study.cure:
        yield study.cure
    known = [path for path, one in PARAMETERS.items() if one.shown_in == scenario.name and _concerns(scenario, path)]
    yield from sorted(known, key=lambda path: path.rpartition(".")[0] not in families)


def _concerns(scenario: Scenario, path: str) -> bool:
    """Say whether a setting belongs to the World or to a side that is compared and has no value of its own for it."""
    return any(follows(scenario, side, path) for side in scenario.study.control_planes)


def _setting(scenario: Scenario, path: str, level: Level, slider: Slider | None) -> Setting:
    ends = (slider.low, slider.high, slider.step) if slider else (None, None, None)
    special = [scenario.study.equalised.get(path)]
    special += [value for lever in scenario.study.levers if lever.path == path for value in lever.values]
    if path in PARAMETERS:
        return _declared(PARAMETERS[path], level, slider, scenario.settings.values.get(path), special)
    shipped, values = _of_document(scenario, path, ends, special)
    return Setting(path, level, _kind(shipped), values, shipped, slider)


def _kind(value: Value) -> Kind:
    return "switch" if isinstance(value, bool) else "range"


# -- declared settings --------------------------------------------------------------------------------------


def _declared(
    one: Parameter, level: Level, slider: Slider | None, chosen: Value | None, special: list[Value | None]
) -> Setting:
    shipped = one.default if chosen is None else chosen
    if one.choices:
        return Setting(one.path, level, "choice", one.choices, shipped, slider)
    if isinstance(one.default, bool):
        return Setting(one.path, level, "switch", (False, True), shipped, slider)
    low = _number(slider.low if slider else None, one.low, 0.0)
    high = _number(slider.high if slider else None, one.high, max(4 * float(one.default), low + 1))
    step = _number(slider.step if slider else None, 0.0)
    whole = isinstance(one.default, int)
    always = [float(value) for value in (one.default, shipped, *special) if isinstance(value, int | float)]
    stops = _stops(low, high, step, always, whole=whole, time=one.unit == "s")
    return Setting(one.path, level, "range", tuple(map(one.typed, stops)), one.typed(shipped), slider)


def _number(*candidates: Value | None) -> float:
    return next(float(one) for one in candidates if isinstance(one, int | float))


# -- values of the scenario itself --------------------------------------------------------------------------


def _of_document(
    scenario: Scenario, path: str, ends: tuple[Value | None, ...], special: list[Value | None]
) -> tuple[Value, tuple[Value, ...]]:
    """Return the value that a dotted path into the scenario has, and those it can be given."""
    shipped = value_at(scenario.document, path, PARAMETERS)
    if isinstance(shipped, bool):
        return shipped, (False, True)
    known = [one for one in (shipped, *ends[:2], *special) if one is not None]
    written = any(isinstance(one, str) for one in known)
    if written and sentences.is_cpu(path) and shipped is not None:
        return shipped, _of_cpu(known)
    if written and sentences.is_memory(path) and shipped is not None:
        return shipped, memory_stops(str(one) for one in known)
    if shipped is None:
        shipped = "0s" if written else next(iter(known), 0)
    numbers = [_seconds(one, path) for one in (shipped, *known)]
    whole = not written and all(number.is_integer() for number in numbers)
    horizon = to_seconds(scenario.horizon_us)
    low = _seconds(ends[0], path) if ends[0] is not None else _lowest(path, special, numbers[0])
    high = _seconds(ends[1], path) if ends[1] is not None else _highest(path, special, numbers[0], horizon)
    step = _seconds(ends[2], path) if ends[2] is not None else 0.0
    stops = _stops(low, high, step, numbers, whole=whole, time=written)
    if written:
        return shipped, tuple(shipped if stop == numbers[0] else f"{stop:g}s" for stop in stops)
    return shipped, tuple(int(stop) if whole else stop for stop in stops)


def _of_cpu(known: list[Value]) -> tuple[Value, ...]:
    """Return amounts of cpu from the smallest to the largest known, the known ones as they are written."""
    written = {round(1000 * float(parse_quantity(one))): one for one in known if not isinstance(one, bool)}
    low, high = min(written), max(written)
    if low == high:
        low, high = max(1, low // 4), 4 * high
    steps = {round(one) for one in _round_numbers(low or 1, high, time=False)}
    return tuple(written.get(milli, f"{milli}m") for milli in sorted(steps | set(written) | {low, high}))


def _lowest(path: str, special: list[Value | None], value: float) -> float:
    if path.endswith((".at", ".replicas")):
        return 0.0
    return min([value / 10, *(_seconds(one, path) for one in special if one is not None)])


def _highest(path: str, special: list[Value | None], value: float, horizon: float) -> float:
    if path.endswith(".at"):
        return horizon
    tried = [_seconds(one, path) for one in special if one is not None]
    return max([value, *tried]) if tried else max(4 * value, value + 1)


def _seconds(value: Value, path: str) -> float:
    """Return a duration as it is written in a file, in s; a plain number as it is."""
    if not isinstance(value, str):
        return float(value)
    try:
        return to_seconds(parse_duration(value, path))
    except InputError as error:
        raise ScenarioError(error.problems) from error


# -- where a slider stops -----------------------------------------------------------------------------------


def _stops(low: float, high: float, step: float, always: list[float], *, whole: bool, time: bool) -> list[float]:
    """Return the values between `low` and `high` that people would choose, `always` among them."""
    if step > 0 and (high - low) / step <= MOST_STEPS:
        between = [low + number * step for number in range(int((high - low) / step) + 1)]
    elif whole and high - low < EVERY:
        between = [float(number) for number in range(int(low), int(high) + 1)]
    else:
        between = list(_round_numbers(low or min([high / 1000, *(one / 100 for one in always if one > 0)]), high, time))
    wanted = {float(f"{one:.6g}") for one in (low, high, *between) if not whole or one == int(one)}
    return sorted(one for one in wanted | set(always) if low <= one <= high or one in always)


def _round_numbers(low: float, high: float, time: bool) -> Iterator[float]:
    power = 10.0 ** floor(log10(low))
    while power <= high and not (time and power >= 1):
        yield from (mantissa * power for mantissa in DECADE if low <= mantissa * power <= high)
        power *= 10
    if time:
        yield from (float(one) for one in TIMES_S if low <= one <= high)
