"""Rows about volumes and claims, put to `workbench.engines.kubernetes.volume_matching`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.engines.kubernetes.volume_matching import (
    find_best_match_for_claim,
    find_matching_volume,
    is_delay_binding_mode,
)
from workbench.fidelity.adapters.comparing import Unsupported, amounts_of, differences, known_only
from workbench.fidelity.records import Case
from workbench.model.native.kubernetes import PersistentVolume, PersistentVolumeClaim, StorageClass
from workbench.model.native.kubernetes.affinity import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from workbench.model.native.kubernetes.meta import LabelSelector, ObjectMeta, ObjectReference
from workbench.model.native.kubernetes.storage import (
    PersistentVolumeClaimSpec,
    PersistentVolumeSpec,
    PersistentVolumeStatus,
    VolumeNodeAffinity,
    VolumeResourceRequirements,
)

Given = Mapping[str, Any]

_CLAIM = frozenset(
    {"name", "namespace", "request", "accessModes", "selector", "storageClass", "volumeMode", "volumeAttributesClass"}
)
_VOLUME = frozenset(
    {
        "uid", "name", "capacity", "accessModes", "storageClass", "labels", "claimRef", "nodeAffinity", "phase",
        "volumeMode", "volumeAttributesClass",
    }
)  # fmt: skip


def difference(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    answer = _ANSWERS.get(case.group.partition(" (")[0])
    if answer is None:
        raise Unsupported(f"no function {case.group!r}")
    given, expected = case.document["input"], case.document["expect"]
    settings = given.get("volumeAttributesClassEnabled", [True])
    found = (differences(expected, answer({**given, "volumeAttributesClassEnabled": one})) for one in settings)
    return next((one for one in found if one), "")


def _best(given: Given) -> Given:
    known_only(given, frozenset({"claim", "volumes", "volumeAttributesClassEnabled"}))
    return _named(find_best_match_for_claim(_claim(given["claim"]), [_volume(one) for one in given["volumes"]]))


def _matching(given: Given) -> Given:
    try:
        found = find_matching_volume(
            _claim(given["claim"]), [_volume(one) for one in given["volumes"]], given["nodeLabels"],
            frozenset(given["excludedVolumes"]), delay_binding=given["delayBinding"],
            volume_attributes_class=given["volumeAttributesClassEnabled"],
        )  # fmt: skip
    except ValueError:
        return {**_named(None), "error": True}
    return {**_named(found), "error": False}


def _named(volume: PersistentVolume | None) -> Given:
    if volume is None:
        return {"match": None, "matchName": None}
    return {"match": volume.metadata.uid, "matchName": volume.name}


def _delays(given: Given) -> Given:
    claim = PersistentVolumeClaim(spec=PersistentVolumeClaimSpec(storage_class_name=given["claimStorageClass"]))
    classes = {
        name: StorageClass(metadata=ObjectMeta(name=name), volume_binding_mode=mode or "")
        for name, mode in given["knownClasses"].items()
    }
    try:
        return {"delayBinding": is_delay_binding_mode(claim, classes), "error": False}
    except ValueError:
        return {"delayBinding": False, "error": True}


def _claim(given: Given) -> PersistentVolumeClaim:
    known_only(given, _CLAIM)
    selector = given.get("selector")
    return PersistentVolumeClaim(
        metadata=ObjectMeta(name=given["name"], namespace=given["namespace"]),
        spec=PersistentVolumeClaimSpec(
            access_modes=tuple(given["accessModes"]),
            resources=VolumeResourceRequirements(requests=amounts_of({"storage": given["request"]})),
            selector=LabelSelector(match_labels=selector) if selector else None,
            storage_class_name=given["storageClass"],
            volume_mode=given.get("volumeMode", "Filesystem"),
            volume_attributes_class_name=given.get("volumeAttributesClass"),
        ),
    )


def _volume(given: Given) -> PersistentVolume:
    """Return a volume; where a row says nothing of its phase it is available."""
    known_only(given, _VOLUME)
    taken = given["claimRef"]
    return PersistentVolume(
        metadata=ObjectMeta(name=given["name"], uid=given["uid"], labels=given.get("labels", {})),
        spec=PersistentVolumeSpec(
            capacity=amounts_of({"storage": given["capacity"]}),
            access_modes=tuple(given["accessModes"]),
            claim_ref=None if taken is None else ObjectReference(**taken),
            storage_class_name=given["storageClass"],
            volume_mode=given.get("volumeMode", "Filesystem"),
            node_affinity=_affinity(given.get("nodeAffinity")),
            volume_attributes_class_name=given.get("volumeAttributesClass"),
        ),
        status=PersistentVolumeStatus(phase=given.get("phase", "Available")),
    )


def _affinity(labels: Mapping[str, str] | None) -> VolumeNodeAffinity | None:
    if labels is None:
        return None
    asked = tuple(NodeSelectorRequirement(key=key, operator="In", values=(value,)) for key, value in labels.items())
    terms = (NodeSelectorTerm(match_expressions=asked),)
    return VolumeNodeAffinity(required=NodeSelector(node_selector_terms=terms))


_ANSWERS: Mapping[str, Callable[[Given], Given]] = {
    "findBestMatchForClaim": _best,
    "FindMatchingVolume": _matching,
    "IsDelayBindingMode": _delays,
}
"""Function of upstream -> what answers in its place."""
