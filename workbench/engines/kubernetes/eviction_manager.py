"""The kubelet's eviction manager: what it does when its node runs short of memory.

Every ten seconds it looks at what is available. Below the hard threshold, or below the soft one for longer than its
grace, it evicts one pod, waits until that is gone, and looks again. The pod fails; its controller makes another. The
node is under pressure from the first look that finds too little until enough has been there for the transition
period; it says so with its next status, and is tainted for it (`controllers/pressure_taints.py`).

Whom it evicts, and when a threshold is met, are the rules of `kubelet_eviction.py`.

Source: kubernetes, pkg/kubelet/eviction/eviction_manager.go (version 1.34).
Left out: disks and process ids; notices from the kernel between two looks (off by default); the allocatable signal,
which comes to the same here; static pods.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.kubelet_eviction import (
    RANKING,
    Observation,
    Threshold,
    Usage,
    by_eviction_priority,
    ordered_by,
    thresholds_met,
)
from workbench.engines.kubernetes.oom_score import SYSTEM_CRITICAL_PRIORITY
from workbench.engines.kubernetes.pod_workers import PodWorkers, Worker
from workbench.engines.kubernetes.qos import compute_pod_qos
from workbench.engines.kubernetes.selectors import tolerates
from workbench.engines.world import World
from workbench.model.clock import NEVER, SECOND_US, to_us
from workbench.model.native.kubernetes.nodes import Taint
from workbench.model.native.kubernetes.quantity import Quantity
from workbench.model.parameters import param, parameters
from workbench.model.resources import MEMORY

LOOK_US = 10 * SECOND_US
"""It looks at its node this often (evictionMonitoringPeriod)."""

POLL_US = SECOND_US
"""It looks this often whether a pod that it has evicted is gone (podCleanupPollFreq)."""

IMMEDIATE_GRACE_US = SECOND_US
"""Grace of a pod that is evicted at a hard threshold (immediateEvictionGracePeriodSeconds)."""

SOFT_GRACE_US = 90 * SECOND_US
"""How long a soft threshold is put up with; upstream has no default, its documentation takes 1m30s for an example."""

SIGNAL = "memory.available"
MEMORY_PRESSURE = Taint(key="node.kubernetes.io/memory-pressure", effect="NoSchedule")
MIB = 1024**2


@parameters("kubernetes.eviction")
@dataclass(frozen=True)
class EvictionParameters:
    """When a node is short of memory."""

    hard_memory_mib: int = param(
        100, unit="MiB", low=0, high=4096, help="a node with less memory available evicts pods at once",
        source="kubernetes 1.34, kubelet evictionHard memory.available", shown_in="memory-leak",
    )  # fmt: skip
    soft_memory_mib: int = param(
        0, unit="MiB", low=0, high=4096, help="a node with less memory available for 90 s evicts pods; 0 is off",
        source="kubernetes 1.34, kubelet evictionSoft: none by default", shown_in="memory-leak",
    )  # fmt: skip
    min_reclaim_mib: int = param(
        0, unit="MiB", low=0, high=4096, help="so much more than the threshold has to be won back",
        source="kubernetes 1.34, kubelet evictionMinimumReclaim: none by default", shown_in="memory-leak",
    )  # fmt: skip
    pressure_transition_s: float = param(
        300.0, unit="s", low=0, high=3600, help="how long enough memory has to be there until a node is well again",
        source="kubernetes 1.34, kubelet evictionPressureTransitionPeriod", shown_in="memory-leak",
    )  # fmt: skip


def thresholds_of(params: EvictionParameters) -> tuple[Threshold, Threshold | None]:
    """Return the hard and the soft threshold."""
    reclaim = Quantity.of(params.min_reclaim_mib * MIB, "BinarySI")
    hard = Threshold(SIGNAL, Quantity.of(params.hard_memory_mib * MIB, "BinarySI"), min_reclaim=reclaim)
    if params.soft_memory_mib == 0:
        return hard, None
    return hard, Threshold(SIGNAL, Quantity.of(params.soft_memory_mib * MIB, "BinarySI"), min_reclaim=reclaim)


@dataclass(slots=True)
class Watch:
    """What the manager of one node remembers.

    Parameters
    ----------
    met : tuple
        Thresholds that were met at the last look.
    soft_since_us : int
        Since when the soft threshold is met.
    short_us : int
        When too little was available last; `NEVER` if never.
    """

    met: tuple[Threshold, ...] = ()
    soft_since_us: int = NEVER
    short_us: int = NEVER
    pressure: bool = False
    looking: bool = False
    evicting: bool = False


class EvictionManager:
    """The eviction managers of all nodes.

    Parameters
    ----------
    evict : callable
        Told a pod and how long it may take to stop: it is to fail.
    report : callable
        Told a node and whether it is short of memory, when that changes.
    """

    def __init__(
        self,
        world: World,
        workers: PodWorkers,
        evict: Callable[[Worker, int], None],
        report: Callable[[int, bool], None],
    ) -> None:
        params = world.settings.of(EvictionParameters)
        self._world = world
        self._workers = workers
        self._evict = evict
        self._report = report
        self._hard, self._soft = thresholds_of(params)
        self._transition_us = to_us(params.pressure_transition_s)
        self._watches: defaultdict[int, Watch] = defaultdict(Watch)

    def refuses(self, worker: Worker) -> bool:
        """Say whether a node does not take on a pod: it is short of memory, and the pod promises nothing."""
        spec = worker.pod.info.spec
        return (
            self._watches[worker.node].pressure
            and compute_pod_qos(spec) == "BestEffort"
            and not any(tolerates(one, MEMORY_PRESSURE) for one in spec.tolerations)
        )

    def begin(self, node: int) -> None:
        """A pod has come to a node: look at its memory from now on."""
        watch = self._watches[node]
        if self._world.memory.followed and not watch.looking:
            watch.looking = True
            name = self._world.node_names[node]
            draw = self._world.streams.stream(f"kubernetes/eviction/{name}").random()
            self._world.agenda.after(int(draw * LOOK_US), Order.AGENT, self._look, node)

    def gone(self, node: int) -> None:
        """A pod that was failed has stopped: look again at the next poll, if it was evicted."""
        if self._watches[node].evicting:
            self._world.agenda.after(POLL_US, Order.AGENT, self._look_after_eviction, node)

    def node_lost(self, node: int) -> None:
        """A machine has started again: its kubelet remembers nothing, and its node is well."""
        before = self._watches[node]
        self._watches[node] = Watch(looking=before.looking)
        if before.pressure:
            self._report(node, False)

    def _look(self, node: int) -> None:
        if not self._watches[node].evicting:
            self._synchronize(node)
        self._world.agenda.after(LOOK_US, Order.AGENT, self._look, node)

    def _look_after_eviction(self, node: int) -> None:
        self._watches[node].evicting = False
        self._synchronize(node)

    def _synchronize(self, node: int) -> None:
        """One look: which thresholds are met, what the node is to say, whom to evict."""
        if not self._world.machines[node].up or not self._world.machines[node].agent_up:
            return
        watch, now_us = self._watches[node], self._world.now_us
        watch.met = self._met(watch, self._observed(node))
        if watch.met:
            watch.short_us = now_us
        self._tell(node, watch)
        due = [one for one in watch.met if self._due(one, watch)]
        if due:
            self._evict_one(node, watch, hard=self._hard in due)

    def _observed(self, node: int) -> dict[str, Observation]:
        memory = self._world.memory
        left, whole = memory.available(node), memory.whole(node)
        return {SIGNAL: Observation(Quantity.of(left, "BinarySI"), Quantity.of(whole, "BinarySI"))}

    def _met(self, watch: Watch, seen: dict[str, Observation]) -> tuple[Threshold, ...]:
        """Return the thresholds that are met now, or were and have not won back enough."""
        every = (self._hard,) if self._soft is None else (self._hard, self._soft)
        now = thresholds_met(every, seen, enforce_min_reclaim=False)
        still = thresholds_met(watch.met, seen, enforce_min_reclaim=True)
        return tuple(one for one in every if one in now or one in still)

    def _due(self, threshold: Threshold, watch: Watch) -> bool:
        """Say whether a threshold has been met for as long as it is put up with."""
        if threshold is self._hard:
            return True
        return self._world.now_us - watch.soft_since_us >= SOFT_GRACE_US

    def _tell(self, node: int, watch: Watch) -> None:
        soft = self._soft is not None and self._soft in watch.met
        watch.soft_since_us = (
            (self._world.now_us if watch.soft_since_us == NEVER else watch.soft_since_us) if soft else NEVER
        )
        recent = watch.short_us != NEVER and self._world.now_us - watch.short_us < self._transition_us
        pressure = bool(watch.met) or recent
        if pressure != watch.pressure:
            watch.pressure = pressure
            self._report(node, pressure)

    def _evict_one(self, node: int, watch: Watch, *, hard: bool) -> None:
        """Evict the first of the pods that may be, in the order of the signal that is acted on first."""
        (signal, *_) = by_eviction_priority([SIGNAL])
        running = {
            str(one.pod.uid): one for one in self._workers.on(node) if not one.killed and self._world.runs(one.pod.uid)
        }
        usages = [self._usage(one) for one in running.values()]
        for usage in ordered_by(usages, *RANKING[signal]):
            if usage.priority < SYSTEM_CRITICAL_PRIORITY:
                watch.evicting = True
                self._evict(running[usage.name], IMMEDIATE_GRACE_US if hard else 0)
                return

    def _usage(self, worker: Worker) -> Usage:
        info = worker.pod.info
        used = self._world.memory.used(worker.pod.uid)
        return Usage(str(worker.pod.uid), info.priority, used, info.requests.get(MEMORY, 0))
