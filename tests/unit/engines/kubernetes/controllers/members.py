"""Builders for StatefulSets in runs: a set with settings of its own, and what became of its members."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from tests.make import GIB, app, seconds
from workbench.engines.kubernetes.workloads import WorkloadParameters, objects_for
from workbench.model.changes import PlannedChange
from workbench.model.native.kubernetes.apps import (
    RollingUpdateStatefulSetStrategy,
    StatefulSetOrdinals,
    StatefulSetPersistentVolumeClaimRetentionPolicy,
    StatefulSetUpdateStrategy,
)
from workbench.model.trace import Trace
from workbench.model.workload import App, Volume


def members(
    replicas: int = 3,
    *,
    parallel: bool = False,
    start: int = 0,
    partition: int = 0,
    most: int | str | None = None,
    on_delete: bool = False,
    min_ready: int = 0,
    when_scaled: str = "Retain",
    when_deleted: str = "Retain",
    **more: Any,
) -> App:
    """Return a stateful app "db" that came as a StatefulSet."""
    given = {"cpu": 100, "volume": Volume(GIB), "ordered": not parallel, **more}
    plain = app("db", "stateful", replicas, **given)
    native = objects_for(plain, WorkloadParameters(readiness_period_s=1))[0].native
    strategy = StatefulSetUpdateStrategy(
        type="OnDelete" if on_delete else "RollingUpdate",
        rolling_update=RollingUpdateStatefulSetStrategy(partition=partition, max_unavailable=most),
    )
    policy = StatefulSetPersistentVolumeClaimRetentionPolicy(when_deleted=when_deleted, when_scaled=when_scaled)
    spec = replace(
        native.spec,
        update_strategy=strategy,
        ordinals=StatefulSetOrdinals(start=start),
        min_ready_seconds=min_ready,
        persistent_volume_claim_retention_policy=policy,
    )
    return app("db", "stateful", replicas, native=replace(native, spec=spec), **given)


def change(at: float, kind: str, **more: Any) -> PlannedChange:
    return PlannedChange(seconds(at), kind, "db", **more)  # type: ignore[arg-type]  # a plain text, for loops


def at_the_end(trace: Trace) -> dict[int, int]:
    """Return ordinal -> version of the members that run at the end."""
    rows = [row for row in trace["tasks"].dicts() if row["app"] == "db" and row["outcome"] == "running"]
    return {row["slot"]: row["version"] for row in sorted(rows, key=lambda row: row["slot"])}


def said(trace: Trace, kind: str) -> list[tuple[str, str]]:
    """Return the subjects and reasons of the events of a kind, in order."""
    return [(row["subject"], row["reason"]) for row in trace["events"].dicts() if row["kind"] == kind]
