"""The scheduling queue: who is considered next, and when a pod that no node would take is tried again.

Three pools. **activeQ**: to be considered, by priority, then by time in the queue. **backoffQ**: rejected lately and
helped by an event since; each waits 1 s, then 2, 4, 8 and at most 10. When activeQ is empty, the next is taken from
here before its time; only pods whose attempt ended with an error are never taken early. **Unschedulable pool**:
nothing has happened since that could help; left after 5 minutes at the latest. A pod that a plugin does not let into
the queue at all (scheduling gates) lies there too, and only a change of its own gets it out.

Events that come while a pod is being considered are kept for it until it comes back. Pods with one template that were
refused by the same plugins are kept together: an event is put to the plugins once for all of them.

Source: kubernetes, pkg/scheduler/backend/queue (version 1.34, its default features: queueing hints, pods popped from
backoffQ).
Left out: pods held back while their preemption is going on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from workbench.engines.agenda import Agenda, Order
from workbench.engines.kubernetes.backoff import DEFAULT_BACKOFF, Backoff, PodHeap, backs_off, expires
from workbench.engines.kubernetes.framework import ClusterEvent
from workbench.engines.kubernetes.nominator import Nominator
from workbench.engines.kubernetes.objects import PodObject
from workbench.engines.kubernetes.plugins.priority_sort import priority_sort
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.queued_pod import QueuedPod
from workbench.engines.kubernetes.queueing import WILDCARD, QueueingHints, Strategy
from workbench.engines.kubernetes.runtime import Profile
from workbench.model.clock import NEVER, SECOND_US
from workbench.model.parameters import param, parameters

MAX_IN_UNSCHEDULABLE_US = 300 * SECOND_US
"""After this time in the unschedulable pool a pod is tried again (podMaxInUnschedulablePodsDuration)."""
FLUSH_UNSCHEDULABLE_US = 30 * SECOND_US
"""How often that is looked after."""

TIMEOUT = ClusterEvent(WILDCARD, "UnschedulableTimeout")
ACTIVATE = ClusterEvent(WILDCARD, "ForceActivate")

EVERYBODY = -1
"""Instead of a pod's uid: an event that is not about one unscheduled pod."""

ACTIVE, BACKOFF, ERRORS, UNSCHEDULABLE, GATED = "active", "backoff", "error-backoff", "unschedulable", "gated"
IN_FLIGHT, GONE = "in-flight", "gone"


@parameters("kubernetes.queue")
@dataclass(frozen=True)
class QueueParameters:
    """How rejected pods come again."""

    pop_from_backoff: bool = param(
        True, help="whether a pod that is backing off may be considered early when no other waits",
        source="kubernetes 1.34, feature gate SchedulerPopFromBackoffQ", shown_in="first-look",
    )  # fmt: skip


def active_key(queued: QueuedPod) -> tuple[int, ...]:
    """Return what activeQ is sorted by."""
    return priority_sort(queued.pod.info.priority, queued.since_us)


def backoff_key(queued: QueuedPod, backoff: Backoff = DEFAULT_BACKOFF) -> tuple[int, ...]:
    """Return what backoffQ is sorted by: the second with which it ends, then as activeQ."""
    return expires(queued, backoff), *active_key(queued)


Group = tuple[PodInfo, tuple[str, ...], tuple[str, ...]]
"""Template, plugins that rejected it, plugins that have it wait."""


class SchedulingQueue:
    """The pools.

    Parameters
    ----------
    profiles : mapping
        Scheduler name -> what it asks; pods of other schedulers must not be added.
    ring : callable
        Wakes the scheduler.
    hints : QueueingHints or None
        Who is asked about events; None for the plugins of the profiles.
    backoff : Backoff
        How long failed pods are left alone.
    """

    def __init__(
        self,
        agenda: Agenda,
        profiles: Mapping[str, Profile],
        params: QueueParameters,
        ring: Callable[[], None],
        hints: QueueingHints | None = None,
        backoff: Backoff = DEFAULT_BACKOFF,
    ) -> None:
        self._agenda = agenda
        self._waits = backoff
        self._gates = {name: profile.pre_enqueue for name, profile in profiles.items()}
        self._hints = hints or QueueingHints(profiles)
        self._early = params.pop_from_backoff
        self._ring = ring
        self._known: dict[int, QueuedPod] = {}
        self._active = PodHeap(ACTIVE, active_key)
        self._backoff = PodHeap(BACKOFF, partial(backoff_key, backoff=backoff))
        self._errors = PodHeap(ERRORS, partial(backoff_key, backoff=backoff))
        self._unschedulable: dict[Group, dict[int, QueuedPod]] = {}
        self._in_flight: dict[int, QueuedPod] = {}
        self._events: list[tuple[ClusterEvent, int]] = []
        self._forgotten = 0  # events that nobody in flight was there for, before the first of those kept
        self._number = 0
        self._flush_us = NEVER
        self.nominator = Nominator()

    def __len__(self) -> int:
        return len(self._known)

    @property
    def waits_for_events(self) -> bool:
        """Whether an event could matter to anybody now."""
        return bool(self._unschedulable) or bool(self._in_flight)

    # -- coming and going -----------------------------------------------------------------------------------

    def add(self, pod: PodObject) -> None:
        """Add a new pod; one that a plugin holds back waits until it is let in."""
        self._number += 1
        queued = QueuedPod(pod, self._agenda.now_us, self._number)
        self._known[pod.uid] = queued
        self._to_active(queued)
        if queued.pool == ACTIVE:
            self.nominator.promise(pod, pod.nominated)

    def update(self, old: PodObject, new: PodObject, events: Iterable[ClusterEvent]) -> None:
        """Take over a new version of an unscheduled pod.

        Parameters
        ----------
        events : iterable of ClusterEvent
            What changed; may get the pod itself out of the unschedulable pool.
        """
        queued = self._known.get(new.uid)
        if queued is None:
            self.add(new)
        elif queued.pool == IN_FLIGHT:
            queued.newer = new
            self._events.extend((event, new.uid) for event in events)
        elif queued.pool in (UNSCHEDULABLE, GATED):
            self._take_out(queued)
            queued.pod = new
            self.nominator.update(old, new)
            self._try_out(queued, events)
        else:
            queued.pod = new
            self._heap_of(queued).push(queued)
            self.nominator.update(old, new)

    def _try_out(self, queued: QueuedPod, events: Iterable[ClusterEvent]) -> None:
        """Move a pod that was taken out of the unschedulable pool if what changed of it helps, else put it back."""
        for event in events:
            strategy = self._hints.worth(event._replace(own=True), queued.info, queued.refused_by, queued.pending)
            if strategy:
                self._requeue(queued, strategy)
                return
        self._put_back(queued, GATED if queued.gate else UNSCHEDULABLE)

    def delete(self, uid: int) -> None:
        """Forget a pod that is gone, or has its node."""
        self.nominator.forget(uid)
        queued = self._known.pop(uid, None)
        if queued is not None:
            if queued.pool in (UNSCHEDULABLE, GATED):
                self._take_out(queued)
            queued.pool = GONE

    def pop(self) -> QueuedPod | None:
        """Return the next pod to consider, None if there is none; it is in flight until `done` or `fail`."""
        self.flush_backoff()
        queued = self._active.pop()
        if queued is None and self._early:
            queued = self._backoff.pop()
        if queued is None:
            return None
        queued.pool = IN_FLIGHT
        queued.attempts += 1
        queued.refused_by = queued.pending = ()
        queued.gate = ""
        queued.popped_at = self._forgotten + len(self._events)
        self._in_flight[queued.pod.uid] = queued
        return queued

    def done(self, queued: QueuedPod) -> None:
        """Note that a pod in flight has found its node, or is gone."""
        if queued.pool == IN_FLIGHT:
            self._known.pop(queued.pod.uid, None)
            self.nominator.forget(queued.pod.uid)
            queued.pool = GONE
        self._land(queued)

    def fail(
        self, queued: QueuedPod, refused_by: tuple[str, ...] = (), pending: tuple[str, ...] = (), *, nominated: str = ""
    ) -> None:
        """Put a pod in flight back, in the version that is known now.

        An event since it was popped that could have helped sends it to backoffQ, or to activeQ where it was only
        waiting for something; else it goes to the unschedulable pool. Without a plugin to blame, the attempt ended
        with an error, and the pod always backs off.

        Parameters
        ----------
        nominated : str
            The node that preemption has promised it; any other promise is taken back.
        """
        missed = self._events[queued.popped_at - self._forgotten :]
        self._land(queued)
        if queued.pool == GONE:
            return
        queued.pod, queued.newer = queued.newer or queued.pod, None
        queued.refused_by, queued.pending = refused_by, pending
        queued.since_us = self._agenda.now_us
        if refused_by or pending:
            queued.unschedulable_count += 1
            queued.errors = 0
            strategy = max((self._missed(queued, *one) for one in missed), default=Strategy.SKIP)
        else:
            queued.errors += 1
            strategy = Strategy.AFTER_BACKOFF
        if strategy:
            self._requeue(queued, strategy)
        else:
            self._put_back(queued, UNSCHEDULABLE)
        self.nominator.promise(queued.pod, nominated)

    def _missed(self, queued: QueuedPod, event: ClusterEvent, about: int) -> Strategy:
        """Return what an event would have done to a pod that was in flight."""
        own = about == queued.pod.uid
        if event.resource == WILDCARD and about != EVERYBODY and not own:
            return Strategy.SKIP
        told = event._replace(own=True) if own else event
        return self._hints.worth(told, queued.info, queued.refused_by, queued.pending)

    def _land(self, queued: QueuedPod) -> None:
        """Let go of the events that were kept for this pod alone."""
        del self._in_flight[queued.pod.uid]
        oldest = next(iter(self._in_flight.values()), None)
        needed = self._forgotten + len(self._events) if oldest is None else oldest.popped_at
        if needed > self._forgotten:
            del self._events[: needed - self._forgotten]
            self._forgotten = needed
        queued.popped_at = NEVER

    def activate(self, uids: Iterable[int]) -> None:
        """Have pods considered at once, whatever they wait for; gates hold all the same."""
        for uid in uids:
            queued = self._known.get(uid)
            if queued is None:
                continue
            if queued.pool == IN_FLIGHT:
                self._events.append((ACTIVATE, uid))
            elif queued.pool in (UNSCHEDULABLE, GATED):
                self._take_out(queued)
                self._to_active(queued)
            elif queued.pool != ACTIVE:
                self._to_active(queued)

    # -- events ---------------------------------------------------------------------------------------------

    def of_interest(self, event: ClusterEvent) -> bool:
        """Say whether any plugin wants to hear of such events."""
        return self._hints.of_interest(event)

    def on_event(self, event: ClusterEvent, highest: int | None = None, about: int = EVERYBODY) -> None:
        """Move the pods that the event may help.

        Parameters
        ----------
        highest : int or None
            Only pods of at most this priority are looked at; those in flight hear of it all the same.
        about : int
            uid of the unscheduled pod that the event is about.
        """
        if not self._hints.of_interest(event):
            return
        if self._in_flight:
            self._events.append((event, about))
        for group in list(self._unschedulable):
            info, refused_by, pending = group
            if self._gated(group) or (highest is not None and info.priority > highest):
                continue
            if about in self._unschedulable[group]:
                itself = self._unschedulable[group][about]
                self._take_out(itself)
                others = list(self._unschedulable.get(group, {}).values())
                self._try_out(itself, [event])
            else:
                others = None  # all of them: not listed before it is known that they move
            if others == [] or not (strategy := self._hints.worth(event, info, refused_by, pending)):
                continue
            for queued in list(self._unschedulable[group].values()) if others is None else others:
                self._take_out(queued)
                self._requeue(queued, strategy)

    def _gated(self, group: Group) -> bool:
        """Say whether the pods of a group are held back: then no event of the cluster moves them."""
        return next(iter(self._unschedulable[group].values())).pool == GATED

    def _requeue(self, queued: QueuedPod, strategy: Strategy) -> None:
        if strategy is Strategy.AFTER_BACKOFF and backs_off(queued, self._agenda.now_us, self._waits):
            self._to_backoff(queued)
        else:
            self._to_active(queued)

    # -- pools ----------------------------------------------------------------------------------------------

    def _heap_of(self, queued: QueuedPod) -> PodHeap:
        return {ACTIVE: self._active, BACKOFF: self._backoff, ERRORS: self._errors}[queued.pool]

    def _to_active(self, queued: QueuedPod) -> None:
        if self._let_in(queued):
            self._active.push(queued)
            self._ring()

    def _to_backoff(self, queued: QueuedPod) -> None:
        if not self._let_in(queued):
            return
        (self._errors if queued.errors else self._backoff).push(queued)
        if self._early and not queued.errors:
            self._ring()
        else:
            self._agenda.at((expires(queued, self._waits) + 1) * SECOND_US, Order.SCHEDULER, self._ring)

    def _let_in(self, queued: QueuedPod) -> bool:
        """Ask PreEnqueue; a pod that is held back lies in the unschedulable pool."""
        for plugin in self._gates[queued.info.spec.scheduler_name]:
            if plugin.pre_enqueue(queued.info) is not None:
                queued.gate = plugin.name
                if plugin.name not in queued.refused_by:
                    queued.refused_by = (*queued.refused_by, plugin.name)
                self._put_back(queued, GATED)
                return False
        queued.gate = ""
        return True

    def _put_back(self, queued: QueuedPod, pool: str) -> None:
        queued.pool = pool
        group = (queued.info, queued.refused_by, queued.pending)
        self._unschedulable.setdefault(group, {})[queued.pod.uid] = queued
        self._plan_flush(queued.since_us)

    def _take_out(self, queued: QueuedPod) -> None:
        key = (queued.info, queued.refused_by, queued.pending)
        group = self._unschedulable[key]
        del group[queued.pod.uid]
        if not group:
            del self._unschedulable[key]

    # -- what time does -------------------------------------------------------------------------------------

    def flush_backoff(self) -> None:
        """Move those that have backed off for long enough; upstream does so at every whole second."""
        second = self._agenda.now_us // SECOND_US
        for heap in (self._backoff, self._errors):
            while (queued := heap.peek()) is not None and expires(queued, self._waits) < second:
                heap.pop()
                self._backoff_complete(queued)

    def _backoff_complete(self, queued: QueuedPod) -> None:
        """Move a pod to activeQ; PreEnqueue was asked when it came to backoffQ."""
        self._active.push(queued)
        self._ring()

    def _plan_flush(self, since_us: int) -> None:
        """Have the unschedulable pool looked after once the pod that waits longest is overdue."""
        overdue_us = max(since_us + MAX_IN_UNSCHEDULABLE_US, self._agenda.now_us)
        flush_us = (overdue_us // FLUSH_UNSCHEDULABLE_US + 1) * FLUSH_UNSCHEDULABLE_US
        if self._flush_us == NEVER or flush_us < self._flush_us:
            self._flush_us = flush_us
            self._agenda.at(flush_us, Order.SCHEDULER, self._flush_unschedulable)

    def _flush_unschedulable(self) -> None:
        """Try overdue pods again; as long as one is overdue, gated ones included, pods in flight are told as well."""
        now = self._agenda.now_us
        if now != self._flush_us:
            return  # planned before an earlier one was
        self._flush_us = NEVER
        waiting = [queued for group in self._unschedulable.values() for queued in group.values()]
        waiting.sort(key=lambda queued: queued.number)
        overdue = [queued for queued in waiting if now - queued.since_us > MAX_IN_UNSCHEDULABLE_US]
        if overdue and self._in_flight:
            self._events.append((TIMEOUT, EVERYBODY))
        for queued in overdue:
            if queued.pool == UNSCHEDULABLE:
                self._take_out(queued)
                self._time_out(queued)
        left = [queued.since_us for queued in waiting if queued.pool in (UNSCHEDULABLE, GATED)]
        if left:
            self._plan_flush(min(left))

    def _time_out(self, queued: QueuedPod) -> None:
        self._requeue(queued, Strategy.AFTER_BACKOFF)
