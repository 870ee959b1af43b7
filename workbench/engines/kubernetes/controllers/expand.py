"""Claims that grow: the resizer beside each storage driver, and the kubelets' part of it.

A user asks for more; admission lets that pass or not. The resizer has the disk made larger, mounted or not. Its file
system is made larger by the kubelet that has it mounted: at once if a pod uses it, else when the next one does.

Source: kubernetes-csi/external-resizer, pkg/controller/controller.go; kubernetes, pkg/volume/util/operationexecutor,
node_expander.go (version 1.34).
Left out: resizes that fail; drivers that resize only what no machine has attached; how long a file system takes.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from workbench.engines.agenda import Order
from workbench.engines.disks import Volume
from workbench.engines.kubernetes.api_server import NOT_FOUND, ApiServer
from workbench.engines.kubernetes.claim_growth import (
    PENDING,
    RESIZING,
    asking_for,
    condition,
    grown,
    growth_refused,
    in_condition,
    of_size,
)
from workbench.engines.kubernetes.claim_quota import claim_refused
from workbench.engines.kubernetes.objects import NOWHERE, ApiObject, PodObject
from workbench.engines.kubernetes.plugins.volume_claims import requested_bytes
from workbench.engines.kubernetes.pod_volumes import PodVolumes
from workbench.engines.kubernetes.volume_objects import CLAIM, VOLUME, claim_key, edit
from workbench.engines.volumes.plugin import Want
from workbench.model.clock import to_us
from workbench.model.native.kubernetes import PersistentVolumeClaim, StorageClass


class ExpandController:
    """Makes claims larger that ask for more than they have."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._world = api.world
        self._client = api.controller_client()
        self._volumes = PodVolumes(api)
        self._busy: dict[str, Volume] = {}  # claim -> its disk, which is being made larger
        self._told: set[str] = set()
        self._finishing: dict[str, int] = {}  # claim -> size of which its kubelet is writing that it has it
        self._following = False
        api.watch(CLAIM, self._on_claim)

    # -- what users ask -------------------------------------------------------------------------------------

    def ask(self, app: str, size: int) -> None:
        """A user edits the claims of an app, one by one; templates of claims cannot be changed."""
        keys = {claim for pod in self._api.pods.values() if pod.app.name == app for claim in pod.info.claims}
        for one in self._api.objects.values():
            if one.app is not None and one.app.name == app:
                keys.update([claim_key(one)] if one.kind == CLAIM else _named_by(one))
        for key in sorted(keys):
            self._api.request(self._ask, key, size)
        if not keys:
            self._world.event("ResizeRefused", app, "no-claim")

    def _ask(self, key: str, size: int) -> str:
        there = self._api.objects.get(f"{CLAIM}/{key}")
        if there is None:
            self._world.event("ResizeRefused", key, "no-claim")
            return NOT_FOUND
        classes = {
            one.name: one.native for one in self._api.objects.values() if isinstance(one.native, StorageClass)
        }  # fmt: skip
        claim: PersistentVolumeClaim = there.native
        why = growth_refused(claim, classes, self._has(key, claim), size, managed=self._speaks_of_storage())
        detail = ""
        asked = replace(there, native=asking_for(size)(claim))
        if not why and (detail := claim_refused(self._api, asked)):
            why = "exceeded-quota"
        if why:
            self._world.event("ResizeRefused", key, why, detail)
            return why
        return self._api.put(asked)

    def _speaks_of_storage(self) -> bool:
        return any(one.kind in ("StorageClass", VOLUME) for one in self._api.objects.values())

    def _has(self, key: str, claim: PersistentVolumeClaim) -> int:
        """Return the bytes that a claim has: what its status says, else what its disk has, if there is one."""
        said = claim.status.capacity.get("storage")
        if said is not None:
            return int(said.units())
        disk = self._disk(key)
        return requested_bytes(claim) if disk is None else disk.size

    def _disk(self, key: str) -> Volume | None:
        return self._world.disks.get(self._volumes.behind(key))

    # -- the resizer ----------------------------------------------------------------------------------------

    def _on_claim(self, old: ApiObject | None, new: ApiObject | None) -> None:
        if new is None:  # the next of its name begins anew
            assert old is not None
            self._busy.pop(claim_key(old), None)
            self._finishing.pop(claim_key(old), None)
            self._told.discard(claim_key(old))
            return
        key, claim = claim_key(new), new.native
        if condition(claim) == PENDING:
            self._on_node(key)
        disk = self._disk(key)
        if disk is not None and key not in self._busy and requested_bytes(claim) > disk.size:
            self._resize(key, new, disk)

    def _resize(self, key: str, one: ApiObject, disk: Volume) -> None:
        size = requested_bytes(one.native)
        takes_s = disk.kind.grow_s(Want(disk.name, disk.app, size, disk.node), self._world.disks.site)
        if takes_s is None:
            if key not in self._told:
                self._told.add(key)
                self._world.event("ExternalExpanding", key, "nobody-grows", disk.kind.name)
            return
        self._busy[key] = disk
        self._world.event("Resizing", key, "being-grown", disk.name)
        self._client.send(edit, self._api, one.uid, in_condition(RESIZING))
        self._world.agenda.after(to_us(takes_s), Order.PHYSICS, self._resized, key, one.uid, disk, size)

    def _resized(self, key: str, uid: str, disk: Volume, size: int) -> None:
        if self._busy.get(key) is disk:
            del self._busy[key]
        if self._world.disks.get(disk.name) is not disk or uid not in self._api.objects:
            return  # deleted meanwhile
        self._world.disks.grow(disk.name, size)
        volume = f"{VOLUME}//{disk.name}"
        if volume in self._api.objects:
            self._client.send(edit, self._api, volume, of_size(size))
        if self._api.objects[uid].native.spec.volume_mode == "Block":  # it has no file system
            self._client.send(edit, self._api, uid, grown(size))
        else:
            self._world.event("FileSystemResizeRequired", key, "file-system-waits")
            self._client.send(edit, self._api, uid, in_condition(PENDING))

    # -- the kubelets ---------------------------------------------------------------------------------------

    def _on_node(self, key: str) -> None:
        """Have the file system made larger where a pod has it mounted on a node that hears; else wait for one."""
        disk = self._disk(key)
        if disk is not None and self._finishing.get(key) == disk.size:
            return
        if disk is not None and any(self._hears(pod) for pod in self._users(disk)):
            self._finishing[key] = disk.size
            self._world.event("FileSystemResizeSuccessful", key, "file-system-grown")
            self._client.send(edit, self._api, f"{CLAIM}/{key}", grown(disk.size))
        elif not self._following:
            self._following = True
            self._api.watch("Pod", self._on_pod)

    def heard(self, node: int) -> None:
        """The kubelet of a node is heard again: it looks at what its pods have mounted."""
        for pod in [*self._api.pods.values()]:
            if pod.node == node:
                self._on_pod(None, pod)

    def _users(self, disk: Volume) -> Iterable[PodObject]:
        return [self._api.pods[task] for task in disk.users if task in self._api.pods]

    def _hears(self, pod: PodObject) -> bool:
        return pod.node != NOWHERE and self._world.machines[pod.node].in_touch

    def _on_pod(self, _: PodObject | None, new: PodObject | None) -> None:
        if new is None or new.terminal:
            return
        for key in new.info.claims:
            there = self._api.objects.get(f"{CLAIM}/{key}")
            if there is not None and condition(there.native) == PENDING:
                self._on_node(key)


def _named_by(workload: ApiObject) -> Iterable[str]:
    """Return the claims that the pods of a workload name, even while there are none."""
    template = getattr(getattr(workload.native, "spec", None), "template", None)
    volumes = () if template is None else template.spec.volumes
    claims = (one.persistent_volume_claim for one in volumes)
    return [f"{workload.namespace}/{one.claim_name}" for one in claims if one is not None]
