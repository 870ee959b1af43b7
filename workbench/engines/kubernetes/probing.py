"""Probes of the app's own container that may fail, one after another: startup, then liveness and readiness.

Every probe has its period, counted from the moment at which the pod is taken on, and begins anew with each start of
the container. So many successes or failures in a row make a result. Failed startup or liveness: the container is
killed, and what follows is up to the restart policy. Failed readiness: clients are sent elsewhere until it succeeds.

Where nothing can change any more, no further probe is made: once a container that never gets into trouble has answered.

Source: kubernetes, pkg/kubelet/prober/worker.go and prober_manager.go (version 1.34).
Left out: the tries of one probe (three, at once), warnings, probes of containers other than the first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from workbench.engines.agenda import Order
from workbench.engines.health import may_fail
from workbench.engines.kubernetes.pod_workers import PodWorkers, Worker
from workbench.engines.kubernetes.prober import next_tick_us
from workbench.engines.world import World
from workbench.model.clock import SECOND_US
from workbench.model.native.kubernetes.pods import Container, Probe

Kind = Literal["startup", "liveness", "readiness"]


def queued(probe: Probe) -> bool:
    """Say whether a probe waits with the requests that the container holds."""
    return probe.http_get is not None


@dataclass(slots=True)
class Streak:
    """Equal results in a row."""

    good: bool = False
    count: int = 0

    def add(self, good: bool) -> int:
        """Count one more result; return how many in a row are like it."""
        self.count = self.count + 1 if good == self.good else 1
        self.good = good
        return self.count


def decides(probe: Probe, streak: Streak) -> bool:
    """Say whether there have been enough equal results in a row."""
    return streak.count >= (probe.success_threshold if streak.good else probe.failure_threshold)


class Probing:
    """Makes the probes.

    Parameters
    ----------
    ready : callable
        Told a pod and whether readiness was found, when that changes.
    kill : callable
        Told a pod, the kind of probe that failed and the probe: its container is to be killed.
    """

    def __init__(
        self,
        world: World,
        workers: PodWorkers,
        ready: Callable[[Worker, bool], None],
        kill: Callable[[Worker, Kind, Probe], None],
    ) -> None:
        self._world = world
        self._workers = workers
        self._ready = ready
        self._kill = kill

    def follows(self, worker: Worker) -> bool:
        """Say whether a pod's readiness is found out here, since it may be lost again."""
        if not may_fail(worker.pod.app, queued=True):
            return False
        own = self._own(worker)
        return any(may_fail(worker.pod.app, queued=queued(one)) for one in _probes(own))

    def begin(self, worker: Worker) -> None:
        """A container is known to run, or a new process of the kubelet finds it running: probe it from now on."""
        own = self._own(worker)
        if own.startup_probe is not None:
            self._follow("startup", own.startup_probe, worker)
        else:
            self._begin_others(worker)

    def _own(self, worker: Worker) -> Container:
        return worker.pod.info.spec.containers[0]

    def _begin_others(self, worker: Worker) -> None:
        own = self._own(worker)
        if own.liveness_probe is not None:
            self._follow("liveness", own.liveness_probe, worker)
        if own.readiness_probe is not None and self.follows(worker):
            self._follow("readiness", own.readiness_probe, worker)
        elif own.startup_probe is not None and self.follows(worker):
            self._ready(worker, True)

    def _follow(self, kind: Kind, probe: Probe, worker: Worker) -> None:
        earliest_us = max(self._world.now_us, worker.started_us + probe.initial_delay_seconds * SECOND_US)
        at_us = next_tick_us(worker.probing_us, _period_us(probe), earliest_us)
        self._plan(at_us, kind, probe, worker, Streak())

    def _plan(self, at_us: int, kind: Kind, probe: Probe, worker: Worker, streak: Streak) -> None:
        if at_us < self._world.scenario.horizon_us:
            tick = partial(self._tick, kind, probe, streak, worker.running_us)
            self._world.agenda.at(at_us, Order.AGENT, self._workers.still(worker, tick))

    def _tick(self, kind: Kind, probe: Probe, streak: Streak, running_us: int, worker: Worker) -> None:
        if worker.running_us != running_us:
            return  # the container it was meant for is no more, or the kubelet's process that would have made it
        timeout_us = max(1, probe.timeout_seconds) * SECOND_US
        good = self._world.health.answers(worker.pod.uid, timeout_us, queued=queued(probe))
        streak.add(good)
        if decides(probe, streak) and self._decided(kind, probe, worker, good=good):
            return
        self._plan(self._world.now_us + _period_us(probe), kind, probe, worker, streak)

    def _decided(self, kind: Kind, probe: Probe, worker: Worker, *, good: bool) -> bool:
        """Act on a result; say whether this probe has nothing more to find out."""
        if kind == "readiness":
            self._ready(worker, good)
            return False
        if not good:
            self._kill(worker, kind, probe)
            return True
        if kind == "startup":
            self._begin_others(worker)
            return True
        return not may_fail(worker.pod.app, queued=queued(probe))


def _probes(own: Container) -> list[Probe]:
    return [one for one in (own.startup_probe, own.liveness_probe, own.readiness_probe) if one is not None]


def _period_us(probe: Probe) -> int:
    return max(1, probe.period_seconds) * SECOND_US
