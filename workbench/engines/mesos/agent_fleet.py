"""Agents that join a running cluster, and agents that leave it for good.

A new agent finds the master and registers after a random short time, like one that has started again; from then on it
is offered. One that is to be given back is drained; once the master has heard the end of all its tasks it is marked
gone: the registry and the allocator forget it, and its machine is taken away.

A daemon is an app with as many instances as there are agents: whoever adds or takes away agents scales it.

Source: mesos src/master/master.cpp (registerSlave, markGone), src/slave/slave.cpp (doReliableRegistration),
docs/maintenance.md (DRAIN_AGENT with mark_gone, 1.9 and later).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from workbench.engines.agenda import Order
from workbench.engines.mesos.agent import Agent
from workbench.engines.mesos.master import Master

LOOK_US = 1000
"""A task has ended on its agent before the master hears of it; meanwhile it is asked again and again."""


class AgentFleet:
    """Whoever lets agents come and go.

    Parameters
    ----------
    changed : callable
        Told that there is another number of agents.
    forget : callable
        Told the name of an agent that is gone for good, with what was reserved there.
    """

    def __init__(self, master: Master, changed: Callable[[], None], forget: Callable[[str], None]) -> None:
        self._master = master
        self._world = master.world
        self._changed = changed
        self._forget = forget

    def joined(self, node: int) -> None:
        """A machine has booted: its agent looks for the master."""
        agent = self._master.add_agent(node)
        agent.registered = False
        self._master.registration.observer.agent_added(agent)
        self._master.registration.leader_detected(agent)
        self._changed()

    def remove(self, node: int) -> None:
        """Drain an agent, then let it go."""
        agent = self._master.agents[node]
        self._master.draining.when_empty[agent.id] = lambda: self._let_go(agent)
        self._master.draining.drain(node)

    def _let_go(self, agent: Agent) -> None:
        """Mark a drained agent gone, as soon as there is a master that has heard of everything there."""
        master = self._master
        if not master.leading:
            master.when_led(partial(self._let_go, agent))
            return
        if master.tasks.on(agent.id):
            self._world.agenda.after(max(master.message_us, LOOK_US), Order.CONTROLLER, self._let_go, agent)
            return
        master.offers.rescind_all_on(agent.id)
        agent.registered = False
        agent.attempts += 1  # one to register that is on its way is void
        if agent.id in master.allocator.slaves:
            master.allocator.remove_agent(agent.id)
        for known in (master.registry.agents, master.registry.deactivated, master.registry.unreachable):
            known.pop(agent.id, None)
        master.registry.windows.pop(agent.id, None)
        master.registration.recovered.pop(agent.id, None)  # a new master need not wait for it
        self._world.node_seen(agent.node, "gone")
        self._world.event("agent-gone", agent.id, "drained")
        self._world.fleet.remove(agent.node)
        self._forget(agent.id)
        self._changed()
