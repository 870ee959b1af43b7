"""The objects that scheduler plugins look up beside nodes and pods: services, owners, volumes, budgets.

Upstream's informer listers. What stands here is as the API server has it, plus what the scheduler has assumed of
volumes since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.engines.kubernetes.ephemeral import is_made_for
from workbench.model.native.kubernetes import (
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    KubeObject,
    PersistentVolume,
    PersistentVolumeClaim,
    PodDisruptionBudget,
    Service,
    StorageClass,
    VolumeAttachment,
)
from workbench.model.native.kubernetes.meta import LabelSelector


class Listers:
    """Objects by kind.

    Attributes
    ----------
    services : dict
        Namespace -> services.
    owner_selectors : dict
        (kind, namespace, name) of a ReplicationController, ReplicaSet or StatefulSet -> its selector.
    claims : dict
        ``namespace/name`` -> persistent volume claim.
    volumes, classes, csi_nodes, csi_drivers : dict
        By name.
    """

    def __init__(self) -> None:
        self.services: dict[str, list[Service]] = {}
        self.owner_selectors: dict[tuple[str, str, str], LabelSelector] = {}
        self.budgets: list[PodDisruptionBudget] = []
        self.claims: dict[str, PersistentVolumeClaim] = {}
        self.volumes: dict[str, PersistentVolume] = {}
        self.classes: dict[str, StorageClass] = {}
        self.csi_nodes: dict[str, CSINode] = {}
        self.csi_drivers: dict[str, CSIDriver] = {}
        self.capacities: list[CSIStorageCapacity] = []
        self.attachments: list[VolumeAttachment] = []

    def add(self, one: KubeObject) -> None:
        """Take in an object of any kind that is looked up; others are of no interest."""
        match one:
            case Service():
                self.services.setdefault(one.namespace, []).append(one)
            case PodDisruptionBudget():
                self.budgets.append(one)
            case PersistentVolumeClaim():
                self.claims[f"{one.namespace}/{one.name}"] = one
            case PersistentVolume():
                self.volumes[one.name] = one
            case StorageClass():
                self.classes[one.name] = one
            case CSINode():
                self.csi_nodes[one.name] = one
            case CSIDriver():
                self.csi_drivers[one.name] = one
            case CSIStorageCapacity():
                self.capacities.append(one)
            case VolumeAttachment():
                self.attachments.append(one)
            case _:
                self._add_owner(one)

    def put(self, one: KubeObject) -> None:
        """Take in an object, or a new version of one that is there."""
        if isinstance(one, CSIStorageCapacity):
            self.capacities[:] = [known for known in self.capacities if known.name != one.name]
        self.add(one)

    def _add_owner(self, one: KubeObject) -> None:
        """Take in an owner of pods; the selector of a ReplicationController is a plain set of labels."""
        if one.kind not in ("ReplicationController", "ReplicaSet", "StatefulSet"):
            return
        selector = getattr(getattr(one, "spec", None), "selector", None)
        if isinstance(selector, LabelSelector):
            self.owner_selectors[one.kind, one.namespace, one.name] = selector
        elif isinstance(selector, Mapping):
            self.owner_selectors[one.kind, one.namespace, one.name] = LabelSelector(match_labels=selector)

    def claim(self, key: str) -> PersistentVolumeClaim | None:
        """Return the claim ``namespace/name``, None if there is none."""
        return self.claims.get(key)

    def made_for(self, key: str, pod: str) -> bool:
        """Say whether a claim has been made for the pod of this uid."""
        claim = self.claims.get(key)
        return claim is not None and is_made_for(claim, pod)

    def volume(self, name: str) -> PersistentVolume | None:
        """Return a volume, None if there is none."""
        return self.volumes.get(name)

    def services_of(self, namespace: str) -> Iterable[Service]:
        """Return the services of a namespace."""
        return self.services.get(namespace, ())


NOTHING_LISTED = Listers()
"""For clusters that hold nothing but nodes and pods. Never add to it."""
