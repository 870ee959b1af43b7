"""Pod garbage collection: pods that no kubelet will ever take down.

A pod that is being deleted on a node that answers no more stays, since only its kubelet can say that it has stopped.
It goes by force when somebody has said that the node is out of service, or when the node's object is gone.

Source: kubernetes, pkg/controller/podgc/gc_controller.go (version 1.34): gcCheckPeriod 20 s, quarantineTime 40 s.
Left out: the limit on terminated pods, pods that were never bound.
"""

from __future__ import annotations

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import ApiServer, PodInformer
from workbench.engines.kubernetes.objects import NodeObject, PodObject
from workbench.engines.kubernetes.prober import next_tick_us

OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
CHECK_PERIOD_US = 20_000_000
QUARANTINE_US = 40_000_000
"""A node has to be missing for so long before its pods are orphans."""


def out_of_service(node: NodeObject) -> bool:
    """Say whether somebody has declared the node out of service, and it does not answer."""
    return node.ready != "True" and any(taint.key == OUT_OF_SERVICE for taint in node.node.spec.taints)


class PodGarbageCollector:
    """Removes pods by force where nobody else can; looks only while there is something to look at."""

    name = "pod-garbage-collector"

    def __init__(self, api: ApiServer, informer: PodInformer) -> None:
        self._api = api
        self._world = api.world
        self._informer = informer
        self._client = api.controller_client()
        self._phase_us = int(api.world.streams.stream("kubernetes/pod-gc").random() * CHECK_PERIOD_US)
        self._missing: dict[int, int] = {}  # node -> when it was first found missing
        self._planned = False
        api.watch("Node", self._on_node)
        api.manager.on_new_leader(self._begin_again)

    def _begin_again(self) -> None:
        """Another instance leads: it finds for itself which nodes are missing, and since when."""
        self._missing.clear()
        self._plan()

    def _on_node(self, _: NodeObject | None, new: NodeObject) -> None:
        if new.deleted or out_of_service(new):
            self._plan()
        if not new.deleted:
            self._missing.pop(new.index, None)

    def _plan(self) -> None:
        if not self._planned:
            self._planned = True
            at_us = next_tick_us(self._phase_us, CHECK_PERIOD_US, self._world.now_us + 1)
            self._world.agenda.at(at_us, Order.CONTROLLER, self._collect)

    def _collect(self) -> None:
        """One pass over the nodes that are gone or out of service."""
        self._planned = False
        if not self._api.manager.leading:
            return  # the next leader begins again
        for node in self._api.nodes:
            pods = list(self._informer.on_node(node.index).values())
            if node.deleted:
                self._collect_orphans(node, pods)
            elif out_of_service(node):
                self._collect_terminating(pods)
            else:
                continue
            if pods:
                self._plan()

    def _collect_orphans(self, node: NodeObject, pods: list[PodObject]) -> None:
        since_us = self._missing.setdefault(node.index, self._world.now_us)
        if self._world.now_us - since_us >= QUARANTINE_US:
            for pod in pods:
                self._remove(pod, "node-deleted")

    def _collect_terminating(self, pods: list[PodObject]) -> None:
        """Remove the pods that are going, whatever they tolerate: a toleration only spares them the eviction."""
        for pod in pods:
            if pod.deleting:
                self._remove(pod, "node-out-of-service")

    def _remove(self, pod: PodObject, why: str) -> None:
        self._world.event("PodGC", pod.name, why, self._world.node_names[pod.node])
        self._client.spend()
        self._client.send(self._api.delete_pod, pod.uid, 0, "DeletionByPodGC")
