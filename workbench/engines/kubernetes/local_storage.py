"""Which pods have written more to their node's disk than they may.

A pod is held to the sizeLimit of each emptyDir on disk, to the sum of its containers' limits of ephemeral-storage with
all that it has written, and each container to its own limit with what it has written beside volumes. Only the first
container of a pod writes here.

Source: kubernetes, pkg/kubelet/eviction/eviction_manager.go, localStorageEviction (version 1.34).
Left out: limits that the file system holds to by itself (project quotas); an emptyDir in memory.
"""

from __future__ import annotations

from workbench.engines.kubernetes.objects import PodObject
from workbench.engines.kubernetes.resources import pod_limits
from workbench.engines.scratch import Scratch
from workbench.model.native.kubernetes.quantity import Quantity
from workbench.model.resources import EPHEMERAL_STORAGE


def over_limit(scratch: Scratch, pod: PodObject) -> str:
    """Return the code of the limit that a pod is over; empty if it is over none."""
    spec = pod.info.spec
    for volume in spec.volumes:
        limit = None if volume.empty_dir is None or volume.empty_dir.medium == "Memory" else volume.empty_dir.size_limit
        if limit is not None and limit.nano and scratch.used(pod.uid, volume.name) > limit.units():
            return "over-volume-limit"
    whole = pod_limits(spec).get(EPHEMERAL_STORAGE)
    if whole is not None and scratch.used(pod.uid) > whole.units():
        return "over-disk-limit"
    own: Quantity | None = spec.containers[0].resources.limits.get(EPHEMERAL_STORAGE)
    if own is not None and own.nano and scratch.used(pod.uid, "") > own.units():
        return "over-disk-limit"
    return ""
