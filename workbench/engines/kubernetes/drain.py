"""Maintenance of a node as ``kubectl`` does it: cordon, drain, uncordon.

A drain marks the node as unschedulable, then asks for the eviction of every pod there, all at once; what a budget
refuses is asked for again every 5 s, for as long as it takes. Pods of DaemonSets stay.

Source: kubernetes/kubectl, pkg/drain (version 1.34).
Left out: flags: it is run with --ignore-daemonsets, --force and --delete-emptydir-data, without a time-out.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import NOT_FOUND, ApiServer
from workbench.engines.kubernetes.eviction import evict
from workbench.engines.kubernetes.objects import PodObject
from workbench.engines.kubernetes.watches import GONE
from workbench.model.clock import SECOND_US

RETRY_US = 5 * SECOND_US
"""How long a drain waits before it asks again for an eviction that was refused."""


def _nothing() -> None:
    """Do nothing."""


class Drains:
    """The nodes under maintenance."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._world = api.world
        self.when_empty: dict[int, Callable[[], None]] = {}  # node -> what is to be done once it is drained
        self._left: dict[int, set[int]] = {}
        self._asked: dict[int, int] = {}
        api.watch("Pod", self._on_pod, changes=GONE)

    def cordon(self, node: int, *, on: bool) -> None:
        """Let no new pods onto a node, or let them again."""
        self._api.request(self._mark, node, on)

    def drain(self, node: int) -> None:
        """Cordon a node, then have its pods evicted."""
        self._api.request(self._begin, node)

    def _mark(self, node: int, on: bool) -> str:
        known = self._api.nodes[node].node
        return self._api.patch_node(node, {"node": replace(known, spec=replace(known.spec, unschedulable=on))})

    def _begin(self, node: int) -> str:
        self._mark(node, True)
        pods = [pod for pod in self._api.pods.values() if pod.node == node and not pod.owner.startswith("DaemonSet/")]
        self._left[node] = {pod.uid for pod in pods}
        for pod in pods:
            self._api.request(self._try, pod)
        self._look(node)
        return ""

    def _try(self, pod: PodObject) -> str:
        """Ask for an eviction, and if it is refused, again later."""
        refusal = evict(self._api, pod.uid)
        if refusal == NOT_FOUND:
            return refusal
        if refusal:
            if pod.uid not in self._asked:
                self._world.event("EvictionRefused", pod.name, refusal, self._world.node_names[pod.node])
            self._world.agenda.after(RETRY_US, Order.ARRIVAL, self._api.request, self._try, pod)
        else:
            tries = str(self._asked.get(pod.uid, 0) + 1)
            self._world.event("Evicted", pod.name, "drained", tries)
        self._asked[pod.uid] = self._asked.get(pod.uid, 0) + 1
        return refusal

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        if new is None and old is not None and old.uid in self._left.get(old.node, ()):
            self._left[old.node].discard(old.uid)
            self._look(old.node)

    def _look(self, node: int) -> None:
        if not self._left[node]:
            del self._left[node]
            self._world.event("Drained", self._world.node_names[node])
            self.when_empty.pop(node, _nothing)()
