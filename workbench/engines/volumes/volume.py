"""One volume of a run: where its bytes are, which machines have it attached, who has written what there."""

from __future__ import annotations

from dataclasses import dataclass, field

from workbench.engines.volumes.places import NOWHERE, Place
from workbench.engines.volumes.plugin import VolumePlugin
from workbench.model.workload import Reach

Mark = tuple[int, int]
"""What a process has written: its task's row, and which run of the task it was, from 0."""

SOURCE: Mark = (-1, 0)
"""In place of that: the bytes came from where the kind of volume takes them."""


@dataclass(slots=True, eq=False)
class Volume:
    """One volume of a run.

    Attributes
    ----------
    places : tuple of Place
        Where its bytes were put when it was made.
    gone : set of Place
        Those of them that have ended.
    attached : dict
        The machines that have it attached, in order.
    marks : dict
        Which processes have written to it, in order: what its bytes are.
    users : dict
        The tasks that have it mounted.
    copies : dict
        What a member of a replicated app keeps there: part of the data -> position in the log of writes.
    """

    name: str
    app: str
    size: int
    kind: VolumePlugin
    shared: bool
    places: tuple[Place, ...]
    gone: set[Place] = field(default_factory=set)
    attached: dict[int, None] = field(default_factory=dict)
    marks: dict[Mark, None] = field(default_factory=dict)
    users: dict[int, None] = field(default_factory=dict)
    copies: dict[int, int] = field(default_factory=dict)

    @property
    def lost(self) -> bool:
        """Whether no place is left that holds its bytes."""
        return len(self.gone) == len(self.places)

    @property
    def empty(self) -> bool:
        """Whether nobody has written what it holds, or nothing of that is left."""
        return not self.marks

    @property
    def home(self) -> int:
        """The only machine from which it could ever be reached; `NOWHERE` if there are more."""
        homes = {one.machine for one in self.places}
        return homes.pop() if len(homes) == 1 and self.places[0].tied else NOWHERE

    @property
    def reach(self) -> Reach:
        """``local`` if its bytes can be reached from one machine only."""
        return "network" if self.home == NOWHERE else "local"

    @property
    def node(self) -> int:
        """The machine it is attached to, or lives on; `NOWHERE` while it is with none or with several."""
        return next(iter(self.attached)) if len(self.attached) == 1 else self.home

    @property
    def zone(self) -> str:
        """The only zone whose machines reach it, empty if there is no such bound."""
        zones = {one.zone for one in self.places if one not in self.gone}
        return zones.pop() if len(zones) == 1 else ""
