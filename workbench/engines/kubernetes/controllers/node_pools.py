"""The pools of nodes that may be made larger and smaller, as whoever orders nodes looks at them.

Source: kubernetes/autoscaler, cluster-autoscaler/core/static_autoscaler.go (version 1.36): pods that cannot be
scheduled, upcoming nodes, templates of node groups.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.engines.kubernetes.admission import NOT_READY
from workbench.engines.kubernetes.api_server import ApiServer, PodInformer
from workbench.engines.kubernetes.autoscalers.cluster import NodeGroup
from workbench.engines.kubernetes.autoscalers.cluster_snapshot import Snapshot
from workbench.engines.kubernetes.controllers.daemonset import node_should_run_daemon_pod
from workbench.engines.kubernetes.kubelet import KubeletParameters
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.node_objects import node_info, node_object
from workbench.engines.kubernetes.objects import NOWHERE, NodeObject, PodObject
from workbench.engines.kubernetes.runtime import Profile
from workbench.engines.kubernetes.scheduler import Scheduler
from workbench.model.cluster import NodePool
from workbench.model.parameters import param, parameters


@parameters("kubernetes.nodes")
@dataclass(frozen=True)
class NodeParameters:
    """Who looks after the size of pools."""

    provisioner: str = param(
        "cluster-autoscaler", choices=("cluster-autoscaler", "karpenter"),
        help="who orders nodes for pods that wait and gives back those that are not needed",
        source="assumption: the Cluster Autoscaler, the older of the two", shown_in="busy-day",
    )  # fmt: skip


class NodePools:
    """The pools with bounds.

    Attributes
    ----------
    all : list of NodePool
        Those whose size may change, in the order of the scenario.
    profile : Profile
        Of the scheduler whose filters say what fits.
    """

    def __init__(self, api: ApiServer, informer: PodInformer, scheduler: Scheduler) -> None:
        self._api = api
        self._world = api.world
        self._informer = informer
        self._scheduler = scheduler
        self._max_pods = api.world.settings.of(KubeletParameters).max_pods
        self.profile: Profile = scheduler.profile
        self._unplaced: dict[int, None] = {}  # pods without a node, as far as is known: few among many
        self.all = [pool for pool in api.world.scenario.cluster.pools if pool.most is not None]
        if self.all:
            api.watch("Pod", self._on_pod)

    def snapshot(self) -> Snapshot:
        """Return the cluster as it is, with the nodes on their way."""
        return Snapshot(self._scheduler.cluster, self._coming(), self.profile)

    def order(self, pool: str, before: int, count: int) -> list[str]:
        """Order nodes for pods that wait; return their names."""
        self.note(pool, before, before + count, "pods-unschedulable")
        return self._world.fleet.order(pool, count)

    def note(self, pool: str, before: int, after: int, reason: str) -> None:
        """Write that a pool is to have another size."""
        self._world.trace["scaling"].append(self._world.now_us, f"pool/{pool}", before, after, reason)

    def failed(self, pool: str, count: int, kind: str, reason: str) -> None:
        """Write that so many nodes of a pool, ordered before, will not come."""
        size = self.group(self._world.scenario.cluster.pool(pool)).size
        self.note(pool, size + count, size, reason)
        self._world.event(kind, pool, reason, str(count))

    def group(self, pool: NodePool) -> NodeGroup:
        """Return a pool with its size, nodes on order included."""
        fleet = self._world.fleet
        there = sum(fleet.nodes[node].pool == pool.name for node in fleet.present) + len(fleet.booting(pool.name))
        return NodeGroup(pool.name, there, pool.most or 0)

    def unschedulable(self) -> list[PodObject]:
        """Return the pods that the scheduler tried and could place nowhere, except those that wait for a victim."""
        tasks = self._world.trace["tasks"]
        pods = (self._api.pods.get(uid) for uid in self._unplaced)
        return [
            pod for pod in pods
            if pod is not None and pod.node == NOWHERE and not (pod.deleting or pod.terminal or pod.nominated)
            and tasks["attempts"][pod.uid] > 0 and tasks["why"][pod.uid]
        ]  # fmt: skip

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        if new is not None and new.node == NOWHERE and not (new.deleting or new.terminal):
            self._unplaced[new.uid] = None
        elif (pod := new or old) is not None:
            self._unplaced.pop(pod.uid, None)

    def _coming(self) -> list[NodeInfo]:
        """Return the nodes on their way: on order, not known to the scheduler yet, or known and not ready yet."""
        fleet, known = self._world.fleet, {node.name: node for node in self._scheduler.cluster.nodes}
        found = [(pool, name) for pool in self.all for name in fleet.booting(pool.name)]
        for number in fleet.present:
            node = known.get(fleet.names[number])
            starting = node is None or any(taint.key == NOT_READY for taint in node.taints)
            if starting and fleet.machines[number].in_touch:
                found += [(pool, fleet.names[number]) for pool in self.all if pool.name == fleet.nodes[number].pool]
        return [self.template(pool, name) for pool, name in found]

    def template(self, pool: NodePool, name: str) -> NodeInfo:
        """Return a node of a pool as it would be when new, under a name."""
        machine = replace(self._world.fleet.next_of(pool.name), name=name)
        known = NodeObject(index=0, node=node_object(machine), version=0)
        made = node_info(known, machine.capacity, self._max_pods)
        for one in self._api.objects.values():
            if one.kind == "DaemonSet":
                pods = self._informer.owned_by(one.uid).values()
                like = next(iter(pods), None)
                if like is not None and node_should_run_daemon_pod(one.native.spec.template.spec, known.node)[0]:
                    made.add_pod(like.info)
        return made
