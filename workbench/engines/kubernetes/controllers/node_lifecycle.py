"""The node lifecycle controller: when is a dead node noticed, and what follows?

Every few seconds it looks at the leases. A node that has not been heard of for the grace period gets Ready=Unknown;
its pods get Ready=False at once, so clients are no longer sent to them; and it is tainted, NoSchedule at once,
NoExecute as fast as the rate of evictions allows. `taint_eviction.py` takes it from there.

Source: kubernetes, pkg/controller/nodelifecycle/node_lifecycle_controller.go (version 1.34).
Left out: node conditions other than Ready, start-up grace of new nodes (a kubelet that registers is heard at once);
a node that says itself that it is not ready, while it is shut down, is tainted NoExecute when it falls silent, not
before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from workbench.engines.agenda import Order, Process
from workbench.engines.kubernetes.admission import NOT_READY, UNREACHABLE
from workbench.engines.kubernetes.api_server import ApiServer, PodInformer
from workbench.engines.kubernetes.leases import Leases
from workbench.engines.kubernetes.objects import NodeObject
from workbench.model.clock import to_us
from workbench.model.native.kubernetes.nodes import Node, Taint
from workbench.model.parameters import param, parameters

ZONE_LABELS = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone")
EXCLUDE_LABEL = "node.kubernetes.io/exclude-disruption"
TAINTING_PASS_US = 100_000
"""Every 100 ms the next nodes are tainted NoExecute, as far as the rate allows (NodeEvictionPeriod)."""
UNHEALTHY_ZONE_THRESHOLD = 0.55
"""--unhealthy-zone-threshold."""
LARGE_CLUSTER_SIZE = 50
"""--large-cluster-size-threshold: zones up to this size are not evicted at all while partly disrupted."""
SECONDARY_EVICTION_RATE = 0.01
"""--secondary-node-eviction-rate, nodes per second in a large zone that is partly disrupted."""

ZoneState = Literal["Normal", "PartialDisruption", "FullDisruption"]

ZONE_REASONS: dict[ZoneState, str] = {
    "Normal": "zone-normal", "PartialDisruption": "zone-partly-silent", "FullDisruption": "zone-silent",
}  # fmt: skip


@parameters("kubernetes.node_lifecycle")
@dataclass(frozen=True)
class NodeLifecycleParameters:
    """How patient the controller is."""

    node_monitor_period_s: float = param(
        5.0, unit="s", low=1, high=300, help="how often the leases of all nodes are looked at",
        source="kubernetes 1.34, kube-controller-manager --node-monitor-period", shown_in="who-heals-first",
    )  # fmt: skip
    node_monitor_grace_period_s: float = param(
        50.0, unit="s", low=10, high=600, help="how long a node may be silent before it counts as not ready",
        source="kubernetes 1.32 and later, kube-controller-manager --node-monitor-grace-period (40 s before)",
        shown_in="who-heals-first",
    )  # fmt: skip
    node_eviction_rate: float = param(
        0.1, unit="nodes/s", low=0, high=100, help="nodes per second and zone whose pods may begin to be evicted",
        source="kubernetes 1.34, kube-controller-manager --node-eviction-rate", shown_in="who-heals-first",
    )  # fmt: skip


def zone_of(node: Node) -> str:
    """Return the zone of a node, region included; empty when it has neither label."""
    return "/".join(node.metadata.labels.get(label, "") for label in ZONE_LABELS)


def compute_zone_state(ready: int, not_ready: int, threshold: float = UNHEALTHY_ZONE_THRESHOLD) -> ZoneState:
    """Return the state of a zone by how many of its nodes are ready and how many are not."""
    if ready == 0 and not_ready > 0:
        return "FullDisruption"
    if not_ready > 2 and not_ready / (ready + not_ready) >= threshold:
        return "PartialDisruption"
    return "Normal"


def zone_states(nodes: Iterable[NodeObject]) -> tuple[dict[str, ZoneState], dict[str, int]]:
    """Return the state and the size of every zone; nodes with the exclusion label are not counted."""
    counts: dict[str, list[int]] = {}
    for one in nodes:
        if EXCLUDE_LABEL not in one.node.metadata.labels and not one.deleted:
            counts.setdefault(zone_of(one.node), [0, 0])[one.ready == "True"] += 1
    states = {zone: compute_zone_state(ready, not_ready) for zone, (not_ready, ready) in counts.items()}
    return states, {zone: sum(pair) for zone, pair in counts.items()}


def eviction_rate(state: ZoneState, size: int, normal: float) -> float:
    """Return how many nodes a second may be tainted NoExecute in a zone."""
    if state != "PartialDisruption":
        return normal
    return SECONDARY_EVICTION_RATE if size > LARGE_CLUSTER_SIZE else 0.0


class TaintQueue:
    """The nodes of one zone that are to be tainted NoExecute, and when the next may be."""

    def __init__(self, rate: float) -> None:
        self.waiting: dict[int, None] = {}
        self.rate = rate
        self._next_us = 0

    def take(self, now_us: int) -> list[int]:
        """Return the nodes whose turn it is; one at a time, a token bucket of one."""
        if self.rate <= 0 or not self.waiting or now_us < self._next_us:
            return []
        self._next_us = now_us + to_us(1 / self.rate)
        node = next(iter(self.waiting))
        del self.waiting[node]
        return [node]


class NodeLifecycleController:
    """Watches over the nodes."""

    name = "node-lifecycle-controller"

    def __init__(self, api: ApiServer, informer: PodInformer, leases: Leases) -> None:
        params = api.world.settings.of(NodeLifecycleParameters)
        self._api = api
        self._world = api.world
        self._informer = informer
        self._leases = leases
        self._client = api.controller_client()
        self._period_us = to_us(params.node_monitor_period_s)
        self._grace_us = to_us(params.node_monitor_grace_period_s)
        self._normal_rate = params.node_eviction_rate
        draw = api.world.streams.stream("kubernetes/node-monitor").random()
        self._phase_us = int(draw * self._period_us)
        self._reset_us = 0  # leases count as renewed then, at the earliest
        self._heard_us: dict[int, int] = {}  # when a node's status last said that it is ready
        self._may_be_late = leases.interval_us + self._period_us > self._grace_us
        self._states: dict[str, ZoneState] = {}
        self._queues: dict[str, TaintQueue] = {}
        self._passing = False
        self._evictable: dict[int, None] = {}
        api.watch("Node", self._on_node)
        api.manager.on_new_leader(self._begin_again)

    def _begin_again(self) -> None:
        """Another instance leads: for it every node has been heard of just now, except those stored as silent."""
        self._reset_us = self._world.now_us
        self._queues.clear()
        self._states.clear()
        silent = [index for index, one in enumerate(self._api.nodes) if not one.deleted and one.ready == "Unknown"]
        self._evictable = dict.fromkeys(silent)
        for index, one in enumerate(self._api.nodes):
            if index in self._evictable:
                self._queue_of(index).waiting[index] = None
            else:
                self._mark_reachable(index)
            if (one.ready != "True") != any(_is_ours(taint, "NoSchedule") for taint in one.node.spec.taints):
                self._client.send(self._set_taint, index, "NoSchedule", one.ready != "True")
        self._update_zones()

    def start(self) -> None:
        """Start looking at the leases."""
        self._update_zones()
        self._world.agenda.process(self._monitor())

    def _monitor(self) -> Process:
        yield self._world.agenda.sleep(self._phase_us, Order.CONTROLLER)
        while True:
            if self._api.manager.leading:
                self._look()
            yield self._world.agenda.sleep(self._period_us, Order.CONTROLLER)

    def _look(self) -> None:
        """One pass over all nodes (monitorNodeHealth)."""
        changed = False
        machines = self._world.machines
        for index, one in enumerate(self._api.nodes):
            if one.deleted:
                continue
            if index in self._evictable:
                if one.ready == "True" and machines[index].in_touch:
                    self._recover(index)
                    changed = True
            elif (self._may_be_late or not machines[index].in_touch) and self._overdue(index):
                self._lose(index)
                changed = True
        if changed:
            self._update_zones()

    def _overdue(self, index: int) -> bool:
        """Say whether the last renewal was noticed longer ago than the grace period."""
        now = self._world.now_us
        renewed_us = self._leases.last_renewal_us(index, now) + self._api.write_us + self._api.watch_us
        passes = -(-(renewed_us - self._phase_us) // self._period_us)
        noticed_us = max(self._phase_us + passes * self._period_us, self._reset_us, self._heard_us.get(index, 0))
        return now - noticed_us >= self._grace_us

    def _lose(self, index: int) -> None:
        self._world.event("NodeNotReady", self._world.node_names[index], "node-silent")
        self._client.send(self._set_unknown, index)
        for pod in self._informer.on_node(index).values():
            if pod.ready:
                self._client.send(self._api.patch_pod, pod.uid, {"ready": False, "ready_reason": "node-not-ready"})
        self._evictable[index] = None
        self._queue_of(index).waiting[index] = None
        self._plan_pass()

    def _set_unknown(self, index: int) -> str:
        self._world.node_seen(index, "unreachable")
        return self._api.patch_node(index, {"ready": "Unknown"})

    def _recover(self, index: int) -> None:
        self._world.event("NodeReady", self._world.node_names[index], "node-heard")
        del self._evictable[index]
        self._mark_reachable(index)

    def _mark_reachable(self, index: int) -> None:
        """Take the NoExecute taints off, or no longer put them on."""
        self._queue_of(index).waiting.pop(index, None)
        if any(_is_ours(taint, "NoExecute") for taint in self._api.nodes[index].node.spec.taints):
            self._client.send(self._set_taint, index, "NoExecute", False)

    # -- taints ---------------------------------------------------------------------------------------------

    def _on_node(self, old: NodeObject | None, new: NodeObject) -> None:
        """Keep the NoSchedule taint in step with the Ready condition."""
        if new.ready == "True":
            self._heard_us[new.index] = self._world.now_us
        if old is not None and old.deleted != new.deleted and self._api.manager.leading:
            if new.deleted and self._evictable.pop(new.index, True) is None:
                self._queue_of(new.index).waiting.pop(new.index, None)
            self._update_zones()
        if old is not None and old.ready != new.ready and self._api.manager.leading:
            self._client.send(self._set_taint, new.index, "NoSchedule", new.ready != "True")

    def _set_taint(self, index: int, effect: str, on: bool) -> str:
        """Write one of the two taints, or take it off: that of a node that says so itself, or of one that is silent."""
        node = self._api.nodes[index].node
        kept = tuple(taint for taint in node.spec.taints if not _is_ours(taint, effect))
        known = self._api.nodes[index]
        key = NOT_READY if effect == "NoSchedule" and known.ready == "False" else UNREACHABLE
        ours = (Taint(key=key, effect=effect),) if on else ()
        spec = replace(node.spec, taints=(*kept, *ours))
        return self._api.patch_node(index, {"node": replace(node, spec=spec)})

    def _queue_of(self, index: int) -> TaintQueue:
        zone = zone_of(self._api.nodes[index].node)
        queue = self._queues.get(zone)
        if queue is None:
            queue = self._queues[zone] = TaintQueue(self._normal_rate)
        return queue

    def _plan_pass(self) -> None:
        if not self._passing:
            self._passing = True
            self._world.agenda.after(TAINTING_PASS_US, Order.CONTROLLER, self._pass)

    def _pass(self) -> None:
        """Taint the nodes whose turn it is NoExecute, and come again while others wait."""
        self._passing = False
        if not self._api.manager.leading:
            return
        for queue in self._queues.values():
            for index in queue.take(self._world.now_us):
                self._client.send(self._set_taint, index, "NoExecute", True)
        if any(queue.waiting and queue.rate > 0 for queue in self._queues.values()):
            self._plan_pass()

    # -- zones ----------------------------------------------------------------------------------------------

    def _update_zones(self) -> None:
        """Set the rates by the states of the zones (handleDisruption)."""
        seen = [one if index not in self._evictable else _not_ready(one) for index, one in enumerate(self._api.nodes)]
        states, sizes = zone_states(seen)
        all_now = all(state == "FullDisruption" for state in states.values())
        all_before = bool(self._states) and all(state == "FullDisruption" for state in self._states.values())
        for zone, state in states.items():
            rate = 0.0 if all_now else eviction_rate(state, sizes[zone], self._normal_rate)
            self._queues.setdefault(zone, TaintQueue(rate)).rate = rate
        if all_now and not all_before:
            self._enter_full_disruption()
        elif all_before and not all_now:
            self._reset_us = self._world.now_us
            for index in self._evictable:
                self._queue_of(index).waiting[index] = None
        self._tell(states)
        self._states = states
        if any(queue.waiting and queue.rate > 0 for queue in self._queues.values()):
            self._plan_pass()

    def _tell(self, states: dict[str, ZoneState]) -> None:
        """Say which zones have come into another state, where there is more than one; the first look says nothing."""
        for zone, state in states.items():
            if len(states) > 1 and self._states and state != self._states.get(zone, "Normal"):
                self._world.event("ZoneState", zone.rpartition("/")[2], ZONE_REASONS[state], state)

    def _enter_full_disruption(self) -> None:
        """When every zone is down, the fault is more likely here: evict nobody."""
        self._world.event("FullDisruption", self.name, "all-nodes-silent")
        for index in range(len(self._api.nodes)):
            self._mark_reachable(index)


def _not_ready(one: NodeObject) -> NodeObject:
    """Return the node as not ready: its new status is on its way to the API server."""
    return NodeObject(index=one.index, node=one.node, version=one.version, ready="Unknown", deleted=one.deleted)


def _is_ours(taint: Taint, effect: str) -> bool:
    return taint.key in (UNREACHABLE, NOT_READY) and taint.effect == effect
