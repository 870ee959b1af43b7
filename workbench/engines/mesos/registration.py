"""How agents come and go: given up, back after a restart, reached again, registering with a new master.

| an agent that registers | what becomes of its tasks |
|---|---|
| restarted, not given up yet | they are gone; frameworks hear so |
| was cut off, not given up yet | they go on, but not those of removed frameworks; launches that were lost are told |
| was given up by this master | those of partition-aware frameworks go on, the others are killed |
| is known to a new master from the registry | they go on, and the master learns of them |
| was restarted, the machine was not | `agent_restart.py`, `agent_recovery.py` |

An agent that hears no ping for as long as the master waits for its answers takes the master for lost and tries to
register, again and again: after a random time up to 1 s, 2 s, 4 s ... 1 min. One that was silent for less time is
asked to register with the next ping.

Source: mesos src/master/master.cpp (markUnreachable, _reregisterSlave), src/slave/slave.cpp (pingTimeout,
doReliableRegistration), include/mesos/mesos.proto (FrameworkInfo.Capability).
Left out: since 1.5 the master leaves it to a framework that is not partition-aware to kill tasks that it has given up;
here the master does so itself, a message sooner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from workbench.engines.agenda import Order
from workbench.engines.mesos.agent import Agent
from workbench.engines.mesos.attempts import BACKOFF_FIRST_US, attempt_us, labels_lost
from workbench.engines.mesos.operations import StatusUpdate, TaskState
from workbench.engines.mesos.resources import Resources
from workbench.engines.mesos.slave_observer import SlaveObserver
from workbench.engines.mesos.tasks import Task, held

if TYPE_CHECKING:
    from workbench.engines.mesos.master import Master


class Registration:
    """The agents of a run as the leading master has them.

    Attributes
    ----------
    recovered : dict
        Agents that a new master knows from the registry and has not heard of yet.
    """

    def __init__(self, master: Master) -> None:
        self._master = master
        self._world = master.world
        self.observer = SlaveObserver(master.world, master.agents, self.mark_unreachable)
        self.recovered: dict[str, None] = {}
        self._given_up: dict[str, list[Task]] = {}  # by this master: agent -> its tasks
        self._promised: dict[str, Resources] = {}  # what this master took them to have then
        self._marking: dict[str, None] = {}  # agents of which it is being written that they are unreachable

    def start(self) -> None:
        """All agents are there from the start; watch them."""
        for agent in self._master.agents:
            self._master.registry.agents[agent.id] = None
            self._master.allocator.add_agent(agent.id, agent.total)
            self._world.node_seen(agent.node, "ready")
        self._world.agenda.process(self.observer.watch())

    def unreachable(self, agent: str) -> bool:
        """Say whether an agent is marked unreachable."""
        return agent in self._master.registry.unreachable

    # -- given up -------------------------------------------------------------------------------------------

    def mark_unreachable(self, agent: Agent, reason: str = "agent-unreachable") -> None:
        """Give an agent up: report its tasks lost, take its offers back, and have the allocator forget it."""
        if self._master.leading and agent.id not in self._marking:  # without a leader nobody pings
            self._marking[agent.id] = None
            self._master.registrar.store(self._marked, agent, reason)

    def _marked(self, agent: Agent, reason: str) -> None:
        master = self._master
        del self._marking[agent.id]
        agent.registered = False
        self.recovered.pop(agent.id, None)
        master.registry.unreachable[agent.id] = None
        self._world.node_seen(agent.node, "unreachable")
        self._world.event("agent-unreachable", agent.id, reason)
        master.offers.rescind_all_on(agent.id)
        lost = master.tasks.on(agent.id)
        self._given_up[agent.id] = lost
        for task in lost:
            master.tasks.forget(task)
            self.clear(task.row)
            master.tasks.tell_lost(task, reason)
        master.tasks.settle(agent.id)
        if agent.id in master.allocator.slaves:
            self._promised[agent.id] = master.allocator.slaves[agent.id].total
            master.allocator.remove_agent(agent.id)

    def clear(self, row: int) -> None:
        """Free the World's books of a task that was launched and never arrived, or for which there was no room."""
        if row in self._world.without_room:
            self._world.turn_away(row, "launch-lost")
        elif self._world.alive(row) and not self._world.arrived(row):
            self._world.stop(row, "failed")

    # -- coming back ----------------------------------------------------------------------------------------

    def machine_back(self, agent: Agent) -> None:
        """A machine has started again: its agent registers after a random short time."""
        again = self._world.machines[agent.node].heard_since_us
        wait = self._world.streams.stream(f"mesos/registration/{agent.id}/{again}").randrange(BACKOFF_FIRST_US)
        gone = agent.restarted()
        was_registered, agent.registered = agent.registered, False
        anew = self._master.maintenance.anew.pop(agent.id, self) is None  # its master had it shut down
        self._plan(agent, self._world.now_us + wait, gone, was_registered=was_registered, anew=anew)

    def reached(self, agent: Agent) -> None:
        """An agent that was cut off can be reached again: it registers with the next ping, or its own next attempt."""
        now, machine = self._world.now_us, self._world.machines[agent.node]
        below = self._world.streams.stream(f"mesos/registration/{agent.id}/{now}").randrange
        lost_us = machine.silent_since_us + self.observer.patience_us
        if now < lost_us:
            at = self.observer.next_ping_us(agent.node) + below(BACKOFF_FIRST_US)
        else:
            at = attempt_us(lost_us, now, below)
        self._plan(agent, at)

    def agent_back(self, agent: Agent, wait_us: int, anew: bool) -> None:
        """An agent has started again and may register `wait_us` from now, after a random short time as ever."""
        now = self._world.now_us
        below = self._world.streams.stream(f"mesos/registration/{agent.id}/{now}").randrange
        was_registered, agent.registered = agent.registered, False
        self._plan(agent, now + wait_us + below(BACKOFF_FIRST_US), was_registered=was_registered, anew=anew)

    def leader_detected(self, agent: Agent) -> None:
        """ZooKeeper tells an agent of a new master: it registers after a random short time."""
        now = self._world.now_us
        below = self._world.streams.stream(f"mesos/registration/{agent.id}/{now}").randrange
        self._plan(agent, now + below(BACKOFF_FIRST_US))

    def _plan(
        self,
        agent: Agent,
        at_us: int,
        gone: Sequence[int] = (),
        *,
        was_registered: bool | None = None,
        anew: bool = False,
    ) -> None:
        agent.attempts += 1
        heard_us = self._world.machines[agent.node].heard_since_us
        self._world.agenda.at(
            at_us + self._master.message_us, Order.AGENT,
            self._register, agent, heard_us, agent.attempts, tuple(gone), was_registered, anew,
        )  # fmt: skip

    def _register(
        self, agent: Agent, heard_us: int, attempt: int, gone: Sequence[int], was_registered: bool | None, anew: bool
    ) -> None:
        machine = self._world.machines[agent.node]
        if not machine.in_touch or machine.heard_since_us != heard_us:
            if was_registered is not None and attempt == agent.attempts:
                agent.registered = was_registered  # lost again before it could register: pings decide
            return
        if attempt != agent.attempts or not self._master.leading:
            return  # without a master there is nobody to register with: the next one will be told of
        if agent.id in self._marking or agent.id in self._master.registry.down:  # it is refused now, and tries again
            below = self._world.streams.stream(f"mesos/registration/{agent.id}/{self._world.now_us}").randrange
            self._plan(agent, self._world.now_us + below(2 * BACKOFF_FIRST_US), gone, was_registered=False, anew=anew)
            return
        known = agent.registered if was_registered is None else was_registered
        arguments = (agent, attempt, gone, known, anew)
        if anew or self.unreachable(agent.id) or agent.id not in self._master.registry.agents:
            self._master.registrar.store(self._registered, *arguments)
        else:
            self._registered(*arguments)

    def _registered(self, agent: Agent, attempt: int, gone: Sequence[int], known: bool, anew: bool) -> None:
        """The agent may be taken in: it is in the registry. If it has fallen silent meanwhile, pings will tell."""
        if attempt != agent.attempts:
            return
        agent.registered = True
        restarts = self._master.restarts
        if anew:
            restarts.replaced(agent, known=known)
            self._given_up.pop(agent.id, None)
        again = agent.id in self._master.registry.agents
        why = "as-another" if anew else "new-master" if agent.id in self.recovered else ""
        self._world.event("agent-reregistered" if again else "agent-registered", agent.id, why)
        if known and not anew:
            self._reconcile(agent, gone)
        else:
            self._admit(agent)
        restarts.registered(agent)
        self._master.draining.registered(agent)
        agent.updates.resume()

    def _reconcile(self, agent: Agent, gone: Sequence[int]) -> None:
        """The master has not given the agent up: what it launched there and the agent does not know of is gone.

        Reservations and volumes that did not arrive are sent again.
        """
        master = self._master
        agent.total = master.allocator.slaves[agent.id].total
        for task in master.tasks.on(agent.id):
            if task.row in agent.tasks or task.row in agent.updates:
                continue
            stopped = "agent-stopped" if self._world.arrived(task.row) else "launch-lost"
            reason = "machine-restarted" if task.row in gone else stopped
            master.tasks.forget(task)
            self.clear(task.row)
            master.allocator.recover_resources(task.framework, agent.id, task.role, task.resources, None)
            self._world.event("task-lost", self._world.name_of(task.row), reason, TaskState.GONE.value)
            master.tasks.tell(task.framework, StatusUpdate(task.row, TaskState.GONE, reason))
        for known in agent.tasks.values():  # its framework was removed, or it is given up, and the agent did not hear
            if master.completed(known.framework) or known.row in agent.written_off:
                master.send(agent.shut_down, known.row)

    def _admit(self, agent: Agent) -> None:
        """Take an agent in that was unreachable, or is known from the registry: its tasks go on, or are killed."""
        master = self._master
        master.registry.agents[agent.id] = None
        given_up = {task.row: task for task in self._given_up.pop(agent.id, ())}
        self.recovered.pop(agent.id, None)
        was_unreachable = self.unreachable(agent.id)
        master.registry.unreachable.pop(agent.id, None)
        self._world.node_seen(agent.node, "ready")
        kept, killed = self._sort_out(agent.tasks.values(), given_up)
        for task in kept:
            master.tasks.take_back(task, tell=was_unreachable)
        for row in agent.updates.tasks():
            if row not in agent.tasks:  # it has ended meanwhile: what it held is free from now on
                self._world.released(row)
        master.tasks.settle(agent.id)
        window = master.maintenance.window(agent.id)
        master.recover_frameworks(kept)
        master.allocator.add_agent(agent.id, agent.total, held(kept), unavailability=window)
        for task in killed:
            self._world.event("task-killed", self._world.name_of(task.row), "agent-reregistered", "TASK_KILLED")
            master.send(agent.shut_down, task.row)
        self._clear_books(agent)
        promised = self._promised.pop(agent.id, agent.total)
        for role, label in labels_lost(promised, agent.total):
            master.reservation_lost(role, label)
        for task in given_up.values():
            if task.row not in agent.tasks and task.row not in agent.updates:
                master.tasks.tell(task.framework, StatusUpdate(task.row, TaskState.GONE, "machine-restarted"))

    def _sort_out(self, running: Iterable[Task], given_up: dict[int, Task]) -> tuple[list[Task], list[Task]]:
        """Return the tasks that go on, and those to be killed: given up for good, or of a framework that is gone."""
        kept: list[Task] = []
        killed: list[Task] = []
        for task in running:
            over = self._master.completed(task.framework)
            lost = task.row in given_up and not self._master.partition_aware(task.framework)
            (killed if over or lost else kept).append(task)
        return kept, killed

    def _clear_books(self, agent: Agent) -> None:
        """Free the World's books of launches that never arrived, which a new master knows nothing of."""
        for row in list(self._world.machines[agent.node].tasks):
            if row not in agent.tasks:
                self.clear(row)

    # -- a new master ---------------------------------------------------------------------------------------

    def recover(self) -> None:
        """Begin with the agents of the registry, none of them heard of yet; tell those that can hear who leads."""
        self._given_up.clear()
        self._promised.clear()
        self._marking.clear()
        self.recovered = self._master.registry.reachable()
        for agent in self._master.agents:
            agent.registered = False
            agent.attempts += 1  # what was on its way was for the master before
            if self._world.machines[agent.node].in_touch:
                self.leader_detected(agent)

    def time_is_up(self) -> None:
        """Give up the agents of the registry that have not registered in time, as fast as the limit permits."""
        for agent in self._master.agents:
            if agent.id in self.recovered:
                self.observer.remove(partial(self._late, agent))

    def _late(self, agent: Agent) -> None:
        if agent.id in self.recovered:
            self.mark_unreachable(agent, "reregister-timeout")
