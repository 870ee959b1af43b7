"""How one version of a DaemonSet follows another: who is deleted, and where a second pod may come first.

Without surge a node loses its pod before it gets the new one, at most so many nodes at a time; with surge the new one
comes beside the old one, which goes once the new one is available. Pods that are out of order anyway are replaced at
once, and count among those that are missing.

Source: kubernetes, pkg/controller/daemon/update.go, rollingUpdate and updatedDesiredNodeCounts; daemon_controller.go,
podsShouldBeOnNode (version 1.34).
Left out: the back-off after pods that failed; a node that has more than two pods to choose from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from workbench.engines.kubernetes.controllers.deployment_rolling import scaled_value
from workbench.model.native.kubernetes.apps import DaemonSetUpdateStrategy


class DaemonPod(NamedTuple):
    """A pod that is not being deleted.

    Parameters
    ----------
    new : bool
        Whether it is of the present template.
    ready, available : bool
        Available: ready for as long as is asked for.
    """

    uid: int
    new: bool
    ready: bool
    available: bool


class Step(NamedTuple):
    """Pods to be deleted, and nodes that are to get a second pod."""

    delete: tuple[int, ...] = ()
    create: tuple[int, ...] = ()


def bounds(strategy: DaemonSetUpdateStrategy, desired: int) -> tuple[int, int]:
    """Return surge and unavailable as numbers, percentages rounded up; if both are zero, one may be missing."""
    rolling = strategy.rolling_update
    surge = scaled_value(rolling.max_surge, desired, round_up=True)
    unavailable = scaled_value(rolling.max_unavailable, desired, round_up=True)
    return surge, 1 if surge == unavailable == 0 else unavailable


def rolling_update(nodes: Mapping[int, Sequence[DaemonPod]], surge: int, unavailable: int) -> Step:
    """Return the next step.

    Parameters
    ----------
    nodes : Mapping
        Node -> its pods, for every node that should have one, or has one.
    surge, unavailable : int
        As `bounds` returns them.
    """
    return _with_surge(nodes, surge) if surge else _without_surge(nodes, unavailable)


def _without_surge(nodes: Mapping[int, Sequence[DaemonPod]], unavailable: int) -> Step:
    missing, broken, candidates = 0, [], []
    for pods in nodes.values():
        if len(pods) != 1:  # nobody there yet, or too many: creating and tidying up is not for the update
            missing += 1
            continue
        (pod,) = pods
        if pod.available:
            candidates += [] if pod.new else [pod.uid]
            continue
        missing += 1
        broken += [] if pod.new else [pod.uid]
    return Step(delete=(*broken, *candidates[: max(0, unavailable - missing)]))


def _with_surge(nodes: Mapping[int, Sequence[DaemonPod]], surge: int) -> Step:
    under_way = 0
    delete: list[int] = []
    at_once: list[int] = []
    candidates: list[int] = []
    for node, pods in nodes.items():
        new = [pod for pod in pods if pod.new]
        old = [pod for pod in pods if not pod.new]
        if len(new) > 1 or len(old) > 1:
            under_way += 1
        elif old and not new:
            (candidates if old[0].available else at_once).append(node)
        elif old and new[0].available:
            delete.append(old[0].uid)
        elif old:
            under_way += 1
    return Step(tuple(delete), (*at_once, *candidates[: max(0, surge - under_way)]))


def too_many(pods: Sequence[DaemonPod], *, surge: bool) -> tuple[int, ...]:
    """Return the pods of one node that have to go because there are too many, oldest pods first in `pods`.

    With surge two may stay as long as the old one is ready and the new one is not.
    """
    if not surge:
        return tuple(pod.uid for pod in pods[1:])
    new = [pod for pod in pods if pod.new]
    old = [pod for pod in pods if not pod.new]
    extra = [*new[1:], *old[1:]]
    if new and old and not old[0].ready:
        extra.append(old[0])
    return tuple(pod.uid for pod in extra)
