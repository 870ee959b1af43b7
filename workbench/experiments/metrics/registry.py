"""What a metric is, and the list of all there are. A metric is a function of a trace."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from workbench.model.scenario import Scenario
from workbench.model.trace import Trace

NEVER_HAPPENED = math.inf

AMOUNT = (0.0, math.inf)
"""What a time or a count can be: anything but negative."""

PART = (0.0, 1.0)
"""What a part of a whole can be."""

Function = Callable[[Trace, Scenario, str], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """A way to measure a run.

    Parameters
    ----------
    name : str
        As written in a scenario.
    title : str
        What a reader calls it, in English; ``{about}`` is the app or team.
    unit : str
        ``s``, ``fraction``, ``cores``, ``tasks``, ``machines``, ``instance-s``, ``machine-s``, ``requests``,
        ``bytes``, or empty for an index.
    meaning : str
        One sentence, in English.
    about : str
        ``app``, ``team``, or empty for the whole run.
    lower_is_better : bool or None
        None where neither is better by itself.
    grain : float
        The smallest difference worth speaking of, in `unit`.
    possible : (float, float)
        The least and the greatest value there can be, in `unit`; a law holds every run to it.
    """

    name: str
    title: str
    unit: str
    meaning: str
    about: str
    lower_is_better: bool | None
    grain: float
    function: Function
    possible: tuple[float, float] = AMOUNT

    @property
    def place(self) -> str:
        """The file it stands in, from the package's root."""
        return "/".join(self.function.__module__.split(".")[1:]) + ".py"


METRICS: dict[str, Metric] = {}
"""Every metric by name."""


class Measured:
    """Something about a `measure`, written ``metric`` or ``metric:subject``."""

    __slots__ = ()
    measure: str

    @property
    def metric(self) -> Metric:
        """What is measured."""
        return METRICS[self.measure.partition(":")[0]]

    @property
    def subject(self) -> str:
        """The app or team it is about; empty for the whole run."""
        return self.measure.partition(":")[2]


def metric(
    title: str,
    *,
    unit: str,
    about: str = "",
    lower_is_better: bool | None = True,
    grain: float,
    possible: tuple[float, float] = AMOUNT,
) -> Callable[[Function], Function]:
    """Register a function of a trace as a metric; its docstring's first line is the meaning."""

    def register(function: Function) -> Function:
        name = function.__name__
        meaning = (function.__doc__ or "").strip().splitlines()[0]
        METRICS[name] = Metric(name, title, unit, meaning, about, lower_is_better, grain, function, possible)
        return function

    return register
