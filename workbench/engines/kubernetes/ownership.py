"""Writes about who owns a pod and what it is labelled: with the conditions under which the API server takes them.

Source: kubernetes, pkg/controller/controller_ref_manager.go, AdoptPod and ReleasePod; RecheckDeletionTimestamp in
controller_utils.go (version 1.34).
Left out: owners that do not control; several controllers' finalizers on one pod.
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.engines.kubernetes.api_server import NOT_FOUND, REPLACED_AT_ONCE, ApiServer
from workbench.engines.kubernetes.objects import PodObject, reference
from workbench.engines.kubernetes.pod_info import PodInfo

CONFLICT = "the object has been modified"


def _informed(pod: PodObject, labels: Mapping[str, str], owner: str) -> PodInfo:
    """Return what the scheduler knows of a pod with other labels, or of another owner."""
    return PodInfo(pod.namespace, labels, pod.info.spec, controller=reference(owner))


def adopt(api: ApiServer, uid: int, owner: str) -> str:
    """Make a pod that nobody owns an object's own; refused if either is going, or somebody was faster."""
    pod, there = api.pods.get(uid), api.objects.get(owner)
    if pod is None or pod.deleting or there is None or there.deleting:
        return NOT_FOUND
    if pod.owner:
        return CONFLICT
    api.world.event("Adopted", pod.name, "labels-match", there.name)
    return api.patch_pod(uid, {"owner": owner, "info": _informed(pod, pod.info.labels, owner)})


def release(api: ApiServer, uid: int, owner: str, why: str = "labels-differ") -> str:
    """Take the owner's name off a pod, which runs on; refused if another owns it by now.

    An owner that makes another in its place does so from now on, but for a StatefulSet, which waits until the name is
    free; one that is deleted leaves nothing to wait for.
    """
    pod = api.pods.get(uid)
    if pod is None:
        return NOT_FOUND
    if pod.owner != owner:
        return CONFLICT
    api.world.event("Released", pod.name, why, owner.rpartition("/")[2])
    there = api.objects.get(owner)
    if there is not None and not there.deleting and owner.startswith((*REPLACED_AT_ONCE, "DaemonSet/")):
        api.world.make_way(uid, "released")
    return api.patch_pod(uid, {"owner": "", "info": _informed(pod, pod.info.labels, "")})


def relabel(api: ApiServer, uid: int, labels: Mapping[str, str]) -> str:
    """Set labels of a pod; a label without a value is taken off (``kubectl label --overwrite``)."""
    pod = api.pods.get(uid)
    if pod is None:
        return NOT_FOUND
    merged = {**pod.info.labels, **labels}
    wanted = {name: value for name, value in merged.items() if value or name not in labels}
    return api.patch_pod(uid, {"info": _informed(pod, wanted, pod.owner)})
