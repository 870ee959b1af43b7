"""The provisioner of storage drivers: makes the volume that a claim asks for, and the object that stands for it.

A volume that cannot be made is tried again, later and later. Where a driver has no room left near the node that was
chosen for a pod, the choice is taken out of the claim instead: the scheduler chooses again, by what it knows by then.

Source: kubernetes-csi/external-provisioner (controller.go, checkError: RESOURCE_EXHAUSTED with a selected node has the
pod scheduled again) and sig-storage-lib-external-provisioner (controller.go).
Left out: claims that are made from snapshots or other claims; which other errors of drivers are final.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from workbench.engines.agenda import Order
from workbench.engines.disks import Volume
from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.listers import Listers
from workbench.engines.kubernetes.objects import ApiObject
from workbench.engines.kubernetes.plugins.volume_claims import SELECTED_NODE, class_of, requested_bytes
from workbench.engines.kubernetes.pod_volumes import SHARED_MODES
from workbench.engines.kubernetes.provisioning_retries import Retries
from workbench.engines.kubernetes.selectors import selects
from workbench.engines.kubernetes.storage_classes import (
    HOSTNAME,
    ON_ONE_MACHINE,
    Segment,
    preferred,
    segments,
    topology_keys,
)
from workbench.engines.kubernetes.volume_objects import CLAIM, claim_key, edit, no_longer_selecting, stored
from workbench.engines.volumes.places import NOWHERE
from workbench.engines.volumes.plugin import Want
from workbench.engines.volumes.registry import BUILT_IN
from workbench.model.native.kubernetes import (
    CSIStorageCapacity,
    ObjectMeta,
    PersistentVolume,
    PersistentVolumeClaim,
    Quantity,
    StorageClass,
)
from workbench.model.native.kubernetes.affinity import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from workbench.model.native.kubernetes.meta import ObjectReference
from workbench.model.native.kubernetes.storage import (
    CSIPersistentVolumeSource,
    PersistentVolumeSpec,
    VolumeNodeAffinity,
)


class Provisioner:
    """All drivers' provisioners.

    Parameters
    ----------
    listers : Listers
        Where the drivers of nodes and their capacities are looked up.
    look : callable
        Has a claim (``namespace/name``) looked at again.
    """

    def __init__(self, api: ApiServer, listers: Listers, look: Callable[[str], None]) -> None:
        self._look = look
        self._api = api
        self._world = api.world
        self._listers = listers
        self._client = api.controller_client()
        self._made = 0
        self._busy: dict[str, str] = {}  # claim -> the uid for which a volume is being made
        self._given: dict[str, int] = {}  # report of room -> bytes given away since, of which it does not tell yet
        self._retries = Retries()

    def provision(self, one: ApiObject, uid: str, of: StorageClass) -> None:
        """Make a volume for a claim, unless that is being done; if its node has gone, have another chosen."""
        key = claim_key(one)
        if self._busy.get(key) == uid:
            return
        claim: PersistentVolumeClaim = one.native
        chosen = claim.metadata.annotations.get(SELECTED_NODE, "")
        if chosen and not self._labels(chosen):
            self._client.send(edit, self._api, one.uid, no_longer_selecting(chosen))
            return
        where = self._segment(claim, of)
        if where is None or self._retries.waiting(uid):
            return
        name = f"pvc-{one.name}-{self._made + 1}"
        want = Want(
            name, one.name if one.app is None else one.app.name, requested_bytes(claim), self._machine(claim, where),
            zone=self._zone(where), shared=not SHARED_MODES.isdisjoint(claim.spec.access_modes),
        )  # fmt: skip
        full = self._without_room(claim, where)
        if full or self._world.disks.refuses(self._kind(of), want):
            self._failed(one, uid, chosen if full else "", "no-room-for-volume" if full else "storage-refuses")
            return
        self._retries.forget(uid)
        self._busy[key] = uid
        for capacity in self._reports(claim, where):
            self._given[capacity.name] = self._given.get(capacity.name, 0) + requested_bytes(claim)
        self._made += 1
        self._world.event("Provisioning", key, "being-provisioned", of.name)
        made = self._volume(name, one, uid, of, where)
        self._world.disks.provision(self._kind(of), want, lambda volume: self._there(volume, made, claim, where))

    def _there(self, volume: Volume, made: PersistentVolume, claim: PersistentVolumeClaim, where: Segment) -> None:
        self._world.event("ProvisioningSucceeded", volume.name, "provisioned", ", ".join(value for _, value in where))
        self._client.send(self._api.put, stored(made))
        for capacity in self._reports(claim, where):
            self._client.send(self._report, capacity.name, requested_bytes(claim))

    def _report(self, name: str, size: int) -> str:
        """A driver tells that it has so much less room, now."""
        self._given[name] = self._given.get(name, 0) - size
        return edit(self._api, f"CSIStorageCapacity//{name}", lambda one: _less(one, size))

    def gone(self, uid: str) -> None:
        """A claim was deleted: nothing is tried for it any more."""
        self._retries.forget(uid)

    def _failed(self, one: ApiObject, uid: str, chosen: str, why: str) -> None:
        """Say so, and have another node chosen, or try again after a while."""
        key = claim_key(one)
        self._world.event("ProvisioningFailed", key, why, class_of(one.native))
        if chosen:
            self._client.send(edit, self._api, one.uid, no_longer_selecting(chosen))
            return
        self._world.agenda.after(self._retries.failed(uid), Order.CONTROLLER, self._again, key, uid)

    def _again(self, key: str, uid: str) -> None:
        self._retries.over(uid)
        self._look(key)

    def _without_room(self, claim: PersistentVolumeClaim, where: Segment) -> bool:
        """Say whether a driver that tells how much room it has there has too little by now."""
        left = (
            one.capacity.units() - self._given.get(one.name, 0)
            for one in self._reports(claim, where)
            if one.capacity is not None
        )
        return any(room < requested_bytes(claim) for room in left)

    def _reports(self, claim: PersistentVolumeClaim, where: Segment) -> list[CSIStorageCapacity]:
        return [one for one in self._listers.capacities if self._holds(one, claim, where)]

    def _kind(self, of: StorageClass) -> str:
        if of.provisioner in ON_ONE_MACHINE:
            return "local"
        known = self._world.disks.kinds
        return of.provisioner if of.provisioner in known and of.provisioner not in BUILT_IN else "csi"

    def _segment(self, claim: PersistentVolumeClaim, of: StorageClass) -> Segment | None:
        """Return where the volume is to be made: with the node that was chosen, else by the claim's name."""
        keys = topology_keys(of.provisioner, self._listers.csi_nodes.values())
        chosen = claim.metadata.annotations.get(SELECTED_NODE, "")
        if chosen:
            return tuple((key, labels[key]) for labels in self._labels(chosen) for key in keys if key in labels)
        there = segments(keys, self._labels(), of)
        return preferred(there, claim.name) if there else None

    def _labels(self, name: str = "") -> list[Mapping[str, str]]:
        nodes = (one for one in self._api.nodes if not one.deleted and name in ("", one.name))
        return [one.node.metadata.labels for one in nodes]

    def _machine(self, claim: PersistentVolumeClaim, where: Segment) -> int:
        chosen = claim.metadata.annotations.get(SELECTED_NODE, "")
        name = chosen or dict(where).get(HOSTNAME, "")
        return self._world.node_names.index(name) if name else NOWHERE

    def _zone(self, where: Segment) -> str:
        """Return the zone of the machines with these labels, if they have one and the same."""
        fleet = self._world.fleet.nodes
        zones = {
            fleet[one.index].zone
            for one in self._api.nodes
            if where and dict(where).items() <= one.node.metadata.labels.items()
        }
        return zones.pop() if len(zones) == 1 else ""

    def _volume(self, name: str, one: ApiObject, uid: str, of: StorageClass, where: Segment) -> PersistentVolume:
        claim: PersistentVolumeClaim = one.native
        affinity = None
        if where:
            asked = tuple(NodeSelectorRequirement(key=key, operator="In", values=(value,)) for key, value in where)
            affinity = VolumeNodeAffinity(
                required=NodeSelector(node_selector_terms=(NodeSelectorTerm(match_expressions=asked),))
            )
        local = of.provisioner in ON_ONE_MACHINE
        spec = PersistentVolumeSpec(
            capacity=dict(claim.spec.resources.requests),
            access_modes=claim.spec.access_modes,
            claim_ref=ObjectReference(kind=CLAIM, namespace=one.namespace, name=one.name, uid=uid),
            persistent_volume_reclaim_policy=of.reclaim_policy,
            storage_class_name=class_of(claim),
            volume_mode=claim.spec.volume_mode,
            volume_attributes_class_name=claim.spec.volume_attributes_class_name,
            node_affinity=affinity,
            csi=None if local else CSIPersistentVolumeSource(driver=of.provisioner, volume_handle=name),
            local={"path": f"/{name}"} if local else None,
        )
        return PersistentVolume(metadata=ObjectMeta(name=name), spec=spec)

    def _holds(self, one: CSIStorageCapacity, claim: PersistentVolumeClaim, where: Segment) -> bool:
        return (
            one.storage_class_name == class_of(claim)
            and one.capacity is not None
            and one.node_topology is not None
            and selects(one.node_topology, dict(where))
        )


def _less(capacity: CSIStorageCapacity, size: int) -> CSIStorageCapacity:
    assert capacity.capacity is not None
    return replace(capacity, capacity=Quantity.of(max(0, capacity.capacity.units() - size), "BinarySI"))
