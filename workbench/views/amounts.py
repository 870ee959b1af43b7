"""Numbers as people say them: 5 min 50 s, 44 %, and never more digits than their spread supports."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median

from workbench.experiments.metrics import Metric
from workbench.experiments.statistics import interval
from workbench.views.i18n import Texts

NICE_SECONDS = (3600, 1800, 600, 300, 60, 30, 10, 5, 1)
"""Steps to which times above a minute are rounded, in s."""

CONTROL_PLANES = {"kubernetes": "Kubernetes", "mesos": "Mesos"}
"""Names that are the same in every language."""


def control_plane(t: Texts, name: str) -> str:
    """Return the name of a side as a reader knows it."""
    if name in t.sides:
        return t.local(t.sides[name])
    if name == "static-partitions":
        return t("static partitions")
    if name == "kubernetes-on-mesos":
        return t("Kubernetes on Mesos")
    return CONTROL_PLANES.get(name, name)


def duration(t: Texts, seconds: float, spread: float | None = None) -> str:
    """Return a time in human form: ``5 min 50 s``, ``0.5 s``, ``21 s``, ``1 h 5 min``.

    Parameters
    ----------
    seconds : float
        Infinity is "not within the run".
    spread : float, optional
        Half the width of the interval around it, in s; digits below it are dropped.
    """
    if math.isnan(seconds):
        return t("unknown")
    if math.isinf(seconds):
        return t("not within the run")
    if 0 < abs(seconds) < 0.00995:
        return t("{milliseconds} ms", milliseconds=_number(seconds * 1000, None, whole_from=10))
    if abs(seconds) < 59.5:
        return t("{seconds} s", seconds=_number(seconds, spread, whole_from=10))
    total = round(abs(seconds) / (step := _nice(seconds, spread))) * step
    if seconds < 0:
        return "\N{MINUS SIGN}" + _long(t, total)
    return _long(t, total)


def _nice(seconds: float, spread: float | None) -> int:
    """Return the step to round a time above a minute to: about half its spread, and small beside the time itself."""
    allowed = max(1.0, (spread or 0) / 2)
    return next(step for step in NICE_SECONDS if step <= allowed and (step <= abs(seconds) / 4 or step == 1))


def _long(t: Texts, total: int) -> str:
    """Return whole seconds, 60 or more, as minutes and seconds, hours and minutes, or days and hours."""
    minutes, seconds = divmod(total, 60)
    if minutes < 60:
        if seconds:
            return t("{minutes} min {seconds} s", minutes=minutes, seconds=seconds)
        return t("{minutes} min", minutes=minutes)
    hours, minutes = divmod(round(total / 60), 60)
    if hours < 24:
        if minutes:
            return t("{hours} h {minutes} min", hours=hours, minutes=minutes)
        return t("{hours} h", hours=hours)
    days, hours = divmod(round(total / 3600), 24)
    return t("{days} d {hours} h", days=days, hours=hours) if hours else t("{days} d", days=days)


def value(t: Texts, metric: Metric, number: float, spread: float | None = None) -> str:
    """Return a measured value with its unit, in human form.

    Parameters
    ----------
    metric : Metric
        What was measured; its unit decides the form.
    number : float
        In the metric's unit; infinity is "not within the run".
    spread : float, optional
        Half the width of the interval around it, in the same unit; digits below it are dropped.
    """
    return _amount(t, metric, number, spread, points=False)


def difference(t: Texts, metric: Metric, number: float, spread: float | None = None) -> str:
    """Return how far two values lie apart, without sign; fractions in percentage points."""
    return _amount(t, metric, abs(number), spread, points=True)


def beside(metric: Metric, values: Mapping[str, Sequence[float]]) -> Metric:
    """Return the measure with the unit in which all sides of a row are said: that of the largest.

    Numbers stay in the measure's own unit; only summed time of instances or machines has a unit to choose.
    """
    what, _, unit = metric.unit.partition("-")
    if what not in ("instance", "machine") or unit != "s":
        return metric
    finite = [abs(typical(some)[0]) for some in values.values() if all(map(math.isfinite, some))]
    return replace(metric, unit=f"{what}-h" if max(finite, default=0.0) >= 7200 else f"{what}-min")


def _amount(t: Texts, metric: Metric, number: float, spread: float | None, *, points: bool) -> str:
    if math.isnan(number):
        return t("unknown")
    if math.isinf(number):
        return t("not within the run")
    if metric.unit == "s":
        return duration(t, number, spread)
    if metric.unit == "fraction":
        percent = _number(number * 100, None if spread is None else spread * 100, whole_from=10)
        return t("{number} percentage points", number=percent) if points else t("{number} %", number=percent)
    if metric.unit == "bytes":
        return bytes_(round(number))
    if metric.unit.partition("-")[0] in ("instance", "machine") and "-" in metric.unit:
        return _time_summed(t, metric.unit, number, spread)
    return counted(t, metric.unit, _number(number, spread, whole_from=100))


def _time_summed(t: Texts, unit: str, number: float, spread: float | None) -> str:
    """Return the time of instances or machines in minutes or, from two hours on, in hours; or as `beside` chose."""
    by = 3600 if unit.endswith("-h") or (unit.endswith("-s") and abs(number) >= 7200) else 60
    scaled = _number(number / by, None if spread is None else spread / by, whole_from=10)
    if unit.startswith("machine"):
        return t("{number} machine-h" if by == 3600 else "{number} machine-min", number=scaled)
    return t("{number} instance-h" if by == 3600 else "{number} instance-min", number=scaled)


def counted(t: Texts, unit: str, number: str) -> str:
    """Return a number that is written already with what it counts: ``1 machine``, ``12 tasks``."""
    if unit == "cores":
        return t("1 core") if number == "1" else t("{number} cores", number=number)
    if unit == "tasks":
        return t("1 task") if number == "1" else t("{number} tasks", number=number)
    if unit == "machines":
        return t("1 machine") if number == "1" else t("{number} machines", number=number)
    if unit == "requests":
        return t("1 request") if number == "1" else t("{number} requests", number=number)
    return f"{number} {unit}".rstrip()


def _number(number: float, spread: float | None, *, whole_from: float) -> str:
    """Return a number with the digits it deserves.

    Without spread: two significant digits, whole from `whole_from` on. With spread: rounded to 1 or 5 times a power of
    ten, at most half the spread, but never finer than without.
    """
    size = abs(number)
    places = 0 if size >= whole_from or size < 1e-9 else max(0, 1 - math.floor(math.log10(size)))
    step = 10.0**-places
    if spread is not None and math.isfinite(spread) and spread > 0:
        step = max(step, _one_or_five(spread / 2, size))
    rounded = round(number / step * (1 + 1e-9)) * step  # halves away from zero: 88 % beside 75 % is 13 apart, not 12
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    text = f"{rounded:,.{places}f}"
    if places:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "\N{MINUS SIGN}") if text not in ("-0", "") else "0"


def _one_or_five(most: float, size: float) -> float:
    """Return the largest of 1 or 5 times a power of ten that is at most `most` and at most a tenth of `size`."""
    limit = min(most, size / 10) if size > 0 else most
    if limit <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(limit))
    return 5 * power if 5 * power <= limit * (1 + 1e-9) else power


_ONE_UNIT = re.compile(r"(\N{MINUS SIGN}?[\d.,]+) (\D+)")


def between(t: Texts, low: str, high: str, *, brief: bool = False) -> str:
    """Return a range of two amounts in words, their unit named once: ``46 to 49 s``; empty if they read the same.

    With `brief`, for tables: ``46\N{EN DASH}49 s``.
    """
    if low == high:
        return ""
    first, last = _ONE_UNIT.fullmatch(low), _ONE_UNIT.fullmatch(high)
    if first and last and first[2] == last[2] and first[2] != "%":
        low = first[1]
    if brief and t.language == "en":
        return f"{low}\N{EN DASH}{high}" if low.replace(".", "").isdigit() else f"{low} \N{EN DASH} {high}"
    return t("{low} to {high}", low=low, high=high)


def typical(values: Sequence[float]) -> tuple[float, float]:
    """Return the middle of repeated values and their spread, for showing.

    The mean and half the width of its 95 % interval where all values are finite; else the median and 0.
    """
    mean, low, high = interval(values)
    if math.isnan(mean):
        return median(values), 0.0
    return mean, (high - low) / 2


def measured(t: Texts, metric: Metric, values: Sequence[float]) -> str:
    """Return what repeated measurements gave: the mean with its interval, and how often it never happened."""
    never = sum(1 for one in values if math.isinf(one))
    if never == len(values):
        return t("not within the run")
    if never:
        return t("not within the run in {never} of {repeats} repeats", never=never, repeats=len(values))
    said, around = with_range(t, metric, values)
    return t("{middle} ({range})", middle=said, range=around) if around else said


def with_range(t: Texts, metric: Metric, values: Sequence[float], *, brief: bool = False) -> tuple[str, str]:
    """Return the middle of repeated values and its 95 % interval in words (empty if its ends read the same).

    The interval is cut to what the measure can be. Values have to be finite; `brief` as in `between`.
    """
    middle, spread = typical(values)
    ends = interval(values, possible=metric.possible)[1:]
    low, high = (value(t, metric, end, spread) for end in ends)
    return value(t, metric, middle, spread), between(t, low, high, brief=brief)


def bytes_(amount: int) -> str:
    """Return an amount of memory or disk: ``512 MiB``, ``16 GiB``, ``1.5 GiB``."""
    for unit, size in (("TiB", 1024**4), ("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if amount >= size:
            return f"{amount / size:,.4g} {unit}"
    return f"{amount:,} B"


def cores(millicores: int) -> str:
    """Return an amount of cpu in cores, without a unit: ``0.5``, ``4``."""
    return f"{millicores / 1000:,.6g}"
