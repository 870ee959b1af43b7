"""An activator beside the HorizontalPodAutoscaler: takes a service from one instance to none, and back to one.

The HorizontalPodAutoscaler never goes below one instance: of none there is no cpu to measure. The activator
stands in the way of all requests. While there is no instance it holds them; a request that it holds makes it order the
first instance, whatever the cpu is. Every 30 s it looks whether requests still come; once none has for five minutes it
has the instances taken away, and from then on the autoscaler leaves the service alone.

Source: KEDA 2.22, ScaledObject (pollingInterval 30 s, cooldownPeriod 300 s) and pkg/scaling/executor; kedacore/
http-add-on 1.0, interceptor and scaler (requests counted every 500 ms, told every 200 ms; held without a limit of time
or number); kubernetes, pkg/controller/podautoscaler (version 1.34; no instances: ScalingDisabled).
Left out: what the activator itself costs, in machines and in time per request; more than one copy of it; that it tells
the autoscaler how many requests it holds.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engines.agenda import Order, Process
from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.objects import uid
from workbench.model.clock import SECOND_US, to_us
from workbench.model.parameters import param, parameters
from workbench.model.workload import App

COUNT_US, TELL_US = to_us(0.5), to_us(0.2)
"""KEDA_HTTP_QUEUE_TICK_DURATION and KEDA_HTTP_SCALER_STREAM_INTERVAL_MS."""


@parameters("kubernetes.activator")
@dataclass(frozen=True)
class ActivatorParameters:
    """A ScaledObject of KEDA."""

    present: bool = param(
        True, help="an activator takes services that may have no instance down to none, and back",
        source="assumption: KEDA with its HTTP add-on is there where an app says least: 0", shown_in="nobody-at-night",
    )  # fmt: skip
    cooldown_s: float = param(
        300.0, unit="s", low=0, high=7200, help="for how long no request may have come before the last instance goes",
        source="keda 2.22, ScaledObject: cooldownPeriod 300 s", shown_in="nobody-at-night",
    )  # fmt: skip
    polling_interval_s: float = param(
        30.0, unit="s", low=1, high=600, help="how often the activator looks whether requests still come",
        source="keda 2.22, ScaledObject: pollingInterval 30 s", shown_in="nobody-at-night",
    )  # fmt: skip


class Activator:
    """The activator of one service."""

    def __init__(self, api: ApiServer, app: App) -> None:
        self._api = api
        self._world = api.world
        self._app = app
        self._workload = uid("Deployment", app.team, app.name)
        params = api.world.settings.of(ActivatorParameters)
        self._cooldown_us = to_us(params.cooldown_s)
        self._every_us = to_us(params.polling_interval_s)
        self._active_us = api.world.now_us

    def start(self) -> None:
        """Stand in front of the service, and begin to look."""
        self._world.traffic.hold(self._app.name)
        self._world.agenda.process(self._counting())
        self._world.agenda.process(self._polling())

    def _phase(self, name: str, below_us: int) -> int:
        return self._world.streams.stream(f"kubernetes/activator/{self._app.name}/{name}").randrange(below_us)

    def _counting(self) -> Process:
        """Order the first instance for a request that is held."""
        yield self._world.agenda.sleep(self._phase("count", COUNT_US), Order.CONTROLLER)
        tell_us = self._phase("tell", TELL_US)
        while True:
            if self._size() == 0 and self._world.traffic.held(self._app.name) > 0:
                yield self._world.agenda.sleep(tell_us, Order.CONTROLLER)
                self._active_us = self._world.now_us
                if self._size() == 0:  # nobody else has changed it meanwhile
                    self._scale(0, 1, "first-request")
            yield self._world.agenda.sleep(COUNT_US, Order.CONTROLLER)

    def _polling(self) -> Process:
        """Take the instances away once no request has come for long enough."""
        yield self._world.agenda.sleep(self._phase("poll", self._every_us), Order.CONTROLLER)
        while True:
            now_us = self._world.now_us
            size = self._size()
            if self._world.traffic.idle_us(self._app.name) <= SECOND_US:
                self._active_us = now_us
            elif size and now_us - self._active_us >= self._cooldown_us:
                self._scale(size, 0, "no-requests")
            yield self._world.agenda.sleep(self._every_us, Order.CONTROLLER)

    def _size(self) -> int | None:
        workload = self._api.objects.get(self._workload)
        return None if workload is None else workload.native.spec.replicas

    def _scale(self, before: int, after: int, reason: str) -> None:
        if self._api.answers:
            self._world.rescaled(self._app, before, after, reason)
            self._api.request(self._api.scale, self._workload, after)
