"""What a scenario's files say of storage, and what its apps need of it, put into the cluster at the start."""

from __future__ import annotations

from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.claim_quota import put_claim
from workbench.engines.kubernetes.controllers.persistent_volume import PersistentVolumeController
from workbench.engines.kubernetes.listers import Listers
from workbench.engines.kubernetes.plugins.volume_claims import reachable
from workbench.engines.kubernetes.pod_volumes import SHARED_MODES, source_of
from workbench.engines.kubernetes.storage_classes import speaks_of_storage, storage_classes
from workbench.engines.kubernetes.volume_objects import stored
from workbench.engines.volumes.places import NOWHERE
from workbench.engines.volumes.plugin import Want
from workbench.model.native.kubernetes import (
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
)

KINDS = (CSINode, CSIDriver, CSIStorageCapacity, PersistentVolume, PersistentVolumeClaim)


ON_MACHINES = ("hostPath", "local")
"""Kinds that lie on the machine that mounts them: before anybody does, they are nowhere unless one is named."""


def create_storage(api: ApiServer) -> bool:
    """Create classes, drivers, volumes and claims, and start their controller; say whether the cluster has one."""
    scenario = api.world.scenario
    classes = storage_classes(scenario)
    claims = [one for one in scenario.objects if isinstance(one, PersistentVolumeClaim)]
    if not speaks_of_storage(scenario, classes):
        for claim in claims:
            api.request(put_claim, api, stored(claim))
        return False
    PersistentVolumeController(api, Listers())
    given = [one for one in scenario.objects if isinstance(one, KINDS)]
    for made in (*classes, *given):
        if isinstance(made, PersistentVolume):
            _there(api, made)
        if isinstance(made, PersistentVolumeClaim):
            api.request(put_claim, api, stored(made))
        else:
            api.request(api.put, stored(made))
    return True


def _there(api: ApiServer, volume: PersistentVolume) -> None:
    """Put the bytes of a volume where the nodes are that can reach it."""
    disks, fleet = api.world.disks, api.world.fleet
    kind, path = source_of(volume, disks.kinds)
    nodes = [one.index for one in api.nodes if reachable(volume, one.node.metadata.labels)]
    zones = {fleet.nodes[one].zone for one in nodes}
    bound = volume.spec.node_affinity is not None
    want = Want(
        volume.name, volume.name, _size(volume), nodes[0] if bound and len(nodes) == 1 else NOWHERE, path=path,
        zone=zones.pop() if bound and len(zones) == 1 else "",
        shared=not SHARED_MODES.isdisjoint(volume.spec.access_modes),
    )  # fmt: skip
    if nodes and (want.node != NOWHERE or kind not in ON_MACHINES):
        disks.found(kind, want)


def _size(volume: PersistentVolume) -> int:
    size = volume.spec.capacity.get("storage")
    return 0 if size is None else int(size.units())
