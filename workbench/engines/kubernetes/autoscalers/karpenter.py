"""Which machines does Karpenter order for the pods that wait?

Largest pods first: each goes to a machine that is opened already, if any kind of machine that this one may still
become would hold it too; else one more is opened. In the end each becomes the cheapest kind that holds its pods.

Source: kubernetes-sigs/karpenter, pkg/controllers/provisioning/scheduling (scheduler.go, nodeclaim.go, queue.go),
August 2026.
Left out: the spread of prices within a fleet request; minimum values; what pools prefer; limits over several pools.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from workbench.engines.kubernetes.autoscalers.cluster_scale_up import fits
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.runtime import Profile
from workbench.model.resources import CPU, MEMORY


class MachineType(NamedTuple):
    """A kind of machine: what it costs, how many more there may be, and how one looks when new."""

    name: str
    price: float
    room: int
    template: Callable[[str], NodeInfo]


@dataclass
class Claim:
    """A machine that is opened: what it may still become, and the pods that it is for."""

    options: dict[str, NodeInfo]
    pods: list[PodInfo] = field(default_factory=list)


def provision(pods: Iterable[PodInfo], types: Sequence[MachineType], profile: Profile) -> dict[str, int]:
    """Return how many machines of each kind are ordered."""
    claims: list[Claim] = []
    for pod in sorted(pods, key=lambda pod: (-pod.requests.get(CPU, 0), -pod.requests.get(MEMORY, 0))):
        if not any(_join(claim, pod, profile) for claim in claims):
            opened = Claim({one.name: one.template(f"{one.name}-claim") for one in types if one.room > 0})
            if _join(opened, pod, profile):
                claims.append(opened)
    return _chosen(claims, {one.name: one for one in types})


def _join(claim: Claim, pod: PodInfo, profile: Profile) -> bool:
    """Put a pod on a machine that is opened, if some kind would still do."""
    left = {name: node for name, node in claim.options.items() if fits(pod, node, profile)}
    if not left:
        return False
    claim.options = left
    for node in left.values():
        node.add_pod(pod)
    claim.pods.append(pod)
    return True


def _chosen(claims: Sequence[Claim], types: Mapping[str, MachineType]) -> dict[str, int]:
    """Return the cheapest kind for each, as far as there may be more of it."""
    counts: dict[str, int] = {}
    for claim in claims:
        free = [name for name in claim.options if counts.get(name, 0) < types[name].room]
        if free:
            cheapest = min(free, key=lambda name: types[name].price)
            counts[cheapest] = counts.get(cheapest, 0) + 1
    return counts
