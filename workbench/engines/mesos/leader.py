"""Which master leads: the one with the oldest session in ZooKeeper. A lost one is replaced when its session has ended.

The masters and the members of ZooKeeper are the same machines here. When the leader is lost, ZooKeeper waits for its
session to time out, and tells masters, agents and frameworks who leads now, at once. The new leader reads the registry
and waits for those that register: frameworks do so at once, agents after a random time up to a second. Offers are
void, running tasks go on. Agents that have not registered after `agent_reregister_timeout` are unreachable; the new
master knows nothing of their tasks, and frameworks hear of that when they ask.

A new leader that misses more of its agents than `recovery_agent_removal_limit` does not give them up but itself: the
fault may lie with it. Its process starts again as one of the others, and whoever leads next waits for agents anew.

Without a majority nobody leads: a master that loses ZooKeeper stops itself. When there is one again, ZooKeeper counts
all sessions anew, so that the place of the lost leader falls vacant a timeout later.

Source: mesos docs/high-availability.md, src/master/master.cpp (recover, recoveredSlavesTimeout),
src/zookeeper/group.cpp, src/master/constants.hpp (ZOOKEEPER_SESSION_TIMEOUT, DEFAULT_AGENT_REREGISTER_TIMEOUT)
(1.12.0-dev).
Left out: the election within ZooKeeper, which takes much less than a session.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engines.agenda import Order
from workbench.engines.members import Members
from workbench.engines.mesos.framework_failover import FrameworkFailover
from workbench.engines.mesos.master import Master
from workbench.engines.mesos.registry import RegistryParameters
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters


@parameters("mesos.master")
@dataclass(frozen=True)
class LeaderParameters:
    """How masters replace each other."""

    members: int = param(
        3, unit="members", low=1, high=7, help="masters, each with ZooKeeper and a copy of the registry",
        source="mesos docs/high-availability.md: three or five in production", shown_in="master-lost",
    )  # fmt: skip
    zk_session_timeout_s: float = param(
        10.0, unit="s", low=1, high=120, help="how long ZooKeeper waits for a silent master before another may lead",
        source="mesos docs/configuration/master-and-agent.md, --zk_session_timeout", shown_in="master-lost",
    )  # fmt: skip
    agent_reregister_timeout_s: float = param(
        600.0, unit="s", low=600, high=3600, help="how long a new master waits for an agent before it is unreachable",
        source="mesos src/master/constants.hpp, --agent_reregister_timeout: 10 min, and no less",
        shown_in="quorum-lost",
    )  # fmt: skip
    recovery_agent_removal_limit: float = param(
        1.0, low=0, high=1, help="part of its agents that a new master gives up at most; missing more, it stops itself",
        source="mesos src/master/constants.hpp, --recovery_agent_removal_limit: 100 % by default",
        shown_in="quorum-lost",
    )  # fmt: skip


class Leader:
    """Whether a master leads, and when the next one does."""

    def __init__(self, master: Master, failover: FrameworkFailover) -> None:
        params = master.world.settings.of(LeaderParameters)
        self._master = master
        self._failover = failover
        self._world = master.world
        self._members = Members(params.members)
        self._fetch_us = to_us(master.world.settings.of(RegistryParameters).fetch_s)
        self._session_us = to_us(params.zk_session_timeout_s)
        self._reregister_us = to_us(params.agent_reregister_timeout_s)
        self._removal_limit = params.recovery_agent_removal_limit
        self._expected = 0  # agents in the registry when the leader was elected
        self._awaited = 0  # how many agents must be back before offers are made again
        self._planned = 0  # counts elections and terms, so that only the last one planned takes place

    def members_lost(self, *, majority: bool) -> None:
        """Members stop, now, the leader among them."""
        self._members.lose(majority=majority)
        if self._master.leading:
            self._master.lose()
        self._plan()

    def members_back(self, *, majority: bool) -> None:
        """Members run again, now."""
        could = self._members.suffice
        self._members.return_(majority=majority)
        if not could:
            self._plan()

    def _plan(self) -> None:
        """Elect somebody once the lost leader's session has ended, if there is a majority to do so."""
        self._planned += 1
        if self._members.suffice:
            self._world.agenda.after(self._session_us, Order.CONTROLLER, self._elected, self._planned)

    def _elected(self, planned: int) -> None:
        if planned != self._planned:
            return
        self._world.event("leader-elected", "mesos-master", "session-expired")
        if self._fetch_us:
            self._world.agenda.after(self._fetch_us, Order.CONTROLLER, self._begin, planned)
        else:
            self._begin(planned)

    def _begin(self, planned: int) -> None:
        """The new leader has read the registry."""
        if planned != self._planned:
            return
        self._expected = len(self._master.registry.reachable())
        self._master.lead()
        self._failover.new_master()
        if self._master.allocator.rounds.paused:
            self._world.event("offers-paused", "mesos-master", "agents-awaited")
            factor = self._master.allocator.options.agent_recovery_factor
            self._awaited = int(len(self._master.registry.reachable()) * factor)
            self._watch_pause(planned)
        if self._world.now_us + self._reregister_us < self._world.scenario.horizon_us:
            self._world.agenda.after(self._reregister_us, Order.CONTROLLER, self._late, planned)

    def _late(self, planned: int) -> None:
        """Give up the agents that have not registered, unless there are too many of them."""
        if planned != self._planned:
            return
        missing = len(self._master.registration.recovered)
        if missing > self._removal_limit * self._expected:
            self._world.event("master-stopped", "mesos-master", "removal-limit", f"{missing} of {self._expected}")
            self._master.lose()
            self._plan()
        else:
            self._master.registration.time_is_up()

    def _watch_pause(self, planned: int) -> None:
        """Write down when offers are made again."""
        if planned != self._planned:
            return
        rounds = self._master.allocator.rounds
        if rounds.paused:
            interval_us = self._master.allocator.options.allocation_interval_us
            self._world.agenda.after(interval_us, Order.SCHEDULER, self._watch_pause, planned)
        else:
            enough = len(self._master.allocator.slaves) >= self._awaited
            self._world.event("offers-resumed", "mesos-master", "agents-back" if enough else "recovery-timeout")
