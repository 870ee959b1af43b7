"""Which processes would answer a check, and what goes wrong in them by itself.

A process answers from when it is ready until it ends, unless it hangs. A check over HTTP queues up with the requests
that the instance holds, so an instance with too much to do answers late; one whose queue is full refuses.
Whoever checks, and what follows from it, is the control plane's own matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.engines.agenda import Order
from workbench.model.lives import Trouble
from workbench.model.workload import App

if TYPE_CHECKING:
    from workbench.engines.world import World


def may_fail(app: App, *, queued: bool) -> bool:
    """Say whether a process that has once answered may fail to later; `queued`: checks wait with the requests."""
    hangs = app.trouble is not None and app.trouble.hangs_us is not None
    return hangs or (queued and app.load is not None)


class Health:
    """How the processes of one run are."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._able: set[int] = set()
        self._hung: set[int] = set()

    def answers(self, task: int, timeout_us: int, *, queued: bool) -> bool:
        """Say whether a task's process answers a check that is made now within so long."""
        if task not in self._able or task in self._hung:
            return False
        return not queued or self._world.traffic.waits_us(self._world.app_of(task).name, task) <= timeout_us

    def stops_when_asked(self, task: int) -> bool:
        """Say whether a task's process heeds a request to stop."""
        return task not in self._hung

    # -- what happens to processes ----------------------------------------------------------------------------

    def started(self, task: int, trouble: Trouble, slow: float) -> None:
        """A process runs from now on that will get into trouble; `slow` is the factor on its times."""
        if trouble.crashes_us is not None:
            crash = self._world.guarded(task, lambda: self._world.fail(task, "process-crashed"))
            self._world.agenda.after(round(trouble.crashes_us * slow), Order.END, crash)

    def ready(self, task: int, slow: float) -> None:
        """A process answers from now on."""
        self._able.add(task)
        trouble = self._world.app_of(task).trouble
        if trouble is not None and trouble.hangs_us is not None:
            hang = self._world.guarded(task, lambda: self._hang(task, trouble.hangs_for_us))
            self._world.agenda.after(round(trouble.hangs_us * slow), Order.PHYSICS, hang)

    def ended(self, task: int) -> None:
        """A process is no more."""
        self._able.discard(task)
        self._hung.discard(task)

    def _hang(self, task: int, for_us: int | None) -> None:
        world = self._world
        self._hung.add(task)
        world.event("process-hangs", world.name_of(task))
        world.traffic.stall(world.app_of(task).name, task)
        if for_us is not None:
            world.agenda.after(for_us, Order.PHYSICS, world.guarded(task, lambda: self._recover(task)))

    def _recover(self, task: int) -> None:
        world = self._world
        self._hung.discard(task)
        world.event("process-answers", world.name_of(task))
        world.traffic.resume(world.app_of(task).name, task)
