"""Requests, the same for every control plane: they go where clients are sent, whoever is there.

Where somebody stands in front of a service, requests wait for its first instance (`doorway.py`); else they are lost.
Demand is shared equally among an app's endpoints, as those know them that send it on (`proxies.py`). What is sent to
a dead one is lost, and so is what an instance holds when it stops. Each instance is one server of the speed that its
cap allows, with a queue that ends somewhere. Several apps may stand behind one name: its clients know the instances of
all of them alike. What an instance answers wrongly, though it is ready, counts as lost.

The number L of requests at an instance follows the pointwise stationary fluid approximation

    dL/dt = arrivals - capacity * L / (1 + L)

whose rest point is that of the M/M/1 queue (and of processor sharing with any service times of that mean), and which
above saturation becomes a plain fluid backlog, carried on until it has been worked off. A step is taken with the
backward Euler rule, which has a closed form here; it gives the rest point exactly, and no request is made or lost by
it. Which requests are late: the backlog ahead of a new one is waited for as a whole; the rest of the time it takes is
exponential, as in M/M/1.

Source: W. Wang, D. Tipper, S. Banerjee, A simple approximation for modeling nonstationary queues, INFOCOM 1996;
L. Kleinrock, Queueing Systems, volume I (M/M/1) and II (processor sharing).
Left out: clients that give up or try again; sessions; several cores that one request cannot use at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import exp, inf, sqrt

from workbench.engines.agenda import Agenda, Order
from workbench.engines.doorway import Doorway
from workbench.engines.proxies import Views
from workbench.model.clock import SECOND_US
from workbench.model.load import Load
from workbench.model.resources import CPU
from workbench.model.trace import Table
from workbench.model.workload import App

STEP_US = SECOND_US
"""Length of an interval of the table ``traffic``, and the longest step of a calculation."""

SATURATION = 0.95
"""Beyond this utilisation what stands ahead is counted as backlog: the queue would take minutes to be at rest."""

DIGITS = 6
"""Digits after the point in the table, far more than the approximation has."""


def step(held: float, arrivals: float, capacity: float) -> tuple[float, float]:
    """Return how many requests an instance holds after a step, and how many it has answered in it.

    Parameters
    ----------
    held : float
        Requests there before.
    arrivals, capacity : float
        Requests that come in the step, and that could be answered in it.
    """
    here = held + arrivals
    half = (1 - here + capacity) / 2
    after = sqrt(half * half + here) - half
    if after > here:  # rounding, with next to no capacity
        after = here
    return after, here - after


def late_share(held: float, arrivals: float, capacity: float, patience: float) -> float:
    """Return the share of requests that take longer than `patience` steps, which meet `held` others.

    Parameters
    ----------
    arrivals, capacity : float
        Per step, as `patience` is counted in steps.
    """
    if capacity <= 0:
        return 1.0
    busy = min(arrivals / capacity, SATURATION)
    at_rest = min(held, busy / (1 - busy))
    ahead = (held - at_rest) / capacity
    return 1.0 if ahead >= patience else exp(-(patience - ahead) * capacity / (1 + at_rest))


@dataclass(slots=True)
class _Totals:
    """What happened since the last row of the table, in requests; `could` is what might have been answered."""

    offered: float = 0.0
    served: float = 0.0
    late: float = 0.0
    lost: float = 0.0
    could: float = 0.0


@dataclass(slots=True)
class _Service:
    """One app with a load: the instances that run, and those that clients are sent to."""

    name: str
    load: Load
    rate: float
    at_us: int
    written_us: int
    endpoints: dict[int, None] = field(default_factory=dict)
    held: dict[int, float] = field(default_factory=dict)
    stalled: set[int] = field(default_factory=set)
    pace: dict[int, float] = field(default_factory=dict)
    cpu_us: dict[int, float] = field(default_factory=dict)
    rates: dict[int, float] = field(default_factory=dict)  # of instances whose speed is not the service's own
    errors: dict[int, float] = field(default_factory=dict)
    totals: _Totals = field(default_factory=_Totals)
    views: Views = field(default_factory=Views)
    door: Doorway | None = None
    asked_us: int = 0  # when a request came last

    def advance(self, now_us: int) -> None:
        """Let requests come and be answered until now; who is there and who is told has not changed since."""
        while self.at_us < now_us:
            until = min(now_us, self.at_us + STEP_US)
            self._step(until)
            self.at_us = until

    def _step(self, until_us: int) -> None:
        seconds = (until_us - self.at_us) / SECOND_US
        offered = self.load.requests(self.at_us, until_us)
        arriving, nowhere = self.views.spread(offered, self.endpoints)
        totals = self.totals
        totals.offered += offered
        if offered > 0:
            self.asked_us = until_us
        overdue = 0.0
        if self.door is not None and self.endpoints:
            overdue = self._let_in(until_us, arriving)
        elif self.door is not None:
            self.door.keep(until_us, nowhere)
            nowhere = 0.0
        totals.lost += nowhere
        for task, amount in arriving.items():
            if task not in self.held:
                totals.lost += amount
        for task, before in self.held.items():
            listed = task in arriving
            full = self.rates.get(task, self.rate) * seconds
            capacity = 0.0 if task in self.stalled else full * self.pace.get(task, 1.0)
            arrivals = arriving.get(task, 0.0)
            after, served = step(before, arrivals, capacity)
            refused = max(0.0, after - self.load.queue)
            self.held[task] = after - refused
            self.cpu_us[task] = self.cpu_us.get(task, 0.0) + served * self.load.cpu_us
            errors = self.errors.get(task, 0.0)
            wrong = served * errors
            totals.served += served - wrong
            totals.lost += refused + wrong
            totals.could += capacity if listed else 0.0
            patience = self.load.late_us / SECOND_US / seconds
            accepted = max(0.0, arrivals - refused)
            late = late_share(self.held[task], arrivals, capacity, patience)
            before_door = min(1.0, overdue / arrivals) if overdue and arrivals else 0.0
            totals.late += accepted * (1 - errors) * (before_door + (1 - before_door) * late)  # what is wrong is lost

    def _let_in(self, now_us: int, arriving: dict[int, float]) -> float:
        """Send those who waited at the door to the instances; return how many at each are late already."""
        assert self.door is not None
        if not self.door.waiting:
            return 0.0
        total, overdue = self.door.open(now_us, self.load.late_us)
        for task in self.endpoints:
            arriving[task] = arriving.get(task, 0.0) + total / len(self.endpoints)
        return overdue / len(self.endpoints)

    def down(self, task: int) -> None:
        """An instance has stopped; what it held is lost."""
        self.totals.lost += self.held.pop(task, 0.0)
        self.stalled.discard(task)
        self.pace.pop(task, None)

    def up(self, task: int, of: App | None) -> None:
        """An instance can answer: of the service's own app, or of one behind it."""
        self.held.setdefault(task, 0.0)
        if of is not None:
            rate = self.load.capacity(of.request.get(CPU, 0))
            if rate != self.rate:
                self.rates[task] = rate
            if of.errors:
                self.errors[task] = of.errors


class Traffic:
    """The requests of one run.

    Parameters
    ----------
    table : Table
        ``traffic`` of the trace.
    apps : iterable of App
        Those with a load have traffic, from the time they are handed over.
    through, machines : float, callable
        As for `Views`.
    """

    def __init__(
        self,
        agenda: Agenda,
        table: Table,
        apps: Iterable[App],
        through: float = 0.0,
        machines: Callable[[], int] = lambda: 0,
    ) -> None:
        self._agenda = agenda
        self._through = through
        self._table = table
        apps = tuple(apps)
        self._fronts = {app.name: app.front for app in apps}
        self._up: dict[int, App | None] = {}
        self._services = {
            app.name: _Service(app.name, app.load, app.load.capacity(app.request.get(CPU, 0)), app.at_us, app.at_us)
            for app in apps
            if app.load is not None
        }
        for service in self._services.values():
            service.views = Views(through, machines)
        for service in self._services.values():
            agenda.at(service.at_us + STEP_US, Order.FAULT, self._tick, service)

    def joined(self, app: str, task: int) -> None:
        """From now on clients of an app are sent to a task."""
        if service := self._now(app):
            service.endpoints[task] = None
            if task in self._up and task not in service.held:
                service.up(task, self._up[task])

    def left(self, app: str, task: int) -> None:
        """From now on clients are not sent to a task any more."""
        if service := self._now(app):
            service.endpoints.pop(task, None)

    def divide(self, groups: int) -> None:
        """Clients are so many groups from the start, each with what it was told last; 0: they know the endpoints."""
        for service in self._services.values():
            service.views.divide(groups)

    def told(self, app: str, group: int, endpoints: Iterable[int]) -> None:
        """A group of clients is told whom to send to."""
        if service := self._now(app):
            service.views.tell(group, endpoints)

    def up(self, app: str, task: int, of: App | None = None) -> None:
        """From now on an instance can answer; `of` is the version of the app that it is of."""
        self._up[task] = of
        if service := self._now(app):
            service.up(task, of)

    def down(self, app: str, task: int) -> None:
        """An instance has stopped."""
        self._up.pop(task, None)
        if service := self._now(app):
            service.down(task)
        for other in self._services.values():
            if task in other.held:  # clients of another app were sent there too
                other.advance(self._agenda.now_us)
                other.down(task)

    def silent(self, machine: int) -> None:
        """The proxy on a machine hears of no changes from now on."""
        if self._through:
            for service in self._services.values():
                service.advance(self._agenda.now_us)
                service.views.freeze(machine, service.endpoints)

    def heard(self, machine: int) -> None:
        """The proxy on a machine hears of changes again, or is no more."""
        if self._through:
            for service in self._services.values():
                service.advance(self._agenda.now_us)
                service.views.thaw(machine)

    def stall(self, app: str, task: int) -> None:
        """From now on an instance answers nothing, and holds what comes."""
        if service := self._now(app):
            service.stalled.add(task)

    def resume(self, app: str, task: int) -> None:
        """From now on an instance answers again."""
        if service := self._now(app):
            service.stalled.discard(task)

    def waits_us(self, app: str, task: int) -> float:
        """Return how long a request takes that comes to an instance now; infinite if it is refused."""
        service = self._now(app)
        if service is None or task not in service.held:
            return 0.0
        held, rate = service.held[task], service.rates.get(task, service.rate) * service.pace.get(task, 1.0)
        return inf if held >= service.load.queue or rate <= 0 else (held + 1) / rate * SECOND_US

    def hold(self, app: str) -> None:
        """From now on requests to an app without instances wait at its door, instead of being lost."""
        if service := self._now(app):
            service.door = Doorway()

    def held(self, app: str) -> float:
        """Return how many requests wait at the door of an app."""
        service = self._now(app)
        return 0.0 if service is None or service.door is None else service.door.held

    def idle_us(self, app: str) -> int:
        """Return for how long no request has come to an app."""
        service = self._now(app)
        return 0 if service is None else self._agenda.now_us - service.asked_us

    def pace(self, app: str, task: int, share: float) -> None:
        """From now on an instance works at so much of its full rate."""
        if service := self._now(app):
            service.pace[task] = share

    def wanted_cpu(self, app: str, task: int) -> float:
        """Return how much cpu an instance would use in the next second, in thousandths of a core, if it had it."""
        service = self._now(app)
        if service is None or task in service.stalled:
            return 0.0
        comes = service.load.requests(service.at_us, service.at_us + SECOND_US) / max(1, len(service.endpoints))
        here = service.held.get(task, 0.0) + (comes if task in service.endpoints else 0.0)
        return here * service.load.cpu_us / SECOND_US * 1000

    def cpu_us(self, app: str, task: int) -> float:
        """Return the cpu time, in core-microseconds, that requests have cost a task until now."""
        service = self._now(app)
        return service.cpu_us.get(task, 0.0) if service else 0.0

    def answered(self, app: str, task: int) -> float:
        """Return how many requests a task has answered until now, wrong answers included."""
        service = self._now(app)
        return service.cpu_us.get(task, 0.0) / service.load.cpu_us if service else 0.0

    def waiting(self, app: str, task: int) -> float:
        """Return how many requests a task holds now."""
        service = self._now(app)
        return service.held.get(task, 0.0) if service else 0.0

    def has(self, app: str) -> bool:
        """Return whether requests come to an app."""
        return self._fronts.get(app, app) in self._services

    def finish(self) -> None:
        """Write the interval that was going on when the run ended."""
        for service in self._services.values():
            service.advance(self._agenda.now_us)
            if service.at_us > service.written_us:
                self._write(service)

    def _now(self, app: str) -> _Service | None:
        service = self._services.get(self._fronts.get(app, app))
        if service is not None:
            service.advance(self._agenda.now_us)
        return service

    def _tick(self, service: _Service) -> None:
        service.advance(self._agenda.now_us)
        self._write(service)
        self._agenda.after(STEP_US, Order.FAULT, self._tick, service)

    def _write(self, service: _Service) -> None:
        start_us, service.written_us = service.written_us, service.at_us
        seconds = (service.at_us - start_us) / SECOND_US
        totals, service.totals = service.totals, _Totals()
        rates = (totals.offered, totals.served, totals.lost, totals.late, totals.could)
        at_door = 0.0 if service.door is None else service.door.held
        waiting = round(sum(service.held.values()) + at_door, DIGITS)
        self._table.append(start_us, service.name, *(round(one / seconds, DIGITS) for one in rates), waiting)
