"""Which claims may grow, and what the steps of growing write: pure rules and changes.

| step | who | claim says afterwards |
|---|---|---|
| asked for | a user edits `spec.resources.requests.storage` | the new request; its capacity is the old one |
| the storage service makes the disk larger | external-resizer (ControllerExpandVolume) | condition Resizing |
| that is done | external-resizer | FileSystemResizePending, and the volume has the new capacity |
| the file system is made larger | the kubelet, once it has the disk mounted | the new capacity, no condition |

A request may be taken back as long as the claim has not got it: down to just above what it has, for file systems do
not shrink. Whether a claim may grow at all is looked at only where it asks for more than it did before.

Source: kubernetes, plugin/pkg/admission/storage/persistentvolume/resize/admission.go; pkg/apis/core/validation,
ValidatePersistentVolumeClaimUpdate (with RecoverVolumeExpansionFailure, which 1.34 always has on);
kubernetes-csi/external-resizer, pkg/controller (version 1.34).
Left out: volumes that name no class. Nothing fails here while it grows, so a smaller request comes too late for what is
being done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from workbench.engines.kubernetes.plugins.volume_claims import class_of, requested_bytes
from workbench.model.native.kubernetes import PersistentVolume, PersistentVolumeClaim, StorageClass
from workbench.model.native.kubernetes.meta import Condition
from workbench.model.native.kubernetes.quantity import Quantity

RESIZING, PENDING = "Resizing", "FileSystemResizePending"
Change = Callable[[PersistentVolumeClaim], PersistentVolumeClaim]


def growth_refused(
    claim: PersistentVolumeClaim, classes: Mapping[str, StorageClass], has: int, wanted: int, *, managed: bool
) -> str:
    """Return the code of why a claim may not ask for so much; empty if it may.

    Parameters
    ----------
    has : int
        Bytes that it has now.
    managed : bool
        Whether claims of this cluster are bound to volumes; where files say nothing of storage every claim counts as
        bound, and its class as one that lets it grow.
    """
    asked = requested_bytes(claim)
    if managed and wanted != asked and claim.status.phase != "Bound":
        return "claim-not-bound"
    if wanted < asked:
        return "claim-below-capacity" if wanted <= has else ""
    if wanted == asked or not managed:
        return ""
    known = classes.get(class_of(claim))
    return "" if known is not None and known.allow_volume_expansion else "class-does-not-grow"


def asking_for(size: int) -> Change:
    """Return the change that a user makes: more storage."""

    def change(claim: PersistentVolumeClaim) -> PersistentVolumeClaim:
        asked = {**claim.spec.resources.requests, "storage": Quantity.of(size, "BinarySI")}
        return replace(claim, spec=replace(claim.spec, resources=replace(claim.spec.resources, requests=asked)))

    return change


def in_condition(kind: str) -> Change:
    """Return the change that writes how far growing has come, in place of what was said of that before."""

    def change(claim: PersistentVolumeClaim) -> PersistentVolumeClaim:
        others = (one for one in claim.status.conditions if one.type not in (RESIZING, PENDING))
        return replace(claim, status=replace(claim.status, conditions=(*others, Condition(type=kind, status="True"))))

    return change


def condition(claim: PersistentVolumeClaim) -> str:
    """Return how far growing has come: `RESIZING`, `PENDING`, or empty."""
    return next((one.type for one in claim.status.conditions if one.type in (RESIZING, PENDING)), "")


def grown(size: int) -> Change:
    """Return the change that ends it: the claim has so much, never less than it had."""

    def change(claim: PersistentVolumeClaim) -> PersistentVolumeClaim:
        before = claim.status.capacity.get("storage")
        had = 0 if before is None else before.units()
        has = {**claim.status.capacity, "storage": Quantity.of(max(size, had), "BinarySI")}
        others = tuple(one for one in claim.status.conditions if one.type not in (RESIZING, PENDING))
        return replace(claim, status=replace(claim.status, capacity=has, conditions=others))

    return change


def of_size(size: int) -> Callable[[PersistentVolume], PersistentVolume]:
    """Return the change that writes how large a volume is now; it never becomes smaller."""

    def change(volume: PersistentVolume) -> PersistentVolume:
        before = volume.spec.capacity.get("storage")
        had = 0 if before is None else before.units()
        has = {**volume.spec.capacity, "storage": Quantity.of(max(size, had), "BinarySI")}
        return replace(volume, spec=replace(volume.spec, capacity=has))

    return change
