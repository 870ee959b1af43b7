"""Maintenance windows of the master: a schedule that frameworks are told of, machines that are down, machines up again.

| the operator | the master |
|---|---|
| posts a schedule | takes the agent's offers back; makes new ones that say when it will be away, and inverse offers |
| takes the machine down | has the agent shut down and removes it; its tasks are lost; it may not register |
| brings it up | forgets the window; an agent that registers is another one, with the reservations on its disk |

An inverse offer asks a framework that has something there to leave. It may accept, decline or say nothing; nothing
follows from it here: what is still running when the machine goes down is lost. Those that speak the older of the two
APIs, as Marathon does, are never shown one. All of it is in the registry, but for the answers.

Source: mesos docs/maintenance.md, src/master/http.cpp (_updateMaintenanceSchedule, _startMaintenance,
_stopMaintenance), src/slave/slave.cpp (finalize) (1.12.0-dev).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.engines.mesos.inverse_offers import Unavailability

if TYPE_CHECKING:
    from workbench.engines.mesos.agent import Agent
    from workbench.engines.mesos.frameworks.base import Framework
    from workbench.engines.mesos.master import Master


class Maintenance:
    """The windows that the leading master knows of.

    Attributes
    ----------
    anew : dict
        Agents that were shut down by their master: what they come back as is another agent.
    """

    def __init__(self, master: Master) -> None:
        self._master = master
        self._world = master.world
        self._answers: dict[tuple[str, str], bool] = {}  # framework, agent -> whether it accepted, last time
        self.anew: dict[str, None] = {}

    def window(self, agent: str) -> Unavailability | None:
        """Return when an agent will be away, None if nothing is planned."""
        return self._master.registry.windows.get(agent)

    def schedule(self, node: int, begins_us: int, ends_us: int) -> None:
        """POST /maintenance/schedule: a machine will be away."""
        self._master.registrar.store(self._scheduled, node, Unavailability(begins_us, ends_us - begins_us))

    def _scheduled(self, node: int, window: Unavailability) -> None:
        agent = self._master.agents[node].id
        self._master.registry.windows[agent] = window
        self._world.event("maintenance-scheduled", agent)
        self._tell(agent, window)

    def lose(self) -> None:
        """The leading master is lost, and with it what frameworks answered."""
        self._answers.clear()

    def _tell(self, agent: str, window: Unavailability | None) -> None:
        """Tell the allocator of another window; what was answered about the one before is void."""
        for key in [one for one in self._answers if one[1] == agent]:
            del self._answers[key]
        if agent in self._master.allocator.slaves:
            self._master.offers.rescind_all_on(agent)
            self._master.allocator.update_unavailability(agent, window)

    def begin(self, node: int) -> None:
        """POST /machine/down: the agent is told to shut down, and removed."""
        self._master.registrar.store(self._down, node)

    def _down(self, node: int) -> None:
        master, agent = self._master, self._master.agents[node]
        known = agent.id in master.allocator.slaves  # an agent that has just started again has yet to register
        master.registry.down[agent.id] = None
        master.registry.agents.pop(agent.id, None)
        master.registry.unreachable.pop(agent.id, None)
        master.registration.recovered.pop(agent.id, None)
        self.anew[agent.id] = None
        agent.registered = False
        agent.attempts += 1  # one to register that is on its way is void
        self._world.node_seen(node, "gone")
        self._world.event("agent-removed", agent.id, "machine-down")
        master.restarts.removed(agent, "machine-down", known=known)
        master.send(self._shut_down, agent)

    def _shut_down(self, agent: Agent) -> None:
        """An agent whose machine is up, since nobody led when it was taken down, stops what it runs, and itself."""
        if self._world.machines[agent.node].in_touch:
            for row in list(agent.tasks):
                agent.drop(row)
            agent.updates.forget()

    def end(self, node: int) -> None:
        """POST /machine/up: agents may register from there again."""
        self._master.registrar.store(self._up, node)

    def _up(self, node: int) -> None:
        agent = self._master.agents[node].id
        self._master.registry.down.pop(agent, None)
        self._master.registry.windows.pop(agent, None)
        self._world.event("maintenance-over", agent)
        self._tell(agent, None)
        if agent in self.anew and self._world.machines[node].in_touch:  # it was shut down, and not its machine with it
            del self.anew[agent]
            self._master.registration.agent_back(self._master.agents[node], 2 * self._master.message_us, anew=True)

    # -- inverse offers -------------------------------------------------------------------------------------

    def ask(self, framework: Framework, agents: list[str]) -> None:
        """Send a framework inverse offers for agents that will be away."""
        for agent in agents:
            if (framework.id, agent) not in self._answers:
                self._world.event("inverse-offer", agent, "agent-will-be-away", framework.name)
        self._master.send(framework.inverse_offers, agents)

    def answer(self, framework: Framework, agent: str, *, accepted: bool, refuse_us: int) -> None:
        """A framework answers; it is asked again when the time it gives is over."""
        if not self._master.knows(framework) or agent not in self._master.allocator.slaves or not self.window(agent):
            return
        if self._answers.get((framework.id, agent)) is not accepted:
            self._answers[framework.id, agent] = accepted
            kind = "inverse-offer-accepted" if accepted else "inverse-offer-declined"
            self._world.event(kind, agent, "", framework.name)
        self._master.allocator.update_inverse_offer(agent, framework.id, refuse_us)
