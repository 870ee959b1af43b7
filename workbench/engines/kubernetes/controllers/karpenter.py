"""Karpenter: orders machines for a batch of pods that wait, of the cheapest kinds that hold them, and consolidates.

A batch is closed when no further pod has come for a second, or ten after the first. Every 10 s it looks for nodes that
are empty, whose pods fit elsewhere, or whose pods would fit on one cheaper machine; what still holds 15 s later is
done, for a tenth of the nodes at a time. It knows no thresholds of use, and no delays beyond that unless one is set
(`consolidate_after_s`). A machine that was ordered in the place of a node and does not come is given up, and so is one
whose node has gone meanwhile. A pool of the scenario stands for a kind of machine; what one costs is its `price`.

A kind that is refused is not asked for again for three minutes, and the pods get machines of other kinds at once, if
those would do. An order that nobody answers is given up after five minutes; its pods are in the next batch then.

Source: kubernetes-sigs/karpenter, August 2026: pkg/operator/options (batch-idle-duration 1 s, batch-max-duration 10 s),
pkg/controllers/disruption (controller.go: every 10 s; consolidation.go: validated after 15 s), pkg/apis/v1/nodepool.go
(consolidateAfter 0 s, budgets 10 %), pkg/controllers/disruption/queue.go (given up after 10 min),
pkg/controllers/nodeclaim/lifecycle/liveness.go (LaunchTimeout 5 min); aws/karpenter-provider-aws, pkg/cache/cache.go
(UnavailableOfferingsTTL 3 min).
Left out: several nodes replaced by one; drift, expiry; prices that change; pods that name what must not be disrupted
other than by the Cluster Autoscaler's rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import NamedTuple

from workbench.engines.agenda import Order, Process
from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.autoscalers import cluster_scale_down
from workbench.engines.kubernetes.autoscalers.cluster_drain import DrainOptions
from workbench.engines.kubernetes.autoscalers.cluster_scale_down import Occupied
from workbench.engines.kubernetes.autoscalers.karpenter import MachineType, provision
from workbench.engines.kubernetes.controllers.drained_pods import budgets_of, occupied
from workbench.engines.kubernetes.controllers.node_pools import NodePools
from workbench.engines.kubernetes.controllers.node_removal import NodeRemoval
from workbench.engines.kubernetes.controllers.pod_events import PodEvents
from workbench.engines.kubernetes.objects import PodObject
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters

BATCH_IDLE_US, BATCH_MAX_US = to_us(1), to_us(10)
DISRUPTION_US, VALIDATION_US = to_us(10), to_us(15)
UNAVAILABLE_US, LAUNCH_US = to_us(180), to_us(300)
GIVE_UP_US = to_us(600)
BUDGET = 0.1
ANY_USE = 1.0


@parameters("kubernetes.karpenter")
@dataclass(frozen=True)
class KarpenterParameters:
    """What a NodePool of Karpenter says about disruption."""

    consolidate_after_s: float = param(
        0.0, unit="s", low=0, high=7200,
        help="how long no pod may have come to a node or gone before Karpenter thinks of giving it back",
        source="karpenter, pkg/apis/v1/nodepool.go: consolidateAfter 0 s", shown_in="crowd-comes-back",
    )  # fmt: skip


class Replacement(NamedTuple):
    """A machine that was ordered in the place of a node."""

    name: str
    since_us: int


class Karpenter:
    """Makes pools of nodes larger and smaller, without groups or thresholds."""

    name = "karpenter"

    def __init__(self, api: ApiServer, pools: NodePools, removal: NodeRemoval) -> None:
        self._api = api
        self._world = api.world
        self._pools = pools
        self._removal = removal
        self._batch: dict[int, int] = {}  # pod -> when it was seen to wait
        self._since_us: dict[int, int] = {}  # node -> since when it is not needed, or could be cheaper
        self._unavailable: dict[str, int] = {}  # kind that was refused -> until when it is not asked for
        self._asked_us: dict[str, int] = {}  # machine on order that nobody has answered for -> since when
        self._replacing: dict[int, Replacement] = {}  # node -> what was ordered in its place
        self._quiet_us = to_us(api.world.settings.of(KarpenterParameters).consolidate_after_s)
        self._events = PodEvents(api)

    def start(self) -> None:
        """Begin to look, if there is any pool to look after."""
        if self._pools.all:
            self._world.agenda.process(self._provisioning())
            self._world.agenda.process(self._disruption())

    # -- machines for pods that wait ------------------------------------------------------------------------------

    def _provisioning(self) -> Process:
        while True:
            yield self._world.agenda.sleep(BATCH_IDLE_US, Order.CONTROLLER)
            if self._api.answers:
                self._give_up_late()
                waiting = {pod.uid: pod for pod in self._pools.unschedulable()}
                now_us = self._world.now_us
                self._batch = {uid: self._batch.get(uid, now_us) for uid in waiting}
                seen = self._batch.values()
                if waiting and (now_us - max(seen) >= BATCH_IDLE_US or now_us - min(seen) >= BATCH_MAX_US):
                    self._provision(list(waiting.values()))

    def _provision(self, waiting: list[PodObject]) -> None:
        """Order machines; what is refused is ordered as another kind, until none is left to be tried."""
        refused = True
        while refused:
            refused = False
            snapshot = self._pools.snapshot()
            left = [pod for pod in waiting if snapshot.put(pod.info) is None]
            for pool, count in provision([pod.info for pod in left], self._types(), self._pools.profile).items():
                refused = len(self._order(pool, count)) < count or refused

    def _order(self, pool: str, count: int) -> list[str]:
        """Order machines of a kind; return the names of those that were not refused."""
        names = self._pools.order(pool, self._size(pool), count)
        refused = set(self._world.fleet.refusals(pool)) & set(names)  # others order too, by hand
        if refused:
            self._unavailable[pool] = self._world.now_us + UNAVAILABLE_US
            self._pools.failed(pool, len(refused), "InsufficientCapacity", "out-of-stock")
        coming = [name for name in names if name not in refused]
        self._asked_us.update(dict.fromkeys(coming, self._world.now_us))
        return coming

    def _give_up_late(self) -> None:
        """Give up orders that nobody has answered in time."""
        fleet = self._world.fleet
        unanswered = {pool.name: fleet.open_orders(pool.name) for pool in self._pools.all}
        waited_for = {name for names in unanswered.values() for name in names}
        self._asked_us = {name: at_us for name, at_us in self._asked_us.items() if name in waited_for}
        for pool in self._pools.all:
            late = [
                name for name in unanswered[pool.name]
                if name in self._asked_us and self._world.now_us - self._asked_us[name] >= LAUNCH_US
            ]  # fmt: skip
            for name in late:
                fleet.cancel(name)
            if late:
                self._pools.failed(pool.name, len(late), "LaunchTimeout", "order-timed-out")

    def _types(self, below: float | None = None) -> list[MachineType]:
        """Return the kinds of machines that may be had, those only that are cheaper than a price."""
        return [
            MachineType(pool.name, pool.cost, self._pools.group(pool).room, partial(self._pools.template, pool))
            for pool in self._pools.all
            if (below is None or pool.cost < below) and self._unavailable.get(pool.name, 0) <= self._world.now_us
        ]

    def _size(self, pool: str) -> int:
        return self._pools.group(self._world.scenario.cluster.pool(pool)).size

    # -- machines that are not needed, or too dear ------------------------------------------------------------------

    def _disruption(self) -> Process:
        while True:
            yield self._world.agenda.sleep(DISRUPTION_US, Order.CONTROLLER)
            if self._api.answers:
                self._go_on_replacing()
                self._consolidate()

    def _go_on_replacing(self) -> None:
        """Remove nodes whose cheaper machines are ready; forget replacements that come to nothing."""
        ready = {one.name for one in self._api.nodes if one.ready == "True" and not one.deleted}
        for node, ordered in list(self._replacing.items()):
            if self._api.nodes[node].deleted or self._lost(ordered):
                del self._replacing[node]
                self._since_us.pop(node, None)
            elif ordered.name in ready:
                del self._replacing[node]
                self._give_back(node, drain=True, reason="node-cheaper")

    def _lost(self, ordered: Replacement) -> bool:
        """Say whether a machine that was ordered will not come any more."""
        fleet = self._world.fleet
        gone = ordered.name in fleet.names and fleet.machines[fleet.names.index(ordered.name)].gone
        return gone or fleet.given_up(ordered.name) or self._world.now_us - ordered.since_us >= GIVE_UP_US

    def _consolidate(self) -> None:
        now_us, fleet = self._world.now_us, self._world.fleet
        names = {pool.name for pool in self._pools.all}
        numbers = [
            one.index for one in self._api.nodes
            if not one.deleted and one.ready == "True" and fleet.nodes[one.index].pool in names
            and one.index not in self._removal.going and one.index not in self._replacing
            and self._events.quiet_us(one.index) >= self._quiet_us
        ]  # fmt: skip
        nodes = [occupied(self._api, number, fleet.nodes[number].capacity) for number in numbers]
        nodes.sort(key=lambda node: len(node.drained))
        snapshot, options = self._pools.snapshot(), DrainOptions(now_us, budgets_of(self._api))
        found = cluster_scale_down.unneeded(nodes, snapshot, options, ANY_USE)
        cheaper = {node.number: kind for node in nodes if (kind := self._cheaper(node, found.reasons))}
        free = [number for number in found.nodes if self._spare(fleet.nodes[number].pool)]
        held = [*free, *cheaper]  # what its pool cannot spare takes nothing of the budget
        self._since_us = {number: self._since_us.get(number, now_us) for number in held}
        allowed = ceil(BUDGET * len(numbers)) - len(self._removal.going) - len(self._replacing)
        due = [number for number in held if now_us - self._since_us[number] >= VALIDATION_US]
        for number in due[: max(0, allowed)]:
            if number in cheaper:
                for name in self._order(cheaper[number], 1):
                    self._replacing[number] = Replacement(name, now_us)
            elif self._spare(fleet.nodes[number].pool):
                self._give_back(number, drain=bool(found.nodes[number].move), reason="node-unneeded")

    def _spare(self, pool: str) -> bool:
        """Say whether a pool may lose one more node."""
        leaving = sum(self._world.fleet.nodes[number].pool == pool for number in self._removal.going)
        return self._size(pool) - leaving > (self._world.scenario.cluster.pool(pool).least or 0)

    def _cheaper(self, node: Occupied, reasons: dict[int, str]) -> str:
        """Return the kind of one cheaper machine that would hold all of a node's pods; empty if there is none."""
        if reasons.get(node.number) != "NoPlaceToMovePods":
            return ""
        pool = self._world.scenario.cluster.pool(self._world.fleet.nodes[node.number].pool)
        movable = [node.infos[one.name] for one in node.drained if one.owner != "DaemonSet"]
        kinds = provision(movable, self._types(pool.cost), self._pools.profile)
        return next(iter(kinds)) if sum(kinds.values()) == 1 and self._spare(pool.name) else ""

    def _give_back(self, node: int, *, drain: bool, reason: str) -> None:
        pool = self._world.fleet.nodes[node].pool
        leaving = sum(self._world.fleet.nodes[number].pool == pool for number in self._removal.going)
        size = self._size(pool) - leaving
        self._pools.note(pool, size, size - 1, reason)
        self._since_us.pop(node, None)
        self._removal.begin(node, drain=drain)
