"""A Deployment that is resized in the middle of a rollout: which ReplicaSet gets how much of the change?

Each active one its share, in proportion to its size; what rounding leaves over goes to the largest. When only one is
active there is nothing to share. Old ReplicaSets of size zero are kept for rollbacks up to a limit.

Source: kubernetes, pkg/controller/deployment/sync.go, scale and cleanupDeployment, and util/deployment_util.go,
getReplicaSetFraction (version 1.34).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from workbench.engines.kubernetes.controllers.deployment_rolling import Sized


class Before(NamedTuple):
    """What the annotations of a ReplicaSet say about the Deployment's size before the change.

    Parameters
    ----------
    desired, most : int or None
        Wanted size, and that size plus the surge; None where the annotation is missing.
    """

    desired: int | None
    most: int | None


class Kept(NamedTuple):
    """An old ReplicaSet in the history; `revision` is higher for newer ones."""

    name: str
    revision: int
    replicas: int
    actual: int
    deleting: bool = False


def active_or_latest(new: Sized | None, old: Sequence[Sized]) -> Sized | None:
    """Return the only ReplicaSet that is not empty, or the newest if all are empty; None if several are not empty."""
    everything = [*([new] if new else []), *old]
    active = [one for one in everything if one.replicas > 0]
    if len(active) > 1 or not everything:
        return None
    if active:
        return active[0]
    return new or min(old, key=lambda one: one.age)


def is_saturated(new: Sized | None, before: Before, replicas: int) -> bool:
    """Return whether the new ReplicaSet alone is all that is wanted."""
    return new is not None and new.replicas == before.desired == new.available == replicas


def replica_set_fraction(size: int, replicas: int, surge: int, before: int | None, status_replicas: int) -> int:
    """Return by how much one ReplicaSet would change, rounded half up; negative when it shrinks.

    Parameters
    ----------
    before : int or None
        Size plus surge before the change; where it is not known, the pods that are there count.
    """
    if replicas == 0:
        return -size
    base = before or status_replicas
    if base == 0:
        return 0
    return (2 * size * (replicas + surge) + base) // (2 * base) - size


def scale(
    new: Sized | None,
    old: Sequence[Sized],
    before: dict[str, Before],
    replicas: int,
    surge: int,
    status_replicas: int = 0,
    rolling: bool = True,
) -> dict[str, int]:
    """Return the next sizes of the ReplicaSets, those that change only.

    Parameters
    ----------
    replicas, surge : int
        What the Deployment wants now.
    rolling : bool
        Whether its strategy is RollingUpdate.
    """
    only = active_or_latest(new, old)
    if only is not None:
        return {} if only.replicas == replicas else {only.name: replicas}
    if new is not None and is_saturated(new, before[new.name], replicas):
        return {one.name: 0 for one in old if one.replicas > 0}
    if not rolling:
        return {}
    active = [one for one in (*([new] if new else []), *old) if one.replicas > 0]
    to_add = (replicas + surge if replicas > 0 else 0) - sum(one.replicas for one in active)
    if to_add == 0 or not active:
        return {}
    active.sort(key=lambda one: (-one.replicas, one.age if to_add > 0 else -one.age))
    sizes, left = {}, to_add
    for one in active:
        share = replica_set_fraction(one.replicas, replicas, surge, before[one.name].most, status_replicas)
        share = min(share, left) if to_add > 0 else max(share, left)
        share = 0 if left == 0 else share
        sizes[one.name] = one.replicas + share
        left -= share
    sizes[active[0].name] = max(0, sizes[active[0].name] + left)
    return {one.name: sizes[one.name] for one in active if sizes[one.name] != one.replicas}


def cleanup_deployment(old: Sequence[Kept], history_limit: int) -> list[str]:
    """Return which old ReplicaSets are deleted: the oldest beyond the limit, unless they still have pods."""
    alive = sorted((one for one in old if not one.deleting), key=lambda one: one.revision)
    beyond = alive[: max(0, len(alive) - history_limit)]
    return [one.name for one in beyond if one.replicas == one.actual == 0]
