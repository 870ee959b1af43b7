"""The agent on a machine: fetches what a task needs, starts it in an executor, and tells the master how it goes.

An agent fetches the images of several tasks at once. It keeps on its disk what was reserved there and which tasks it
was running; after a restart of the machine the tasks are gone, and the agent says so once it has registered again. An
agent without a master goes on with its tasks, and keeps what it has to tell (`status_updates.py`). What becomes of
tasks when the agent's own process stops is in `agent_recovery.py`.

A task that uses more memory than it has taken is killed (cgroups/mem): nothing is promised twice, so a machine never
runs out of memory through its tasks. Cpu is shared by weight (cgroups/cpu, without --cgroups_enable_cfs). Of disk it
may write any amount, unless the agent is told to hold it to what it has taken (`disk_isolator.py`); what it leaves is
removed some time (`sandboxes.py`).

Source: mesos src/slave/slave.cpp, src/slave/constants.hpp, docs/agent-recovery.md, docs/isolators/cgroups-cpu.md;
src/slave/containerizer/mesos/isolators/cgroups/subsystems/memory.cpp.
Left out: an executor that does not register the first time, the 0.1 cpu and 32 MiB that a command executor
uses beyond the offer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from workbench.engines.agenda import Order
from workbench.engines.disks import NOWHERE
from workbench.engines.mesos.agent_recovery import AgentRecovery
from workbench.engines.mesos.disk_isolator import DiskIsolator
from workbench.engines.mesos.operations import StatusUpdate, TaskState
from workbench.engines.mesos.resources import Resources
from workbench.engines.mesos.sandboxes import Sandboxes
from workbench.engines.mesos.status_updates import StatusUpdates
from workbench.engines.mesos.tasks import Task
from workbench.engines.protocol import EndReason
from workbench.engines.world import World
from workbench.model.clock import SECOND_US, to_us
from workbench.model.cluster import Node
from workbench.model.parameters import param, parameters
from workbench.model.resources import MEMORY


@parameters("mesos.agent")
@dataclass(frozen=True)
class AgentParameters:
    """How fast an agent is."""

    executor_start_s: float = param(
        0.5, unit="s", low=0, high=60, help="from image and volume in place to the executor launching the task",
        source="assumption: a process that starts, registers with its agent and receives the task",
        shown_in="first-look",
    )  # fmt: skip


KILL_GRACE_US = 3 * SECOND_US
"""How long an executor lets a task take to stop when nobody says otherwise (mesos src/launcher/executor.cpp)."""

ENDED = {"finished": TaskState.FINISHED, "failed": TaskState.FAILED, "killed": TaskState.KILLED}


class Agent:
    """The agent on one machine.

    Parameters
    ----------
    node : int
        The machine.
    total : Resources
        What it advertises; reservations and volumes are kept here across restarts.
    send : callable
        Sends status updates of one task on their way to the master: agent, id of the framework, updates.

    Attributes
    ----------
    tasks : dict
        What runs here, by row.
    executors : dict
        Those of `tasks` whose executor runs and has registered.
    unfinished : dict
        Those whose executor had not registered when the agent's process stopped; it will not any more.
    written_off : set
        Those that the master counts no more, and whose end it ordered in vain: the agent could not be reached.
    attempts : int
        Counts attempts to register, so that only the last one planned takes place.
    """

    def __init__(
        self, world: World, node: int, total: Resources, send: Callable[[Agent, str, Sequence[StatusUpdate]], None]
    ) -> None:
        self.node = node
        self.id = world.node_names[node]
        self.total = total
        self.registered = True
        self._world = world
        self.attempts = 0
        self._for_executor: dict[int, list[int]] = {}  # executor -> tasks that wait for it to run
        self.tasks: dict[int, Task] = {}
        self.executors: dict[int, None] = {}
        self.unfinished: dict[int, None] = {}
        self.written_off: set[int] = set()
        self.updates = StatusUpdates(world.agenda, self._send)
        self.recovery = AgentRecovery(self, world)
        self._sandboxes = Sandboxes(world, node)
        self._disk = DiskIsolator(world, node, lambda task: task in self.executors)
        self._to_master = send
        self._executor_us = to_us(world.settings.of(AgentParameters).executor_start_s)

    @property
    def machine(self) -> Node:
        """The machine it runs on, as the scenario has it."""
        return self._world.fleet.nodes[self.node]

    @property
    def listening(self) -> bool:
        """Say whether a message to this agent arrives."""
        return self.registered and self._world.machines[self.node].in_touch

    def convert(self, consumed: Resources, converted: Resources) -> None:
        """Keep a reservation or volume on disk."""
        if self.listening:
            self.total = self.total - consumed + converted

    def _send(self, framework: str, updates: Sequence[StatusUpdate]) -> bool:
        if self.listening:
            self._to_master(self, framework, updates)
        return self.listening

    def _tell(self, task: Task, state: TaskState, reason: str = "", *, healthy: bool = False) -> None:
        members = () if task.group is None else task.group.states(state)
        task.latest = StatusUpdate(task.row, state, reason, healthy, members)
        if members and state.terminal:
            told = ", ".join(f"{name} {one.value}" for name, one in members)
            self._world.event("group-ended", self._world.name_of(task.row), "", told)
        self.updates.add(task.framework, task.latest)

    def run_task(self, task: Task) -> None:
        """Start a task that a framework launched; the message is lost if the machine is."""
        row = task.row
        if not self.listening or not self._world.alive(row):
            if self.listening and task.executor is not None:  # which has ended meanwhile
                self.updates.add(task.framework, StatusUpdate(row, TaskState.FAILED, "executor-ended"))
            return
        self.tasks[row] = replace(task)
        self._world.bound(row)
        if task.executor is not None:
            if self._world.serving(task.executor):
                self._launch(row)
            else:
                self._for_executor.setdefault(task.executor, []).append(row)
            return
        if task.group is None:
            self._world.fetch_image(row, lambda: self._mount(row), serial=False)
        else:
            self._fetch_all(row, task.group.images[1:])

    def _fetch_all(self, row: int, others: Sequence[str]) -> None:
        """Fetch the images of a group side by side; with the last of them it can go on."""
        missing = [None, *others]

        def fetched() -> None:
            missing.pop()
            if not missing:
                self._mount(row)

        for image in others:
            self._world.images.fetch(self.node, image, fetched, serial=False)
        self._world.fetch_image(row, fetched, serial=False)

    def _mount(self, task: int) -> None:
        """Mount the volume. A network volume that is still attached elsewhere is taken away from there."""
        if task not in self.tasks or task in self.unfinished:
            return  # stopped meanwhile, or the agent was
        name = self.tasks[task].volume
        volume = self._world.disks.get(name) if name else None
        if volume is not None and volume.node not in (NOWHERE, self.node):
            self._world.disks.detach(name)
        self._world.mount_volume(task, name, lambda: self._start_executor(task))

    def _start_executor(self, task: int) -> None:
        self._world.agenda.after(self._executor_us, Order.AGENT, self._launch, task)

    def _launch(self, task: int) -> None:
        """Start a task in a container that may use as much memory as the task has taken, and any cpu that is idle."""
        if task in self.tasks and task not in self.unfinished and self._world.alive(task):
            self.executors[task] = None
            self._world.memory.confine(task, self._world.app_of(task).request.get(MEMORY))
            self._disk.launched(task)
            self._world.start_process(task)

    def kill(self, task: int, grace_us: int | None, replaced: bool) -> None:
        """Have the executor stop a task; it is told that it is being killed, and that it was once it has stopped."""
        known = self.tasks.get(task)
        if self.listening and known is not None and known.latest.state is not TaskState.KILLING:
            self._tell(known, TaskState.KILLING)
            graces = (grace_us, known.kill_grace_us, KILL_GRACE_US)
            self._world.terminate(task, next(one for one in graces if one is not None), replaced=replaced)

    # -- what it sees -----------------------------------------------------------------------------------------

    def started(self, task: int) -> None:
        """The task's process runs."""
        if task in self.tasks:
            self._tell(self.tasks[task], TaskState.RUNNING)
        for row in self._for_executor.pop(task, ()):
            self._launch(row)

    def ready(self, task: int) -> None:
        """The task's check passes."""
        if task in self.tasks:
            self._tell(self.tasks[task], TaskState.RUNNING, healthy=True)

    def ended(self, task: int, why: EndReason) -> None:
        """The task's process stopped."""
        known = self._forget(task)
        if known is not None:
            self._tell(known, ENDED[why], why)

    def shut_down(self, task: int) -> None:
        """Stop a task whose framework was removed, or has given it up. Whoever takes its place waits from now on."""
        if task not in self.tasks:
            return
        if self.listening:
            self.drop(task)
        else:
            self.written_off.add(task)

    def drop(self, task: int) -> None:
        """Stop a task of which nothing is to be told."""
        self._world.stop(task, "killed", replaced=True)
        self._forget(task)

    def executor_of(self, task: int) -> str:
        """Return the name of the executor of a task: each has one of its own."""
        return self._world.name_of(task)

    def fail(self, task: int, reason: str) -> None:
        """Stop a task whose executor is of no use any more, and tell so."""
        self._world.stop(task, "failed")
        known = self._forget(task)
        if known is not None:
            self._world.event("executor-ended", self._world.name_of(task), reason)
            self._tell(known, TaskState.FAILED, reason)

    def _forget(self, task: int) -> Task | None:
        """Return what is known of a task that has ended, and know it no longer; its volume is free."""
        self.executors.pop(task, None)
        self.unfinished.pop(task, None)
        self.written_off.discard(task)
        known = self.tasks.pop(task, None)
        if known is not None:
            self._release(known.volume)
            self._left(task)
        return known

    def _left(self, task: int) -> None:
        """A task that has ended leaves its sandbox."""
        self._sandboxes.ended(task)

    def _release(self, volume: str) -> None:
        known = self._world.disks.get(volume) if volume else None
        if known is not None and known.node == self.node:
            self._world.disks.detach(volume)

    def restarted(self) -> tuple[int, ...]:
        """The machine is back: return the tasks that were known here and are gone; forget them."""
        gone = tuple(self.tasks)
        for task in gone:
            self._left(task)
        self.tasks.clear()
        self.executors.clear()
        self.unfinished.clear()
        self.written_off.clear()
        self.updates.forget()
        return gone
