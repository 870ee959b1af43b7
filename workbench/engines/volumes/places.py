"""Where bytes lie: on a machine's disk or in its memory, in the directory of one pod, or outside of all machines.

What ends them follows from that alone:

| place | ended by |
|---|---|
| memory of a machine | the machine stops |
| disk of a machine | the machine is lost for good |
| directory of a pod, on either | the pod goes, or the above |
| outside of machines | nothing that happens to machines |
"""

from __future__ import annotations

from dataclasses import dataclass

NOWHERE = -1
"""In place of a machine's number: none."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place where a volume has its bytes; make it with the methods of `Site`.

    Parameters
    ----------
    machine : int
        On which machine; `NOWHERE` for storage outside of the machines.
    memory : bool
        In the machine's memory instead of on its disk.
    task : int
        The pod or task in whose directory it is, by its row; `NOWHERE` if in nobody's.
    zone : str
        Outside of machines: only machines of this zone reach it; empty: all do.
    served : bool
        On a machine: it serves the bytes to all others over the network, as long as it is up.
    """

    machine: int = NOWHERE
    memory: bool = False
    task: int = NOWHERE
    zone: str = ""
    served: bool = False

    @property
    def tied(self) -> bool:
        """Say whether the bytes can be reached from one machine only."""
        return self.machine != NOWHERE and not self.served
