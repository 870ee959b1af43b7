"""Reserve and PreBind of the scheduler's volume binding: volumes that come with the node.

Once a node is chosen, the volumes that the pod's claims will have there count as taken at once, so that the next pod
does not get them too. Then it is written down: into a volume, for which claim it is set aside; into a claim, on which
node its volume is to be made. The pod is bound when all its claims are, which is looked at every second. If its node
goes meanwhile, or a provisioner gives that node up, what was reserved is given back and the pod is decided on anew.

Source: kubernetes, pkg/scheduler/framework/plugins/volumebinding/binder.go (version 1.34).
Left out: giving up after 600 s (bindTimeout): a pod waits for its volumes on the node as long as it takes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import ApiServer, Call, Client
from workbench.engines.kubernetes.event_handlers import RESOURCES, EventHandlers
from workbench.engines.kubernetes.framework import Cluster
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.objects import ApiObject, PodObject
from workbench.engines.kubernetes.plugins.volume_binding import (
    PodVolumeClaims,
    PodVolumes,
    VolumeBinding,
    find_pod_volumes,
)
from workbench.engines.kubernetes.plugins.volume_claims import SELECTED_NODE, fully_bound
from workbench.engines.kubernetes.volume_objects import (
    CLAIM,
    VOLUME,
    claim_key,
    edit,
    selecting,
    set_aside_for,
)
from workbench.engines.kubernetes.world_listers import WorldListers
from workbench.model.clock import SECOND_US
from workbench.model.native.kubernetes import PersistentVolume
from workbench.model.native.kubernetes.meta import KubeObject

POLL_US = SECOND_US
"""How often it is looked whether all claims are bound."""


NODE_GONE, NOT_PROVISIONED = "volume-node-gone", "volume-not-provisioned"
"""Why a pod that waited for its volumes is decided on anew."""


class _Waiting(NamedTuple):
    """A pod whose volumes are being bound, and the calls that were made for it."""

    pod: PodObject
    node: str
    plan: PodVolumes
    calls: list[Call]
    then: Callable[[], None]
    failed: Callable[[str], None]


class VolumeBinder:
    """The volume binder of one scheduler.

    Parameters
    ----------
    client : Client
        The scheduler's.
    listers : WorldListers
        The scheduler's: what is assumed is put there.
    handlers : EventHandlers
        Told of changes, for the pods that wait.
    """

    def __init__(self, api: ApiServer, client: Client, listers: WorldListers, handlers: EventHandlers) -> None:
        self._api = api
        self._client = client
        self._listers = listers
        self._plugin = VolumeBinding()
        self._planned: dict[int, tuple[str, PodVolumes]] = {}
        self._assumed: dict[str, PersistentVolume] = {}
        self._handlers = handlers

    def start(self) -> None:
        """Follow claims, volumes, classes and drivers: the cluster speaks of storage."""
        self._listers.binds = True
        for kind in RESOURCES:
            self._api.watch(kind, partial(self._changed, kind))

    def _changed(self, kind: str, old: ApiObject | None, new: ApiObject | None) -> None:
        """Take in a change, and tell the pods that wait."""
        if new is None:
            assert old is not None
            known = self._listers.claims if kind == CLAIM else self._listers.volumes
            if kind in (CLAIM, VOLUME):
                known.pop(claim_key(old) if kind == CLAIM else old.name, None)
        else:
            self._listers.put(self._seen(new.native))
        self._handlers.changed(kind, None if old is None else old.native, None if new is None else new.native)

    def reserve(self, pod: PodObject, node: NodeInfo, cluster: Cluster) -> bool:
        """Take what the pod needs on the node, now; False if that is not to be had any more."""
        state = self._plugin.pre_filter(pod.info, cluster)
        if not isinstance(state, PodVolumeClaims):
            return not pod.info.claims
        if not state.waiting:
            return True
        plan = find_pod_volumes(state, node)
        if not isinstance(plan, PodVolumes):
            return False
        for claim, volume in plan.bindings:
            taken = set_aside_for(claim.namespace or pod.namespace, claim.name)(volume)
            assert taken is not None
            self._listers.volumes[volume.name] = self._assumed[volume.name] = taken
        for claim in plan.to_provision:
            self._listers.claims[f"{pod.namespace}/{claim.name}"] = selecting(node.name)(claim)
        self._planned[pod.uid] = (node.name, plan)
        return True

    def waits(self, uid: int) -> bool:
        """Say whether something was reserved for a pod that has to be bound or made before the pod is bound."""
        return uid in self._planned

    def pre_bind(self, pod: PodObject, then: Callable[[], None], failed: Callable[[str], None]) -> None:
        """Have volumes bound and made as reserved, then call `then`; if that comes to nothing, `failed` with why."""
        node, plan = self._planned.pop(pod.uid)
        self._api.world.event("WaitForPodVolumes", pod.name, "volumes-being-bound", node)
        calls = []
        for claim, volume in plan.bindings:
            space = claim.namespace or pod.namespace
            change = set_aside_for(space, claim.name)
            calls.append(self._client.send(edit, self._api, f"{VOLUME}//{volume.name}", change))
        for claim in plan.to_provision:
            key = f"{CLAIM}/{pod.namespace}/{claim.name}"
            calls.append(self._client.send(edit, self._api, key, selecting(node)))
        waiting = _Waiting(pod, node, plan, calls, then, failed)
        self._api.world.agenda.after(POLL_US, Order.SCHEDULER, self._poll, waiting)

    def _poll(self, one: _Waiting) -> None:
        if one.pod.uid not in self._api.pods:
            return
        if not self._is_there(one.node):
            self._give_back(one, NODE_GONE)
            return
        claims = [self._listers.claims.get(key) for key in one.pod.info.claims]
        if all(claim is None or fully_bound(claim) for claim in claims):
            one.then()
        elif self._given_up(one):
            self._give_back(one, NOT_PROVISIONED)
        else:
            self._api.world.agenda.after(POLL_US, Order.SCHEDULER, self._poll, one)

    def _given_up(self, one: _Waiting) -> bool:
        """Say whether a provisioner has taken the chosen node out of a claim again."""
        if not all(call.answered for call in one.calls):
            return False
        keys = (f"{CLAIM}/{one.pod.namespace}/{claim.name}" for claim in one.plan.to_provision)
        there = [known.native for key in keys if (known := self._api.objects.get(key)) is not None]
        return any(not fully_bound(claim) and SELECTED_NODE not in claim.metadata.annotations for claim in there)

    def _give_back(self, one: _Waiting, why: str) -> None:
        """Let go of what was reserved, as far as it has not been written down, and have the pod decided on anew."""
        for _, volume in one.plan.bindings:
            self._assumed.pop(volume.name, None)
            self._as_stored(f"{VOLUME}//{volume.name}")
        for claim in one.plan.to_provision:
            self._as_stored(f"{CLAIM}/{one.pod.namespace}/{claim.name}")
        self._api.world.event("FailedBinding", one.pod.name, why, one.node)
        one.failed(why)

    def _as_stored(self, key: str) -> None:
        known = self._api.objects.get(key)
        if known is not None:
            self._listers.put(known.native)

    def _is_there(self, node: str) -> bool:
        return any(one.name == node and not one.deleted for one in self._api.nodes)

    def _seen(self, one: KubeObject) -> KubeObject:
        """Return a version that a watch has brought, with what has been assumed of a volume since it was written."""
        assumed = self._assumed.get(one.name) if isinstance(one, PersistentVolume) else None
        if assumed is None or not isinstance(one, PersistentVolume):
            return one
        if one.spec.claim_ref is None:
            return assumed
        del self._assumed[one.name]
        return one
