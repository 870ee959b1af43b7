"""Which volume a claim gets: the rules that the binder of the controller manager and the scheduler share.

Source: kubernetes/component-helpers, storage/volume/pv_helpers.go; kubernetes,
pkg/controller/volume/persistentvolume/index.go (version 1.34).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.engines.kubernetes.plugins.volume_claims import WAITS, class_of, is_for, reachable, requested_bytes
from workbench.engines.kubernetes.selectors import selects
from workbench.model.native.kubernetes import PersistentVolume, PersistentVolumeClaim, StorageClass


def find_best_match_for_claim(
    claim: PersistentVolumeClaim, volumes: Iterable[PersistentVolume], *, delay_binding: bool = False
) -> PersistentVolume | None:
    """Return the volume that the binder takes for a claim: of the fewest access modes that do, the smallest.

    Volumes are kept in an index by their set of modes; sets of equal size are taken by name.
    """
    wanted = frozenset(claim.spec.access_modes)
    index: dict[tuple[str, ...], list[PersistentVolume]] = {}
    for volume in volumes:
        index.setdefault(tuple(sorted(volume.spec.access_modes)), []).append(volume)
    for modes in sorted((one for one in index if wanted <= frozenset(one)), key=lambda one: (len(one), one)):
        best = find_matching_volume(claim, index[modes], delay_binding=delay_binding)
        if best is not None:
            return best
    return None


def find_matching_volume(
    claim: PersistentVolumeClaim,
    volumes: Iterable[PersistentVolume],
    node_labels: Mapping[str, str] | None = None,
    excluded: Iterable[str] = (),
    *,
    delay_binding: bool = False,
    volume_attributes_class: bool = True,
) -> PersistentVolume | None:
    """Return the smallest available volume that does for a claim; one set aside for the claim is taken first.

    Parameters
    ----------
    node_labels : mapping or None
        Labels of the node on which the volume must be reachable; None when the binder asks, which knows no node.
    excluded : iterable of str
        Names of volumes that other claims of the pod have taken.
    delay_binding : bool
        Whether the claim waits for a pod; the binder then leaves it to the scheduler.
    volume_attributes_class : bool
        Whether the feature of that name is on, as it is since 1.34.

    Raises
    ------
    ValueError
        When the claim names a volume attributes class though the feature is off.
    """
    if not volume_attributes_class and claim.spec.volume_attributes_class_name:
        raise ValueError(f"claim {claim.name} names a volume attributes class, and the feature is off")
    best: PersistentVolume | None = None
    for volume in volumes:
        ours = is_for(volume, claim)
        if volume.name in excluded or (volume.spec.claim_ref is not None and not ours):
            continue
        if not _fits(volume, claim, volume_attributes_class=volume_attributes_class):
            continue
        there = node_labels is None or reachable(volume, node_labels)
        if ours:
            return volume if there else None
        if node_labels is None and delay_binding:
            continue
        if not (there and _free_for(volume, claim)) or (node_labels is not None and not _has_modes(volume, claim)):
            continue
        if best is None or _bytes(volume) < _bytes(best):
            best = volume
    return best


def is_delay_binding_mode(claim: PersistentVolumeClaim, classes: Mapping[str, StorageClass]) -> bool:
    """Say whether a claim gets its volume only when a pod that uses it has a node; an unknown class does not wait.

    Raises
    ------
    ValueError
        When the class says nothing about when volumes are bound.
    """
    known = classes.get(class_of(claim))
    if known is None:
        return False
    if not known.volume_binding_mode:
        raise ValueError(f"VolumeBindingMode not set for StorageClass {known.name}")
    return known.volume_binding_mode == WAITS


def _fits(volume: PersistentVolume, claim: PersistentVolumeClaim, *, volume_attributes_class: bool) -> bool:
    """Say whether a volume is large enough, of the right sort, and not on its way out."""
    wanted = (claim.spec.volume_attributes_class_name or "") if volume_attributes_class else ""
    return (
        _bytes(volume) >= requested_bytes(claim)
        and volume.spec.volume_mode == claim.spec.volume_mode
        and (volume.spec.volume_attributes_class_name or "") == wanted
        and volume.metadata.deletion_timestamp is None
    )


def _free_for(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """Say whether a volume is available, and is what the claim selects."""
    return (
        volume.status.phase == "Available"
        and (claim.spec.selector is None or selects(claim.spec.selector, volume.metadata.labels))
        and volume.spec.storage_class_name == class_of(claim)
    )


def _has_modes(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    return set(claim.spec.access_modes) <= set(volume.spec.access_modes)


def _bytes(volume: PersistentVolume) -> int:
    size = volume.spec.capacity.get("storage")
    return 0 if size is None else size.units()
