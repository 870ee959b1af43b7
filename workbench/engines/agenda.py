"""The clock and the list of what happens next, on SimPy.

Events of one instant happen in a *declared* order (`Order`), not in the order in which they happened to be written
down: SimPy breaks ties in time by a priority, and the order is that priority. All callbacks of one instant and one
order share a single SimPy event, which makes a step of a task's life cheap: a list append instead of a process.

Control loops are SimPy processes. They sleep with `Agenda.sleep` or wait for a `Bell`, so that they too wake in the
declared order.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from enum import IntEnum
from heapq import heappop, heappush
from typing import Any

import simpy
from simpy.events import Event

Process = Generator[Event, Any, None]
"""What a control loop's generator function returns."""


class Order(IntEnum):
    """Which of several events of one instant comes first. SimPy keeps 0 and 1 for itself."""

    FAULT = 2
    END = 3
    ARRIVAL = 4
    PHYSICS = 5
    AGENT = 6
    DELIVERY = 7
    CONTROLLER = 8
    ALLOCATOR = 9
    FRAMEWORK = 10
    SCHEDULER = 11


_ORDERS = 16
"""Room for the orders of one instant in its number."""


class _Instant:
    """All callbacks of one (time, order), in the order in which they were asked for; for SimPy, an event gone well."""

    __slots__ = ("callbacks", "calls", "key", "time_us")
    _ok = True

    def __init__(self, time_us: int, key: int, run: list[Callable[[Any], None]]) -> None:
        self.callbacks = run
        self.time_us = time_us
        self.key = key
        self.calls: list[tuple[Callable[..., None], tuple[Any, ...]]] = []


class _Environment(simpy.Environment):
    """SimPy's environment, with a short way through instants: most events of a run are such."""

    def put(self, instant: _Instant, order: int) -> None:
        """Write down an instant; SimPy takes any whole number for a priority."""
        heappush(self._queue, (instant.time_us, order, next(self._eid), instant))  # type: ignore[misc]  # its own type of priority is an enum of two

    def pass_until(self, time_us: int, drain: Callable[[_Instant], None]) -> None:
        """Let everything happen that lies before a time."""
        queue: list[Any] = self._queue
        while queue and queue[0][0] < time_us:
            event = queue[0][3]
            if event.__class__ is _Instant:
                self._now = heappop(queue)[0]
                drain(event)
            else:
                self.step()
        self._now = time_us


class Agenda:
    """What happens when. Times are whole microseconds since the start of the run."""

    def __init__(self) -> None:
        self.env = _Environment(initial_time=0)
        self.now_us = 0
        """The time now; kept here since it is asked for more often than anything else."""
        self._waiting: dict[int, _Instant] = {}
        self._run: list[Callable[[Any], None]] = [self._drain]

    def at(self, time_us: int, order: Order, call: Callable[..., None], *args: Any) -> None:
        """Call `call(*args)` at `time_us`, which must not lie in the past."""
        key = time_us * _ORDERS + order
        instant = self._waiting.get(key)
        if instant is None:
            instant = self._waiting[key] = _Instant(time_us, key, self._run)
            self.env.put(instant, order)
        instant.calls.append((call, args))

    def after(self, delay_us: int, order: Order, call: Callable[..., None], *args: Any) -> None:
        """Call `call(*args)` after `delay_us` >= 0. As `at`, written out: this is what a run does most."""
        time_us = self.now_us + delay_us
        key = time_us * _ORDERS + order
        instant = self._waiting.get(key)
        if instant is None:
            instant = self._waiting[key] = _Instant(time_us, key, self._run)
            self.env.put(instant, order)
        instant.calls.append((call, args))

    def _drain(self, instant: _Instant) -> None:
        self.now_us = instant.time_us
        for call, args in instant.calls:  # a callback may append to the very list; iteration goes on with it
            call(*args)
        del self._waiting[instant.key]

    def sleep(self, delay_us: int, order: Order) -> Event:
        """Return an event that a control loop yields to go on after `delay_us` at its place in the order."""
        event = self.env.event()
        self.after(delay_us, order, _succeed, event)
        return event

    def process(self, loop: Process) -> None:
        """Start a control loop."""
        self.env.process(loop)

    def run(self, until_us: int) -> None:
        """Let time pass up to `until_us`; what falls on that very instant does not happen any more."""
        self.env.pass_until(until_us, self._drain)
        self.now_us = until_us


def _succeed(event: Event) -> None:
    event.succeed()


class Bell:
    """Wakes one control loop when there is work: ``yield bell.wait()`` returns once `ring` was called.

    A ring while the loop works is remembered, so no work is missed; several rings wake it once.
    """

    def __init__(self, agenda: Agenda, order: Order) -> None:
        self._agenda = agenda
        self._order = order
        self._event: Event | None = None
        self._rung = False

    def ring(self) -> None:
        """Wake the loop at this instant, at its place in the order."""
        if self._rung:
            return
        self._rung = True
        if self._event is not None:
            self._agenda.after(0, self._order, self._wake)

    def _wake(self) -> None:
        event, self._event = self._event, None
        self._rung = False
        if event is not None:
            event.succeed()

    def wait(self) -> Event:
        """Return the event to yield."""
        self._event = self._agenda.env.event()
        if self._rung:
            self._agenda.after(0, self._order, self._wake)
        return self._event


class Gate:
    """Holds control loops up while it is closed: ``yield gate.wait()`` returns once it is opened, for all of them."""

    def __init__(self, agenda: Agenda, order: Order) -> None:
        self._agenda = agenda
        self._order = order
        self._waiting: list[Event] = []
        self.is_open = True

    def close(self) -> None:
        """Let nobody pass."""
        self.is_open = False

    def open(self) -> None:
        """Let everybody pass, from this instant on."""
        self.is_open = True
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            self._agenda.after(0, self._order, _succeed, event)

    def wait(self) -> Event:
        """Return the event to yield while the gate is closed."""
        event = self._agenda.env.event()
        self._waiting.append(event)
        return event
