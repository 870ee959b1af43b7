"""Claims and volumes as the API server stores them, and the changes that several components make to them.

A change is worked out when it is stored, from what is stored then: nobody overwrites what another has written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from workbench.engines.kubernetes.api_server import NOT_FOUND, ApiServer
from workbench.engines.kubernetes.objects import ApiObject
from workbench.engines.kubernetes.plugins.volume_claims import BIND_COMPLETED, BOUND_BY_CONTROLLER, SELECTED_NODE
from workbench.model.native.kubernetes import PersistentVolume, PersistentVolumeClaim
from workbench.model.native.kubernetes.meta import KubeObject, ObjectReference
from workbench.model.native.kubernetes.storage import PersistentVolumeStatus
from workbench.model.workload import App

CLAIM, VOLUME = "PersistentVolumeClaim", "PersistentVolume"
CONFLICT = "the object has been modified"

K = TypeVar("K", bound=KubeObject)


def stored(native: KubeObject, app: App | None = None) -> ApiObject:
    """Return an object as the API server keeps it; only claims have a namespace."""
    namespace = (native.namespace or "default") if isinstance(native, PersistentVolumeClaim) else ""
    return ApiObject(kind=type(native).__name__, namespace=namespace, name=native.name, native=native, app=app)


def claim_key(one: ApiObject) -> str:
    """Return ``namespace/name``."""
    return f"{one.namespace}/{one.name}"


def edit(api: ApiServer, uid: str, change: Callable[[K], K | None]) -> str:
    """Change an object that is stored, now; None in place of the new one: it is not as expected, nothing is done."""
    there = api.objects.get(uid)
    if there is None:
        return NOT_FOUND
    new = change(there.native)
    if new is None:
        return CONFLICT
    return "" if new is there.native else api.patch(uid, {"native": new})


def selecting(node: str) -> Callable[[PersistentVolumeClaim], PersistentVolumeClaim]:
    """Return the change that writes the node chosen for its pod into a claim."""

    def change(claim: PersistentVolumeClaim) -> PersistentVolumeClaim:
        notes = {**claim.metadata.annotations, SELECTED_NODE: node}
        return replace(claim, metadata=replace(claim.metadata, annotations=notes))

    return change


def no_longer_selecting(node: str) -> Callable[[PersistentVolumeClaim], PersistentVolumeClaim | None]:
    """Return the change that takes a chosen node out of a claim, unless another has been chosen since."""

    def change(claim: PersistentVolumeClaim) -> PersistentVolumeClaim | None:
        notes = dict(claim.metadata.annotations)
        if notes.pop(SELECTED_NODE, "") != node:
            return None
        return replace(claim, metadata=replace(claim.metadata, annotations=notes))

    return change


def set_aside_for(namespace: str, name: str, uid: str = "") -> Callable[[PersistentVolume], PersistentVolume | None]:
    """Return the change that sets a volume aside for a claim, unless it is set aside for another."""

    def change(volume: PersistentVolume) -> PersistentVolume | None:
        ref = volume.spec.claim_ref
        if ref is not None and ((ref.namespace, ref.name) != (namespace, name) or (ref.uid and ref.uid != uid)):
            return None
        notes = (
            volume.metadata.annotations
            if ref is not None
            else {**volume.metadata.annotations, BOUND_BY_CONTROLLER: "yes"}
        )
        made = ObjectReference(kind=CLAIM, namespace=namespace, name=name, uid=uid)
        return replace(
            volume, metadata=replace(volume.metadata, annotations=notes), spec=replace(volume.spec, claim_ref=made)
        )

    return change


def in_phase(phase: str) -> Callable[[PersistentVolume], PersistentVolume]:
    """Return the change that writes the phase of a volume."""
    return lambda volume: (
        volume if volume.status.phase == phase else replace(volume, status=PersistentVolumeStatus(phase=phase))
    )


def bound_to(volume: PersistentVolume) -> Callable[[PersistentVolumeClaim], PersistentVolumeClaim | None]:
    """Return the change that binds a claim to a volume; one that has another volume keeps it."""

    def change(claim: PersistentVolumeClaim) -> PersistentVolumeClaim | None:
        if claim.spec.volume_name not in ("", volume.name):
            return None
        notes = {**claim.metadata.annotations, BIND_COMPLETED: "yes"}
        status = replace(
            claim.status, phase="Bound", access_modes=volume.spec.access_modes, capacity=volume.spec.capacity
        )
        return replace(
            claim,
            metadata=replace(claim.metadata, annotations=notes),
            spec=replace(claim.spec, volume_name=volume.name),
            status=status,
        )

    return change


def named_by(volume: PersistentVolume) -> str:
    """Return the claim that a volume is set aside for, ``namespace/name``; empty if there is none."""
    ref = volume.spec.claim_ref
    return "" if ref is None else f"{ref.namespace}/{ref.name}"


def of_class(claim: PersistentVolumeClaim, name: str) -> PersistentVolumeClaim:
    """Return a claim with a class."""
    return replace(claim, spec=replace(claim.spec, storage_class_name=name))


def lost(claim: PersistentVolumeClaim) -> PersistentVolumeClaim:
    """Return a claim whose volume is gone."""
    return replace(claim, status=replace(claim.status, phase="Lost"))


def freed(volume: PersistentVolume) -> PersistentVolume:
    """Return a volume that anybody may have."""
    notes = {key: value for key, value in volume.metadata.annotations.items() if key != BOUND_BY_CONTROLLER}
    free = replace(
        volume, metadata=replace(volume.metadata, annotations=notes), spec=replace(volume.spec, claim_ref=None)
    )
    return in_phase("Available")(free)
