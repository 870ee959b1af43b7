"""The process of an agent stops and starts again: what its master makes of it.

The connection breaks, and the master knows at once, long before a ping is missed. It makes no offers of the agent and
takes back those that it made. Tasks of frameworks that do not checkpoint are reported lost, since their executors die
with the agent; the others are not touched. An agent that registers again in time goes on where it was; one that does
not is given up as any other that is silent. One that begins anew (``recover=cleanup``) is another agent: what the one
before it ran is gone.

Source: mesos src/master/master.cpp (exited, disconnect, _registerSlave), docs/agent-recovery.md,
docs/task-state-reasons.md (REASON_SLAVE_DISCONNECTED).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.engines.mesos.agent import Agent
from workbench.engines.mesos.operations import StatusUpdate, TaskState

if TYPE_CHECKING:
    from workbench.engines.mesos.master import Master


class AgentRestarts:
    """The agents whose connection to the leading master is broken."""

    def __init__(self, master: Master) -> None:
        self._master = master
        self._world = master.world
        self._away: dict[str, None] = {}

    def away(self, agent: str) -> bool:
        """Say whether the connection to an agent is broken."""
        return agent in self._away

    def lose(self) -> None:
        """The leading master is lost: the next one has no connections to lose yet."""
        self._away.clear()

    def process_lost(self, agent: Agent) -> None:
        """The agent's process stops, now; a message later its master knows, if the network is there to tell it."""
        agent.recovery.process_lost()
        if self._world.machines[agent.node].connected:
            self._master.send(self._disconnected, agent)

    def process_back(self, agent: Agent) -> None:
        """The agent's process runs again, now: it looks after its executors first, then registers."""
        agent.recovery.process_back(lambda wait_us, anew: self._master.registration.agent_back(agent, wait_us, anew))

    def _disconnected(self, agent: Agent) -> None:
        master = self._master
        if not master.leading or not agent.registered:
            return
        self._away[agent.id] = None
        self._world.event("agent-disconnected", agent.id, "agent-stopped")
        master.allocator.deactivate_agent(agent.id)
        master.offers.rescind_all_on(agent.id)
        for task in master.tasks.on(agent.id):
            if not task.checkpoint:
                master.tasks.forget(task)
                master.registration.clear(task.row)
                master.allocator.recover_resources(task.framework, agent.id, task.role, task.resources, None)
                self._world.event("task-lost", self._world.name_of(task.row), "agent-disconnected", "TASK_LOST")
                master.tasks.tell(task.framework, StatusUpdate(task.row, TaskState.LOST, "agent-disconnected"))

    def registered(self, agent: Agent) -> None:
        """An agent has registered again: it may be offered."""
        if agent.id in self._away:
            del self._away[agent.id]
            self._master.allocator.activate_agent(agent.id)

    def replaced(self, agent: Agent, *, known: bool) -> None:
        """Another agent registers from the same place: the one before it is gone, with all it ran."""
        self._master.registry.deactivated.pop(agent.id, None)
        self._master.registry.draining.pop(agent.id, None)
        self.removed(agent, "agent-replaced", known=known)

    def removed(self, agent: Agent, reason: str, *, known: bool) -> None:
        """An agent is none any more: its tasks are lost, whatever their frameworks can make of it."""
        master = self._master
        self._away.pop(agent.id, None)
        master.offers.rescind_all_on(agent.id)
        for task in master.tasks.on(agent.id):
            master.tasks.forget(task)
            master.registration.clear(task.row)
            self._world.event("task-lost", self._world.name_of(task.row), reason, TaskState.LOST.value)
            master.tasks.tell(task.framework, StatusUpdate(task.row, TaskState.LOST, reason))
        master.tasks.settle(agent.id)
        if known:
            master.allocator.remove_agent(agent.id)
