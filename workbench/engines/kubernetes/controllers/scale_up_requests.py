"""Orders of the Cluster Autoscaler on their way, and the groups that it leaves alone because an order failed.

A request is over once nothing of it is awaited any more; its group then starts with a clean record. An order that is
refused, or that has not come after --max-node-provision-time, is taken back, and its group left alone: for five
minutes, twice as long each time it fails again, half an hour at most. Meanwhile the expander chooses among the others.
Machines that somebody else ordered count only while something of its own is awaited of that group: it cannot tell then
whose order was refused (IsNodeGroupScalingUp).

Source: kubernetes/autoscaler, cluster-autoscaler/clusterstate/clusterstate.go (updateScaleRequests,
handleInstanceCreationErrors), core/static_autoscaler.go (deleteCreatedNodesWithErrors, removeOldUnregisteredNodes),
config/flags/flags.go (version 1.36).
Left out: nodes that have registered and never become ready; whose order failed is told at the next look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.engines.kubernetes.autoscalers.cluster import Backoffs
from workbench.engines.kubernetes.controllers.node_pools import NodePools
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters

if TYPE_CHECKING:
    from workbench.engines.world import World


@parameters("kubernetes.node_groups")
@dataclass(frozen=True)
class NodeGroupParameters:
    """Flags of the Cluster Autoscaler about orders that fail."""

    max_node_provision_time_s: float = param(
        900.0, unit="s", low=30, high=7200,
        help="how long the Cluster Autoscaler waits for a node that it ordered before it takes the order back",
        source="cluster-autoscaler 1.36, --max-node-provision-time", shown_in="flash-crowd",
    )  # fmt: skip
    initial_backoff_s: float = param(
        300.0, unit="s", low=0, high=3600,
        help="how long the Cluster Autoscaler orders nothing of a group whose order failed; twice as long each time, "
        "30 min at most",
        source="cluster-autoscaler 1.36, --initial-node-group-backoff-duration", shown_in="ordered-ahead",
    )  # fmt: skip


@dataclass(slots=True)
class _Request:
    """What was ordered of a group and is awaited; when something was ordered last."""

    names: set[str]
    at_us: int


class ScaleUpRequests:
    """What was ordered of each group, and how orders fared."""

    def __init__(self, world: World, pools: NodePools) -> None:
        self._world = world
        self._pools = pools
        params = world.settings.of(NodeGroupParameters)
        self._patience_us = to_us(params.max_node_provision_time_s)
        self._backoffs = Backoffs({}, to_us(params.initial_backoff_s))
        self._requests: dict[str, _Request] = {}

    def add(self, pool: str, names: list[str]) -> None:
        """Take note of an order; what was ordered of the group before is waited for as long."""
        before = self._requests.get(pool)
        awaited = set() if before is None else before.names
        self._requests[pool] = _Request(awaited | set(names), self._world.now_us)

    def left_alone(self, pool: str) -> bool:
        """Say whether nothing is ordered of a group now."""
        return self._backoffs.backed_off(pool, self._world.now_us)

    def settle(self) -> None:
        """Find out what became of all orders."""
        self._backoffs = self._backoffs.without_stale(self._world.now_us)
        for pool in self._pools.all:
            refused = self._world.fleet.refusals(pool.name)
            request = self._requests.get(pool.name)
            if request is None:
                continue  # what others ordered, by hand, is no scale-up of its own that has failed
            self._look_at(pool.name, request, set(refused))
            if refused:
                self._failed(pool.name, len(refused), "ScaleUpFailed", "out-of-stock")

    def _look_at(self, pool: str, request: _Request, refused: set[str]) -> None:
        fleet = self._world.fleet
        request.names -= refused
        if not request.names:
            del self._requests[pool]
            return
        awaited = [name for name in fleet.booting(pool) if name in request.names]
        if not awaited:
            del self._requests[pool]
            self._backoffs = self._backoffs.after_success(pool)
        elif request.at_us + self._patience_us < self._world.now_us:
            del self._requests[pool]
            for name in awaited:
                fleet.cancel(name)
            self._failed(pool, len(awaited), "ScaleUpTimedOut", "order-timed-out")

    def _failed(self, pool: str, count: int, kind: str, reason: str) -> None:
        self._backoffs = self._backoffs.after_failure(pool, self._world.now_us)
        self._pools.failed(pool, count, kind, reason)
