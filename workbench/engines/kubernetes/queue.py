"""The scheduling queue: who is considered next, and when a pod that no node would take is tried again.

Three pools. **activeQ**: to be considered, by priority, then by time in the queue. **backoffQ**: rejected lately and
helped by an event since; each waits 1 s, then 2, 4, 8 and at most 10. When activeQ is empty, the next is taken from
here before its time. **Unschedulable pool**: nothing has happened since that could help; left after 5 minutes at the
latest. Pods with one template that were refused by the same plugins are kept together: an event is put to the plugins
once for all of them.

Source: kubernetes, pkg/scheduler/backend/queue (version 1.34, its default features: queueing hints, pods popped from
backoffQ).
Left out: failures other than for want of a node, nominated pods, updates of waiting pods, waking by `activate`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

from workbench.engines.agenda import Agenda, Order
from workbench.engines.kubernetes.framework import ClusterEvent, Profile
from workbench.engines.kubernetes.objects import PodObject
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.model.clock import NEVER, SECOND_US
from workbench.model.parameters import param, parameters

INITIAL_BACKOFF_US = 1 * SECOND_US
"""podInitialBackoffSeconds."""
MAX_BACKOFF_US = 10 * SECOND_US
"""podMaxBackoffSeconds."""
MAX_IN_UNSCHEDULABLE_US = 300 * SECOND_US
"""After this time in the unschedulable pool a pod is tried again (podMaxInUnschedulablePodsDuration)."""
FLUSH_UNSCHEDULABLE_US = 30 * SECOND_US
"""How often that is looked after."""

TIMEOUT = ClusterEvent("Wildcard", "UnschedulableTimeout")


@parameters("kubernetes.queue")
@dataclass(frozen=True)
class QueueParameters:
    """How rejected pods come again."""

    pop_from_backoff: bool = param(
        True, help="whether a pod that is backing off may be considered early when no other waits",
        source="kubernetes 1.34, feature gate SchedulerPopFromBackoffQ", shown_in="first-look",
    )  # fmt: skip


@dataclass(slots=True)
class QueuedPod:
    """A waiting pod (upstream's QueuedPodInfo).

    Parameters
    ----------
    since_us : int
        When it came, or came back from a failed attempt; moving between the pools does not touch it.
    refused_by : tuple of str
        Plugins that refused some node in the last attempt.
    """

    pod: PodObject
    since_us: int
    number: int
    attempts: int = 0
    unschedulable_count: int = 0
    refused_by: tuple[str, ...] = ()
    pool: str = ""
    popped_at_event: int = NEVER

    @property
    def info(self) -> PodInfo:
        """The pod's template."""
        return self.pod.info


def backoff_us(count: int) -> int:
    """Return how long a pod backs off after so many attempts without success in a row."""
    return MAX_BACKOFF_US if count > 20 else min(INITIAL_BACKOFF_US << max(0, count - 1), MAX_BACKOFF_US)


def backoff_second(since_us: int, count: int) -> int:
    """Return the whole second during which, still, a pod backs off; it leaves at the next one."""
    return (since_us + backoff_us(count)) // SECOND_US


class SchedulingQueue:
    """The pools.

    Parameters
    ----------
    ring : callable
        Wakes the scheduler.
    """

    def __init__(self, agenda: Agenda, profile: Profile, params: QueueParameters, ring: Callable[[], None]) -> None:
        self._agenda = agenda
        self._profile = profile
        self._early = params.pop_from_backoff
        self._ring = ring
        self._known: dict[int, QueuedPod] = {}
        self._active: list[tuple[int, int, int, QueuedPod]] = []
        self._backoff: list[tuple[int, int, int, int, QueuedPod]] = []
        self._unschedulable: dict[tuple[PodInfo, tuple[str, ...]], dict[int, QueuedPod]] = {}
        self._in_flight = 0
        self._events: list[ClusterEvent] = []
        self._number = 0
        self._flush_us = NEVER

    def __len__(self) -> int:
        return len(self._known)

    @property
    def waits_for_events(self) -> bool:
        """Whether an event could matter to anybody now."""
        return bool(self._unschedulable) or self._in_flight > 0

    # -- coming and going -----------------------------------------------------------------------------------

    def add(self, pod: PodObject) -> None:
        """Add a new pod; one with scheduling gates waits until they are gone."""
        self._number += 1
        queued = QueuedPod(pod, self._agenda.now_us, self._number)
        self._known[pod.uid] = queued
        if pod.info.spec.scheduling_gates:
            queued.pool = "gated"
            self._plan_flush(queued.since_us)
        else:
            self._activate(queued)

    def delete(self, uid: int) -> None:
        """Forget a pod that is gone."""
        queued = self._known.pop(uid, None)
        if queued is not None:
            if queued.pool == "unschedulable":
                self._take_out(queued)
            queued.pool = "gone"

    def pop(self) -> QueuedPod | None:
        """Return the next pod to consider, None if there is none; it is in flight until `done` or `fail`."""
        self._flush_backoff()
        queued = self._pop_active()
        if queued is None and self._early:
            queued = self._pop_backoff()
        if queued is None:
            return None
        queued.pool = "in-flight"
        queued.attempts += 1
        queued.refused_by = ()
        queued.popped_at_event = len(self._events)
        self._in_flight += 1
        return queued

    def done(self, queued: QueuedPod) -> None:
        """Note that a pod in flight has found its node, or is gone."""
        self._known.pop(queued.pod.uid, None)
        self._land(queued)

    def fail(self, queued: QueuedPod, refused_by: tuple[str, ...]) -> None:
        """Put a pod in flight back: no node would take it.

        An event since it was popped that could have helped sends it to backoffQ, else it goes to the unschedulable
        pool.
        """
        missed = self._events[queued.popped_at_event :]
        self._land(queued)
        if queued.pool == "gone":
            return
        queued.refused_by = refused_by
        queued.unschedulable_count += 1
        queued.since_us = self._agenda.now_us
        if any(self._helps(event, queued.info, refused_by) for event in missed):
            self._requeue(queued)
            return
        queued.pool = "unschedulable"
        self._unschedulable.setdefault((queued.info, refused_by), {})[queued.pod.uid] = queued
        self._plan_flush(queued.since_us)

    def _land(self, queued: QueuedPod) -> None:
        queued.popped_at_event = NEVER
        self._in_flight -= 1
        if not self._in_flight:
            self._events.clear()

    # -- events ---------------------------------------------------------------------------------------------

    def on_event(self, event: ClusterEvent) -> None:
        """Move the pods that the event may help."""
        if self._in_flight:
            self._events.append(event)
        for key in list(self._unschedulable):
            info, refused_by = key
            if self._helps(event, info, refused_by):
                for queued in self._unschedulable.pop(key).values():
                    self._requeue(queued)

    def _helps(self, event: ClusterEvent, info: PodInfo, refused_by: tuple[str, ...]) -> bool:
        return any(self._profile.plugin(name).queueing_hint(event, info) for name in refused_by)

    def _requeue(self, queued: QueuedPod) -> None:
        second = backoff_second(queued.since_us, queued.unschedulable_count)
        if queued.unschedulable_count and second >= self._agenda.now_us // SECOND_US:
            queued.pool = "backoff"
            heapq.heappush(self._backoff, (second, -queued.info.priority, queued.since_us, queued.number, queued))
            if self._early:
                self._ring()
            else:
                self._agenda.at((second + 1) * SECOND_US, Order.SCHEDULER, self._ring)
        else:
            self._activate(queued)

    # -- pools ----------------------------------------------------------------------------------------------

    def _activate(self, queued: QueuedPod) -> None:
        queued.pool = "active"
        heapq.heappush(self._active, (-queued.info.priority, queued.since_us, queued.number, queued))
        self._ring()

    def _pop_active(self) -> QueuedPod | None:
        while self._active:
            queued = heapq.heappop(self._active)[-1]
            if queued.pool == "active":
                return queued
        return None

    def _pop_backoff(self) -> QueuedPod | None:
        while self._backoff:
            queued = heapq.heappop(self._backoff)[-1]
            if queued.pool == "backoff":
                return queued
        return None

    def _flush_backoff(self) -> None:
        """Move those that have backed off for long enough; upstream does so at every whole second."""
        second = self._agenda.now_us // SECOND_US
        while self._backoff and self._backoff[0][0] < second:
            queued = heapq.heappop(self._backoff)[-1]
            if queued.pool == "backoff":
                self._activate(queued)

    def _take_out(self, queued: QueuedPod) -> None:
        key = (queued.info, queued.refused_by)
        group = self._unschedulable[key]
        del group[queued.pod.uid]
        if not group:
            del self._unschedulable[key]

    def _plan_flush(self, since_us: int) -> None:
        """Have the unschedulable pool looked after once the pod that waits longest is overdue."""
        if self._flush_us == NEVER:
            overdue_us = max(since_us + MAX_IN_UNSCHEDULABLE_US, self._agenda.now_us)
            self._flush_us = (overdue_us // FLUSH_UNSCHEDULABLE_US + 1) * FLUSH_UNSCHEDULABLE_US
            self._agenda.at(self._flush_us, Order.SCHEDULER, self._flush_unschedulable)

    def _flush_unschedulable(self) -> None:
        """Try overdue pods again; as long as one is overdue, gated ones included, pods in flight are told as well."""
        self._flush_us = NEVER
        now = self._agenda.now_us
        waiting = [queued for queued in self._known.values() if queued.pool in ("unschedulable", "gated")]
        overdue = [queued for queued in waiting if now - queued.since_us > MAX_IN_UNSCHEDULABLE_US]
        if overdue and self._in_flight:
            self._events.append(TIMEOUT)
        for queued in overdue:
            if queued.pool == "unschedulable":
                self._take_out(queued)
                self._requeue(queued)
        left = [queued.since_us for queued in waiting if queued.pool in ("unschedulable", "gated")]
        if left:
            self._plan_flush(min(left))
