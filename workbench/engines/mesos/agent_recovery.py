"""What becomes of the tasks on a machine when the agent's process stops and starts again, the machine running on.

| a task whose executor | of a framework that checkpoints | of one that does not |
|---|---|---|
| runs, when the agent stops | runs on, and waits for the agent up to `recovery_timeout` | stops its task and itself |
| registers in time, once the agent is back | goes on; what it had to tell is told | |
| does not, or had not started yet | is killed: TASK_FAILED | |

The agent registers with its master when the time for executors is over, at once if it knows of none. Started with
``recover=cleanup``, as for an upgrade that old executors would not survive, it kills them all and begins anew: to the
master it is another agent, and what the one before it ran is gone. Reservations and volumes stay on the disk.

The master sees the connection break a message later: it offers nothing of that agent, and reports what does not
checkpoint as lost (`Registration.disconnected`).

Source: mesos src/slave/slave.cpp (recover, reregisterExecutorTimeout), src/exec/exec.cpp (exited, recoveryTimeout),
docs/agent-recovery.md, src/slave/constants.hpp (1.12.0-dev).
Left out: damaged checkpoints, and with them what --strict decides; the 5 s in which an executor may shut its task down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from workbench.engines.agenda import Order
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters

if TYPE_CHECKING:
    from workbench.engines.mesos.agent import Agent
    from workbench.engines.world import World


@parameters("mesos.agent")
@dataclass(frozen=True)
class AgentRecoveryParameters:
    """What an agent does with the executors that the process before it left behind."""

    recover: str = param(
        "reconnect", choices=("reconnect", "cleanup"),
        help="what an agent that starts again does with the executors it finds: go on with them, or kill them all",
        source="mesos docs/agent-recovery.md, --recover: reconnect by default", shown_in="agent-upgrade",
    )  # fmt: skip
    executor_reregistration_timeout_s: float = param(
        2.0, unit="s", low=0.1, high=15, help="how long an agent that is back waits for executors before it kills them",
        source="mesos src/slave/constants.hpp, --executor_reregistration_timeout: 2 s, 15 s at most",
        shown_in="agent-upgrade",
    )  # fmt: skip
    executor_reregister_s: float = param(
        0.1, unit="s", low=0, high=15, help="how long an executor takes to register with an agent that is back, mean",
        source="assumption: a message or two on one machine, handling included; drawn from an exponential distribution",
        shown_in="agent-upgrade",
    )  # fmt: skip
    recovery_timeout_s: float = param(
        900.0, unit="s", low=1, high=3600, help="how long an executor waits for an agent that is away before it stops",
        source="mesos src/slave/constants.hpp, --recovery_timeout: 15 min", shown_in="agent-upgrade",
    )  # fmt: skip


class AgentRecovery:
    """The executors of one agent while its process is away, and just after.

    Parameters
    ----------
    agent : Agent
        Whose executors these are.
    """

    def __init__(self, agent: Agent, world: World) -> None:
        params = world.settings.of(AgentRecoveryParameters)
        self._agent = agent
        self._world = world
        self._cleanup = params.recover == "cleanup"
        self._timeout_us = to_us(params.executor_reregistration_timeout_s)
        self._mean_us = to_us(params.executor_reregister_s)
        self._patience_us = to_us(params.recovery_timeout_s)
        self._stops = 0

    def process_lost(self) -> None:
        """The agent's process stops, now. What was not checkpointed is forgotten with it."""
        self._stops += 1
        agent = self._agent
        for task in list(agent.tasks.values()):
            if not task.checkpoint:
                agent.drop(task.row)
                agent.updates.lose(task.framework)
            elif task.row not in agent.executors:
                agent.unfinished[task.row] = None
        self._world.agenda.after(self._patience_us, Order.AGENT, self._waited_in_vain, self._stops)

    def _waited_in_vain(self, stops: int) -> None:
        """The agent has been away for so long that its executors stop their tasks and themselves."""
        if stops == self._stops and not self._world.machines[self._agent.node].agent_up:
            for row in list(self._agent.executors):
                self._agent.fail(row, "agent-away")

    def process_back(self, register: Callable[[int, bool], None]) -> None:
        """The agent's process runs again, now.

        Parameters
        ----------
        register : callable
            Told when the agent may register with its master, in microseconds from now, and whether as another agent.
        """
        agent = self._agent
        if self._cleanup:
            for row in list(agent.tasks):
                agent.drop(row)
            agent.updates.forget()
            register(0, True)
            return
        late = [row for row in agent.tasks if row in agent.unfinished or self._late(row)]
        wait_us = (
            self._timeout_us if agent.tasks or agent.updates.tasks() else 0
        )  # also for those that have an end to tell
        self._world.agenda.after(wait_us, Order.AGENT, self._time_is_up, late, self._stops)
        register(wait_us, False)

    def _late(self, row: int) -> bool:
        """Say whether an executor takes longer to register than the agent waits."""
        if row not in self._agent.executors:
            return False  # it stopped by itself
        stream = self._world.streams.stream(f"mesos/executor/{self._agent.executor_of(row)}/{self._stops}")
        return -log(1 - stream.random()) * self._mean_us > self._timeout_us

    def _time_is_up(self, late: list[int], stops: int) -> None:
        """Kill the executors that have not registered."""
        if stops == self._stops:
            for row in late:
                self._agent.fail(row, "executor-silent")
            self._agent.unfinished.clear()
