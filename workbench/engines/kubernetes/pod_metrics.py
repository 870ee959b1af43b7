"""What is known of the pods' use of cpu and memory, as whoever scales gets to know it.

Two clocks stand in between. Every so often each kubelet reads how much cpu time its containers have used so far, and
how much memory they use now; a collector asks every kubelet for its last reading. Usage of cpu is the difference
between two of them, so a new pod has none before it has been seen twice.

| pipeline | who collects | how often |
|---|---|---|
| `metrics-server` | metrics-server, for the resource metrics API | `resolution_s` |
| `heapster` | Heapster, up to Kubernetes 1.10, 5 s after each full minute of its clock | 60 s |

Source: kubernetes-sigs/metrics-server, pkg/scraper and pkg/storage (version 0.8); kubernetes, pkg/kubelet/cadvisor
(version 1.34); heapster, metrics/manager/manager.go and metrics/options (version 1.5).
Left out: that housekeeping slows down to 15 s where nothing changes; Heapster's two minutes of memory, and its sinks.
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
from workbench.model.resources import CPU, MEMORY
from workbench.model.workload import App

HEAPSTER_RESOLUTION_US = to_us(60)
"""heapster --metric_resolution; its offset of 5 s is part of the phase, which is drawn."""


@parameters("kubernetes.pod_metrics")
@dataclass(frozen=True)
class PodMetricsParameters:
    """How fresh metrics are."""

    pipeline: str = param(
        "metrics-server", choices=("metrics-server", "heapster"),
        help="who collects what pods use: the metrics server, or Heapster as in clusters up to 1.10, once a minute",
        source="metrics-server 0.8; heapster 1.5, --metric_resolution 60s", shown_in="flash-crowd",
    )  # fmt: skip
    resolution_s: float = param(
        15.0, unit="s", low=10, high=300, help="how often the metrics server asks how much cpu pods have used",
        source="metrics-server 0.8, manifests: --metric-resolution 15s", shown_in="flash-crowd",
    )  # fmt: skip
    housekeeping_s: float = param(
        10.0, unit="s", low=0, high=60,
        help="how often a kubelet reads what its containers use; 0: whenever it is asked, as with figures from the CRI",
        source="kubernetes 1.34, kubelet --housekeeping-interval 10s (cAdvisor)", shown_in="flash-crowd",
    )  # fmt: skip


class _Reading(NamedTuple):
    """Cpu time used by a pod until a time, in core-microseconds, and the bytes it used then."""

    at_us: int
    cpu_us: float
    memory: int


class PodMetrics:
    """Asks and remembers. The times of its first rounds are drawn, since they have nothing to do with anything else."""

    def __init__(self, api: ApiServer, informer: PodInformer) -> None:
        self._world = api.world
        self._informer = informer
        params = api.world.settings.of(PodMetricsParameters)
        heapster = params.pipeline == "heapster"
        self._every_us = HEAPSTER_RESOLUTION_US if heapster else to_us(params.resolution_s)
        self._housekeeping_us = to_us(params.housekeeping_s)
        self._needed = any(map(measurable, api.world.scenario.apps))
        self._kept: dict[int, _Reading] = {}  # what each kubelet would answer
        self._last: dict[int, _Reading] = {}
        self._samples: dict[int, dict[str, Sample]] = {}

    def start(self) -> None:
        """Begin the rounds, if there is anything to be measured."""
        if not self._needed:
            return
        first = self._world.streams.stream("kubernetes/pod-metrics").randrange(self._every_us)
        self._world.agenda.after(first, Order.CONTROLLER, self._round)
        for node in range(len(self._world.machines)):
            self.node_added(node)

    def usage(self, pod: int, resource: str = CPU) -> Sample | None:
        """Return what a pod used lately, in thousandths of a core or of a byte; None if that is not known."""
        return self._samples.get(pod, {}).get(resource)

    # -- kubelets -----------------------------------------------------------------------------------------------

    def node_added(self, node: int) -> None:
        """Take in the kubelet of a node."""
        if self._needed and self._housekeeping_us:
            stream = self._world.streams.stream(f"kubernetes/housekeeping/{self._world.node_names[node]}")
            first = stream.randrange(self._housekeeping_us)
            self._world.agenda.after(first, Order.AGENT, self._housekeeping, node)

    def _housekeeping(self, node: int) -> None:
        """Read what the containers of a node use."""
        for uid, pod in self._informer.on_node(node).items():
            if measurable(pod.app) and self._runs(pod):
                self._kept[uid] = self._read(pod)
        self._world.agenda.after(self._housekeeping_us, Order.AGENT, self._housekeeping, node)

    def _read(self, pod: PodObject) -> _Reading:
        world = self._world
        memory = world.memory.used(pod.uid) if pod.app.memory_use is not None else 0
        return _Reading(world.now_us, world.traffic.cpu_us(pod.app.name, pod.uid), memory)

    def _runs(self, pod: PodObject) -> bool:
        return pod.phase == "Running" and self._world.alive(pod.uid)

    # -- the collector ------------------------------------------------------------------------------------------

    def _round(self) -> None:
        world, samples, last = self._world, {}, {}
        for uid, pod in self._informer.pods.items():
            if not measurable(pod.app) or not self._reachable(pod):
                continue
            reading = self._kept.get(uid) if self._housekeeping_us else self._read(pod)
            if reading is None:
                continue
            before = self._last.get(uid)
            if before is not None and before.at_us == reading.at_us:  # nothing new: what was known stays
                last[uid] = before
                if uid in self._samples:
                    samples[uid] = self._samples[uid]
                continue
            last[uid] = reading
            if before is not None:
                samples[uid] = _sampled(pod.app, before, reading)
        self._last, self._samples = last, samples
        self._kept = {uid: one for uid, one in self._kept.items() if uid in self._informer.pods}
        world.agenda.after(self._every_us, Order.CONTROLLER, self._round)

    def _reachable(self, pod: PodObject) -> bool:
        """Say whether a kubelet answers for the pod, and its containers run."""
        return pod.node != NOWHERE and self._world.machines[pod.node].in_touch and self._runs(pod)


def measurable(app: App) -> bool:
    """Say whether the use of an app is followed: what its requests cost, or the memory that it says it uses."""
    return app.load is not None or app.memory_use is not None


def _sampled(app: App, before: _Reading, now: _Reading) -> dict[str, Sample]:
    """Return what two readings say, by resource."""
    window = now.at_us - before.at_us
    found = {}
    if app.load is not None:
        found[CPU] = Sample(round((now.cpu_us - before.cpu_us) / window * 1000), now.at_us, window)
    if app.memory_use is not None:
        found[MEMORY] = Sample(now.memory * 1000, now.at_us, window)
    return found
