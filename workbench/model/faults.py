"""What goes wrong, and when. Faults are physical: no control plane is told; each has to notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FaultKind = Literal["node-loss"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A machine stops at `at_us`, everything on it with it, and comes back empty-handed at `back_us`.

    The machine is either named (`node`) or picked by its role at that moment (`hosting`): the one with the most
    running instances of that app, fewest instances of `sparing` first, then the first by name. Picking by role hits
    each control plane equally hard, wherever it placed the app.

    Parameters
    ----------
    back_us : int or None
        When the machine has started again; None means never.
    """

    at_us: int
    kind: FaultKind = "node-loss"
    node: str = ""
    hosting: str = ""
    sparing: str = ""
    back_us: int | None = None
