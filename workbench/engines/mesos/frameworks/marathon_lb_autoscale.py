"""Another script beside Marathon: it counts requests at the proxy, and asks for as many instances as they need.

Every so often it takes one sample of the rate at marathon-lb, of the last second. The mean of the last samples, over
what an instance is to get, is the size it aims at. It begins once it has taken as many samples as it averages; it acts
when the rate per instance is off by a large share, or the size by several instances, for a few looks in a row, and not
for a long while after its last change. Since it counts at the proxy, it brings an app back that has no instance; what
came meanwhile is refused.

Source: mesosphere/marathon-lb-autoscale, autoscale.rb (commit 43b7c99a7bf7).
Left out: several ports of an app; samples of more than one proxy, which are added up there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from workbench.engines.agenda import Order, Process
from workbench.engines.mesos.frameworks.marathon_autoscale import ask
from workbench.engines.mesos.frameworks.marathon_deployments import Deployments
from workbench.engines.world import World
from workbench.model.clock import SECOND_US, to_us
from workbench.model.parameters import param, parameters
from workbench.model.workload import App

_SOURCE = "marathon-lb-autoscale, autoscale.rb: "

COOLDOWN = 5
"""Looks that it waits after a change, beyond those that are averaged (--cooldown 5)."""


@parameters("mesos.marathon_lb_autoscale")
@dataclass(frozen=True)
class MarathonLbAutoscaleParameters:
    """Options of the script."""

    interval_s: float = param(
        60.0, unit="s", low=1, high=600, help="how often the script beside the proxy looks at the rate of requests",
        source=_SOURCE + "--interval 60", shown_in="count-at-the-door",
    )  # fmt: skip
    samples: int = param(
        10, low=1, high=100, help="looks that are averaged; it does nothing before it has had as many",
        source=_SOURCE + "--samples 10", shown_in="count-at-the-door",
    )  # fmt: skip
    threshold_percent: float = param(
        0.5, low=0.01, high=5, help="share by which the rate per instance has to be off before it acts",
        source=_SOURCE + "--threshold-percent 0.5", shown_in="count-at-the-door",
    )  # fmt: skip
    threshold_instances: int = param(
        3, low=1, high=1000, help="instances by which the size has to be off before it acts",
        source=_SOURCE + "--threshold-instances 3", shown_in="count-at-the-door",
    )  # fmt: skip
    intervals_past_threshold: int = param(
        3, low=1, high=100, help="looks in a row that have to be off before it acts",
        source=_SOURCE + "options.intervals_past_threshold 3", shown_in="count-at-the-door",
    )  # fmt: skip


class Look(NamedTuple):
    """What a look finds.

    Parameters
    ----------
    rate : float
        Mean of the samples, in requests per second.
    size, target : int
        Instances that are wanted now, and as many as the rate needs.
    per_instance : float
        Requests per second that an instance is to get, > 0.
    """

    rate: float
    size: int
    target: int
    per_instance: float


def off(look: Look, params: MarathonLbAutoscaleParameters) -> bool:
    """Say whether rate or size are so far off that something has to be done about it."""
    if look.target == look.size:
        return False
    if not look.size:
        return True  # what comes, divided by none
    share = abs(look.rate / look.size - look.per_instance) / look.per_instance
    return share >= params.threshold_percent or abs(look.target - look.size) >= params.threshold_instances


class MarathonLbAutoscale:
    """The script, for one app; parameters as for `MarathonAutoscale`."""

    def __init__(self, world: World, app: App, deployments: Deployments, app_id: str, up: Callable[[], bool]) -> None:
        assert app.scaling is not None
        assert app.scaling.requests is not None
        self._world = world
        self._app = app
        self._scaling = app.scaling
        self._per_instance = app.scaling.requests
        self._deployments = deployments
        self._app_id = app_id
        self._up = up
        self._params = world.settings.of(MarathonLbAutoscaleParameters)
        self._every_us = to_us(self._params.interval_s)
        self._rates: deque[float] = deque(maxlen=self._params.samples)
        self._looks = 0
        self._past = 0
        self._scaled_us: int | None = None

    def start(self) -> None:
        """Begin to look, at a time that is drawn, since it has nothing to do with anything else."""
        self._world.agenda.process(self._loop())

    def _loop(self) -> Process:
        stream = self._world.streams.stream(f"mesos/marathon-lb-autoscale/{self._app.name}")
        yield self._world.agenda.sleep(stream.randrange(self._every_us), Order.FRAMEWORK)
        while True:
            self._look()
            yield self._world.agenda.sleep(self._every_us, Order.FRAMEWORK)

    def _look(self) -> None:
        """Take a sample and act; without Marathon the script stumbles before it has counted the look."""
        self._rates.append(self._rate())
        if not self._up():
            return
        if self._looks >= self._params.samples and self._deployments.has(self._app_id):
            self._decide(self._deployments.size(self._app_id))
        self._looks += 1

    def _rate(self) -> float:
        load, now_us = self._app.load, self._world.now_us
        return 0.0 if load is None else load.requests(max(0, now_us - SECOND_US), now_us)

    def _decide(self, size: int) -> None:
        rate = sum(self._rates) / len(self._rates)
        target = min(max(ceil(rate / self._per_instance), self._scaling.least), self._scaling.most)
        self._past = self._past + 1 if off(Look(rate, size, target, self._per_instance), self._params) else 0
        if self._past < self._params.intervals_past_threshold or not self._rested():
            return
        self._scaled_us = self._world.now_us
        ask(self._world, self._app, self._deployments, self._app_id, target, "requests")

    def _rested(self) -> bool:
        """Say whether the last change is long enough ago: all samples are of the time since, and the wait is over."""
        looks = COOLDOWN + self._params.samples
        return self._scaled_us is None or self._world.now_us > self._scaled_us + looks * self._every_us
