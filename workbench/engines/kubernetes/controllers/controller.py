"""What all controllers share: a queue of keys, a few workers, retries, and batches of creates.

A change that a controller hears of adds the key of an object to its queue. A worker takes a key, looks at what is and
what should be, and writes the difference; it waits for the answers to its calls. A key is worked on by one worker at a
time; if it is added meanwhile, it comes again. A failed sync is tried again after a delay that doubles.

Source: kubernetes, client-go/util/workqueue; pkg/controller/replicaset/replica_set.go, slowStartBatch;
pkg/controller/controller_utils.go, expectations (version 1.34).
Left out: the queue's overall limit of 10 retries a second; the time-out of expectations (5 min).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import Any

from simpy.events import Event

from workbench.engines.agenda import Agenda, Bell, Order, Process
from workbench.engines.kubernetes.api_server import ApiServer, Call, PodInformer
from workbench.engines.kubernetes.names import Names
from workbench.engines.kubernetes.objects import PodDraft, PodObject
from workbench.engines.kubernetes.quota import refused_by

CONCURRENT_SYNCS = 5
"""Workers of a controller (--concurrent-deployment-syncs and its like)."""

RETRY_FIRST_US = 5_000
RETRY_LAST_US = 1_000_000_000
"""First and longest delay before a failed sync is tried again (DefaultControllerRateLimiter: 5 ms to 1000 s)."""

BURST_REPLICAS = 500
"""At most so many creates in one sync (BurstReplicas, MaxPodCreateDeletePerSync)."""

Sync = Generator[Event, Any, str]
"""A sync: yields while it waits, returns what went wrong, empty if nothing."""


class WorkQueue:
    """Keys to be worked on, in the order in which they came, each once."""

    def __init__(self, agenda: Agenda, retry_first_us: int, retry_last_us: int) -> None:
        self._agenda = agenda
        self._first_us = retry_first_us
        self._last_us = retry_last_us
        self._queue: deque[str] = deque()
        self._dirty: set[str] = set()
        self._processing: set[str] = set()
        self._failures: dict[str, int] = {}
        self._later: dict[str, int] = {}
        self._idle: deque[Bell] = deque()

    def add(self, key: str) -> None:
        """Have a key worked on; a key that is waiting already is not added twice."""
        if key in self._dirty:
            return
        self._dirty.add(key)
        if key not in self._processing:
            self._queue.append(key)
            self._wake()

    def add_after(self, key: str, delay_us: int) -> None:
        """Add a key after a delay; of several such wishes the earliest counts."""
        due = self._agenda.now_us + delay_us
        planned = self._later.get(key)
        if planned is not None and planned <= due:
            return
        self._later[key] = due
        self._agenda.at(due, Order.CONTROLLER, self._due, key, due)

    def _due(self, key: str, due: int) -> None:
        if self._later.get(key) == due:
            del self._later[key]
            self.add(key)

    def add_rate_limited(self, key: str) -> None:
        """Add a key again after a failure: the delay doubles with each failure in a row."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        self.add_after(key, retry_delay_us(failures, self._first_us, self._last_us))

    def forget(self, key: str) -> None:
        """Forget the failures of a key."""
        self._failures.pop(key, None)

    def get(self) -> str | None:
        """Return the next key, which is then being worked on, or None."""
        if not self._queue:
            return None
        key = self._queue.popleft()
        self._processing.add(key)
        self._dirty.discard(key)
        return key

    def done(self, key: str) -> None:
        """Note that the work on a key is over; if it was added meanwhile, it comes again."""
        self._processing.discard(key)
        if key in self._dirty:
            self._queue.append(key)
            self._wake()

    def rest(self, bell: Bell) -> Event:
        """Let a worker wait for work."""
        self._idle.append(bell)
        return bell.wait()

    def _wake(self) -> None:
        if self._idle:
            self._idle.popleft().ring()


def retry_delay_us(failures: int, first_us: int, last_us: int) -> int:
    """Return the delay after so many earlier failures in a row."""
    return last_us if failures > 60 else min(first_us << failures, last_us)


def slow_start_batches(count: int, initial: int = 1) -> Generator[int, int | None, None]:
    """Yield the sizes of batches of calls: 1, 2, 4 ... until `count` is reached.

    Whoever makes the calls sends back how many of a batch worked; after a batch with an error no further one starts.
    """
    size = min(count, initial)
    while size > 0:
        worked = yield size
        if worked is not None and worked < size:
            return
        count -= size
        size = min(2 * size, count)


class Controller(ABC):
    """Base of the controllers; a subclass says what to watch and how to `sync` one key."""

    name = ""
    retry_first_us = RETRY_FIRST_US
    retry_last_us = RETRY_LAST_US
    workers = CONCURRENT_SYNCS

    def __init__(self, api: ApiServer, informer: PodInformer, names: Names) -> None:
        self.api = api
        self.world = api.world
        self.agenda = api.world.agenda
        self.informer = informer
        self.names = names
        self.client = api.controller_client()
        self.queue = WorkQueue(self.agenda, self.retry_first_us, self.retry_last_us)
        self.watch()

    @abstractmethod
    def watch(self) -> None:
        """Subscribe to what matters."""

    @abstractmethod
    def sync(self, key: str) -> Sync:
        """Bring one object to where it should be."""

    def start(self) -> None:
        """Start the workers."""
        for _ in range(self.workers):
            self.agenda.process(self._work())

    def _work(self) -> Process:
        bell = Bell(self.agenda, Order.CONTROLLER)
        while True:
            if not self.api.manager.leading:
                yield self.api.manager.gate.wait()
            key = self.queue.get()
            if key is None:
                yield self.queue.rest(bell)
                continue
            error = yield from self.sync(key)
            if error:
                self.queue.add_rate_limited(key)
            else:
                self.queue.forget(key)
            self.queue.done(key)

    def answered(self, calls: Iterable[Call]) -> Generator[Event, Any, str]:
        """Wait until every call is answered; return the first error."""
        calls = tuple(calls)
        last = max((call.done_us for call in calls), default=0)
        if last > self.world.now_us:
            yield self.agenda.sleep(last - self.world.now_us, Order.CONTROLLER)
        while not all(call.answered for call in calls):
            yield self.api.back.wait()
        if not self.api.manager.leading:
            yield self.api.manager.gate.wait()
        return next((call.error for call in calls if call.error), "")

    def create_pods(
        self, owner: str, count: int, draft: Callable[[int], PodDraft], refused: Callable[[int], None]
    ) -> Sync:
        """Create pods in batches of 1, 2, 4 ...; after a batch with an error no further one starts.

        Parameters
        ----------
        draft : callable
            Number of the pod, 0 .. count - 1 -> what to send.
        refused : callable
            Told the number of each pod that was not created, or not even tried.
        """
        done, failed = 0, ""
        batches = slow_start_batches(count)
        size = next(batches, 0)
        while size:
            calls = [self.client.send(self.api.create_pod, draft(number)) for number in range(done, done + size)]
            failed = yield from self.answered(calls)
            created = sum(1 for call in calls if not call.error)
            if created:
                self.world.trace["control_plane"].append(self.world.now_us, self.name, "create-pods", created)
            for number, call in enumerate(calls, start=done):
                if call.error:
                    refused(number)
            done += size
            size = next_batch(batches, created)
        for number in range(done, count):
            refused(number)
        if failed:
            self.world.event("FailedCreate", owner, refused_by(failed), failed)
        return failed

    def delete_pods(self, owner: str, pods: Iterable[PodObject], why: str = "scaled-down") -> Sync:
        """Delete pods, all at once, and wait for the answers; one that is gone already is no error."""
        calls = []
        for pod in pods:
            self.world.event("SuccessfulDelete", pod.name, why, owner)
            calls.append(self.client.send(self.api.delete_pod, pod.uid))
        yield from self.answered(calls)
        if calls:
            self.world.trace["control_plane"].append(self.world.now_us, self.name, "delete-pods", len(calls))
        return ""


def next_batch(batches: Generator[int, int | None, None], worked: int) -> int:
    """Tell how many calls of a batch worked; return the size of the next batch, 0 if there is none."""
    try:
        return batches.send(worked)
    except StopIteration:
        return 0
