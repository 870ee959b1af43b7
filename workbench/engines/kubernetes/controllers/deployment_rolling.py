"""How far may a rollout go in one step? Sizes of the new and the old ReplicaSets, as functions of plain numbers.

Surge is rounded up, unavailable down. A step makes the new ReplicaSet larger, or else the old ones smaller: first their
unhealthy pods go, then healthy ones, as long as enough stay available. Pods of the new version that are not available
use up what may be missing, so a broken version stops its own rollout.

Source: kubernetes, pkg/controller/deployment/rolling.go and util/deployment_util.go (version 1.34).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from workbench.model.native.kubernetes.meta import IntOrString

Strategy = Literal["RollingUpdate", "Recreate"]

NEW_RS_AVAILABLE = "NewReplicaSetAvailable"
TIMED_OUT = "ProgressDeadlineExceeded"


class Sized(NamedTuple):
    """A ReplicaSet: its wanted size, and how many of its pods are available. `age` is larger for older ones."""

    name: str
    replicas: int
    available: int = 0
    age: int = 0


class Status(NamedTuple):
    """Counts of a Deployment's pods."""

    replicas: int
    updated: int
    ready: int
    available: int


def scaled_value(value: IntOrString | None, total: int, *, round_up: bool) -> int:
    """Return a number, or a percentage of `total` rounded up or down; None counts as zero.

    Raises
    ------
    ValueError
        The text is no percentage.
    """
    if value is None:
        return 0
    if isinstance(value, int):
        return value
    if not value.endswith("%"):
        raise ValueError(f"{value!r} is neither a number nor a percentage such as '25%'")
    percents = int(value[:-1]) * total
    return -(-percents // 100) if round_up else percents // 100


def resolve_fenceposts(
    max_surge: IntOrString | None, max_unavailable: IntOrString | None, desired: int
) -> tuple[int, int]:
    """Return surge and unavailable as numbers; where both are zero nothing could ever move, so one may be missing."""
    surge = scaled_value(max_surge, desired, round_up=True)
    unavailable = scaled_value(max_unavailable, desired, round_up=False)
    return surge, 1 if surge == unavailable == 0 else unavailable


def max_unavailable(
    strategy: Strategy, replicas: int, surge: IntOrString | None, unavailable: IntOrString | None
) -> int:
    """Return how many pods may be missing during a rollout; none by this rule when all are recreated."""
    if strategy != "RollingUpdate" or replicas == 0:
        return 0
    return min(resolve_fenceposts(surge, unavailable, replicas)[1], replicas)


def min_available(strategy: Strategy, replicas: int, surge: IntOrString | None, unavailable: IntOrString | None) -> int:
    """Return how many pods have to stay available during a rollout."""
    return replicas - max_unavailable(strategy, replicas, surge, unavailable) if strategy == "RollingUpdate" else 0


def new_rs_new_replicas(
    strategy: Strategy, replicas: int, new_replicas: int, all_replicas: int, max_surge: IntOrString | None
) -> int:
    """Return the next size of the new ReplicaSet when it has to grow.

    Parameters
    ----------
    all_replicas : int
        Wanted sizes of all ReplicaSets together. Pods that are being deleted are not in it.
    """
    if strategy == "Recreate":
        return replicas
    room = replicas + scaled_value(max_surge, replicas, round_up=True) - all_replicas
    return new_replicas if room <= 0 else new_replicas + min(room, replicas - new_replicas)


def reconcile_new_replica_set(
    strategy: Strategy, replicas: int, new_replicas: int, all_replicas: int, max_surge: IntOrString | None
) -> int:
    """Return the next size of the new ReplicaSet."""
    if new_replicas >= replicas:
        return replicas
    return new_rs_new_replicas(strategy, replicas, new_replicas, all_replicas, max_surge)


def reconcile_old_replica_sets(new: Sized, old: Sequence[Sized], least_available: int) -> dict[str, int]:
    """Return the next sizes of the old ReplicaSets that shrink."""
    total = new.replicas + sum(one.replicas for one in old)
    budget = total - least_available - (new.replicas - new.available)
    if budget <= 0:
        return {}
    cleaned = cleanup_unhealthy_replicas(old, budget)
    left = [one._replace(replicas=cleaned.get(one.name, one.replicas)) for one in old]
    available = new.available + sum(one.available for one in old)
    return {**cleaned, **scale_down_old_replica_sets(left, available, least_available)}


def cleanup_unhealthy_replicas(old: Iterable[Sized], most: int) -> dict[str, int]:
    """Return the next sizes after at most so many unavailable pods went, oldest ReplicaSet first."""
    sizes: dict[str, int] = {}
    for one in sorted(old, key=lambda one: -one.age):
        gone = min(most, one.replicas - one.available)
        if gone > 0:
            sizes[one.name] = one.replicas - gone
            most -= gone
    return sizes


def scale_down_old_replica_sets(old: Iterable[Sized], available: int, least_available: int) -> dict[str, int]:
    """Return the next sizes after healthy pods went, oldest ReplicaSet first; `available` counts all pods."""
    most = available - least_available
    sizes: dict[str, int] = {}
    for one in sorted(old, key=lambda one: -one.age):
        gone = min(most, one.replicas)
        if gone > 0:
            sizes[one.name] = one.replicas - gone
            most -= gone
    return sizes


def deployment_complete(desired: int, status: Status) -> bool:
    """Return whether a rollout is over: all pods are new and available, and none is left over."""
    return status.updated == status.replicas == status.available == desired


def deployment_progressing(old: Status, new: Status) -> bool:
    """Return whether anything got better between two states."""
    return (
        new.updated > old.updated
        or new.replicas - new.updated < old.replicas - old.updated
        or new.ready > old.ready
        or new.available > old.available
    )


def deployment_timed_out(deadline_us: int | None, reason: str | None, since_update_us: int) -> bool:
    """Return whether a rollout has made no progress for longer than its deadline.

    Parameters
    ----------
    deadline_us : int or None
        None where there is no deadline.
    reason : str or None
        Reason of the condition Progressing; None where there is no such condition.
    """
    if deadline_us is None or reason is None or reason == NEW_RS_AVAILABLE:
        return False
    return reason == TIMED_OUT or since_update_us > deadline_us


class ReplicaCounts(NamedTuple):
    """What one ReplicaSet wants, has and is getting rid of.

    Parameters
    ----------
    terminating : int or None
        None where it did not report them.
    synced : bool
        Whether its controller has seen it at all.
    """

    desired: int
    actual: int
    terminating: int | None
    synced: bool = True


def replica_count(sets: Iterable[ReplicaCounts]) -> ReplicaCounts:
    """Return the sums; `terminating` is unknown as soon as a ReplicaSet that was synced did not report it."""
    sets = tuple(sets)
    unknown = any(one.synced and one.terminating is None for one in sets)
    return ReplicaCounts(
        sum(one.desired for one in sets),
        sum(one.actual for one in sets),
        None if unknown else sum(one.terminating or 0 for one in sets),
    )
