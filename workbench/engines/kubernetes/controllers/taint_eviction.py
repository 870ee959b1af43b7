"""Taint eviction: pods leave a node with a NoExecute taint, once they have put up with it for long enough.

Source: kubernetes, pkg/controller/tainteviction/taint_eviction.go (version 1.34).
"""

from __future__ import annotations

from collections.abc import Iterable

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import ApiServer, PodInformer
from workbench.engines.kubernetes.objects import NOWHERE, NodeObject, PodObject
from workbench.engines.kubernetes.selectors import tolerates
from workbench.model.clock import SECOND_US
from workbench.model.native.kubernetes.affinity import Toleration
from workbench.model.native.kubernetes.nodes import Taint

FOREVER = -1


def toleration_seconds(taints: Iterable[Taint], tolerations: Iterable[Toleration]) -> int:
    """Return how long a pod stays on a node with these NoExecute taints: 0 evicts at once, `FOREVER` never.

    One taint that nothing tolerates evicts at once. Of all tolerations that match some taint the shortest counts.
    """
    tolerations = tuple(tolerations)
    used: list[Toleration] = []
    for taint in taints:
        matching = [one for one in tolerations if tolerates(one, taint)]
        if not matching:
            return 0
        used += matching
    bounded = [max(0, one.toleration_seconds) for one in used if one.toleration_seconds is not None]
    return min(bounded, default=FOREVER)


def no_execute(taints: Iterable[Taint]) -> tuple[Taint, ...]:
    """Return the taints that evict."""
    return tuple(taint for taint in taints if taint.effect == "NoExecute")


def _moved_or_changed(old: PodObject, new: PodObject) -> bool:
    """Say whether a pod got its node, or puts up with other taints than before."""
    return old.node == NOWHERE or old.info.spec.tolerations != new.info.spec.tolerations


class TaintEvictionController:
    """Plans the deletion of pods on tainted nodes, each at its own time, and forgets it if the taint goes.

    A plan once made stays: longer tolerations that come later do not help.
    """

    name = "taint-eviction-controller"

    def __init__(self, api: ApiServer, informer: PodInformer) -> None:
        self._api = api
        self._world = api.world
        self._informer = informer
        self._client = api.controller_client()
        self._taints: dict[int, tuple[Taint, ...]] = {}
        self._planned: dict[int, int] = {}
        self._pods = api.watch("Pod", self._on_pod).sleep()
        api.watch("Node", self._on_node)
        api.manager.on_new_leader(self._begin_again)

    def _begin_again(self) -> None:
        """Another instance leads: it knows the taints, and counts how long pods put up with them from now."""
        self._planned.clear()
        for node in list(self._taints):
            for pod in list(self._informer.on_node(node).values()):
                self._consider(pod)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        if new is None:
            assert old is not None
            self._planned.pop(old.uid, None)
        elif self._taints and new.node != NOWHERE and (old is None or _moved_or_changed(old, new)):
            self._consider(new)

    def _on_node(self, _: NodeObject | None, new: NodeObject) -> None:
        taints = no_execute(new.node.spec.taints)
        if taints == self._taints.get(new.index, ()):
            return
        if taints:
            self._taints[new.index] = taints
            self._pods.wake()
        else:
            del self._taints[new.index]
        for pod in list(self._informer.on_node(new.index).values()):
            self._consider(pod)

    def _consider(self, pod: PodObject) -> None:
        taints = self._taints.get(pod.node)
        if not taints:
            self._planned.pop(pod.uid, None)
            return
        seconds = toleration_seconds(taints, pod.info.spec.tolerations)
        if not self._api.manager.leading:
            return  # the next leader will consider it
        if seconds == 0:
            self._planned.pop(pod.uid, None)
            self._evict(pod.uid)
        elif seconds == FOREVER:
            self._planned.pop(pod.uid, None)
        elif pod.uid not in self._planned:
            due_us = self._world.now_us + seconds * SECOND_US
            self._planned[pod.uid] = due_us
            self._world.agenda.at(due_us, Order.CONTROLLER, self._due, pod.uid, due_us)

    def _due(self, uid: int, due_us: int) -> None:
        if self._planned.get(uid) == due_us and self._api.manager.leading:
            del self._planned[uid]
            self._evict(uid)

    def _evict(self, uid: int) -> None:
        """Write the condition DisruptionTarget, then delete: two calls."""
        pod = self._informer.pods.get(uid)
        if pod is None or pod.deleting or pod.terminal:
            return
        self._world.event("TaintManagerEviction", pod.name, "node-tainted", self._world.node_names[pod.node])
        self._client.spend()
        self._client.send(self._api.delete_pod, uid, None, "DeletionByTaintManager")
