"""The kubelet's eviction manager: what it does when its node runs short of memory or of disk.

Every ten seconds it looks at what is available. First it evicts all pods that have written more than they may. If there
are none, and one of the thresholds is met, a hard one now or a soft one for longer than its grace, it evicts one pod,
waits until that is gone, and looks again. Short of disk it first removes what pods that have ended have left. The pod
fails; its controller makes another. The node is under pressure from the first look that finds too little until enough
has been there for the transition period; it says so with its next status, and is tainted for it
(`controllers/pressure_taints.py`).

Whom it evicts, and when a threshold is met, are the rules of `kubelet_eviction.py`; the thresholds are in
`eviction_thresholds.py`, limits of what a pod may write in `local_storage.py`.

Source: kubernetes, pkg/kubelet/eviction/eviction_manager.go (version 1.34).
Left out: inodes and process ids; a file system of its own for images, and removing unused ones before pods are evicted;
notices from the kernel between two looks (off by default); the allocatable signal, which comes to the same here; static
pods; that it waits no longer than 30 s for those it has evicted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.eviction_thresholds import (
    CONDITIONS,
    MEMORY_AVAILABLE,
    MEMORY_PRESSURE,
    NODEFS_AVAILABLE,
    Condition,
    EvictionParameters,
    thresholds_of,
)
from workbench.engines.kubernetes.kubelet_eviction import (
    RANKING,
    Observation,
    Threshold,
    Usage,
    by_eviction_priority,
    ordered_by,
    thresholds_met,
)
from workbench.engines.kubernetes.local_storage import over_limit
from workbench.engines.kubernetes.oom_score import SYSTEM_CRITICAL_PRIORITY
from workbench.engines.kubernetes.pod_workers import PodWorkers, Worker
from workbench.engines.kubernetes.qos import compute_pod_qos
from workbench.engines.kubernetes.selectors import tolerates
from workbench.engines.world import World
from workbench.model.clock import SECOND_US, to_us
from workbench.model.native.kubernetes.quantity import Quantity
from workbench.model.resources import EPHEMERAL_STORAGE, MEMORY

LOOK_US = 10 * SECOND_US
"""It looks at its node this often (evictionMonitoringPeriod)."""

POLL_US = SECOND_US
"""It looks this often whether a pod that it has evicted is gone (podCleanupPollFreq)."""

IMMEDIATE_GRACE_US = SECOND_US
"""Grace of a pod that is evicted at a hard threshold (immediateEvictionGracePeriodSeconds)."""


@dataclass(slots=True)
class Watch:
    """What the manager of one node remembers.

    Parameters
    ----------
    met_since_us : dict
        Thresholds that were met at the last look, and since when.
    short_us : dict
        Signal -> when too little was available last.
    pressure : set of str
        The signals for which the node says that it is short.
    evicting : set of int
        Pods that it has evicted and waits for.
    """

    met_since_us: dict[Threshold, int] = field(default_factory=dict)
    short_us: dict[str, int] = field(default_factory=dict)
    pressure: set[str] = field(default_factory=set)
    evicting: set[int] = field(default_factory=set)
    looking: bool = False


class EvictionManager:
    """The eviction managers of all nodes.

    Parameters
    ----------
    evict : callable
        Told a pod, how long it may take to stop, and why: it is to fail.
    report : callable
        Told a node, what it is short of, and whether it is, when that changes.
    """

    def __init__(
        self,
        world: World,
        workers: PodWorkers,
        evict: Callable[[Worker, int, str], None],
        report: Callable[[int, Condition, bool], None],
    ) -> None:
        params = world.settings.of(EvictionParameters)
        self._world = world
        self._workers = workers
        self._evict = evict
        self._report = report
        self._graces_us = thresholds_of(params)
        self._transition_us = to_us(params.pressure_transition_s)
        self._watches: defaultdict[int, Watch] = defaultdict(Watch)

    def refuses(self, worker: Worker) -> str:
        """Return why a node does not take on a pod, empty if it does.

        Short of memory it refuses a pod that promises nothing, short of disk any but those that the system needs.
        """
        spec, pressure = worker.pod.info.spec, self._watches[worker.node].pressure
        if not pressure or worker.pod.info.priority >= SYSTEM_CRITICAL_PRIORITY:
            return ""
        if pressure == {MEMORY_AVAILABLE} and (
            compute_pod_qos(spec) != "BestEffort" or any(tolerates(one, MEMORY_PRESSURE) for one in spec.tolerations)
        ):
            return ""
        return CONDITIONS[NODEFS_AVAILABLE if NODEFS_AVAILABLE in pressure else MEMORY_AVAILABLE].refused

    def begin(self, node: int) -> None:
        """A pod has come to a node: look at its memory and disk from now on."""
        watch = self._watches[node]
        if (self._world.memory.followed or self._world.scratch.followed) and not watch.looking:
            watch.looking = True
            name = self._world.node_names[node]
            draw = self._world.streams.stream(f"kubernetes/eviction/{name}").random()
            self._world.agenda.after(int(draw * LOOK_US), Order.AGENT, self._look, node)

    def gone(self, worker: Worker) -> None:
        """A pod that was failed has stopped: if it was evicted nothing of it stays, and the next poll looks again."""
        if worker.pod.uid in self._watches[worker.node].evicting:
            self._world.scratch.remove(worker.pod.uid)
            self._world.agenda.after(POLL_US, Order.AGENT, self._look_after_eviction, worker.node, worker.pod.uid)

    def node_lost(self, node: int) -> None:
        """A machine has started again: its kubelet remembers nothing, and its node is well until it looks."""
        before = self._watches[node]
        self._watches[node] = Watch(looking=before.looking)
        for signal, condition in CONDITIONS.items():
            if signal in before.pressure:
                self._report(node, condition, False)

    def _look(self, node: int) -> None:
        if not self._watches[node].evicting:
            self._synchronize(node)
        self._world.agenda.after(LOOK_US, Order.AGENT, self._look, node)

    def _look_after_eviction(self, node: int, pod: int) -> None:
        evicting = self._watches[node].evicting
        if pod in evicting:
            evicting.remove(pod)
            if not evicting:
                self._synchronize(node)

    def _synchronize(self, node: int) -> None:
        """One look: which thresholds are met, what the node is to say, whom to evict."""
        if not self._world.machines[node].up or not self._world.machines[node].agent_up:
            return
        watch, now_us = self._watches[node], self._world.now_us
        met = self._met(watch, self._observed(node))
        watch.met_since_us = {one: watch.met_since_us.get(one, now_us) for one in met}
        watch.short_us |= {one.signal: now_us for one in met}
        self._tell(node, watch)
        if self._evict_those_over_limits(node, watch):
            return
        due = [one for one, since_us in watch.met_since_us.items() if now_us - since_us >= self._graces_us[one]]
        if due:
            (signal, *_) = by_eviction_priority([one.signal for one in due])
            hard = any(one.signal == signal and not self._graces_us[one] for one in due)
            if signal != NODEFS_AVAILABLE or not self._reclaims(node):
                self._evict_one(node, watch, signal, hard=hard)

    def _observed(self, node: int) -> dict[str, Observation]:
        seen, world = {}, self._world
        if world.memory.followed:
            seen[MEMORY_AVAILABLE] = _observation(world.memory.available(node), world.memory.whole(node))
        if world.scratch.watched(node):
            seen[NODEFS_AVAILABLE] = _observation(world.scratch.available(node), world.scratch.whole(node))
        return seen

    def _met(self, watch: Watch, seen: dict[str, Observation]) -> list[Threshold]:
        """Return the thresholds that are met now, or were and have not won back enough."""
        now = thresholds_met(self._graces_us, seen, enforce_min_reclaim=False)
        still = thresholds_met(watch.met_since_us, seen, enforce_min_reclaim=True)
        return [one for one in self._graces_us if one in now or one in still]

    def _tell(self, node: int, watch: Watch) -> None:
        """Say what the node is short of, or was within the transition period."""
        now_us, met = self._world.now_us, {one.signal for one in watch.met_since_us}
        for signal, since_us in watch.short_us.items():
            pressure = signal in met or now_us - since_us < self._transition_us
            if pressure != (signal in watch.pressure):
                watch.pressure ^= {signal}
                self._report(node, CONDITIONS[signal], pressure)

    # -- whom to evict ----------------------------------------------------------------------------------------

    def _evict_those_over_limits(self, node: int, watch: Watch) -> bool:
        """Evict all pods that have written more than they may; say whether there were any."""
        if not self._world.scratch.followed:
            return False
        here = (self._workers.of.get(task) for task in self._world.scratch.writers_on(node))
        over = [
            (worker, why)
            for worker in here
            if worker is not None
            and not (worker.killed or _critical(worker))
            and (why := over_limit(self._world.scratch, worker.pod))
        ]
        watch.evicting.update(worker.pod.uid for worker, _ in over)
        for worker, why in over:
            self._evict(worker, IMMEDIATE_GRACE_US, why)
        return bool(over)

    def _reclaims(self, node: int) -> bool:
        """Remove what pods that have ended have left, and say whether that is enough."""
        scratch = self._world.scratch
        for pod in scratch.left_on(node):
            worker = self._workers.of.get(pod)
            if worker is None or worker.over:
                scratch.remove(pod)
        return not thresholds_met(self._graces_us, self._observed(node), enforce_min_reclaim=True)

    def _evict_one(self, node: int, watch: Watch, signal: str, *, hard: bool) -> None:
        """Evict the first of the pods that may be, in the order of the signal that is acted on first."""
        active = {str(one.pod.uid): one for one in self._workers.on(node) if not one.killed}
        if signal == MEMORY_AVAILABLE:
            active = {name: one for name, one in active.items() if self._world.runs(one.pod.uid)}
        for usage in ordered_by([self._usage(one) for one in active.values()], *RANKING[signal]):
            worker = active[usage.name]
            if not _critical(worker):
                watch.evicting.add(worker.pod.uid)
                self._evict(worker, IMMEDIATE_GRACE_US if hard else 0, CONDITIONS[signal].short)
                return

    def _usage(self, worker: Worker) -> Usage:
        info, uid = worker.pod.info, worker.pod.uid
        return Usage(
            str(uid), info.priority,
            self._world.memory.used(uid), info.requests.get(MEMORY, 0),
            self._world.scratch.used(uid), info.requests.get(EPHEMERAL_STORAGE, 0),
        )  # fmt: skip


def _observation(available: int, whole: int) -> Observation:
    return Observation(Quantity.of(available, "BinarySI"), Quantity.of(whole, "BinarySI"))


def _critical(worker: Worker) -> bool:
    return worker.pod.info.priority >= SYSTEM_CRITICAL_PRIORITY
