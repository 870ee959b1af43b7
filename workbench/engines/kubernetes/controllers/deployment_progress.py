"""Does a rollout get on? The condition Progressing of a Deployment, and when to look at it again.

A rollout that gets nowhere for its deadline is flagged, and nothing else: it is not taken back.

Source: kubernetes, pkg/controller/deployment/progress.go, syncRolloutStatus and requeueStuckDeployment
(version 1.34).
"""

from __future__ import annotations

from typing import NamedTuple

from workbench.engines.kubernetes.controllers.deployment_rolling import (
    NEW_RS_AVAILABLE,
    TIMED_OUT,
    Status,
    deployment_complete,
    deployment_progressing,
    deployment_timed_out,
)
from workbench.model.clock import SECOND_US

NEW_RS_CREATED = "NewReplicaSetCreated"
FOUND_NEW_RS = "FoundNewReplicaSet"
RS_UPDATED = "ReplicaSetUpdated"
PAUSED = "DeploymentPaused"
RESUMED = "DeploymentResumed"

NO_DEADLINE = 2**31 - 1
"""This many seconds stand for no deadline at all."""


class Condition(NamedTuple):
    """The condition Progressing: why it stands as it does, and since when (lastUpdateTime)."""

    reason: str
    updated_us: int


class DeploymentStatus(NamedTuple):
    """What a Deployment's controller says of it."""

    counts: Status = Status(0, 0, 0, 0)
    condition: Condition | None = None
    available: bool | None = None  # the condition Available; None before it has ever been true
    failure: str = ""  # the condition ReplicaFailure: why pods cannot be made; empty where they can


def deadline_us(seconds: int) -> int | None:
    """Return a progress deadline, None where there is none."""
    return None if seconds >= NO_DEADLINE else seconds * SECOND_US


def next_condition(
    known: DeploymentStatus, counts: Status, desired: int, deadline: int | None, now_us: int
) -> Condition | None:
    """Return the condition given new counts of pods.

    Parameters
    ----------
    deadline : int or None
        In microseconds; without one there is no condition.
    """
    condition = known.condition
    if deadline is None:
        return None
    complete = condition is not None and condition.reason == NEW_RS_AVAILABLE and counts.replicas == counts.updated
    if complete:
        return condition
    if deployment_complete(desired, counts):
        return Condition(NEW_RS_AVAILABLE, now_us)
    if deployment_progressing(known.counts, counts):
        return Condition(RS_UPDATED, now_us)
    reason = None if condition is None else condition.reason
    since_us = 0 if condition is None else now_us - condition.updated_us
    if reason != TIMED_OUT and deployment_timed_out(deadline, reason, since_us):
        return Condition(TIMED_OUT, now_us)
    return condition


def paused_condition(condition: Condition | None, *, paused: bool, now_us: int) -> Condition | None:
    """Return the condition after a look at whether the rollout is held; one that timed out stays."""
    reason = None if condition is None else condition.reason
    if reason == TIMED_OUT:
        return condition
    if paused and reason != PAUSED:
        return Condition(PAUSED, now_us)
    return Condition(RESUMED, now_us) if not paused and reason == PAUSED else condition


def conditions_told(known: DeploymentStatus, status: DeploymentStatus) -> list[tuple[str, str]]:
    """Return what a person would want to hear of: reason codes with upstream's words for them."""
    told = []
    if known.available and status.available is False:
        told.append(("minimum-unavailable", "MinimumReplicasUnavailable"))
    if known.available is False and status.available:
        told.append(("minimum-available", "MinimumReplicasAvailable"))
    if status.failure and not known.failure:
        told.append((status.failure, "ReplicaFailure"))
    return told


def look_again_us(status: DeploymentStatus, desired: int, deadline: int | None, now_us: int) -> int | None:
    """Return after how long a rollout in which nothing moves is to be looked at again; None for not at all.

    A second is added, so that by then the deadline has passed indeed.
    """
    condition = status.condition
    if deadline is None or condition is None or condition.reason == TIMED_OUT:
        return None
    if deployment_complete(desired, status.counts):
        return None
    return max(0, condition.updated_us + deadline - now_us) + SECOND_US
