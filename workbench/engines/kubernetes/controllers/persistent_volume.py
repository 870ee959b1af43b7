"""The binder: brings claims and volumes together, and says what becomes of a volume whose claim is gone.

A claim without a volume takes the smallest that does, or has one made if its class can. A claim whose class waits for
its first consumer is left to the scheduler until that has written the chosen node into it. Both sides point at each
other in the end, and neither is ever given to anybody else.

Source: kubernetes, pkg/controller/volume/persistentvolume/pv_controller.go (version 1.34).
Left out: that a binding is four writes, of which any may be the last for a while; finalizers that keep what is in use
(a volume that is still attached is deleted later all the same). Growing claims: `expand.py`.
"""

from __future__ import annotations

from msgspec.structs import replace

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import NOT_FOUND, ApiServer
from workbench.engines.kubernetes.listers import Listers
from workbench.engines.kubernetes.objects import ApiObject
from workbench.engines.kubernetes.plugins.volume_claims import (
    BIND_COMPLETED,
    NO_PROVISIONER,
    SELECTED_NODE,
    class_of,
    is_for,
    requested_bytes,
)
from workbench.engines.kubernetes.pod_volumes import disks_of
from workbench.engines.kubernetes.prober import next_tick_us
from workbench.engines.kubernetes.provisioner import Provisioner
from workbench.engines.kubernetes.storage_classes import default_class, is_managed
from workbench.engines.kubernetes.volume_matching import find_best_match_for_claim, is_delay_binding_mode
from workbench.engines.kubernetes.volume_objects import (
    CLAIM,
    CONFLICT,
    VOLUME,
    bound_to,
    claim_key,
    edit,
    freed,
    in_phase,
    lost,
    named_by,
    of_class,
    set_aside_for,
)
from workbench.model.clock import SECOND_US
from workbench.model.native.kubernetes import PersistentVolume, PersistentVolumeClaim

RESYNC_US = 15 * SECOND_US
"""What waits is looked at again at this interval (--pvclaimbinder-sync-period)."""


class PersistentVolumeController:
    """The persistent volume controller.

    Parameters
    ----------
    listers : Listers
        Claims, volumes and classes as the watches show them; kept by this controller.
    """

    def __init__(self, api: ApiServer, listers: Listers) -> None:
        self._api = api
        self._world = api.world
        self._listers = listers
        self._client = api.controller_client()
        self._provisioner = Provisioner(api, listers, self._sync_claim)
        self._claims: dict[str, ApiObject] = {}
        self._uids: dict[str, str] = {}
        self._born = 0
        self._told: dict[str, str] = {}  # claim -> why it waits, as far as that has been said
        self._phase_us = int(api.world.streams.stream("kubernetes/pv-controller/resync").random() * RESYNC_US)
        self._ticking = False
        api.watch(CLAIM, self._on_claim)
        api.watch(VOLUME, self._on_volume)
        for kind in ("StorageClass", "CSINode", "CSIDriver", "CSIStorageCapacity"):
            api.watch(kind, self._on_other)
        api.manager.on_new_leader(self._resync)

    # -- watching -------------------------------------------------------------------------------------------

    def _on_claim(self, old: ApiObject | None, new: ApiObject | None) -> None:
        if new is None:
            assert old is not None
            key = claim_key(old)
            self._provisioner.gone(self._uids.get(key, ""))
            for known in (self._claims, self._uids, self._told, self._listers.claims):
                known.pop(key, None)
            for volume in [one for one in self._listers.volumes.values() if named_by(one) == key]:
                self._sync_volume(volume.name)
            return
        key = claim_key(new)
        if key not in self._uids:
            self._born += 1
            self._uids[key] = str(self._born)
        self._claims[key] = new
        self._listers.claims[key] = new.native
        self._sync_claim(key)

    def _on_volume(self, old: ApiObject | None, new: ApiObject | None) -> None:
        if new is None:
            assert old is not None
            self._listers.volumes.pop(old.name, None)
            self._sync_claim(named_by(old.native))
            return
        self._listers.add(new.native)
        self._sync_volume(new.name)
        self._sync_claim(named_by(new.native))

    def _on_other(self, _: ApiObject | None, new: ApiObject | None) -> None:
        if new is not None:
            self._listers.put(new.native)

    def _resync(self) -> None:
        """Look at everything that is not settled."""
        for key in list(self._claims):
            self._sync_claim(key)
        for name in list(self._listers.volumes):
            self._sync_volume(name)

    def _look_again(self) -> None:
        """See to it that there is a next look at what waits."""
        if not self._ticking:
            self._ticking = True
            at_us = next_tick_us(self._phase_us, RESYNC_US, self._world.now_us + 1)
            self._world.agenda.at(at_us, Order.CONTROLLER, self._tick)

    def _tick(self) -> None:
        self._ticking = False
        self._resync()

    # -- claims ---------------------------------------------------------------------------------------------

    def _sync_claim(self, key: str) -> None:
        one = self._claims.get(key)
        if one is None or not self._api.manager.leading:
            return
        claim: PersistentVolumeClaim = one.native
        if not is_managed(claim, self._listers.classes, self._listers.volumes.values()):
            return
        if BIND_COMPLETED in claim.metadata.annotations:
            self._sync_bound(one, claim)
            return
        if claim.spec.storage_class_name is None and not claim.spec.volume_name:
            usual = default_class(self._listers.classes)
            if usual:
                self._client.send(edit, self._api, one.uid, lambda it: of_class(it, usual))
                return
        self._sync_unbound(one, replace(claim, metadata=replace(claim.metadata, uid=self._uids[key])))

    def _sync_unbound(self, one: ApiObject, claim: PersistentVolumeClaim) -> None:
        if claim.spec.volume_name:
            volume = self._listers.volumes.get(claim.spec.volume_name)
            if volume is not None and self._would_take(volume, claim):
                self._bind(one, volume)
            else:
                self._waits(one, "named-volume-taken" if volume is not None else "named-volume-missing")
            return
        delay = is_delay_binding_mode(claim, self._listers.classes)
        volume = find_best_match_for_claim(claim, self._listers.volumes.values(), delay_binding=delay)
        if volume is not None:
            self._bind(one, volume)
        elif delay and SELECTED_NODE not in claim.metadata.annotations:
            self._waits(one, "waits-for-first-consumer")
        else:
            self._provision(one, claim)

    def _provision(self, one: ApiObject, claim: PersistentVolumeClaim) -> None:
        known = self._listers.classes.get(class_of(claim))
        if known is not None and known.provisioner not in ("", NO_PROVISIONER):
            self._provisioner.provision(one, self._uids[claim_key(one)], known)
        elif class_of(claim) and known is None:
            self._waits(one, "no-such-class")
        else:
            self._waits(one, "no-volume-fits")

    def _would_take(self, volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
        """Say whether a volume that a claim names may be its own: class and selector are not asked for."""
        if volume.spec.claim_ref is not None and not is_for(volume, claim):
            return False
        size = volume.spec.capacity.get("storage")
        return (
            (0 if size is None else size.units()) >= requested_bytes(claim)
            and volume.spec.volume_mode == claim.spec.volume_mode
            and set(claim.spec.access_modes) <= set(volume.spec.access_modes)
        )

    def _bind(self, one: ApiObject, volume: PersistentVolume) -> None:
        self._client.spend()
        self._client.send(self._bound, one.namespace, one.name, self._uids[claim_key(one)], volume.name)

    def _bound(self, namespace: str, name: str, uid: str, volume: str) -> str:
        """Let both sides point at each other, if both are still free for that."""
        claim, there = (
            self._api.objects.get(f"{CLAIM}/{namespace}/{name}"),
            self._api.objects.get(f"{VOLUME}//{volume}"),
        )
        if claim is None or there is None or self._uids.get(f"{namespace}/{name}") != uid:
            return NOT_FOUND
        aside = set_aside_for(namespace, name, uid)(there.native)
        taken = bound_to(there.native)(claim.native)
        if aside is None or taken is None:
            return CONFLICT
        if taken is not claim.native and BIND_COMPLETED in claim.native.metadata.annotations:
            return ""  # done already
        self._api.patch(there.uid, {"native": in_phase("Bound")(aside)})
        self._told.pop(f"{namespace}/{name}", None)
        return self._api.patch(claim.uid, {"native": taken})

    def _sync_bound(self, one: ApiObject, claim: PersistentVolumeClaim) -> None:
        """A claim whose volume is gone is lost; it gets no other."""
        if claim.status.phase == "Lost" or claim.spec.volume_name in self._listers.volumes:
            return
        if f"{VOLUME}//{claim.spec.volume_name}" in self._api.objects:
            return  # the watch has not brought it yet
        self._world.event("ClaimLost", claim_key(one), "volume-gone", claim.spec.volume_name)
        self._client.send(edit, self._api, one.uid, lost)

    def _waits(self, one: ApiObject, why: str) -> None:
        key = claim_key(one)
        if self._told.get(key) != why:
            self._told[key] = why
            kind = "WaitForFirstConsumer" if why == "waits-for-first-consumer" else "FailedBinding"
            self._world.event(kind, key, why, class_of(one.native))
        self._look_again()

    # -- volumes --------------------------------------------------------------------------------------------

    def _sync_volume(self, name: str) -> None:
        volume = self._listers.volumes.get(name)
        if volume is None or not self._api.manager.leading:
            return
        ref = volume.spec.claim_ref
        if ref is None or not ref.uid:
            self._to_phase(volume, "Available")
        elif self._uids.get(f"{ref.namespace}/{ref.name}") == ref.uid:
            return  # bound, or about to be
        else:
            self._to_phase(volume, "Released")
            self._reclaim(volume)

    def _to_phase(self, volume: PersistentVolume, phase: str) -> None:
        if volume.status.phase != phase:
            self._client.send(edit, self._api, f"{VOLUME}//{volume.name}", in_phase(phase))

    def _reclaim(self, volume: PersistentVolume) -> None:
        """Do with a volume whose claim is gone as its policy says, once no machine has it attached."""
        policy = volume.spec.persistent_volume_reclaim_policy
        if policy == "Retain":
            return
        assert volume.spec.claim_ref is not None
        if any(one.attached for one in disks_of(volume, self._world.disks)):
            self._look_again()
        else:
            self._client.send(self._reclaimed, volume.name, volume.spec.claim_ref.uid)

    def _reclaimed(self, name: str, uid: str) -> str:
        """Delete a volume, or remove what it holds and let others have it: unless it is another claim's by now."""
        there = self._api.objects.get(f"{VOLUME}//{name}")
        if there is None:
            return NOT_FOUND
        volume: PersistentVolume = there.native
        if volume.spec.claim_ref is None or volume.spec.claim_ref.uid != uid:
            return CONFLICT
        delete = volume.spec.persistent_volume_reclaim_policy == "Delete"
        for one in disks_of(volume, self._world.disks):
            (self._world.disks.delete if delete else self._world.disks.wipe)(one.name)
        return self._api.delete(there.uid) if delete else edit(self._api, there.uid, freed)
