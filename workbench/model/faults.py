"""What goes wrong, and when. Faults are physical: no control plane is told; each has to notice.

| kind | what stops | until `back_us` |
|---|---|---|
| node-loss | a machine, everything on it with it | it has started again, empty-handed |
| node-shutdown | the same, but its agent is told before and may stop what runs there, for so long | the same |
| network-partition | messages between a machine and the control plane; its processes run on | messages pass again |
| agent-restart | the process on a machine that speaks for it: kubelet, Mesos agent; others run on | it runs again |
| scheduler-loss | the process that decides where `hosting` runs: its framework, or kube-scheduler | it runs again |
| control-plane-loss | the leading member of the control plane | the member runs again |
| quorum-loss | so many members, the leader among them, that the rest are no majority | all run again |
| provisioning-fails | the storage service makes no new volumes; those that there are work on | it makes them again |

Running tasks do not need the process that placed them; what becomes of them is the control plane's doing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

FaultKind = Literal[
    "node-loss",
    "node-shutdown",
    "network-partition",
    "agent-restart",
    "scheduler-loss",
    "control-plane-loss",
    "quorum-loss",
    "provisioning-fails",
]

OF_MACHINES = ("node-loss", "node-shutdown", "network-partition", "agent-restart")
"""Faults that strike a machine, named or picked by its role."""

OF_MEMBERS = ("control-plane-loss", "quorum-loss")
"""Faults that strike members of the control plane, which run on no machine of the cluster."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something stops at `at_us` and is back at `back_us`: a machine, its network, its agent, a scheduler, members.

    The machine is either named (`node`) or picked by its role at that moment (`hosting`): the one with the most
    running instances of that app, fewest instances of `sparing` first, then the first by name. Picking by role hits
    each control plane equally hard, wherever it placed the app. With `zone` all machines of that zone are struck.

    Parameters
    ----------
    machines : int or None
        With `zone`: so many machines, those of that zone first, then those of the next zones; None: all of that zone.
    back_us : int or None
        When it is there again; None means never.
    grace_us, critical_us : int
        Node-shutdown: how long an agent that stops its tasks in good order may hold it up; and the last part of that,
        which is kept for critical ones. Kubernetes: shutdownGracePeriod, 0 by default; others do not stop anything.
    """

    at_us: int
    kind: FaultKind = "node-loss"
    node: str = ""
    hosting: str = ""
    sparing: str = ""
    zone: str = ""
    back_us: int | None = None
    grace_us: int = 0
    critical_us: int = 0
    machines: int | None = None


def machines_from(zone: str, zones: Sequence[str], count: int | None) -> list[int]:
    """Return the numbers of the machines that a fault of a zone strikes.

    Parameters
    ----------
    zones : sequence of str
        The zone of each machine.
    count : int or None
        So many machines, zone after zone, beginning with the one named; None: all of that one.
    """
    if count is None:
        return [number for number, one in enumerate(zones) if one == zone]
    order = list(dict.fromkeys(zones))
    start = order.index(zone) if zone in order else 0
    rank = {one: place for place, one in enumerate((*order[start:], *order[:start]))}
    return sorted(range(len(zones)), key=lambda number: rank[zones[number]])[:count]
