"""Which nodes are not needed, and since when? Which of them go now?

A node is not needed when hardly anything on it is asked for, nothing on it forbids its removal, and everything that
would have to move fits elsewhere, the nodes thought of before it left out. One that was not needed for long enough
goes: empty nodes several at once, others one at a time.

Source: kubernetes/autoscaler, cluster-autoscaler/core/scaledown (planner/planner.go, unneeded/nodes.go)
(version 1.36); --max-scale-down-parallelism=10, --max-drain-parallelism=1.
Left out: what the simulation may take of time; nodes that are unready.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from workbench.engines.kubernetes.autoscalers.cluster_drain import DrainedPod, DrainOptions, ToMove, pods_to_move
from workbench.engines.kubernetes.autoscalers.cluster_eligibility import Candidate, unremovable_reason
from workbench.engines.kubernetes.autoscalers.cluster_snapshot import Snapshot
from workbench.engines.kubernetes.pod_info import PodInfo

MAX_PARALLELISM = 10
MAX_DRAIN_PARALLELISM = 1


@dataclass(frozen=True, slots=True)
class Occupied:
    """A node that might go, and the pods on it."""

    number: int
    candidate: Candidate
    drained: Sequence[DrainedPod]
    infos: Mapping[str, PodInfo]


class Unneeded(NamedTuple):
    """What became of the candidates: those not needed, with the pods that would move; the others with the reason."""

    nodes: dict[int, ToMove]
    reasons: dict[int, str]


def unneeded(nodes: Sequence[Occupied], snapshot: Snapshot, options: DrainOptions, threshold: float) -> Unneeded:
    """Return which nodes are not needed, in upstream's words why the others are; nodes on their way take no pods."""
    found = Unneeded({}, {})
    going = set(snapshot.coming)
    for node in nodes:
        reason = unremovable_reason(node.candidate, options.now_us, threshold=threshold)
        if reason:
            found.reasons[node.number] = reason
            continue
        moves = pods_to_move(node.drained, options)
        if moves.blocking is not None:
            found.reasons[node.number] = moves.blocking[1]
            continue
        without = going | {node.candidate.name}
        if snapshot.put_all((node.infos[name] for name in moves.move), without):
            going.add(node.candidate.name)
            found.nodes[node.number] = moves
        else:
            found.reasons[node.number] = "NoPlaceToMovePods"
    return found


def since(found: Unneeded, before: Mapping[int, int], now_us: int) -> dict[int, int]:
    """Return since when each node that is not needed has not been."""
    return {number: before.get(number, now_us) for number in found.nodes}


def to_delete(
    found: Unneeded, since_us: Mapping[int, int], patience_us: int, now_us: int, group_of: Mapping[int, str],
    spare: Mapping[str, int], deleting: int, draining: int,
) -> list[int]:  # fmt: skip
    """Return the nodes that go now, empty ones first.

    Parameters
    ----------
    group_of, spare : mapping
        Node -> its group, and group -> how many of its nodes may go before it is at its least.
    deleting, draining : int
        How many nodes are on their way out already, and how many of these are being drained.
    """
    due = [number for number in found.nodes if now_us - since_us[number] >= patience_us]
    empty = [number for number in due if not found.nodes[number].move]
    occupied = [number for number in due if found.nodes[number].move]
    left, chosen = dict(spare), list[int]()
    for number in [*empty, *occupied[: max(0, MAX_DRAIN_PARALLELISM - draining)]]:
        group = group_of[number]
        if len(chosen) + deleting < MAX_PARALLELISM and left[group] > 0:
            left[group] -= 1
            chosen.append(number)
    return chosen
