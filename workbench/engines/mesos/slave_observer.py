"""When a dead agent is noticed: the master pings each agent, and gives one up that leaves too many pings unanswered.

Every agent is pinged at its own phase. A ping is missed when the next one is due without an answer; after
`max_agent_ping_timeouts` missed in a row the agent is unreachable: 75 s after the first unanswered ping by default.
No event is spent on answered pings: which ping is the first unanswered one follows from when the machine was lost.

With a limit on removals the next silent agent has to wait its turn, and is spared if it answers meanwhile: a fault that
silences many at once is more likely in the network than in the agents.

Source: mesos src/master/master.cpp (SlaveObserver), src/master/constants.hpp, --agent_removal_rate_limit.
Left out so far: broken connections that are noticed before a ping is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.engines.agenda import Order, Process
from workbench.engines.mesos.agent import Agent
from workbench.engines.world import World
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters


@parameters("mesos.master")
@dataclass(frozen=True)
class ObserverParameters:
    """How the master watches agents."""

    agent_ping_timeout_s: float = param(
        15.0, unit="s", low=1, high=120, help="time between two pings of an agent, and the wait for each answer",
        source="mesos src/master/constants.hpp, --agent_ping_timeout", shown_in="who-heals-first",
    )  # fmt: skip
    max_agent_ping_timeouts: int = param(
        5, low=1, high=60, help="unanswered pings in a row after which an agent is unreachable",
        source="mesos src/master/constants.hpp, --max_agent_ping_timeouts", shown_in="who-heals-first",
    )  # fmt: skip
    agent_removal_rate_limit: float = param(
        0.0, unit="agents/hour", low=0, high=60, help="silent agents that are given up per hour at most; 0: no limit",
        source="mesos docs/configuration/master.md, --agent_removal_rate_limit: unlimited by default",
        shown_in="agent-partitioned",
    )  # fmt: skip


class RemovalLimit:
    """Permits to give an agent up: the first at once, each further one an interval after the one before."""

    def __init__(self, per_hour: float) -> None:
        self._every_us = to_us(3600 / per_hour) if per_hour else 0
        self._next_us = 0

    def permit_us(self, now_us: int) -> int:
        """Take a permit; return when it holds."""
        at = max(now_us, self._next_us)
        self._next_us = at + self._every_us
        return at


class SlaveObserver:
    """Watches all agents.

    Parameters
    ----------
    give_up : callable
        Called with an agent that is unreachable.
    """

    def __init__(self, world: World, agents: Sequence[Agent], give_up: Callable[[Agent], None]) -> None:
        params = world.settings.of(ObserverParameters)
        self._world = world
        self._agents = agents
        self._give_up = give_up
        self._period_us = to_us(params.agent_ping_timeout_s)
        self._most = params.max_agent_ping_timeouts
        phases = world.streams.stream("mesos/ping-phase")  # in the order of the scenario, before anything happens
        self._phase_us = [phases.randrange(self._period_us) for _ in agents]
        self._suspected: dict[str, int] = {}
        self._limit = RemovalLimit(params.agent_removal_rate_limit)

    def agent_added(self, agent: Agent) -> None:
        """Watch one more agent, too."""
        self._phase_us.append(self._world.streams.stream(f"mesos/ping-phase/{agent.id}").randrange(self._period_us))

    def next_ping_us(self, node: int) -> int:
        """Return when the agent on a machine is pinged next."""
        now, phase = self._world.now_us, self._phase_us[node]
        return phase + -(-(now - phase) // self._period_us) * self._period_us

    @property
    def patience_us(self) -> int:
        """How long an agent hears no ping before it takes its master for lost."""
        return self._period_us * self._most

    def watch(self) -> Process:
        """Look for silent agents once per ping, and plan when each is given up unless it comes back."""
        while True:
            yield self._world.agenda.sleep(self._period_us, Order.CONTROLLER)
            for agent, machine in zip(self._agents, self._world.machines, strict=True):
                since_us = machine.silent_since_us
                if not machine.in_touch and agent.registered and self._suspected.get(agent.id) != since_us:
                    self._suspected[agent.id] = since_us
                    self._plan(agent, since_us)

    def _plan(self, agent: Agent, since_us: int) -> None:
        at = given_up_us(since_us, self._phase_us[agent.node], self._period_us, self._most)
        agenda = self._world.agenda
        agenda.at(max(at, agenda.now_us), Order.CONTROLLER, self._time_is_up, agent, since_us)

    def _time_is_up(self, agent: Agent, since_us: int) -> None:
        machine = self._world.machines[agent.node]
        if not machine.in_touch and machine.silent_since_us == since_us and agent.registered:
            self.remove(lambda: self._permitted(agent, since_us))

    def remove(self, call: Callable[[], None]) -> None:
        """Have an agent given up as soon as the limit on removals permits."""
        at = self._limit.permit_us(self._world.now_us)
        if at > self._world.now_us:
            self._world.agenda.at(at, Order.CONTROLLER, call)
        else:
            call()

    def _permitted(self, agent: Agent, since_us: int) -> None:
        machine = self._world.machines[agent.node]
        if not machine.in_touch and machine.silent_since_us == since_us and agent.registered:
            self._give_up(agent)


def given_up_us(down_us: int, phase_us: int, period_us: int, timeouts: int) -> int:
    """Return when an agent that fell silent at `down_us` is unreachable.

    It is pinged at ``phase + k x period``; the first ping at or after its loss goes unanswered, and each unanswered
    one counts when the next is due.
    """
    first_unanswered = phase_us + -(-(down_us - phase_us) // period_us) * period_us
    return first_unanswered + timeouts * period_us
