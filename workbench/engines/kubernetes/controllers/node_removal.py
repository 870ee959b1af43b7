"""How an autoscaler of machines removes a node: a taint, evictions, and then the machine goes.

A node that is to go is tainted, so that no new pods come; what runs there is evicted, and what a disruption budget
refuses is asked for again every 10 s, for two minutes. Once everything but daemon pods is gone the machine is given
back. If a pod is still there when the time is up the taint is taken off, and the node stays.

Source: kubernetes/autoscaler, cluster-autoscaler/core/scaledown/actuation (drain.go, actuator.go) (version 1.36):
DefaultPodEvictionHeadroom 30 s, EvictionRetryTime 10 s, --max-pod-eviction-time 2 min,
--max-graceful-termination-sec 600. The taint of Karpenter: karpenter, pkg/apis/v1/taints.go.
Left out: grace periods above the longest that it grants; daemon pods are not evicted, they go with the machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import NOT_FOUND, ApiServer
from workbench.engines.kubernetes.eviction import evict
from workbench.engines.kubernetes.node_fleet import NodeFleet
from workbench.engines.kubernetes.objects import PodObject
from workbench.model.clock import NEVER, to_us
from workbench.model.native.kubernetes.nodes import Taint

TO_BE_DELETED, DISRUPTED = "ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted"
"""The key of the taint: what the Cluster Autoscaler, and what Karpenter calls it."""
EVICTION_RETRY_US = to_us(10)
MAX_POD_EVICTION_US = to_us(120)
MAX_GRACEFUL_US = to_us(600 + 30)
"""The longest grace period that it grants, and the headroom."""


@dataclass(slots=True)
class _Going:
    """A node on its way out; what is `left` on it is known once it is `tainted`."""

    drain: bool
    since_us: int
    tainted: bool = False
    left: set[int] = field(default_factory=set)


class NodeRemoval:
    """The nodes on their way out.

    Parameters
    ----------
    taint : str
        Key of the taint by which they are told from others.

    Attributes
    ----------
    going : dict
        Node -> how it stands.
    failed_us : int
        When a removal failed last, `NEVER` if none has.
    """

    def __init__(self, api: ApiServer, fleet: NodeFleet, taint: str = TO_BE_DELETED) -> None:
        self._api = api
        self._key = taint
        self._world = api.world
        self._fleet = fleet
        self.going: dict[int, _Going] = {}
        self.failed_us = NEVER
        self._pods = api.watch("Pod", self._on_pod, changes=("changed", "gone")).sleep()

    @property
    def draining(self) -> int:
        """How many of them are being drained."""
        return sum(one.drain for one in self.going.values())

    def begin(self, node: int, *, drain: bool) -> None:
        """Have a node removed."""
        self.going[node] = _Going(drain, self._world.now_us)
        self._pods.wake()
        kind, reason = ("ScaleDown", "node-unneeded") if drain else ("ScaleDownEmpty", "node-empty")
        self._world.event(kind, self._world.node_names[node], reason)
        self._api.request(self._taint, node)

    def _taint(self, node: int) -> str:
        known = self._api.nodes[node].node
        taint = Taint(key=self._key, effect="NoSchedule")
        spec = replace(known.spec, taints=(*known.spec.taints, taint))
        self._api.patch_node(node, {"node": replace(known, spec=spec)})
        pods = [
            pod for pod in self._api.pods.values()
            if pod.node == node and not pod.terminal and not pod.owner.startswith("DaemonSet/")
        ]  # fmt: skip
        self.going[node].left = {pod.uid for pod in pods}
        self.going[node].tainted = True
        for pod in pods:
            self._api.request(self._evict, pod, self.going[node])
        self._world.agenda.after(MAX_GRACEFUL_US, Order.CONTROLLER, self._time_is_up, node, self.going[node])
        self._look(node)
        return ""

    def _evict(self, pod: PodObject, going: _Going) -> str:
        """Ask for an eviction, and if it is refused, again later, as long as it is this removal that goes on."""
        if self.going.get(pod.node) is not going:
            return ""
        refusal = evict(self._api, pod.uid)
        if not refusal:
            self._world.event("Evicted", pod.name, "scaled-down-node", self._world.node_names[pod.node])
        elif refusal != NOT_FOUND and self._world.now_us - going.since_us < MAX_POD_EVICTION_US:
            self._world.agenda.after(EVICTION_RETRY_US, Order.CONTROLLER, self._api.request, self._evict, pod, going)
        elif refusal != NOT_FOUND:
            self._fail(pod.node)
        return refusal

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        pod = new or old
        if pod is not None and pod.node in self.going and (new is None or new.terminal):
            self.going[pod.node].left.discard(pod.uid)
            self._look(pod.node)

    def _look(self, node: int) -> None:
        if self.going[node].tainted and not self.going[node].left:
            del self.going[node]
            self._fleet.take_away(node)

    def _time_is_up(self, node: int, going: _Going) -> None:
        if self.going.get(node) is going:
            self._fail(node)

    def _fail(self, node: int) -> None:
        """A pod would not go: the node stays."""
        del self.going[node]
        self.failed_us = self._world.now_us
        self._world.event("ScaleDownFailed", self._world.node_names[node], "node-not-drained")
        self._api.request(self._untaint, node)

    def _untaint(self, node: int) -> str:
        known = self._api.nodes[node].node
        kept = tuple(one for one in known.spec.taints if one.key != self._key)
        return self._api.patch_node(node, {"node": replace(known, spec=replace(known.spec, taints=kept))})
