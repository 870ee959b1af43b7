"""What users do with the partition of a StatefulSet: hold a new version at the highest numbers, then let it go on down.

There is no `kubectl rollout pause` for a StatefulSet; its partition is the documented way to stage an update. It is
part of the object, and stays there until somebody writes another.

Source: kubernetes documentation, StatefulSets, Partitioned rolling updates (version 1.34).
"""

from __future__ import annotations

from msgspec.structs import replace

from workbench.engines.kubernetes.api_server import NOT_FOUND, ApiServer
from workbench.model.native.kubernetes import StatefulSet


def with_partition(stateful_set: StatefulSet, partition: int) -> StatefulSet:
    """Return a set whose rolling updates reach members of this number or above only."""
    strategy = stateful_set.spec.update_strategy
    rolling = replace(strategy.rolling_update, partition=partition)
    return replace(
        stateful_set,
        spec=replace(stateful_set.spec, update_strategy=replace(strategy, rolling_update=rolling)),
    )


def put_partition(api: ApiServer, uid: str, partition: int) -> str:
    """Write a partition into a set that is stored, now."""
    there = api.objects.get(uid)
    if there is None:
        return NOT_FOUND
    return api.patch(uid, {"native": with_partition(there.native, partition)})
