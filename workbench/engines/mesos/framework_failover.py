"""What becomes of tasks when the process of their framework stops, and when it is back.

The master sees the connection break a message later: it takes the framework's offers back, makes it no more, and waits
for `failover_us`. A framework that subscribes again in time goes on where it was: its tasks ran on, and it asks how
each stands. After that time the framework is removed and its tasks are killed. With mesos.proto's default of zero
that is at once; Marathon asks for a week.

A framework that was removed subscribes under a new id, and learns that the tasks it remembers are gone.

A new master knows no frameworks: those that are there register at once, with the id they have. Others it recovers from
their tasks when agents register: what those hold counts, and nothing is offered. One that never comes leaves its tasks
running, since its failover timeout is not in the registry.

Source: mesos src/master/master.cpp (_exited, frameworkFailoverTimeout, removeFramework, _reconcileTasks);
docs/high-availability-framework-guide.md.
Left out: a second instance of the framework that takes over; the repetition of updates that did not arrive, since a
framework asks for all its tasks as soon as it is back; the 5 s in which an executor may shut its task down.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from workbench.engines.agenda import Order

if TYPE_CHECKING:
    from workbench.engines.mesos.frameworks.base import Framework
    from workbench.engines.mesos.master import Master


class FrameworkFailover:
    """The master's side of it.

    Parameters
    ----------
    master : Master
        Whose frameworks these are.
    """

    def __init__(self, master: Master) -> None:
        self._master = master
        self._world = master.world
        self._disconnected: dict[str, int] = {}  # framework -> how many disconnections there were before this one
        self._count = 0
        self._stopped: Counter[str] = Counter()  # framework -> how many faults keep its process down

    def process_lost(self, framework: Framework) -> None:
        """The framework's process stops, now; a message later the master knows."""
        self._stopped[framework.name] += 1
        if framework.connected:
            framework.stop()
            self._master.send(self._disconnect, framework)

    def process_back(self, framework: Framework) -> None:
        """The framework's process runs again, unless another fault keeps it down, and subscribes with its stored id."""
        self._stopped[framework.name] -= self._stopped[framework.name] > 0
        if not framework.connected and not framework.left and not self._stopped[framework.name]:
            framework.connected = True
            self._master.send(self._resubscribe, framework)

    def new_master(self) -> None:
        """Another master leads: it knows of no disconnections; all frameworks that are there register at once."""
        self._disconnected.clear()
        for framework in self._master.clients():
            self._master.send(self._resubscribe, framework)

    def _disconnect(self, framework: Framework) -> None:
        """Deactivate the framework and take its offers back; give it up unless it is back in time."""
        if not self._master.knows(framework):
            return
        self._master.offers.rescind_all_of(framework)
        self._master.allocator.deactivate_framework(framework.id)
        self._count += 1
        self._disconnected[framework.id] = self._count
        self._world.event("framework-disconnected", framework.name, "scheduler-lost")
        if self._world.now_us + framework.failover_us < self._world.scenario.horizon_us:
            self._world.agenda.after(
                framework.failover_us, Order.CONTROLLER, self._time_is_up, framework, framework.id, self._count
            )

    def _time_is_up(self, framework: Framework, number: str, count: int) -> None:
        if self._disconnected.get(number) == count and self._master.knows(framework):  # the master may be lost too
            del self._disconnected[number]
            self._world.event("framework-removed", framework.name, "failover-timeout")
            self._master.remove_framework(framework)

    def _resubscribe(self, framework: Framework) -> None:
        master = self._master
        if not master.leading or not framework.connected:
            return
        if self._disconnected.pop(framework.id, None) is not None:
            self._world.event("framework-reregistered", framework.name, "failed-over")
            master.allocator.activate_framework(framework.id)
        elif not framework.id:
            master.subscribe(framework, suppressed=framework.suppressed)
        elif master.completed(framework.id):
            self._world.event("framework-reregistered", framework.name, "new-framework-id")
            master.subscribe(framework)
        elif not master.knows(framework):
            self._world.event("framework-reregistered", framework.name, "new-master")
            master.readmit(framework)
            master.send(framework.master_found)
            return
        master.send(self._subscribed, framework)

    def _subscribed(self, framework: Framework) -> None:
        """The framework hears that it is subscribed: it asks for its tasks, then does what waited for it."""
        if framework.connected:
            self._master.send(self._master.tasks.reconcile, framework, tuple(framework.launched()))
            self._master.send(self._master.tasks.reconcile_all, framework)
            framework.resubscribed()
