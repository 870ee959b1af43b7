"""The physical state of one machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.model.clock import NEVER
from workbench.model.resources import fits


@dataclass(slots=True)
class Machine:
    """A machine of a run. `booked` is what placed tasks hold, by resource name.

    A machine may be up and cut off (not `reachable`): its processes go on, no message passes. `agent_up` is whether the
    process runs that speaks for it (kubelet, Mesos agent); it starts with the machine. `silent_since_us` is when the
    machine was last heard of, `heard_since_us` since when it has been heard again.
    One that was given back is `gone` for good.
    """

    name: str
    capacity: dict[str, int]
    booked: dict[str, int]
    tasks: dict[int, None]
    up: bool = True
    reachable: bool = True
    agent_up: bool = True
    silent_since_us: int = NEVER
    heard_since_us: int = 0
    gone: bool = False

    def lacking(self, request: Mapping[str, int]) -> str:
        """Return what of a request is too much for it, what is free and what was asked, as a text for errors."""
        free = {name: whole - self.booked.get(name, 0) for name, whole in self.capacity.items()}
        lacks = {name: amount for name, amount in request.items() if not fits({name: amount}, free)}
        return f"{self.name}, which lacks {lacks} (free {free}, asked {dict(request)})"

    @property
    def in_touch(self) -> bool:
        """Say whether messages between its agent and the control plane pass."""
        return self.up and self.reachable and self.agent_up

    @property
    def connected(self) -> bool:
        """Say whether what runs on it can be reached by others, whatever becomes of its agent."""
        return self.up and self.reachable
