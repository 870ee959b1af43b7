"""One team's machines and its queue: first come, first served, onto the first machine with room.

Strictly in order: a task that fits nowhere holds up those behind it. Among the tasks of one job of Hadoop one goes
first whose block lies on a machine with room, as the JobTracker picks it when a TaskTracker there asks for work. Left
out: reordering and backfill, preemption, starting ordered members one after another.

Source: hadoop 1, JobInProgress.java (obtainNewNodeOrRackLocalMapTask before obtainNewNonLocalMapTask).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence

from simpy.events import Event

from workbench.engines.agenda import Bell, Order, Process
from workbench.engines.world import World
from workbench.model.cluster import Node
from workbench.model.resources import fits, subtract
from workbench.model.workload import App


class Books:
    """What the control plane believes to be on each machine, and which machines it believes to be up."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes: list[Node] = []
        self.free: list[dict[str, int]] = []
        self.usable: list[bool] = []
        self.tasks: list[dict[int, App]] = []
        for node in nodes:
            self.add(node)

    def add(self, node: Node) -> None:
        """Take in a machine."""
        self.nodes.append(node)
        self.free.append(dict(node.capacity))
        self.usable.append(True)
        self.tasks.append({})

    def book(self, task: int, app: App, node: int) -> None:
        """Note a task on a machine."""
        self.free[node] = subtract(self.free[node], app.request)
        self.tasks[node][task] = app

    def holds(self, task: int, node: int) -> bool:
        """Say whether a task is noted on a machine."""
        return task in self.tasks[node]

    def release(self, task: int, node: int) -> App | None:
        """Forget a task; return its app, or None when it was not there any more."""
        app = self.tasks[node].pop(task, None)
        if app is not None:
            for name, amount in app.request.items():
                self.free[node][name] += amount
        return app

    def why_not(self, app: App, node: int) -> str:
        """Return why an instance cannot go onto a machine; empty when it can."""
        if not self.usable[node]:
            return "machine/machine-lost"
        if app.node_selector and not self._selected(app, node):
            return "machine/label"
        if app.max_per_node is not None:
            same = sum(one.name == app.name for one in self.tasks[node].values())
            if same >= app.max_per_node:
                return "machine/max-per-node"
        if app.host_ports and any(set(one.host_ports) & set(app.host_ports) for one in self.tasks[node].values()):
            return "machine/port-taken"
        return "" if fits(app.request, self.free[node]) else "machine/too-full"

    def _selected(self, app: App, node: int) -> bool:
        labels = {"kubernetes.io/hostname": self.nodes[node].name, **self.nodes[node].labels}
        return all(labels.get(name) == value for name, value in app.node_selector.items())


class Partition:
    """The queue of one team.

    Parameters
    ----------
    machines : sequence of int
        The team's machines, in the order in which they are filled.
    decide_us : int
        How long one decision takes.
    run : callable
        Has a placed task started.
    """

    def __init__(
        self, world: World, books: Books, machines: Sequence[int], decide_us: int, run: Callable[[int], None]
    ) -> None:
        self.machines = list(machines)
        self._world = world
        self._books = books
        self._decide_us = decide_us
        self._run = run
        self._queue: deque[tuple[int, App]] = deque()
        self._tied: dict[int, tuple[App, int]] = {}
        self._active: Counter[str] = Counter()
        self._held: set[str] = set()
        self._at_once: dict[str, int | None] = {}
        self.lost = 0  # how many faults keep its scheduler down
        self.away = False
        self.bell = Bell(world.agenda, Order.SCHEDULER)
        world.agenda.process(self._loop())

    def add(self, task: int, app: App, only: int | None = None, *, front: bool = False) -> None:
        """Queue a task, ahead of the others if `front`. One that can go to a single machine only waits aside."""
        if only is not None:
            self._tied[task] = (app, only)
        elif front:
            self._queue.appendleft((task, app))
        else:
            self._queue.append((task, app))
        self.bell.ring()

    def hold(self, app: str, *, on: bool) -> None:
        """Start no more tasks of an app, or go on with it; what runs is left alone."""
        (self._held.add if on else self._held.discard)(app)
        for task, one in self._queue:
            if one.name == app:
                self._world.not_tried(task, "suspended" if on else "")
        self.bell.ring()

    def holds(self, app: str) -> bool:
        """Say whether no task of an app is to be started."""
        return app in self._held

    def limit(self, app: App) -> None:
        """Have as many tasks of an app run at once as it allows from now on; what runs is left alone."""
        self._at_once[app.name] = app.parallelism
        self.bell.ring()

    def withdraw(self, app: App) -> None:
        """Take the tasks out of the queue that are beyond the number of tasks of an app."""
        for entry in [one for one in self._queue if one[1].name == app.name]:
            if self._world.slot_of(entry[0]) >= app.replicas:
                self._queue.remove(entry)
                self._world.stop(entry[0])

    @property
    def stopped(self) -> bool:
        """Nobody decides: its own scheduler is lost, or the control plane of all is away."""
        return self.lost > 0 or self.away

    @property
    def waiting(self) -> int:
        """How many tasks wait for a machine."""
        return len(self._queue) + len(self._tied)

    def ended(self, app: App) -> None:
        """Note that a task of the app has ended."""
        self._active[app.name] -= 1
        self.bell.ring()

    def _loop(self) -> Process:
        while True:
            yield self.bell.wait()
            if self.stopped:
                continue
            for task, (app, node) in list(self._tied.items()):
                if self._books.usable[node] and not self.stopped:
                    began_us = self._world.now_us
                    yield self._pause()
                    if self._decide(task, app, (node,), began_us):
                        del self._tied[task]
            while not self.stopped and (entry := self._next()) is not None:
                began_us = self._world.now_us
                yield self._pause()
                entry, machines = self._near(entry)
                if entry not in self._queue or entry[1].name in self._held:
                    continue  # it was withdrawn, or is held, since somebody began to think
                if not self._decide(*entry, machines, began_us):
                    break
                self._queue.remove(entry)

    def _near(self, entry: tuple[int, App]) -> tuple[tuple[int, App], Sequence[int]]:
        """Return which task of a job goes next, and the machines that it may go to: all, or the one with its block."""
        app = entry[1]
        if app.framework != "hadoop" or app.input is None:
            return entry, self.machines
        blocks = self._world.work.blocks
        for node in self.machines:
            if self._books.why_not(app, node):
                continue
            for other in self._queue:
                if other[1] is app and blocks.level(app, self._world.slot_of(other[0]), node) == "node":
                    return other, (node,)
        return entry, self.machines

    def _pause(self) -> Event:
        return self._world.agenda.sleep(self._decide_us, Order.SCHEDULER)

    def _next(self) -> tuple[int, App] | None:
        """Return the first task that its app's parallelism lets start."""
        for entry in self._queue:
            name = entry[1].name
            most = self._at_once.get(name, entry[1].parallelism)
            if name not in self._held and (most is None or self._active[name] < most):
                return entry
        return None

    def _decide(self, task: int, app: App, machines: Sequence[int], began_us: int) -> bool:
        """Place a task on the first machine that will do; say whether there was one."""
        verdicts = {node: self._books.why_not(app, node) for node in machines}
        good = [node for node, reason in verdicts.items() if not reason]
        rejected = Counter(reason for reason in verdicts.values() if reason)
        self._note(task, good, rejected)
        if not good:
            most = max(sorted(rejected), key=lambda reason: rejected[reason], default="")
            self._world.attempted(task, most.rpartition("/")[2])
            return False
        self._put(task, app, good[0], began_us)
        return True

    def take(self, task: int, app: App, node: int) -> None:
        """Have a task started on a machine that somebody else has chosen for it, by the same books."""
        self._note(task, [node], Counter())
        self._put(task, app, node, self._world.now_us)

    def _put(self, task: int, app: App, node: int, began_us: int) -> None:
        self._active[app.name] += 1
        self._books.book(task, app, node)
        self._world.place(task, node, began_us)
        self._run(task)

    def _note(self, task: int, good: Sequence[int], rejected: Counter[str]) -> None:
        attempt = self._world.trace["tasks"]["attempts"][task] + 1
        node = self._world.node_names[good[0]] if good else ""
        reasons = "; ".join(f"{reason}={count}" for reason, count in sorted(rejected.items()))
        rows = self._world.trace["decisions"]
        rows.append(self._world.now_us, self._world.name_of(task), attempt, node, len(good), reasons)
