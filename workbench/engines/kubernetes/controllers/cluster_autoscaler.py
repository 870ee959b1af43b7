"""The loop of the Cluster Autoscaler: every 10 s a look at the pods that wait and at the nodes that nobody needs.

A look first finds out what became of earlier orders (`scale_up_requests.py`). Then it orders nodes for pods that the
scheduler could place nowhere, and that would not fit on the nodes on their way either. If none had to be ordered it
looks for nodes that are not needed; those go that were not for long enough, not too soon after the last order. What a
look decides is in `autoscalers/cluster_*.py`, the same functions that are
held against upstream's own tests; how a node goes is in `node_removal.py`.

It runs only where a pool's size may follow what waits (`autoscale`).

Source: kubernetes/autoscaler, cluster-autoscaler/core/static_autoscaler.go (RunOnce), config/flags/flags.go and
config/const.go (version 1.36).
Left out: the loss of its own process; nodes that nobody has a group for; unready nodes to be removed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from workbench.engines.agenda import Order, Process
from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.autoscalers import cluster_scale_down, cluster_scale_up
from workbench.engines.kubernetes.autoscalers.cluster import NodeGroup
from workbench.engines.kubernetes.autoscalers.cluster_drain import DrainOptions
from workbench.engines.kubernetes.autoscalers.cluster_snapshot import Snapshot
from workbench.engines.kubernetes.controllers.drained_pods import budgets_of, occupied
from workbench.engines.kubernetes.controllers.node_pools import NodePools
from workbench.engines.kubernetes.controllers.node_removal import NodeRemoval
from workbench.engines.kubernetes.controllers.scale_up_requests import ScaleUpRequests
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.objects import PodObject
from workbench.model.clock import NEVER, to_us
from workbench.model.parameters import param, parameters

MAX_UNREADY_PART, OK_UNREADY_COUNT = 0.45, 3
"""--max-total-unready-percentage and --ok-total-unready-count: with more unready nodes it does nothing."""
DELAY_AFTER_FAILURE_US = to_us(180)
"""--scale-down-delay-after-failure."""


@parameters("kubernetes.cluster_autoscaler")
@dataclass(frozen=True)
class ClusterAutoscalerParameters:
    """Flags of the Cluster Autoscaler."""

    scan_interval_s: float = param(
        10.0, unit="s", low=1, high=300, help="how often the Cluster Autoscaler looks",
        source="cluster-autoscaler 1.36, --scan-interval", shown_in="flash-crowd",
    )  # fmt: skip
    scale_down_delay_after_add_s: float = param(
        600.0, unit="s", low=0, high=7200, help="how long after an order for nodes none is given back",
        source="cluster-autoscaler 1.36, --scale-down-delay-after-add", shown_in="busy-day",
    )  # fmt: skip
    scale_down_unneeded_time_s: float = param(
        600.0, unit="s", low=0, high=7200, help="how long a node has to be unneeded before it is given back",
        source="cluster-autoscaler 1.36, --scale-down-unneeded-time", shown_in="busy-day",
    )  # fmt: skip
    scale_down_utilization_threshold: float = param(
        0.5, low=0, high=1, help="a node of which no larger part is asked for may be unneeded",
        source="cluster-autoscaler 1.36, --scale-down-utilization-threshold", shown_in="busy-day",
    )  # fmt: skip


class ClusterAutoscaler:
    """Makes pools of nodes larger and smaller."""

    name = "cluster-autoscaler"

    def __init__(self, api: ApiServer, pools: NodePools, removal: NodeRemoval) -> None:
        self._api = api
        self._world = api.world
        self._pools = pools
        self._removal = removal
        params = api.world.settings.of(ClusterAutoscalerParameters)
        self._every_us = to_us(params.scan_interval_s)
        self._after_add_us = to_us(params.scale_down_delay_after_add_s)
        self._patience_us = to_us(params.scale_down_unneeded_time_s)
        self._threshold = params.scale_down_utilization_threshold
        self._added_us = NEVER  # when nodes were ordered last
        self._since_us: dict[int, int] = {}
        self._told: set[tuple[int, str]] = set()  # pods of which was said why no group would help them
        self._requests = ScaleUpRequests(api.world, pools)

    def start(self) -> None:
        """Begin to look, if there is any pool to look after."""
        if self._pools.all:
            self._world.agenda.process(self._run())

    def _run(self) -> Process:
        phase = self._world.streams.stream("kubernetes/cluster-autoscaler").randrange(self._every_us)
        yield self._world.agenda.sleep(phase, Order.CONTROLLER)
        while True:
            if self._api.answers and not self._too_many_unready():
                self._look()
            yield self._world.agenda.sleep(self._every_us, Order.CONTROLLER)

    def _too_many_unready(self) -> bool:
        nodes = [one for one in self._api.nodes if not one.deleted]
        unready = sum(one.ready == "Unknown" for one in nodes)
        return unready > OK_UNREADY_COUNT and unready / len(nodes) > MAX_UNREADY_PART

    def _look(self) -> None:
        """One pass (RunOnce)."""
        self._requests.settle()
        groups = {pool.name: self._pools.group(pool) for pool in self._pools.all}
        snapshot = self._pools.snapshot()
        waiting = [pod for pod in self._pools.unschedulable() if snapshot.put(pod.info) is None]
        if waiting and self._scale_up(waiting, groups, snapshot):
            self._added_us = self._world.now_us
            return
        self._scale_down(groups, snapshot)

    # -- up -----------------------------------------------------------------------------------------------------

    def _scale_up(self, waiting: Sequence[PodObject], groups: dict[str, NodeGroup], snapshot: Snapshot) -> bool:
        """Order nodes for pods that wait; say whether any were ordered."""
        options: list[tuple[NodeGroup, Callable[[str], NodeInfo]]] = [
            (groups[pool.name], partial(self._pools.template, pool))
            for pool in self._pools.all
            if not self._requests.left_alone(pool.name)
        ]
        pods = [pod.info for pod in waiting]
        decided = cluster_scale_up.scale_up(pods, options, snapshot.nodes, self._pools.profile)
        if decided is None:
            reason = "no-group-helps" if len(options) == len(groups) else "group-backed-off"
            for pod in waiting:
                if (pod.uid, reason) not in self._told:
                    self._told.add((pod.uid, reason))
                    self._world.event("NotTriggerScaleUp", pod.name, reason)
            return False
        before, after = decided.group.size, decided.size
        helped = set(map(id, decided.pods))
        for pod in waiting:
            if id(pod.info) in helped:
                detail = f"{decided.group.name} {before} -> {after} (max: {decided.group.most})"
                self._world.event("TriggeredScaleUp", pod.name, "pod-triggered-scale-up", detail)
        self._requests.add(decided.group.name, self._pools.order(decided.group.name, before, after - before))
        return True

    # -- down ---------------------------------------------------------------------------------------------------

    def _scale_down(self, groups: dict[str, NodeGroup], snapshot: Snapshot) -> None:
        now_us, fleet, removal = self._world.now_us, self._world.fleet, self._removal
        pool_of = {
            one.index: fleet.nodes[one.index].pool for one in self._api.nodes
            if not one.deleted and one.ready == "True" and fleet.nodes[one.index].pool in groups
            and one.index not in removal.going
        }  # fmt: skip
        options = DrainOptions(now_us, budgets_of(self._api))
        nodes = [occupied(self._api, index, fleet.nodes[index].capacity) for index in pool_of]
        found = cluster_scale_down.unneeded(nodes, snapshot, options, self._threshold)
        self._since_us = cluster_scale_down.since(found, self._since_us, now_us)
        if self._in_cooldown(now_us):
            return
        leaving = [fleet.nodes[index].pool for index in removal.going]
        least = {pool.name: pool.least or 0 for pool in self._pools.all}
        spare = {name: group.size - leaving.count(name) - least[name] for name, group in groups.items()}
        chosen = cluster_scale_down.to_delete(
            found, self._since_us, self._patience_us, now_us, pool_of, spare, len(removal.going), removal.draining
        )
        for index in chosen:
            name = pool_of[index]
            size = groups[name].size - leaving.count(name)
            leaving.append(name)
            del self._since_us[index]
            self._pools.note(name, size, size - 1, "node-unneeded")
            removal.begin(index, drain=bool(found.nodes[index].move))

    def _in_cooldown(self, now_us: int) -> bool:
        added, failed_us = self._added_us, self._removal.failed_us
        soon = added != NEVER and now_us - added < self._after_add_us
        return soon or (failed_us != NEVER and now_us - failed_us < DELAY_AFTER_FAILURE_US)
