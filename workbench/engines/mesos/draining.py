"""Agents that are to have no new work, and agents that are to be emptied.

A *deactivated* agent is not offered; what was offered of it is taken back, what runs there runs on. A *draining* one is
deactivated and its tasks are killed, all at once and with their own grace periods: nobody asks their frameworks, and
how many instances of an app stay healthy meanwhile is no matter. The frameworks launch others elsewhere, if they can;
a resident instance waits for the agent. Both are in the registry: they hold for an agent that registers again, with the
same master or with the next one.

Source: mesos src/master/http.cpp (_drainAgent, deactivateAgent, reactivateAgent), src/master/registry.proto,
docs/maintenance.md (1.9 and later).
Left out: --max_grace_period, mark_gone, maintenance schedules in runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.engines.mesos.agent import Agent
    from workbench.engines.mesos.master import Master


def _nothing() -> None:
    """Do nothing."""


class Draining:
    """The agents that an operator has taken out of use.

    Parameters
    ----------
    master : Master
        Whose agents these are.
    """

    def __init__(self, master: Master) -> None:
        self._master = master
        self._left: dict[str, set[int]] = {}
        self.when_empty: dict[str, Callable[[], None]] = {}  # agent -> what is to be done once it is drained

    def deactivate(self, node: int) -> None:
        """DEACTIVATE_AGENT: no offers of it from now on."""
        self._master.registrar.store(self._deactivate, node)

    def _deactivate(self, node: int) -> None:
        agent = self._master.agents[node].id
        self._master.registry.deactivated[agent] = None
        if agent in self._master.allocator.slaves:
            self._master.allocator.deactivate_agent(agent)
            self._master.offers.rescind_all_on(agent)

    def reactivate(self, node: int) -> None:
        """REACTIVATE_AGENT: it is offered again, from the next round on, or once its process is back."""
        self._master.registrar.store(self._reactivate, node)

    def _reactivate(self, node: int) -> None:
        agent = self._master.agents[node].id
        self._left.pop(agent, None)
        self._master.registry.draining.pop(agent, None)
        self._master.registry.deactivated.pop(agent, None)
        if agent in self._master.allocator.slaves and not self._master.restarts.away(agent):
            self._master.allocator.activate_agent(agent)

    def drain(self, node: int) -> None:
        """DRAIN_AGENT: no offers, and all its tasks are killed; each is replaced elsewhere from then on."""
        self._master.registrar.store(self._drain, node)

    def _drain(self, node: int) -> None:
        self._deactivate(node)
        agent = self._master.agents[node]
        self._master.registry.draining[agent.id] = None
        if agent.registered:
            self._empty(agent)

    def registered(self, agent: Agent) -> None:
        """An agent has registered again: what was asked of it before still holds."""
        if agent.id in self._master.registry.deactivated:
            self._master.allocator.deactivate_agent(agent.id)
        if agent.id in self._master.registry.draining:
            self._empty(agent)

    def _empty(self, agent: Agent) -> None:
        tasks = [task.row for task in self._master.tasks.on(agent.id)]
        self._left[agent.id] = set(tasks)
        for task in tasks:
            self._master.send(agent.kill, task, None, True)
        self._look(agent.id)

    def ended(self, node: int, task: int) -> None:
        """A task on a machine has ended."""
        agent = self._master.agents[node].id
        if task in self._left.get(agent, ()):
            self._left[agent].discard(task)
            self._look(agent)

    def _look(self, agent: str) -> None:
        if not self._left[agent]:
            del self._left[agent]
            self._master.registrar.store(self._drained, agent)

    def _drained(self, agent: str) -> None:
        if self._master.registry.draining.pop(agent, self) is None:  # nobody has put it back to use meanwhile
            self._master.world.event("agent-drained", agent)
            self.when_empty.pop(agent, _nothing)()
