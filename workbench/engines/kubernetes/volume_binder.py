"""Reserve and PreBind of the scheduler's volume binding: volumes that come with the node.

Once a node is chosen, the volumes that the pod's claims will have there count as taken at once, so that the next pod
does not get them too. Then it is written down: into a volume, for which claim it is set aside; into a claim, on which
node its volume is to be made. The pod is bound when all its claims are, which is looked at every second.

Source: kubernetes, pkg/scheduler/framework/plugins/volumebinding/binder.go (version 1.34).
Left out: giving up after 600 s (bindTimeout): a pod waits for its volumes on the node as long as it takes.
A pod whose node goes meanwhile is bound to it all the same, for the garbage collector of pods to clear away; upstream
it goes back to the queue.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import ApiServer, Client
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
from workbench.engines.kubernetes.plugins.volume_claims import fully_bound
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

    def pre_bind(self, pod: PodObject, then: Callable[[], None]) -> None:
        """Have volumes bound and made as reserved, then call `then`: at once, if there is nothing to wait for."""
        planned = self._planned.pop(pod.uid, None)
        if planned is None:
            then()
            return
        node, plan = planned
        self._api.world.event("WaitForPodVolumes", pod.name, "volumes-being-bound", node)
        for claim, volume in plan.bindings:
            space = claim.namespace or pod.namespace
            self._client.send(edit, self._api, f"{VOLUME}//{volume.name}", set_aside_for(space, claim.name))
        for claim in plan.to_provision:
            self._client.send(edit, self._api, f"{CLAIM}/{pod.namespace}/{claim.name}", selecting(node))
        self._api.world.agenda.after(POLL_US, Order.SCHEDULER, self._poll, pod, node, then)

    def _poll(self, pod: PodObject, node: str, then: Callable[[], None]) -> None:
        if pod.uid not in self._api.pods:
            return
        claims = [self._listers.claims.get(key) for key in pod.info.claims]
        if all(one is None or fully_bound(one) for one in claims) or not self._is_there(node):
            then()
        else:
            self._api.world.agenda.after(POLL_US, Order.SCHEDULER, self._poll, pod, node, then)

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
