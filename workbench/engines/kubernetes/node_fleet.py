"""Nodes that join a running cluster, and nodes that leave it for good.

A kubelet that has started registers its node: not ready yet, and tainted so by admission. Its first status says that
it is ready, and the node lifecycle controller takes the taint off. A node that is given back is drained; once it is
empty its machine is taken away and its object deleted. Pods of DaemonSets go down with the machine; their objects
are orphans, which the pod garbage collector removes.

Source: kubernetes, pkg/kubelet/kubelet_node_status.go (registerWithAPIServer, fastNodeStatusUpdate), plugin/pkg/
admission/nodetaint (version 1.34).
Left out: the container network that a node may have to wait for; the cloud controller that deletes the object when
its machine is gone (here whoever takes the machine away does it).
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.drain import Drains
from workbench.engines.kubernetes.kubelet import Kubelets
from workbench.engines.kubernetes.leases import Leases
from workbench.engines.kubernetes.node_objects import node_object
from workbench.engines.kubernetes.objects import NodeObject
from workbench.engines.kubernetes.pod_metrics import PodMetrics


class NodeFleet:
    """Whoever lets nodes come and go.

    Attributes
    ----------
    give_back : callable
        Takes the machine of a node that is empty; where others use the machine too, once they have left it.
    """

    def __init__(self, api: ApiServer, kubelets: Kubelets, leases: Leases, drains: Drains, metrics: PodMetrics) -> None:
        self._api = api
        self._world = api.world
        self._kubelets = kubelets
        self._leases = leases
        self._drains = drains
        self._metrics = metrics
        self.give_back: Callable[[int], None] = self._world.fleet.remove

    def joined(self, node: int) -> None:
        """A machine has booted: its kubelet registers its node."""
        machine = self._world.fleet.nodes[node]
        self._kubelets.node_added(machine.name)
        self._leases.node_added(machine.name)
        self._metrics.node_added(node)
        known = NodeObject(index=node, node=node_object(machine), version=0, ready="False", deleted=True)
        self._api.nodes.append(known)  # the number is the machine's; the object is not there yet
        self._api.request(self._register, node)

    def _register(self, node: int) -> str:
        if not self._world.machines[node].in_touch:
            return ""
        return self._kubelets.register(node)

    def remove(self, node: int) -> None:
        """Drain a node and, once it is empty, take its machine away and delete its object."""
        self._drains.when_empty[node] = lambda: self.take_away(node)
        self._drains.drain(node)

    def take_away(self, node: int) -> None:
        """Give a machine back, and have its object deleted."""
        self.give_back(node)
        self._api.request(self._delete, node)

    def _delete(self, node: int) -> str:
        self._world.node_seen(node, "gone")
        return self._api.patch_node(node, {"deleted": True})
