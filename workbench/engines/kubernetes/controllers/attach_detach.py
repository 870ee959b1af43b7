"""The attach/detach controller: a disk is on one node at a time."""

from __future__ import annotations

from collections.abc import Callable

from workbench.engines.agenda import Order
from workbench.engines.disks import NOWHERE
from workbench.engines.kubernetes.api_server import ApiServer, PodInformer
from workbench.engines.kubernetes.objects import PodObject

RECONCILE_US = 100_000
"""How often the controller compares what is attached with what should be (reconciler loop period, 100 ms)."""


class AttachDetachController:
    """Attaches a pod's disk to its node, and takes it off once no pod there uses it.

    A pod is bound to a node before its disk is free there: it waits until the former pod is gone from the API.

    Source: kubernetes, pkg/controller/volume/attachdetach (version 1.34).
    Left out: the forced detach from an unhealthy node after 6 min (a pod there is never gone from the API by itself).
    """

    def __init__(self, api: ApiServer, informer: PodInformer) -> None:
        self._world = api.world
        self._informer = informer
        self._waiting: dict[str, list[tuple[int, Callable[[], None]]]] = {}
        self._held: list[Callable[[], None]] = []  # what is to be done once somebody leads
        self._api = api
        api.watch("Pod", self._on_pod)
        api.manager.on_new_leader(self._begin_again)

    def _begin_again(self) -> None:
        """Another instance leads: it takes off what no pod uses, and attaches what waits."""
        held, self._held = self._held, []
        for call in held:
            self._world.agenda.after(RECONCILE_US, Order.CONTROLLER, call)

    def attach(self, task: int, claim: str, then: Callable[[], None]) -> None:
        """Bring the volume of a claim to the task's node and mount it, then call `then`.

        The World writes down when; a claim that no volume of the scenario stands for is mounted at once.
        """
        if claim and not self._api.manager.leading:
            self._held.append(lambda: self.attach(task, claim, then))
            return
        volume = self._world.disks.get(claim) if claim else None
        if volume is not None and volume.node not in (NOWHERE, self._world.node_of(task)):
            self._waiting.setdefault(claim, []).append((task, then))
        else:
            self._world.mount_volume(task, claim, then)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        if new is None and old is not None and old.info.claims:
            self._world.agenda.after(RECONCILE_US, Order.CONTROLLER, self._detach, old)

    def _detach(self, gone: PodObject) -> None:
        if not self._api.manager.leading:
            self._held.append(lambda: self._detach(gone))
            return
        for claim in gone.info.claims:
            volume = self._world.disks.get(claim)
            if volume is None or volume.node != gone.node or self._in_use(claim, gone.node):
                continue
            self._world.disks.detach(claim)
            if volume.node == NOWHERE:
                for task, then in self._waiting.pop(claim, []):
                    self.attach(task, claim, then)

    def _in_use(self, claim: str, node: int) -> bool:
        return any(claim in pod.info.claims for pod in self._informer.on_node(node).values() if not pod.terminal)
