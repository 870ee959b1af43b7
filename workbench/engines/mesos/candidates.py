"""Which agents a run looks at: those it was asked for, of which something has changed since the last look.

An agent that was looked at keeps what nobody took: too little, filtered, or held back. Another look can bring an
offer only after something about the agent, or about everybody, has changed. Leaving the others out spares work and
changes no offer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from workbench.engines.mesos.books import Slave


class Candidates:
    """The agents of the next run."""

    def __init__(self) -> None:
        self._asked: dict[str, None] = {}
        self._all_asked = False
        self._changed: dict[str, None] = {}
        self._all_changed = True

    def ask(self, agents: Iterable[str]) -> None:
        """Have the next run look at some agents."""
        self._asked.update(dict.fromkeys(agents))

    def ask_all(self) -> None:
        """Have the next run look at all agents."""
        self._all_asked = True

    def asked(self) -> list[str] | None:
        """Return the agents that the next run was asked to look at; None stands for all."""
        return None if self._all_asked else list(self._asked)

    def changed(self, agent: str) -> None:
        """Note that another look at an agent may bring an offer."""
        self._changed[agent] = None

    def all_changed(self) -> None:
        """Note that another look at any agent may."""
        self._all_changed = True

    def forget(self, agent: str) -> None:
        """An agent is gone."""
        self._asked.pop(agent, None)
        self._changed.pop(agent, None)

    def take(self, slaves: Mapping[str, Slave], whitelist: Collection[str] | None) -> list[str]:
        """Return the agents to be looked at now, those with nothing free left out, and begin anew.

        `whitelist` has host names.
        """
        if self._all_asked:
            chosen = list(slaves if self._all_changed else self._changed)
            self._all_changed = False
        else:
            chosen = [agent for agent in self._asked if self._all_changed or agent in self._changed]
        self._asked.clear()
        self._all_asked = False
        agents = []
        for agent in chosen:
            self._changed.pop(agent, None)
            slave = slaves[agent]
            if (
                not slave.available.empty
                and slave.activated
                and (whitelist is None or slave.info.hostname in whitelist)
            ):
                agents.append(agent)
        return agents
