"""What outlives a master: the registry, a log that most of the masters keep.

It holds the agents that were admitted, which of them are unreachable, out of use or being emptied, quotas and weights;
no tasks, no frameworks, no offers. Those a new master learns from agents and frameworks that register again.

Source: mesos src/master/registry.proto (1.12.0-dev).
Left out: what it takes to write or to fetch it; agents gone for good, machines under maintenance.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from workbench.engines.mesos.roles import Quota


@dataclass
class Registry:
    """The registry. Agents and roles map to nothing or to what is known of them, in the order of their coming."""

    agents: dict[str, None] = field(default_factory=dict)
    unreachable: dict[str, None] = field(default_factory=dict)
    deactivated: dict[str, None] = field(default_factory=dict)
    draining: dict[str, None] = field(default_factory=dict)
    quotas: dict[str, Quota] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)

    def reachable(self) -> dict[str, None]:
        """Return the agents that a new master expects to hear from."""
        return {agent: None for agent in self.agents if agent not in self.unreachable}
