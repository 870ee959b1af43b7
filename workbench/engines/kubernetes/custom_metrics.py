"""What a monitoring system shows of an app's requests: the metrics of types Pods, Object and External.

Every so often it looks at each pod, and at whatever stands in front of them. A scenario says under which names
(`load: metrics`); a name that nobody shows gives no answer, as in a cluster without an adapter for it.

| shown | of a pod | of an object, or from outside |
|---|---|---|
| `requests` | what it answered per second since the look before | what came per second, refused or not |
| `waiting` | what it holds now | what all hold together |

Source: kubernetes, pkg/controller/podautoscaler/metrics/client.go (version 1.34); kube-prometheus,
kubernetesControlPlane and prometheus-adapter (scrapes every 30 s).
Left out: rates over windows longer than the time between two looks; labels of series, of which there is one each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import ApiServer, PodInformer
from workbench.engines.kubernetes.autoscalers.horizontal_replicas import Sample
from workbench.engines.kubernetes.objects import PodObject
from workbench.model.clock import SECOND_US, to_us
from workbench.model.load import Shown
from workbench.model.parameters import param, parameters
from workbench.model.workload import App

AT_THE_DOOR = "requests-per-second"
"""What comes in, as the short form of a scenario counts it (`scaling: requests`)."""


@parameters("kubernetes.custom_metrics")
@dataclass(frozen=True)
class CustomMetricsParameters:
    """How fresh the metrics of requests are."""

    interval_s: float = param(
        30.0, unit="s", low=1, high=300, help="how often a monitoring system looks at pods and what stands in front",
        source="kube-prometheus: scrapes every 30 s", shown_in="count-at-the-door",
    )  # fmt: skip


class _Counts(NamedTuple):
    """What a pod had answered at a look, and held."""

    at_us: int
    answered: float
    waiting: float


class CustomMetrics:
    """Looks and remembers, for the apps whose metrics have a name."""

    def __init__(self, api: ApiServer, informer: PodInformer) -> None:
        self._world = api.world
        self._informer = informer
        self._every_us = to_us(api.world.settings.of(CustomMetricsParameters).interval_s)
        self._apps = {app.name for app in api.world.scenario.apps if _shows_any(app)}
        self._looks: tuple[int, int] | None = None
        self._before: dict[int, _Counts] = {}
        self._now: dict[int, _Counts] = {}

    def start(self) -> None:
        """Begin to look, at a time that is drawn, if there is anything to show."""
        if self._apps:
            first = self._world.streams.stream("kubernetes/custom-metrics").randrange(self._every_us)
            self._world.agenda.after(first, Order.CONTROLLER, self._look)

    def of_pods(self, app: App, name: str, pods: Iterable[PodObject]) -> dict[str, Sample]:
        """Return pod -> what is shown of it, in thousandths; nothing where no app shows that name."""
        shown = _shown(app, name)
        found = {}
        for pod in pods if shown else ():
            now, before = self._now.get(pod.uid), self._before.get(pod.uid)
            if now is None or (shown == "requests" and before is None):
                continue
            window = now.at_us - before.at_us if before is not None else self._every_us
            value = (
                now.waiting if before is None or shown == "waiting" else _rate(before.answered, now.answered, window)
            )
            found[pod.name] = Sample(round(value * 1000), now.at_us, window)
        return found

    def total(self, app: App, name: str) -> int | None:
        """Return what is shown of the whole app, in thousandths; None where nothing is."""
        shown = _shown(app, name)
        if shown is None or self._looks is None or app.load is None:
            return None
        if shown == "waiting":
            mine = (pod.uid for pod in self._informer.pods.values() if pod.app.name == app.name)
            return round(sum(self._now[uid].waiting for uid in mine if uid in self._now) * 1000)
        start_us, end_us = self._looks
        return round(_rate(0.0, app.load.requests(start_us, end_us), end_us - start_us) * 1000)

    def _look(self) -> None:
        world, traffic = self._world, self._world.traffic
        self._before, self._now = self._now, {
            uid: _Counts(world.now_us, traffic.answered(pod.app.name, uid), traffic.waiting(pod.app.name, uid))
            for uid, pod in self._informer.pods.items()
            if pod.app.name in self._apps and pod.phase == "Running" and world.alive(uid)
        }  # fmt: skip
        self._looks = (max(0, world.now_us - self._every_us), world.now_us)
        world.agenda.after(self._every_us, Order.CONTROLLER, self._look)


def _shows_any(app: App) -> bool:
    by_requests = app.scaling is not None and app.scaling.requests is not None
    return app.load is not None and (bool(app.load.metrics) or by_requests)


def _shown(app: App, name: str) -> Shown | None:
    if app.load is None:
        return None
    return "requests" if name == AT_THE_DOOR else app.load.metrics.get(name)


def _rate(before: float, now: float, window_us: int) -> float:
    return (now - before) * SECOND_US / window_us if window_us else 0.0
