"""What a batch framework keeps of each app, and of an offer while it fills it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.engines.mesos.frameworks.marathon_constraints import Place
from workbench.engines.mesos.offers import Offer
from workbench.engines.mesos.operations import Launch
from workbench.engines.mesos.resources import Resources
from workbench.model.workload import App


@dataclass
class Queue:
    """The tasks of one app.

    Attributes
    ----------
    on, active
        How many are launched and have not ended, by agent and in all.
    held : bool
        Whether none is to be launched until somebody says so.
    made : bool
        Whether its tasks are there: those of an app that is handed over suspended come when it is resumed.
    named : int
        From this number on no task has had a name yet.
    unwanted : set
        Tasks that are being killed since the app has become smaller.
    """

    app: App
    request: Resources
    waiting: deque[int] = field(default_factory=deque)
    on: Counter[str] = field(default_factory=Counter)
    active: int = 0
    held: bool = False
    made: bool = True
    named: int = 0
    unwanted: set[int] = field(default_factory=set)

    @property
    def may_launch(self) -> bool:
        """Say whether a task waits and the app's parallelism allows one more."""
        if self.held or not self.waiting:
            return False
        return self.app.parallelism is None or self.active < self.app.parallelism

    def why_not(self, agent: str, place: Place, free: Mapping[str, int]) -> str:
        """Return why a task cannot go onto an offer; empty when it can."""
        if any(amount > free.get(name, 0) for name, amount in self.request.plain.items()):
            return "offer/too-small"
        if self.app.max_per_node is not None and self.on[agent] >= self.app.max_per_node:
            return "constraint/MAX_PER"
        if any(place.value(name) != value for name, value in self.app.node_selector.items()):
            return "constraint/CLUSTER"
        return ""


class Rest:
    """What is left of an offer while it is being filled: the unreserved, and what is reserved by configuration."""

    __slots__ = ("_reserved", "free", "launches", "offer", "place")

    def __init__(self, offer: Offer, place: Place) -> None:
        self.offer = offer
        self.place = place
        self.launches: list[Launch] = []
        special = offer.resources.special
        self._reserved = {kind: amount for kind, amount in special.items() if kind.static} if special else {}
        self.free = dict(Resources(offer.resources.plain, self._reserved).quantities())

    def launch(self, task: int, request: Resources) -> None:
        """Use a part of the rest for a task: what is reserved to the role first."""
        for name, amount in request.plain.items():
            self.free[name] -= amount
        self.launches.append(Launch(task, self._taken(request) if self._reserved else request))

    def _taken(self, request: Resources) -> Resources:
        plain, special = dict(request.plain), {}
        for kind, left in self._reserved.items():
            part = min(left, plain.get(kind.name, 0))
            if part:
                special[kind] = part
                plain[kind.name] -= part
        for kind, part in special.items():
            self._reserved[kind] -= part
        return Resources({name: amount for name, amount in plain.items() if amount}, special)
