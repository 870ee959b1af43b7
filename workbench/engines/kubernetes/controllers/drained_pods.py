"""Nodes and pods of a run, as the rules of the Cluster Autoscaler want to be told of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.autoscalers.cluster_drain import Budget, DrainedPod
from workbench.engines.kubernetes.autoscalers.cluster_eligibility import Candidate, HeldBy
from workbench.engines.kubernetes.autoscalers.cluster_scale_down import Occupied
from workbench.engines.kubernetes.controllers.disruption import BUDGET
from workbench.engines.kubernetes.ephemeral_storage import in_kubernetes
from workbench.engines.kubernetes.objects import PodObject
from workbench.model.clock import NEVER, SECOND_US
from workbench.model.resources import Resources

SCALE_DOWN_DISABLED = "cluster-autoscaler.kubernetes.io/scale-down-disabled"


def budgets_of(api: ApiServer) -> list[Budget]:
    """Return the disruption budgets; one that its controller has not seen yet allows nothing."""
    return [
        Budget(one.namespace, one.native.spec.selector, 0 if one.status is None else one.status.allowed)
        for one in api.objects.values()
        if one.kind == BUDGET
    ]


def occupied(api: ApiServer, index: int, capacity: Resources) -> Occupied:
    """Return a node that might go, with the pods on it that have not ended."""
    known = api.nodes[index]
    pods = [pod for pod in api.pods.values() if pod.node == index and not pod.terminal]
    held = tuple(HeldBy(pod.info.requests, _owner_kind(pod) == "DaemonSet") for pod in pods)
    disabled = known.node.metadata.annotations.get(SCALE_DOWN_DISABLED) == "true"
    candidate = Candidate(known.name, in_kubernetes(capacity), held, known.ready == "True", disabled)
    return Occupied(index, candidate, [_drained(pod) for pod in pods], {pod.name: pod.info for pod in pods})


def _owner_kind(pod: PodObject) -> str:
    return pod.owner.partition("/")[0]


def _drained(pod: PodObject) -> DrainedPod:
    spec = pod.info.spec
    return DrainedPod(
        name=pod.name,
        namespace=pod.namespace,
        owner=_owner_kind(pod),
        labels=pod.info.labels,
        annotations=_annotations(pod),
        volumes=[(volume.name, kind) for volume in spec.volumes if (kind := _kind(volume))],
        phase=pod.phase,
        restart_policy=spec.restart_policy,
        created_us=pod.created_us,
        deleted_us=pod.deletion_us if pod.deletion_us != NEVER else None,
        grace_us=spec.termination_grace_period_seconds * SECOND_US,
    )


def _kind(volume: Any) -> str:
    if volume.empty_dir is not None:
        return "emptyDir"
    return "hostPath" if volume.host_path is not None else ""


def _annotations(pod: PodObject) -> Mapping[str, str]:
    """Return the annotations of a pod: those of its own document, or of the template there."""
    native: Any = pod.app.native
    template = getattr(getattr(native, "spec", None), "template", None)
    metadata = getattr(native if template is None else template, "metadata", None)
    found: Mapping[str, str] = getattr(metadata, "annotations", {})
    return found
