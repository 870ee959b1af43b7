"""The queue of a script: the engine's own, on a clock of the script's, with what it does written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from workbench.engines.agenda import Agenda, Order
from workbench.engines.kubernetes.backoff import expires
from workbench.engines.kubernetes.framework import ClusterEvent
from workbench.engines.kubernetes.objects import PodObject
from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE
from workbench.engines.kubernetes.queue import BACKOFF, EVERYBODY, QueueParameters, SchedulingQueue
from workbench.engines.kubernetes.queued_pod import QueuedPod
from workbench.engines.kubernetes.queueing import QueueingHints
from workbench.model.clock import SECOND_US

MS = 1000
"""Microseconds."""

Flush = dict[str, Any]


def key_of(pod: PodObject) -> str:
    """Return ``namespace/name``."""
    return f"{pod.namespace}/{pod.name}"


class RecordedQueue(SchedulingQueue):
    """The engine's queue, flushed at every whole second as the real one is, in place of when it matters."""

    def __init__(self, hints: Callable[[Mapping[str, Any]], QueueingHints]) -> None:
        profiles = {DEFAULT_PROFILE.name: DEFAULT_PROFILE}
        self.clock = Agenda()
        self.hints = hints(profiles)
        self.fired: list[str] = []
        self._flushed: list[Flush] = []
        self._second = 0
        super().__init__(self.clock, profiles, QueueParameters(), lambda: None, self.hints)

    # -- time -----------------------------------------------------------------------------------------------

    def let_time_pass(self, at_ms: int) -> list[Flush]:
        """Go to a time, both flushes included that fall on it; return what they moved."""
        self._flushed = []
        while self._second * SECOND_US <= at_ms * MS:
            self.clock.at(self._second * SECOND_US, Order.PHYSICS, self.flush_backoff)  # before the other flush
            self._second += 1
        self._go_to(at_ms * MS)
        return self._flushed

    def _go_to(self, at_us: int) -> None:
        """Stop at the very instant, with everything done that falls on it."""
        self.clock.run_through(at_us)

    def _backoff_complete(self, queued: QueuedPod) -> None:
        super()._backoff_complete(queued)
        self._moved(queued, "backoffComplete")

    def _time_out(self, queued: QueuedPod) -> None:
        super()._time_out(queued)
        self._moved(queued, "unschedulableTimeout")

    def _moved(self, queued: QueuedPod, by: str) -> None:
        at_ms = self.clock.now_us // MS
        self._flushed.append({"at": at_ms, "pod": key_of(queued.pod), "to": queued.pool, "by": by})

    # -- events ---------------------------------------------------------------------------------------------

    def on_event(self, event: ClusterEvent, highest: int | None = None, about: int = EVERYBODY) -> None:
        """Write the event down."""
        self.fired.append(event.label)
        super().on_event(event, highest, about)

    def update(self, old: PodObject, new: PodObject, events: Iterable[ClusterEvent]) -> None:
        """Write the events down."""
        events = list(events)
        self.fired.extend(event.label for event in events)
        super().update(old, new, events)

    def popped(self) -> dict[str, Any] | None:
        """Pop, and tell of the pod what a script does."""
        early = {id(queued) for queued in self._backoff if queued.pool == BACKOFF}
        queued = self.pop()
        if queued is None:
            return None
        return {
            "pod": key_of(queued.pod), "from": "backoff" if id(queued) in early else "active",
            "attempts": queued.attempts, "unschedulableCount": queued.unschedulable_count,
            "consecutiveErrors": queued.errors,
        }  # fmt: skip

    def in_flight(self, key: str) -> QueuedPod:
        """Return a pod in flight by ``namespace/name``."""
        return next(one for one in self._in_flight.values() if key_of(one.pod) == key)


def state_of(queue: RecordedQueue) -> dict[str, Any]:
    """Return all pools as a script shows them."""
    held = [one for group in queue._unschedulable.values() for one in group.values()]
    return {
        "active": [_active(one) for one in queue._active],
        "backoff": [*(_backing_off(one) for one in queue._backoff), *(_after_error(one) for one in queue._errors)],
        "unschedulable": [_unschedulable(one) for one in sorted(held, key=lambda one: key_of(one.pod))],
        "inFlight": sorted(key_of(one.pod) for one in queue._in_flight.values()),
        "inFlightEvents": len(queue._events),
        "nominated": {node: [key_of(pod) for pod in queue.nominator.on(node)] for node in queue.nominator},
    }


def _active(queued: QueuedPod) -> dict[str, Any]:
    priority = queued.info.priority
    return {
        "pod": key_of(queued.pod), **({"prio": priority} if priority else {}), "ts": queued.since_us // MS,
    }  # fmt: skip


def _backing_off(queued: QueuedPod) -> dict[str, Any]:
    return {"pod": key_of(queued.pod), "expires": expires(queued) * SECOND_US // MS}


def _after_error(queued: QueuedPod) -> dict[str, Any]:
    return {**_backing_off(queued), "errorQ": True}


def _unschedulable(queued: QueuedPod) -> dict[str, Any]:
    parts = {"plugins": sorted(queued.refused_by), "pending": sorted(queued.pending), "gate": queued.gate}
    known = {name: part for name, part in parts.items() if part}
    return {"pod": key_of(queued.pod), **known, "ts": queued.since_us // MS}
