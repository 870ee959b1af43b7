"""The tasks that the leading master knows of, and how their frameworks hear of them.

What agents say is passed on; what a task held is free again once it has ended. A framework whose process is away finds
the ends of its tasks when it asks. Nothing of this outlives the master: the next one learns of tasks from the agents
that register with it, and frameworks ask it how theirs stand.

Source: mesos src/master/master.cpp (statusUpdate, _reconcileTasks, kill) (1.12.0-dev), docs/reconciliation.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.engines.mesos.agent import Agent
from workbench.engines.mesos.operations import StatusUpdate, TaskState
from workbench.engines.mesos.reconciliation import standing
from workbench.engines.mesos.tasks import Task
from workbench.model.clock import NEVER

if TYPE_CHECKING:
    from workbench.engines.mesos.frameworks.base import Framework
    from workbench.engines.mesos.master import Master


class TaskBooks:
    """The tasks of all frameworks."""

    def __init__(self, master: Master) -> None:
        self._master = master
        self._world = master.world
        self._all: dict[int, Task] = {}
        self._on: dict[str, dict[int, None]] = {agent.id: {} for agent in master.agents}
        self._unheard: dict[int, tuple[str, StatusUpdate]] = {}  # ends of tasks whose framework was not there to hear
        self._before: dict[str, dict[int, None]] = {}  # agent -> tasks of masters that are lost

    def add(self, task: Task) -> None:
        """Take note of a task."""
        self._all[task.row] = task
        self._on.setdefault(task.agent, {})[task.row] = None

    def of(self, framework: str) -> list[Task]:
        """Return the tasks of a framework, by its id."""
        return [task for task in self._all.values() if task.framework == framework]

    def clear(self) -> None:
        """Forget everything: the master is lost."""
        self._all.clear()
        self._unheard.clear()
        for agent, rows in self._on.items():
            self._before.setdefault(agent, {}).update(rows)
            rows.clear()

    def settle(self, agent: str) -> None:
        """Write down that what masters before this one had on an agent, and this one does not, is free by now."""
        for row in self._before.pop(agent, ()):
            if row not in self._all:
                self._world.released(row)

    def end_of(self, framework: str) -> None:
        """A framework is removed: ends that it has not heard of are forgotten with it."""
        for row in [row for row, (id_, _) in self._unheard.items() if id_ == framework]:
            del self._unheard[row]

    def updates(self, agent: Agent, framework: str, updates: Sequence[StatusUpdate]) -> None:
        """Pass on what an agent says of a task; without a framework that could acknowledge it, it will say so again."""
        if self._master.completed(framework):
            return
        known = self._master.framework(framework) is not None
        for update in updates if self._master.leading else ():
            self._update(update)
            if known:
                self.tell(framework, update)
            elif update.state.terminal:
                self._unheard[update.task] = framework, update
        if not known:
            agent.updates.returned(framework, updates)

    def _update(self, update: StatusUpdate) -> None:
        """What a task held is free again once it has ended, whether or not its framework is there to hear of it."""
        task = self._all.get(update.task)
        if task is None and update.state.terminal:
            self._world.released(update.task)  # it ended before this master learned of it
        if task is not None:
            task.latest = update
            if update.state.terminal:
                self.forget(task)
                self._master.draining.ended(self._master.agent(task.agent).node, task.row)
                self._master.allocator.recover_resources(task.framework, task.agent, task.role, task.resources, None)

    def on(self, agent: str) -> list[Task]:
        """Return the tasks that run on an agent, as far as the leading master knows."""
        return [self._all[row] for row in self._on.get(agent, ())]

    def take_back(self, task: Task, *, tell: bool) -> None:
        """Take note of a task that an agent runs; `tell` its framework, which has heard that it was lost."""
        self.add(replace(task))
        if tell:
            name = self._world.name_of(task.row)
            self._world.event("task-back", name, "agent-reregistered", task.latest.state.value)
            self.tell(task.framework, task.latest)

    def forget(self, task: Task) -> None:
        """Take a task out of the books."""
        del self._all[task.row], self._on[task.agent][task.row]
        self._world.released(task.row)

    def tell(self, framework: str, update: StatusUpdate) -> None:
        """Tell a framework, if it is registered, how a task stands."""
        known = self._master.framework(framework)
        if known is not None:
            self.send(known, update)

    def tell_lost(self, task: Task, reason: str) -> None:
        """Tell the framework of a task that its agent cannot be reached."""
        state = TaskState.UNREACHABLE if self._master.partition_aware(task.framework) else TaskState.LOST
        self._world.event("task-lost", self._world.name_of(task.row), reason, state.value)
        self.tell(task.framework, StatusUpdate(task.row, state, reason))

    def send(self, framework: Framework, update: StatusUpdate) -> None:
        """Send news of a task on their way to a framework."""
        self._master.send(self._arrive, framework, update)

    def _arrive(self, framework: Framework, update: StatusUpdate) -> None:
        """News reach a framework, unless its process is not there; the end of a task is kept until it asks."""
        if framework.connected:
            framework.hear(update)
        elif update.state.terminal and update.state is not TaskState.UNREACHABLE:  # which may be over when it asks
            self._unheard[update.task] = framework.id, update

    def kill(self, framework: Framework, row: int, grace_us: int | None, replaced: bool) -> None:
        """Have a task killed by its agent; of one that the master does not know it tells how it stands."""
        task = self._all.get(row)
        if task is None:
            self.reconcile(framework, (row,))
        else:
            self._master.send(self._master.agent(task.agent).kill, row, grace_us, replaced)

    def reconcile(self, framework: Framework, tasks: Sequence[int]) -> None:
        """Tell a framework how each of these tasks stands, except those on agents that are still to register."""
        if not self._master.knows(framework):
            return
        for row in tasks:
            known, (_, unheard) = self._all.get(row), self._unheard.pop(row, ("", None))
            node = self._world.node_of(row)
            agent = self._master.agents[node].id if node != NEVER else ""
            if known is None and unheard is None and agent in self._master.registration.recovered:
                continue
            update = standing(
                row,
                known.latest if known is not None else None,
                unheard,
                "framework-removed" if framework.removed else "launch-lost",
                unreachable=self._master.registration.unreachable(agent),
                partition_aware=framework.partition_aware,
            )
            if framework.masters and known is None and unheard is None:  # no news of before, as in other cases
                self._world.event("task-lost", self._world.name_of(row), update.reason, update.state.value)
                self._world.released(row)
            self.send(framework, update)

    def reconcile_all(self, framework: Framework) -> None:
        """Tell a framework how each of its tasks stands that this master knows of."""
        if self._master.knows(framework):
            for task in self.of(framework.id):
                self.send(framework, task.latest)
