"""Marathon does not scale by itself: a script beside it polls, and multiplies or divides the number of instances.

Every so often it looks at the mean use of cpu of an app's tasks, as agents tell it at that moment. Once it was above
the range for a few looks in a row, it asks Marathon for one and a half times as many instances; once it was below for
long enough, for so many times fewer.

Source: mesosphere/marathon-autoscale, README and marathon_autoscaler.py (commit 084189eb33f4).
Left out: the modes other than cpu.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import NamedTuple

from workbench.engines.agenda import Order
from workbench.engines.mesos.frameworks.marathon_deployments import Deployments
from workbench.engines.world import World
from workbench.model.clock import NEVER, to_us
from workbench.model.parameters import param, parameters
from workbench.model.resources import CPU
from workbench.model.workload import App


@parameters("mesos.marathon_autoscale")
@dataclass(frozen=True)
class MarathonAutoscaleParameters:
    """Variables of its environment."""

    interval_s: float = param(
        10.0, unit="s", low=1, high=300, help="how often the autoscaler looks",
        source="marathon-autoscale README, example: --interval 10 (AS_INTERVAL)", shown_in="flash-crowd",
    )  # fmt: skip
    multiplier: float = param(
        1.5, low=1.1, high=10, help="times as many instances when it scales up, divided by when it scales down",
        source="marathon-autoscale README, example: --autoscale_multiplier 1.5", shown_in="flash-crowd",
    )  # fmt: skip
    scale_up_factor: int = param(
        3, unit="looks", low=1, high=30, help="looks in a row above the range before it scales up",
        source="marathon-autoscale README, example: --scale_up_factor 3", shown_in="flash-crowd",
    )  # fmt: skip
    cool_down_factor: int = param(
        4, unit="looks", low=1, high=100, help="looks in a row below the range before it scales down",
        source="marathon-autoscale README, example: --cool_down_factor 4", shown_in="flash-crowd",
    )  # fmt: skip
    range_width: float = param(
        24.5, unit="%", low=1, high=90, help="how far below the target the range ends in which nothing is done",
        source="marathon-autoscale README, example: --min_range 55.5 --max_range 80.0", shown_in="flash-crowd",
    )  # fmt: skip


class Counts(NamedTuple):
    """For how many looks in a row usage was above, and below, the range."""

    above: int = 0
    below: int = 0


def counted(counts: Counts, used: float, least: float, most: float) -> Counts:
    """Return the counts after one more look; a look within the range sets both to nothing."""
    if used > most:
        return Counts(counts.above + 1, 0)
    if used < least:
        return Counts(0, counts.below + 1)
    return Counts()


def next_size(counts: Counts, size: int, least: int, most: int, params: MarathonAutoscaleParameters) -> int:
    """Return the size to ask for; the present one while the counts are not high enough."""
    if counts.above >= params.scale_up_factor:
        return max(size, min(most, ceil(size * params.multiplier)))
    if counts.below >= params.cool_down_factor:
        return min(size, max(least, floor(size / params.multiplier)))
    return size


class MarathonAutoscale:
    """The script, for one app.

    Parameters
    ----------
    deployments : Deployments
        Of the Marathon that runs the app, there under the name `app_id`.
    """

    def __init__(self, world: World, app: App, deployments: Deployments, app_id: str) -> None:
        assert app.scaling is not None
        self._world = world
        self._app = app
        self._scaling = app.scaling
        self._deployments = deployments
        self._app_id = app_id
        self._params = world.settings.of(MarathonAutoscaleParameters)
        self._every_us = to_us(self._params.interval_s)
        self._counts = Counts()
        self._last: dict[int, float] = {}

    def start(self) -> None:
        """Begin to look, at a time that is drawn, since it has nothing to do with anything else."""
        first = self._world.streams.stream(f"mesos/marathon-autoscale/{self._app.name}").randrange(self._every_us)
        self._world.agenda.after(first, Order.FRAMEWORK, self._look)

    def _look(self) -> None:
        self._world.agenda.after(self._every_us, Order.FRAMEWORK, self._look)
        used, size = self._used(), self._deployments.size(self._app_id)
        if used is None or not size:
            return
        target = float(self._scaling.target)
        self._counts = counted(self._counts, used, target - self._params.range_width, target)
        wanted = next_size(self._counts, size, self._scaling.least, self._scaling.most, self._params)
        if wanted != size:
            self._counts = Counts()
            self._ask(size, wanted)

    def _ask(self, size: int, wanted: int) -> None:
        """Ask Marathon for another size; it refuses while the app is being deployed."""
        if not self._deployments.locked(self._app_id):
            why = "cpu-above-range" if wanted > size else "cpu-below-range"
            self._world.rescaled(self._app, size, wanted, why)
        self._deployments.scale(self._app_id, wanted)

    def _used(self) -> float | None:
        """Return the mean use of cpu since the last look, in per cent of what tasks ask for; None with nothing new."""
        world, name = self._world, self._app.name
        readings = {task: world.traffic.cpu_us(name, task) for task in self._running()}
        known = [readings[task] - self._last[task] for task in readings if task in self._last]
        self._last = readings
        asked = self._app.request.get(CPU, 0) / 1000 * self._every_us
        return 100 * sum(known) / len(known) / asked if known and asked else None

    def _running(self) -> list[int]:
        tasks = self._world.trace["tasks"]
        return [
            task
            for task, (app, started) in enumerate(zip(tasks["app"], tasks["started_us"], strict=True))
            if app == self._app.name and started != NEVER and self._world.alive(task)
        ]
