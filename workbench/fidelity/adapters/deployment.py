"""Rows about Deployments, put to `controllers.deployment_rolling` and `controllers.deployment_scaling`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.engines.kubernetes.controllers import deployment_rolling as rolling
from workbench.engines.kubernetes.controllers import deployment_scaling as scaling
from workbench.engines.kubernetes.controllers.deployment_rolling import Sized
from workbench.fidelity.adapters.comparing import Unsupported, differences
from workbench.fidelity.not_applicable import NEVER_ASSERTED
from workbench.fidelity.records import Case
from workbench.model.clock import to_us

Given = Mapping[str, Any]

_NOT_ASSERTED = NEVER_ASSERTED["kubernetes", "deployment_rolling"]


def difference(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    answer = _ANSWERS.get(case.group)
    if answer is None:
        raise Unsupported(f"no function {case.group!r}")
    expected = {name: value for name, value in case.document["expect"].items() if name not in _NOT_ASSERTED}
    return differences(expected, answer(case.document["input"]))


def _fenceposts(given: Given) -> Given:
    try:
        surge, unavailable = rolling.resolve_fenceposts(given["maxSurge"], given["maxUnavailable"], given["desired"])
    except ValueError:
        return {"surge": 0, "unavailable": 0, "error": True}
    return {"surge": surge, "unavailable": unavailable, "error": False}


def _next_size(given: Given) -> Given:
    size = rolling.new_rs_new_replicas(
        given["strategy"], given["deploymentReplicas"], given["newReplicaSetReplicas"],
        sum(given["otherReplicaSetsReplicas"]), given["maxSurge"],
    )  # fmt: skip
    return {"newReplicaSetReplicas": size}


def _limits(given: Given) -> Given:
    asked = given["strategy"], given["replicas"], given["maxSurge"], given["maxUnavailable"]
    return {"maxUnavailable": rolling.max_unavailable(*asked), "minAvailable": rolling.min_available(*asked)}


def _complete(given: Given) -> Given:
    status = rolling.Status(given["statusReplicas"], given["updatedReplicas"], 0, given["availableReplicas"])
    return {"complete": rolling.deployment_complete(given["desired"], status)}


def _progressing(given: Given) -> Given:
    old, new = (rolling.Status(**given[name]) for name in ("oldStatus", "newStatus"))
    return {"progressing": rolling.deployment_progressing(old, new)}


def _timed_out(given: Given) -> Given:
    deadline = given["progressDeadlineSeconds"]
    reason = given["progressingReason"] if given["progressingConditionStatus"] else None
    since = to_us(given["secondsSinceLastUpdate"] or 0)
    return {"timedOut": rolling.deployment_timed_out(None if deadline is None else to_us(deadline), reason, since)}


def _counts(given: Given) -> Given:
    total = rolling.replica_count(
        rolling.ReplicaCounts(
            one["specReplicas"], one["statusReplicas"], one["terminating"], one["observedGeneration"] > 0
        )
        for one in given["replicaSets"]
    )
    return {"desired": total.desired, "actual": total.actual, "terminating": total.terminating}


def _new_step(given: Given) -> Given:
    new = given["newReplicas"]
    size = rolling.reconcile_new_replica_set(
        "RollingUpdate", given["deploymentReplicas"], new, new + given["oldReplicas"], given["maxSurge"]
    )
    return {"scaled": size != new, "newReplicas": size}


def _old_step(given: Given) -> Given:
    new = Sized("new", given["newReplicas"], given["availableFromNew"])
    old = Sized("old", given["oldReplicas"], given["availableFromOld"], age=1)
    return {"scaled": bool(rolling.reconcile_old_replica_sets(new, [old], _least(given)))}


def _cleanup(given: Given) -> Given:
    old = Sized("old", given["oldReplicas"], given["availableReplicas"])
    left = rolling.cleanup_unhealthy_replicas([old], given["maxCleanupCount"]).get("old", old.replicas)
    return {"cleanedUp": old.replicas - left}


def _healthy_step(given: Given) -> Given:
    old = Sized("old", given["oldReplicas"])
    left = rolling.scale_down_old_replica_sets([old], given["availablePods"], _least(given)).get("old", old.replicas)
    return {"scaled": left != old.replicas, "oldReplicas": left}


def _least(given: Given) -> int:
    return rolling.min_available(
        "RollingUpdate", given["deploymentReplicas"], given["maxSurge"], given["maxUnavailable"]
    )


def _scale(given: Given) -> Given:
    before = given["oldDeploymentReplicas"]
    most = before + (given["oldMaxSurge"] or 0)
    override = given.get("desiredReplicasAnnotationOverride") or {}
    new = given["newRS"] and _sized(given["newRS"], 0, given.get("newRSAvailableReplicas") or 0)
    old = [_sized(one, age, 0) for age, one in enumerate(given["oldRSs"], start=1)]
    known = {one.name: scaling.Before(override.get(one.name, before), most) for one in (*([new] if new else []), *old)}
    changed = scaling.scale(new, old, known, given["deploymentReplicas"], given["maxSurge"] or 0)
    return {
        "newRS": new and changed.get(new.name, new.replicas),
        "oldRSs": [{"name": one.name, "replicas": changed.get(one.name, one.replicas)} for one in old],
        "updateIgnoredFor": [name for name in known if name not in changed],
    }


def _sized(given: Given, age: int, available: int) -> Sized:
    return Sized(given["name"], given["replicas"], available, age)


def _history(given: Given) -> Given:
    kept = [
        scaling.Kept(one["name"], revision, one["specReplicas"], one["statusReplicas"], one["deleting"])
        for revision, one in enumerate(given["oldReplicaSets"])
    ]
    return {"deletions": len(scaling.cleanup_deployment(kept, given["revisionHistoryLimit"]))}


def _fraction(given: Given) -> Given:
    share = scaling.replica_set_fraction(
        given["rsReplicas"], given["deploymentReplicas"], 0, given["maxReplicasAnnotation"],
        given["deploymentStatusReplicas"],
    )  # fmt: skip
    return {"fraction": share}


_ANSWERS: Mapping[str, Callable[[Given], Given]] = {
    "ResolveFenceposts": _fenceposts,
    "NewRSNewReplicas": _next_size,
    "MaxUnavailable": _limits,
    "MinAvailable": _limits,
    "DeploymentComplete": _complete,
    "DeploymentProgressing": _progressing,
    "DeploymentTimedOut": _timed_out,
    "GetReplicaCountForReplicaSets": _counts,
    "reconcileNewReplicaSet": _new_step,
    "reconcileOldReplicaSets": _old_step,
    "cleanupUnhealthyReplicas": _cleanup,
    "scaleDownOldReplicaSetsForRollingUpdate": _healthy_step,
    "DeploymentController.scale": _scale,
    "cleanupDeployment": _history,
    "getReplicaSetFraction": _fraction,
}
"""Function of upstream -> what answers in its place."""
