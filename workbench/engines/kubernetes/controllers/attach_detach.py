"""The attach/detach controller: a disk is on one node at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from workbench.engines.agenda import Order
from workbench.engines.disks import NOWHERE, Volume
from workbench.engines.kubernetes.api_server import ApiServer, PodInformer
from workbench.engines.kubernetes.controllers.pod_gc import out_of_service
from workbench.engines.kubernetes.objects import ApiObject, NodeObject, PodObject
from workbench.engines.kubernetes.pod_volumes import Mount, PodVolumes
from workbench.engines.kubernetes.watches import GONE
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters

RECONCILE_US = 100_000
"""How often the controller compares what is attached with what should be (reconciler loop period, 100 ms)."""


@parameters("kubernetes.attach_detach")
@dataclass(frozen=True)
class AttachDetachParameters:
    """How long a disk stays with a node that does not answer."""

    max_wait_for_unmount_s: float = param(
        360.0, unit="s", low=0, high=3600,
        help="how long a disk that nobody uses stays attached to a node that cannot say that it has unmounted it",
        source="kubernetes 1.34, attach_detach_controller.go, ReconcilerMaxWaitForUnmountDuration 6 min",
        shown_in="who-comes-back",
    )  # fmt: skip


class _Unused(NamedTuple):
    """A disk on a node that does not answer: the last pod there that had it, and since when nobody has."""

    gone: PodObject
    since_us: int


class AttachDetachController:
    """Attaches a pod's disk to its node, and takes it off once no pod there uses it and the node has unmounted it.

    A pod is bound to a node before its disk is free there: it waits until the former pod is gone from the API. A node
    that does not answer cannot unmount: its disks are detached by force after `max_wait_for_unmount_s`, or at once if
    somebody has declared the node out of service.

    Source: kubernetes, pkg/controller/volume/attachdetach/reconciler/reconciler.go (version 1.34).
    """

    def __init__(self, api: ApiServer, informer: PodInformer) -> None:
        self._api = api
        self._world = api.world
        self._informer = informer
        self._wait_us = to_us(api.world.settings.of(AttachDetachParameters).max_wait_for_unmount_s)
        self._volumes = PodVolumes(api)
        self._claimed: set[str] = set()  # volumes that go with the claim of their name
        self._asked: dict[int, dict[str, None]] = {}  # pod -> volumes it has asked for: its claims may go before it
        self._waiting: dict[str, list[tuple[Mount, Callable[[], None]]]] = {}
        self._unused: dict[str, _Unused] = {}
        self._held: list[Callable[[], None]] = []  # what is to be done once somebody leads
        api.watch("Pod", self._on_pod, changes=GONE)
        api.watch("Node", self._on_node)
        api.watch("PersistentVolumeClaim", self._on_claim)
        api.manager.on_new_leader(self._begin_again)

    def _begin_again(self) -> None:
        """Another instance leads: it takes off what no pod uses, attaches what waits, and counts anew from now."""
        held, self._held = self._held, []
        held += [partial(self._reconcile, one.gone) for one in self._unused.values()]
        self._unused.clear()
        for call in held:
            self._world.agenda.after(RECONCILE_US, Order.CONTROLLER, call)

    def attach(self, mount: Mount, then: Callable[[], None]) -> None:
        """Bring a volume to the node of the pod that wants it and mount it, then call `then`, if the pod still is."""
        if mount.want.task not in self._api.pods:
            return
        if mount.claim and not self._api.manager.leading:
            self._held.append(lambda: self.attach(mount, then))
            return
        disks, want = self._world.disks, mount.want
        name = disks.named(mount.kind, want)
        if mount.claim == want.name:
            self._claimed.add(want.name)
        elif mount.claim:
            self._asked.setdefault(want.task, {})[name] = None
        volume = disks.get(name)
        if volume is not None and volume.node not in (NOWHERE, want.node) and not volume.shared:
            self._waiting.setdefault(name, []).append((mount, then))
            node = self._world.node_names[volume.node]
            self._world.event("FailedAttachVolume", self._world.name_of(want.task), "multi-attach", node)
        else:
            self._world.mount(mount.kind, want, then, partial(self.attach, mount, then))

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        if new is None and old is not None and old.node != NOWHERE and old.info.spec.volumes:  # else it never had one
            self._world.agenda.after(RECONCILE_US, Order.CONTROLLER, self._reconcile, old)

    def _on_claim(self, old: ApiObject | None, new: ApiObject | None) -> None:
        if new is None and old is not None:
            self._reclaim(f"{old.namespace}/{old.name}")

    def _reclaim(self, claim: str) -> None:
        """Delete the disk of a claim that is gone (its class' reclaim policy Delete), once no node has it any more."""
        volume = self._world.disks.get(claim)
        if volume is None or claim not in self._claimed or f"PersistentVolumeClaim/{claim}" in self._api.objects:
            return
        if volume.reach == "local" or not volume.attached:
            self._world.disks.delete(claim)

    def _on_node(self, _: NodeObject | None, new: NodeObject) -> None:
        """Look again at the disks of a node that answers again, or is out of service."""
        if self._unused and (self._world.machines[new.index].in_touch or out_of_service(new)):
            for gone in [one.gone for one in self._unused.values() if one.gone.node == new.index]:
                self._world.agenda.after(RECONCILE_US, Order.CONTROLLER, self._reconcile, gone)

    def _reconcile(self, gone: PodObject) -> None:
        if not self._api.manager.leading:
            self._held.append(lambda: self._reconcile(gone))
            return
        for claim in self._names(gone):
            volume = self._world.disks.get(claim)
            if volume is None or not _is_with(volume, gone.node) or self._in_use(claim, gone.node):
                self._forget(claim, gone.node)
                continue
            machine = self._world.machines[gone.node]
            if machine.in_touch or machine.gone or out_of_service(self._api.nodes[gone.node]):
                self._detach(claim, gone.node)
            elif claim not in self._unused:
                unused = self._unused[claim] = _Unused(gone, self._world.now_us)
                self._world.event("WaitForUnmount", claim, "node-silent", self._world.node_names[gone.node])
                self._world.agenda.after(self._wait_us, Order.CONTROLLER, self._force, claim, unused)

    def _forget(self, claim: str, node: int) -> None:
        """A disk that was unused on a node has moved on, or is used there again: nobody waits for its release."""
        known = self._unused.get(claim)
        if known is not None and known.gone.node == node:
            del self._unused[claim]

    def _force(self, claim: str, unused: _Unused) -> None:
        if self._unused.get(claim) is not unused or not self._api.manager.leading:
            return  # no longer waited for, or the next leader will wait anew
        volume, node = self._world.disks.get(claim), unused.gone.node
        if volume is None or not _is_with(volume, node) or self._in_use(claim, node):
            self._forget(claim, node)
            return
        self._world.event("ForceDetach", claim, "unmount-timed-out", self._world.node_names[node])
        self._detach(claim, node)

    def _detach(self, claim: str, node: int) -> None:
        self._unused.pop(claim, None)
        self._world.disks.detach(claim, node)
        self._reclaim(claim)
        volume = self._world.disks.get(claim)
        if volume is not None and volume.node == NOWHERE:
            for mount, then in self._waiting.pop(claim, []):
                self.attach(mount, then)

    def _in_use(self, claim: str, node: int) -> bool:
        there = (pod for pod in self._informer.on_node(node).values() if not pod.terminal and pod.info.spec.volumes)
        return any(claim in self._names(pod) for pod in there)

    def _names(self, pod: PodObject) -> dict[str, None]:
        return dict.fromkeys([*self._asked.get(pod.uid, ()), *self._volumes.names(pod)])


def _is_with(volume: Volume, node: int) -> bool:
    """Say whether a volume is attached to a node, or lives there."""
    return node in volume.attached or volume.home == node
