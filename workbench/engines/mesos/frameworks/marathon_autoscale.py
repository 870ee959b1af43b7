"""Marathon does not scale by itself: a script beside it polls, and multiplies or divides the number of instances.

It looks at the tasks one by one, asks the agent of each twice, a second apart, how much cpu time the task has used,
and waits a second after each answer. So a look at twenty tasks takes forty seconds, and only then does it sleep until
the next. Once the mean was above the range for a few looks in a row, it asks Marathon for one and a half times as many
instances; once it was below for long enough, for so many times fewer. It may be told to go down to none; but of no
task there is no use of cpu, so it never comes back from there by itself.

Source: mesosphere/marathon-autoscale, autoscaler/modes/scalecpu.py and marathon_autoscaler.py; the numbers of
marathon_definitions/autoscale_examples/autoscale-cpu-noauth-marathon.json (commit 346af25d1b64).
Left out: the modes other than cpu; that a look is given up when a task of it ends meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from math import ceil, floor
from typing import Any, NamedTuple

from simpy.events import Event

from workbench.engines.agenda import Order, Process
from workbench.engines.mesos.frameworks.marathon_deployments import Deployments
from workbench.engines.world import World
from workbench.model.clock import NEVER, to_us
from workbench.model.parameters import param, parameters
from workbench.model.resources import CPU
from workbench.model.workload import App

PAUSE_US = to_us(1)
"""What it waits after each answer of an agent."""


@parameters("mesos.marathon_autoscale")
@dataclass(frozen=True)
class MarathonAutoscaleParameters:
    """Variables of its environment."""

    interval_s: float = param(
        30.0, unit="s", low=1, high=300, help="how long the script beside Marathon sleeps between two looks",
        source="autoscale-cpu-noauth-marathon.json: AS_INTERVAL 30", shown_in="flash-crowd",
    )  # fmt: skip
    multiplier: float = param(
        1.5, low=1.1, high=10, help="times as many instances when it scales up, divided by when it scales down",
        source="autoscale-cpu-noauth-marathon.json: AS_AUTOSCALE_MULTIPLIER 1.5", shown_in="flash-crowd",
    )  # fmt: skip
    scale_up_factor: int = param(
        3, low=1, high=30, help="looks in a row above the range before it scales up",
        source="autoscale-cpu-noauth-marathon.json: AS_SCALE_UP_FACTOR 3", shown_in="flash-crowd",
    )  # fmt: skip
    cool_down_factor: int = param(
        4, low=1, high=100, help="looks in a row below the range before it scales down",
        source="autoscale-cpu-noauth-marathon.json: AS_COOL_DOWN_FACTOR 4", shown_in="flash-crowd",
    )  # fmt: skip
    min_instances: int = param(
        1, low=0, high=30, help="instances below which the script does not go, whatever the app says",
        source="assumption: as the HorizontalPodAutoscaler; AS_MIN_INSTANCES, for which the README advises 2",
        shown_in="nobody-at-night",
    )  # fmt: skip
    range_width: float = param(
        25.0, unit="%", low=1, high=90, help="how far below the target the range ends in which nothing is done",
        source="autoscale-cpu-noauth-marathon.json: AS_MIN_RANGE 55, AS_MAX_RANGE 80", shown_in="flash-crowd",
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


def ask(world: World, app: App, deployments: Deployments, app_id: str, wanted: int, measured: str) -> None:
    """Ask Marathon for another size, since more or less of what is measured was seen.

    It refuses while the app is being deployed.
    """
    size = deployments.size(app_id)
    if not deployments.locked(app_id):
        world.rescaled(app, size, wanted, f"{measured}-above-range" if wanted > size else f"{measured}-below-range")
    deployments.scale(app_id, wanted)


class MarathonAutoscale:
    """The script, for one app.

    Parameters
    ----------
    deployments : Deployments
        Of the Marathon that runs the app, there under the name `app_id`.
    up : callable
        Says whether that Marathon can be asked; a look while it cannot comes to nothing.
    """

    def __init__(self, world: World, app: App, deployments: Deployments, app_id: str, up: Callable[[], bool]) -> None:
        assert app.scaling is not None
        self._world = world
        self._app = app
        self._scaling = app.scaling
        self._deployments = deployments
        self._app_id = app_id
        self._up = up
        self._params = world.settings.of(MarathonAutoscaleParameters)
        self._every_us = to_us(self._params.interval_s)
        self._counts = Counts()

    def start(self) -> None:
        """Begin to look, at a time that is drawn, since it has nothing to do with anything else."""
        self._world.agenda.process(self._loop())

    def _loop(self) -> Process:
        first = self._world.streams.stream(f"mesos/marathon-autoscale/{self._app.name}").randrange(self._every_us)
        yield self._sleep(first)
        while True:
            used = yield from self._used()
            size = self._deployments.size(self._app_id)
            if used is not None and size and self._up():
                self._decide(used, size)
            yield self._sleep(self._every_us)

    def _sleep(self, delay_us: int) -> Event:
        return self._world.agenda.sleep(delay_us, Order.FRAMEWORK)

    def _decide(self, used: float, size: int) -> None:
        target = float(self._scaling.target)
        self._counts = counted(self._counts, used, target - self._params.range_width, target)
        least = max(self._scaling.least, self._params.min_instances)
        wanted = next_size(self._counts, size, least, self._scaling.most, self._params)
        if wanted != size:
            self._counts = Counts()
            ask(self._world, self._app, self._deployments, self._app_id, wanted, "cpu")

    def _used(self) -> Generator[Event, Any, float | None]:
        """Return the mean use of cpu of the tasks there are, in per cent of what they ask for; None without either."""
        asked = self._app.request.get(CPU, 0) / 1000 * PAUSE_US
        shares = []
        for task in self._running() if asked else ():
            before = self._cpu_us(task)
            yield self._sleep(PAUSE_US)
            shares.append(100 * (self._cpu_us(task) - before) / asked)
            yield self._sleep(PAUSE_US)
        return sum(shares) / len(shares) if shares else None

    def _cpu_us(self, task: int) -> float:
        return self._world.traffic.cpu_us(self._app.name, task)

    def _running(self) -> list[int]:
        tasks = self._world.trace["tasks"]
        return [
            task
            for task, (app, started) in enumerate(zip(tasks["app"], tasks["started_us"], strict=True))
            if app == self._app.name and started != NEVER and self._world.alive(task)
        ]
