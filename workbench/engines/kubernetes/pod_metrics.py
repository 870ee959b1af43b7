"""What the metrics server says of pods: how much cpu each pod has used lately, as whoever scales gets to know it.

Every so often it asks each kubelet how much cpu time the pods there have used so far. Usage is the difference between
two answers, so a new pod has none before it has been seen twice.

Source: kubernetes-sigs/metrics-server, pkg/scraper and pkg/storage (version 0.8).
Left out: that a kubelet's own figures are up to 15 s old; the Heapster pipeline of older clusters; memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import ApiServer, PodInformer
from workbench.engines.kubernetes.autoscalers.horizontal_replicas import Sample
from workbench.engines.kubernetes.objects import NOWHERE, PodObject
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters


@parameters("kubernetes.pod_metrics")
@dataclass(frozen=True)
class PodMetricsParameters:
    """How fresh metrics are."""

    resolution_s: float = param(
        15.0, unit="s", low=10, high=300, help="how often the metrics server asks how much cpu pods have used",
        source="metrics-server 0.8, manifests: --metric-resolution 15s", shown_in="flash-crowd",
    )  # fmt: skip


class _Reading(NamedTuple):
    """Cpu time used by a pod until a time, in core-microseconds."""

    at_us: int
    cpu_us: float


class PodMetrics:
    """Asks and remembers. The time of its first round is drawn, since it has nothing to do with anything else."""

    def __init__(self, api: ApiServer, informer: PodInformer) -> None:
        self._world = api.world
        self._informer = informer
        self._every_us = to_us(api.world.settings.of(PodMetricsParameters).resolution_s)
        self._last: dict[int, _Reading] = {}
        self._samples: dict[int, Sample] = {}

    def start(self) -> None:
        """Begin the rounds, if there is any traffic to be measured."""
        if any(app.load is not None for app in self._world.scenario.apps):
            first = self._world.streams.stream("kubernetes/pod-metrics").randrange(self._every_us)
            self._world.agenda.after(first, Order.CONTROLLER, self._round)

    def usage(self, pod: int) -> Sample | None:
        """Return what a pod used lately, in thousandths of a core; None if that is not known."""
        return self._samples.get(pod)

    def _round(self) -> None:
        world, samples, last = self._world, {}, {}
        for uid, pod in self._informer.pods.items():
            if not self._reachable(pod):
                continue
            reading = last[uid] = _Reading(world.now_us, world.traffic.cpu_us(pod.app.name, uid))
            before = self._last.get(uid)
            if before is not None:
                window = reading.at_us - before.at_us
                samples[uid] = Sample(round((reading.cpu_us - before.cpu_us) / window * 1000), reading.at_us, window)
        self._last, self._samples = last, samples
        world.agenda.after(self._every_us, Order.CONTROLLER, self._round)

    def _reachable(self, pod: PodObject) -> bool:
        """Say whether a kubelet answers for the pod, and its containers run."""
        return pod.node != NOWHERE and pod.phase == "Running" and self._world.alive(pod.uid)
