"""When did pods last come to a node, or go from it?

Karpenter looks at a node only once nothing has happened there for a while (consolidateAfter): no pod was bound to it,
none came to its end, none was asked to go. Pods of DaemonSets do not count. A node without any counts from the time
at which it was ready.

Source: kubernetes-sigs/karpenter, August 2026: pkg/controllers/nodeclaim/podevents, pkg/controllers/nodeclaim/
disruption (consolidation.go).
Left out: events that come within some seconds of another are dropped upstream.
"""

from __future__ import annotations

from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.objects import NOWHERE, NodeObject, PodObject


class PodEvents:
    """The last event of each node, in microseconds."""

    def __init__(self, api: ApiServer) -> None:
        self._world = api.world
        self._last_us: dict[int, int] = {}
        api.watch("Pod", self._on_pod)
        api.watch("Node", self._on_node)

    def quiet_us(self, node: int) -> int:
        """Return for how long nothing has happened on a node."""
        return self._world.now_us - self._last_us.get(node, 0)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        pod = new or old
        if pod is None or pod.node == NOWHERE or pod.owner.startswith("DaemonSet/"):
            return
        if old is None or new is None or _standing(old) != _standing(new):
            self._last_us[pod.node] = self._world.now_us

    def _on_node(self, old: NodeObject | None, new: NodeObject | None) -> None:
        if new is not None and new.ready == "True" and (old is None or old.ready != "True"):
            self._last_us.setdefault(new.index, self._world.now_us)


def _standing(pod: PodObject) -> tuple[int, bool, bool]:
    return pod.node, pod.terminal, pod.deleting
