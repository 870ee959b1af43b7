"""Builders for rollouts: a Deployment with settings of its own, runs with changes, and what the controller said."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from tests.make import app, scenario, seconds
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.workloads import WorkloadParameters, objects_for
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.native.kubernetes.apps import DeploymentStrategy, RollingUpdateDeployment
from workbench.model.trace import Trace
from workbench.model.workload import App


def deployed(
    replicas: int = 10,
    *,
    surge: int | str = "25%",
    unavailable: int | str = "25%",
    recreate: bool = False,
    min_ready: int = 0,
    **more: Any,
) -> App:
    """Return a service that came as a Deployment; `more` goes into the Deployment's spec, or the app."""
    own = {key: more.pop(key) for key in ("progress_deadline_seconds", "revision_history_limit") if key in more}
    plain = app("web", replicas=replicas, **{"cpu": 100, **more})
    native = objects_for(plain, WorkloadParameters(readiness_period_s=1))[0].native
    strategy = DeploymentStrategy(
        type="Recreate" if recreate else "RollingUpdate",
        rolling_update=RollingUpdateDeployment(max_surge=surge, max_unavailable=unavailable),
    )
    spec = replace(native.spec, strategy=strategy, min_ready_seconds=min_ready, **own)
    return app("web", replicas=replicas, native=replace(native, spec=spec), **{"cpu": 100, **more})


def change(at: float, kind: str, **more: Any) -> PlannedChange:
    return PlannedChange(seconds(at), kind, "web", **more)  # type: ignore[arg-type]  # a plain text, for loops


def rolled(web: App, *changes: PlannedChange, horizon: float = 400, machines: int = 4, **more: Any) -> World:
    """Return the world after a run."""
    world = World(scenario(web, machines=machines, horizon=horizon, changes=changes, **more), Kubernetes(), 1)
    world.run()
    return world


def steps(trace: Trace, kind: str = "ScalingReplicaSet") -> list[tuple[str, str]]:
    """Return what the Deployment controller did, as reason and detail."""
    return [(row["reason"], row["detail"]) for row in trace["events"].dicts() if row["kind"] == kind]


def versions(trace: Trace) -> dict[int, int]:
    """Return how many instances of each version run at the end."""
    found: dict[int, int] = {}
    for row in trace["tasks"].dicts():
        if row["outcome"] == "running":
            found[row["version"]] = found.get(row["version"], 0) + 1
    return found
