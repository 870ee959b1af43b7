"""What goes wrong, and when. Faults are physical: no control plane is told; each has to notice.

| kind | what stops | until `back_us` |
|---|---|---|
| node-loss | a machine, everything on it with it | it has started again, empty-handed |
| scheduler-loss | the process that decides where `hosting` runs: its framework, or kube-scheduler | it runs again |

Running tasks do not need the process that placed them; what becomes of them is the control plane's doing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FaultKind = Literal["node-loss", "scheduler-loss"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something stops at `at_us` and is back at `back_us`: a machine, or the scheduler of the app `hosting`.

    The machine is either named (`node`) or picked by its role at that moment (`hosting`): the one with the most
    running instances of that app, fewest instances of `sparing` first, then the first by name. Picking by role hits
    each control plane equally hard, wherever it placed the app.

    Parameters
    ----------
    back_us : int or None
        When the machine or process has started again; None means never.
    """

    at_us: int
    kind: FaultKind = "node-loss"
    node: str = ""
    hosting: str = ""
    sparing: str = ""
    back_us: int | None = None
