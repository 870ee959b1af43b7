"""What the allocator knew in each run while one task waited; an ordinary run keeps only the offers.

The recorder looks on at the beginning of each run: the order of all frameworks by share, which machines are empty
enough for the task, which of them the task's own framework has refused, and what quota and headroom leave. It changes
nothing: shares are computed without telling the sorters, no lots are drawn. Offers and answers stand in the trace.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.engines.mesos.allocation import AllocationRun
from workbench.engines.mesos.allocator import HierarchicalAllocator
from workbench.engines.mesos.books import Slave
from workbench.engines.mesos.control_plane import Mesos
from workbench.engines.mesos.resources import Quantities, minus
from workbench.engines.mesos.roles import DEFAULT_WEIGHT
from workbench.engines.world import World
from workbench.model.clock import NEVER
from workbench.model.workload import App

MOST_ROUNDS = 256
"""Runs that are kept when the instant is not known beforehand: those that a framework may think through, and more."""


@dataclass(frozen=True, slots=True)
class Machine:
    """An agent as one run saw it.

    Parameters
    ----------
    empty : mapping
        What no task uses, by resource name, offered or not.
    free : mapping
        What is neither used nor offered to anybody.
    hidden : bool
        The framework has refused this lately: it is not offered what is free here.
    holders : tuple of str
        The frameworks that hold offers of it, or run tasks there.
    """

    agent: str
    empty: Quantities
    free: Quantities
    hidden: bool
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """One run of the allocator.

    Parameters
    ----------
    shares : tuple
        (framework, its dominant share over its weight, active) of all frameworks, the one to be asked first in front;
        roles come before the frameworks within them.
    consumed, limits : mapping
        What counts against the quota of the task's role, and the quota's limits.
    headroom : mapping
        What is free and not held back for guarantees of others.
    held_back : mapping
        What is held back for guarantees.
    """

    at_us: int
    shares: tuple[tuple[str, float, bool], ...]
    machines: tuple[Machine, ...]
    consumed: Quantities
    limits: Quantities
    headroom: Quantities
    held_back: Quantities


class TaskRecorder:
    """Notes the last runs of the allocator while the task called `name` waits.

    Parameters
    ----------
    until_us : int
        The instant asked about; runs long before it are not looked at. `NEVER`: not known yet.
    """

    def __init__(self, name: str, until_us: int = NEVER) -> None:
        self.name = name
        self.rounds: deque[Round] = deque(maxlen=MOST_ROUNDS)
        self._until_us = until_us
        self._row = -1
        self._scanned = 0

    def watch(self, world: World, mesos: RecordedMesos) -> None:
        """Look on from now on."""
        self._world = world
        self._mesos = mesos

    def run(self, _: Sequence[str]) -> None:
        """Look on at the beginning of a run."""
        if self._matters() and self._waits():
            self.rounds.append(self._look())

    def _matters(self) -> bool:
        if self._until_us == NEVER:
            return True
        before = self._until_us - 2 * self._mesos.allocator.options.allocation_interval_us
        return before <= self._world.now_us <= self._until_us

    def _waits(self) -> bool:
        tasks = self._world.trace["tasks"]
        if self._row < 0:
            names = tasks["task"]
            found = (row for row in range(self._scanned, len(names)) if names[row] == self.name)
            self._row = next(found, -1)
            self._scanned = len(names)
        return self._row >= 0 and self._world.node_of(self._row) < 0 and tasks["outcome"][self._row] == "waiting"

    def _look(self) -> Round:
        allocator = self._mesos.allocator
        app = self._world.app_of(self._row)
        role, mine = app.team, self._mesos.framework_of(app)
        run = AllocationRun(allocator)
        names = self._mesos.framework_names()
        held_back = run.required_headroom
        return Round(
            self._world.now_us,
            tuple(self._order(names)),
            tuple(self._machine(slave, mine, role, names) for slave in allocator.slaves.values()),
            run.consumed.get(role, {}),
            allocator.role_tree.quota(role).limits,
            minus(run.available_headroom, held_back) if held_back else {},
            held_back,
        )

    def _machine(self, slave: Slave, mine: str, role: str, names: Mapping[str, str]) -> Machine:
        free = slave.available.allocatable_to(role)
        filters = self._mesos.allocator.filters
        hidden = bool(free) and filters.hide(mine, role, slave.id, free)
        holders = tuple(dict.fromkeys(names[framework] for framework, _ in slave.holders if framework in names))
        machine = self._world.machines[self._world.node_names.index(slave.id)]
        empty = minus(slave.total.quantities(), machine.booked)
        return Machine(slave.id, empty, free.quantities(), hidden, holders)

    def _order(self, names: Mapping[str, str]) -> list[tuple[str, float, bool]]:
        """Return all frameworks by the share of their role, then by their own; equal ones as they subscribed."""
        allocator = self._mesos.allocator
        whole = allocator.totals.quantities
        found = []
        for role, sorter in allocator.framework_sorters.items():
            known = allocator.role_tree.get(role)
            weight = known.weight if known is not None else DEFAULT_WEIGHT
            of_role = _largest_part(allocator.role_sorter.allocation_quantities(role), whole) / weight
            for framework, name in names.items():
                if sorter.contains(framework):
                    one = allocator.frameworks[framework]
                    own = _largest_part(sorter.client_quantities(framework), whole)
                    found.append((of_role, own, name, one.active and role not in one.suppressed))
        found.sort(key=lambda entry: entry[:2])
        return [(name, of_role, active) for of_role, _, name, active in found]


def _largest_part(held: Quantities, whole: Quantities) -> float:
    """Return the dominant share; the sorter's own is not asked, since it remembers being asked."""
    return max((amount / whole[name] for name, amount in held.items() if whole.get(name)), default=0.0)


class RecordedMesos(Mesos):
    """Mesos with somebody looking on at its allocator."""

    def __init__(self, name: str, until_us: int = NEVER) -> None:
        self.recorder = TaskRecorder(name, until_us)

    def start(self, world: World) -> None:
        """Start as ever, and look on."""
        super().start(world)
        self.recorder.watch(world, self)
        self.allocator.recorder = self.recorder.run

    @property
    def allocator(self) -> HierarchicalAllocator:
        """The master's allocator."""
        return self._master.allocator

    def framework_names(self) -> dict[str, str]:
        """Return the names of all frameworks that have subscribed, by id."""
        every = (*self._marathons.values(), *self._batch, *self._services.every())
        return {one.id: one.name for one in every if one.id}

    def framework_of(self, app: App) -> str:
        """Return the id of the framework that launches the tasks of an app."""
        one = self._framework_of(app.name)
        return one.id if one is not None else ""
