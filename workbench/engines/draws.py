"""What chance decides about a task: how long it runs, how fast it starts.

Keyed by app, slot and incarnation, so that the draw belongs to the task, whichever control plane places it and when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log1p
from random import Random

from workbench.engines.randomness import Streams
from workbench.model.clock import SECOND_US
from workbench.model.parameters import param, parameters
from workbench.model.workload import Arrivals, Duration

MILLISECOND_US = 1000
FIRST_DRAWN = 64


@parameters("world.tasks")
@dataclass(frozen=True)
class TaskParameters:
    """What is true of processes for every control plane."""

    start_jitter: float = param(
        0.1, low=0, high=0.9, help="how much start and ready times vary: uniform, plus or minus this fraction",
        source="assumption: start-up times of one image rarely differ by more than a tenth", shown_in="first-look",
    )  # fmt: skip


class Draws:
    """The draws of one run."""

    def __init__(self, streams: Streams, params: TaskParameters) -> None:
        self._streams = streams
        self._jitter = params.start_jitter
        self._durations: dict[str, list[int]] = {}

    def slowness(self, app: str, slot: int, incarnation: int, run: int) -> float:
        """Return the factor on start and ready times of one start of a task, around 1."""
        if self._jitter == 0:
            return 1.0
        u = self._streams.stream(f"start/{app}/{slot}/{incarnation}/{run}").random()
        return 1.0 + self._jitter * (2.0 * u - 1.0)

    def duration(self, app: str, slot: int, incarnation: int, duration: Duration) -> int:
        """Return how long a batch task runs, in microseconds.

        First incarnations share one stream per app, drawn in the order of the slots; a later one has its own.
        """
        if duration.shape == "constant":
            return duration.mean_us
        if incarnation:
            return _run_time(duration, self._streams.stream(f"duration/{app}/{slot}/{incarnation}").random())
        drawn = self._durations.setdefault(app, [])
        if slot >= len(drawn):
            stream = self._streams.stream(f"duration/{app}")
            wanted = max(2 * len(drawn), slot + 1, FIRST_DRAWN)
            drawn[:] = [_run_time(duration, stream.random()) for _ in range(wanted)]
        return drawn[slot]

    def gaps(self, app: str, arrivals: Arrivals) -> Callable[[], int]:
        """Return a function that gives the time to the next arrival, in microseconds, at each call."""
        if arrivals.shape == "constant":
            gap = round(SECOND_US / arrivals.rate)
            return lambda: gap
        stream = self._streams.stream(f"arrivals/{app}")
        if arrivals.shape == "bursty":
            return _bursts(stream, arrivals)
        return lambda: max(1, round(SECOND_US * stream.expovariate(arrivals.rate)))


def _bursts(stream: Random, arrivals: Arrivals) -> Callable[[], int]:
    """Return gaps between tasks that come in groups: none inside a group, exponential ones between groups."""
    left = 0

    def gap() -> int:
        nonlocal left
        if left:
            left -= 1
            return 0
        left = 0 if arrivals.burst <= 1 else int(log1p(-stream.random()) / log1p(-1 / arrivals.burst))
        return max(1, round(SECOND_US * stream.expovariate(arrivals.rate / arrivals.burst)))

    return gap


def _run_time(duration: Duration, u: float) -> int:
    """Return a run time from a uniform draw `u` in [0, 1), in whole milliseconds, so that no last bit of a logarithm
    reaches a trace."""
    factor = 0.5 + u if duration.shape == "uniform" else -log1p(-u)
    return max(1, round(duration.mean_us * factor / MILLISECOND_US)) * MILLISECOND_US
