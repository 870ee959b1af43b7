"""The clock and the list of what happens next, around SimPy.

Events of one instant happen in a *declared* order (`Order`), not in the order in which they happened to be written
down. All callbacks of one instant and one order share a list, and the heap of instants holds whole numbers (time and
order in one), which makes a step of a task's life cheap: a list append instead of a process.

Control loops are SimPy processes. They sleep with `Agenda.sleep` or wait for a `Bell`, never with a timeout of SimPy's,
so that they too wake in the declared order.
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
    """Which of several events of one instant comes first. Control loops that were woken go on before all of them."""

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


class Agenda:
    """What happens when. Times are whole microseconds since the start of the run."""

    def __init__(self) -> None:
        self.env = simpy.Environment(initial_time=0)
        """Where the control loops live. What they ask of SimPy happens now; whatever lies ahead is the agenda's."""
        self.now_us = 0
        """The time now; kept here since it is asked for more often than anything else."""
        self._instants: list[int] = []  # a heap: time and order in one number
        self._calls: dict[int, list[tuple[Callable[..., None], tuple[Any, ...]]]] = {}

    def at(self, time_us: int, order: Order, call: Callable[..., None], *args: Any) -> None:
        """Call `call(*args)` at `time_us`, which must not lie in the past."""
        instant = time_us * _ORDERS + order
        calls = self._calls.get(instant)
        if calls is None:
            self._calls[instant] = [(call, args)]
            heappush(self._instants, instant)
        else:
            calls.append((call, args))

    def after(self, delay_us: int, order: Order, call: Callable[..., None], *args: Any) -> None:
        """Call `call(*args)` after `delay_us` >= 0. As `at`, written out: this is what a run does most."""
        instant = (self.now_us + delay_us) * _ORDERS + order
        calls = self._calls.get(instant)
        if calls is None:
            self._calls[instant] = [(call, args)]
            heappush(self._instants, instant)
        else:
            calls.append((call, args))

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
        self._pass(until_us * _ORDERS)
        self._set_clock(until_us)

    def run_through(self, last_us: int) -> None:
        """Let time pass up to `last_us`; everything that falls on that very instant happens, too."""
        self._pass((last_us + 1) * _ORDERS)
        self._set_clock(last_us)

    def _set_clock(self, now_us: int) -> None:
        self.now_us = self.env._now = now_us

    def _pass(self, end: int) -> None:
        """Let everything happen that lies before an instant; at each, loops that were woken go on before the rest."""
        env, instants, calls = self.env, self._instants, self._calls
        loops = env._queue
        while True:
            while loops:
                env.step()
            if not instants or instants[0] >= end:
                return
            instant = heappop(instants)
            self.now_us = env._now = instant // _ORDERS
            for call, args in calls[instant]:  # a callback may append to the very list; iteration goes on with it
                call(*args)
            del calls[instant]


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
