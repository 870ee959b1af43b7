"""The scheduler: one pod at a time, the best node for it.

A *scheduling cycle* takes a pod from the queue, looks at the nodes as they are known at that moment, and assumes the
pod on the node it chose. The *binding cycle*, which writes the decision to the API server, goes on beside the next
scheduling cycle. The scheduler's cache learns of everything else through watches, so it counts a pod's resources as
taken until it has heard that the pod has ended. There is one line for all: while the scheduler makes up its mind about
a pod of a slow team (`Team.decides_us`), everybody behind it waits.

Source: kubernetes, pkg/scheduler (scheduler.go, schedule_one.go, backend/cache) (version 1.34). Cost of a cycle:
measured with that version's code on 2 cores, all nodes scored: 586 pods/s at 1,000 nodes, 122 pods/s at 5,000; the
straight line through both is 0.08 ms and 1.6 ms per 1,000 nodes.
Several schedulers (profiles) of one process share its queue and loop; each pod is decided by the one that it names.
A pod whose scheduler nobody runs waits for ever, and its row says so.
In a large cluster the search ends when enough nodes would do (percentageOfNodesToScore, by default the fewer the larger
the cluster); it goes on from there with the next pod. Nodes are looked at zone by zone in turn (`node_places.py`).
Several schedulers that are processes of their own share nothing: each has its queue and its own picture of the nodes,
and learns of what another has bound when the watch brings it. Two may send pods to one node that has room for one only;
nobody refuses the second binding, and the kubelet turns the pod away.
Left out of a run: the writing of PodScheduled conditions. A leader that is lost finishes the cycle it is in, and the
next one goes on with its queue and back-offs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from workbench.engines.agenda import Bell, Order, Process
from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.choice import Choice
from workbench.engines.kubernetes.event_handlers import EventHandlers
from workbench.engines.kubernetes.framework import Cluster
from workbench.engines.kubernetes.kubelet import KubeletParameters
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.node_objects import node_info
from workbench.engines.kubernetes.node_places import NodePlaces
from workbench.engines.kubernetes.objects import NOWHERE, ApiObject, NodeObject, PodObject
from workbench.engines.kubernetes.plugins.volume_binding import BIND_CONFLICT, VolumeBinding
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.preemption import Preemptor
from workbench.engines.kubernetes.profiles import DEFAULT_PROCESS, SchedulerProcess
from workbench.engines.kubernetes.queue import GONE, QueueParameters, SchedulingQueue
from workbench.engines.kubernetes.queued_pod import QueuedPod
from workbench.engines.kubernetes.runtime import Nominated, Profile
from workbench.engines.kubernetes.volume_binder import VolumeBinder
from workbench.engines.kubernetes.world_listers import WorldListers
from workbench.errors import PolicyError
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters

NO_SCHEDULER = "no-scheduler"
"""Why a pod waits whose scheduler nobody runs."""
NO_NODES = "no nodes available to schedule pods"
"""Why a pod waits in a cluster without nodes (ErrNoNodesAvailable)."""


@parameters("kubernetes.scheduler")
@dataclass(frozen=True)
class SchedulerParameters:
    """What a decision costs, and how ties are broken."""

    cycle_s: float = param(
        0.0001, unit="s", low=0, high=60, help="fixed part of the time to decide about one pod",
        source="kubernetes 1.34.1, measured: intercept of the time per pod at 1,000 and 5,000 nodes, 2 cores",
        shown_in="first-look",
    )  # fmt: skip
    cycle_per_1000_nodes_s: float = param(
        0.0016, unit="s", low=0, high=60, help="time to decide about one pod, per 1,000 nodes looked at",
        source="kubernetes 1.34.1, measured: slope of the time per pod between 1,000 and 5,000 nodes, 2 cores",
        shown_in="first-look",
    )  # fmt: skip
    binding_cycle_s: float = param(
        0.001, unit="s", low=0, high=60, help="from the decision to the call that binds the pod",
        source="assumption: permit and pre-bind steps that have nothing to wait for", shown_in="first-look",
    )  # fmt: skip
    tie_break: str = param(
        "random", choices=("random", "first-by-name"), help="which of equally good nodes is taken",
        source="kubernetes 1.34, schedule_one.go, selectHost: at random", shown_in="first-look",
    )  # fmt: skip


class Scheduler:
    """kube-scheduler.

    Parameters
    ----------
    nodes : list of NodeInfo
        The nodes as they are at the start.
    namespaces : mapping
        Namespace -> labels.
    process : SchedulerProcess
        Its schedulers, each under its name, and its back-off times.
    rank : int
        Its number among the schedulers of the cluster; number 0 says which pods nobody schedules.
    known : iterable of str
        The names under which schedulers run, its own included.
    """

    def __init__(
        self,
        api: ApiServer,
        nodes: list[NodeInfo],
        namespaces: Mapping[str, Mapping[str, str]],
        process: SchedulerProcess = DEFAULT_PROCESS,
        rank: int = 0,
        known: Iterable[str] = (),
    ) -> None:
        params = api.world.settings.of(SchedulerParameters)
        self._api = api
        self._world = api.world
        self._agenda = api.world.agenda
        self._client = api.scheduler_client()
        self._params = params
        self._cycle_us: dict[int, int] = {}  # nodes looked at -> what that takes
        self._deciding_us = {
            team.name: team.decides_us for team in api.world.scenario.teams if team.decides_us is not None
        }
        self._binding_us = to_us(params.binding_cycle_s)
        self._random = params.tie_break == "random"
        self._ties = api.world.streams.stream(f"kubernetes/scheduler{rank or ''}/ties")
        self._max_pods = api.world.settings.of(KubeletParameters).max_pods
        self._rank, self._known = rank, frozenset(known)
        self._alone = not self._known - {one.name for one in process.profiles}
        self.backoff = process.backoff
        profiles = process.profiles
        self.profile = profiles[0]
        self._listers = WorldListers(self._bound_to)
        self._nodes = NodePlaces(nodes, profiles, namespaces, self._listers)
        self._tables = self._nodes.tables
        self._deciding = False
        self._moved: list[tuple[NodeObject, NodeObject]] = []  # nodes that came or went while a decision was made
        self.table = self._tables[self.profile.name]
        self.cluster = self.table.cluster
        self._bell = Bell(self._agenda, Order.SCHEDULER)
        self.queue = SchedulingQueue(
            self._agenda, {one.name: one for one in profiles}, api.world.settings.of(QueueParameters), self._bell.ring,
            backoff=process.backoff,
        )  # fmt: skip
        self._preemptor = Preemptor(self.queue.nominator, self._pods_on, api.world.name_of, self._preempt, self._pick)
        api.watch("PodDisruptionBudget", self._preemptor.budget_changed)
        self._pods: dict[int, PodObject] = {}
        self._priorities: Counter[int] = Counter()  # of the pods that are counted on nodes
        self._handlers = EventHandlers(self.queue)
        self.volumes = VolumeBinder(api, self._client, self._listers, self._handlers)
        self._assumed: dict[int, int] = {}
        self._cached: dict[int, int] = {}
        self._ending: set[int] = set()
        self._binding: dict[int, QueuedPod] = {}  # pods that wait for their volumes, on the way to their node
        self._start = 0
        self.leading = True
        self.recorder: Callable[[int, QueuedPod, Profile, Cluster, int, Nominated, str], None] | None = None
        api.watch("Pod", self._on_pod)
        api.watch("Node", self._on_node)
        for kind in ("Service", "ReplicationController", "ReplicaSet", "StatefulSet"):
            api.watch(kind, self._on_listed)

    @property
    def names(self) -> frozenset[str]:
        """The names of its profiles, by which pods choose it."""
        return frozenset(self._tables)

    def measured(self, node: int, cpu: int) -> None:
        """Take note of how many millicores the processes on a node use, by the newest measurement."""
        for one in self._nodes.all_of(node):
            one.measured_cpu = cpu

    def start(self) -> None:
        """Start the loop."""
        self._agenda.process(self._run())

    def lead(self) -> None:
        """Go on with what waits: this scheduler, or the one that takes its place, is the leader from now on."""
        self.leading = True
        self._bell.ring()

    def _bound_to(self, claim: str) -> Mapping[str, str] | None:
        volume = self._world.disks.get(claim)
        if volume is None or volume.reach != "local":
            return None
        return self._nodes.of(volume.node).labels

    # -- the cache ------------------------------------------------------------------------------------------

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        pod = new or old
        assert pod is not None
        if new is None:
            self._pods.pop(pod.uid, None)
        else:
            self._pods[pod.uid] = new
        if old is not None and new is not None and old.info is not new.info:
            self._recount(old, new)
        if pod.node == NOWHERE:
            self._on_unassigned(old, new)
        elif new is None or new.terminal:
            self._forget(pod)
        elif pod.uid not in self._cached:
            self._confirm(pod)
        elif pod.deleting and pod.uid not in self._ending:
            self._begin_to_end(pod)

    def _on_unassigned(self, old: PodObject | None, new: PodObject | None) -> None:
        if new is None:
            assert old is not None
            self.queue.delete(old.uid)
            waiting = self._binding.pop(old.uid, None)
            if waiting is not None:
                self.queue.done(waiting)
            if old.uid in self._assumed:  # deleted on its way to its node
                self._world.stop(old.uid)
                self._drop(old, self._assumed.pop(old.uid))
        elif new.info.spec.scheduler_name not in self._tables:
            if old is None and not self._rank and new.info.spec.scheduler_name not in self._known:
                self._world.not_tried(new.uid, NO_SCHEDULER)
                self._world.event("NoScheduler", new.name, NO_SCHEDULER, new.info.spec.scheduler_name)
        elif old is None:
            self.queue.add(new)
        elif new.uid not in self._assumed:
            self._handlers.unscheduled_updated(old, new)

    def _confirm(self, pod: PodObject) -> None:
        """Take over a pod that the API server says is bound."""
        if self._assumed.pop(pod.uid, None) is None:
            self._count(pod.node, pod.info)
        self._cached[pod.uid] = pod.node
        if self.queue.waits_for_events:
            self._handlers.assigned_added(pod)

    def _recount(self, old: PodObject, new: PodObject) -> None:
        """Take over other labels, or another owner, of a pod that counts on a node."""
        node = self._cached.get(new.uid, self._assumed.get(new.uid))
        if node is None:
            return
        self._count(node, self._counted(old), -1)
        self._count(node, self._counted(new))
        if new.uid in self._cached and self.queue.waits_for_events:
            self._handlers.assigned_updated(old, new)

    def _begin_to_end(self, pod: PodObject) -> None:
        """Note that a pod is being deleted: it still takes its resources, but spreading no longer counts it."""
        node = self._cached[pod.uid]
        self._ending.add(pod.uid)
        self._count(node, pod.info, -1)
        self._count(node, self._counted(pod))

    def _forget(self, pod: PodObject) -> None:
        """Count a pod out that has ended or is gone."""
        node = self._cached.pop(pod.uid, None)
        if node is not None:
            self._drop(pod, node)

    def _drop(self, pod: PodObject, node: int) -> None:
        self._count(node, self._counted(pod), -1)
        self._ending.discard(pod.uid)
        self._preemptor.gone(pod.uid)
        self._world.released(pod.uid)
        if self.queue.waits_for_events:
            self._handlers.assigned_deleted(pod)

    def _counted(self, pod: PodObject) -> PodInfo:
        """Return what a pod counts as."""
        return self._preemptor.counted(pod, ending=pod.uid in self._ending)

    def _count(self, node: int, info: PodInfo, sign: int = 1) -> None:
        """Count a pod in on a node, or out with `sign` -1."""
        self._priorities[info.priority] += sign
        self._nodes.count(node, info, sign)

    def _pods_on(self, place: int) -> list[PodObject]:
        """Return the pods that are counted on the node at a place in the order, in the order in which they came."""
        here = self._nodes.machines[place]
        uids = (uid for where in (self._cached, self._assumed) for uid, node in where.items() if node == here)
        return [self._pods[uid] for uid in uids if uid in self._pods]

    def _on_listed(self, old: ApiObject | None, new: ApiObject | None) -> None:
        """Take in a service or an owner of pods; owners are known before their pods are."""
        if new is None or old is not None:
            return
        self._listers.add(new.native)
        if new.kind == "Service":
            for table in self._tables.values():
                table.forget(new.namespace, new.native.spec.selector)

    def _on_node(self, old: NodeObject | None, new: NodeObject) -> None:
        assert old is not None
        if old.deleted != new.deleted:
            self._moved.append((old, new))
            if not self._deciding:
                self._take_moved()
            return
        place = self._nodes.places.get(new.index)
        if place is None:
            return
        info = self._nodes.of(new.index)
        before, after = info.node, new.node
        if before is after:
            return
        allocatable = {**info.allocatable, "pods": info.allowed_pods}
        for table in self._tables.values():
            table.cluster.nodes[place].set_node(after, allocatable)
            table.node_changed(place, labels=before.metadata.labels != after.metadata.labels)
        if self.queue.waits_for_events:
            was = NodeInfo(before, place, allocatable)
            self._handlers.node_updated(was, info)

    def _take_moved(self) -> None:
        """Take in nodes that have come or gone; a decision that is being made goes by the nodes as it found them."""
        moved, self._moved = self._moved, []
        for _, new in moved:
            if new.deleted:
                self._handlers.node_deleted(self._nodes.remove(new.index))
            else:
                made = node_info(new, self._world.machines[new.index].capacity, self._max_pods)
                self._handlers.node_added(self._nodes.add(new.index, made))
        self._start %= max(1, len(self.cluster.nodes))

    # -- the loop -------------------------------------------------------------------------------------------

    def _run(self) -> Process:
        while True:
            queued = self.queue.pop() if self.leading else None
            if queued is None:
                yield self._bell.wait()
                continue
            considered_us = self._world.now_us
            try:
                if self.recorder is not None:
                    table = self._tables[queued.info.spec.scheduler_name]
                    promises = self._promises(queued.pod)
                    self.recorder(considered_us, queued, table.profile, table.cluster, self._start, *promises)
                choice = self._choose(queued)
                cycle_us = self._cost_us(queued, choice)
                if cycle_us:
                    self._deciding = True
                    yield self._agenda.sleep(cycle_us, Order.SCHEDULER)
                    self._deciding = False
                self._decide(queued, choice, considered_us)
                if self._moved:
                    self._take_moved()
            except PolicyError as error:
                raise error.about(queued.pod.name) from error

    def _cost_us(self, queued: QueuedPod, choice: Choice) -> int:
        """Return how long a decision takes: as its team does, else by the number of nodes looked at."""
        own = self._deciding_us.get(queued.info.namespace)
        if own is not None:
            return own
        known = self._cycle_us.get(choice.evaluated)
        if known is None:
            nodes = choice.evaluated / 1000
            known = to_us(self._params.cycle_s + self._params.cycle_per_1000_nodes_s * nodes)
            self._cycle_us[choice.evaluated] = known
        return known

    def _promises(self, pod: PodObject) -> tuple[Nominated, str]:
        """Return which nodes are promised to others that a pod has to respect, and the one that is promised to it."""
        nominator = self.queue.nominator
        return (self._preemptor.nominated(pod), nominator.node_of(pod.uid)) if len(nominator) else ({}, "")

    def _choose(self, queued: QueuedPod) -> Choice:
        """Look at the nodes as they are now, and at which of them are promised to whom."""
        nominated, promised = self._promises(queued.pod)
        table = self._tables[queued.info.spec.scheduler_name]
        table.start = self._start  # the schedulers of a process go on where the one before them ended
        choice = table.choose(queued.info, nominated=nominated, nominated_node=promised)
        self._start = table.start
        return choice

    def _decide(self, queued: QueuedPod, choice: Choice, considered_us: int) -> None:
        """Write the decision down and act on it."""
        if queued.pool == GONE:
            self.queue.done(queued)
            return
        uid, world = queued.pod.uid, self._world
        node = self._nodes.machines[self._pick(choice.best)] if choice.best else NOWHERE
        name = world.node_names[node] if node != NOWHERE else ""
        world.trace["decisions"].append(
            world.now_us, queued.pod.name, queued.attempts, name, choice.feasible, choice.rejected
        )
        if node == NOWHERE:
            world.attempted(uid, choice.reason if self.cluster.nodes else NO_NODES)
            self.queue.fail(queued, choice.refused_by, nominated=self._make_room(queued.pod))
            return
        if not self.volumes.reserve(queued.pod, self._nodes.of(node), self.cluster):
            world.attempted(uid, BIND_CONFLICT)  # taken while the decision was made
            self.queue.fail(queued, (VolumeBinding.name,))
            return
        self._count(node, queued.info)
        self._assumed[uid] = node
        if self.volumes.waits(uid):
            placed = partial(world.place, uid, node, considered_us, contested=not self._alone, decided_us=world.now_us)
            self._binding[uid] = queued
            then, failed = partial(self._volumes_there, uid, node, placed), partial(self._begin_anew, uid)
            self._agenda.after(self._binding_us, Order.SCHEDULER, self.volumes.pre_bind, queued.pod, then, failed)
            return
        world.place(uid, node, considered_us, contested=not self._alone)
        self.queue.done(queued)
        self._agenda.after(self._binding_us, Order.SCHEDULER, self._bind, uid, node)

    # -- volumes that come with the node --------------------------------------------------------------------

    def _volumes_there(self, uid: int, node: int, placed: Callable[[], None]) -> None:
        """Bind a pod that has waited for its volumes; until now it took nothing of its node but a promise."""
        queued = self._binding.pop(uid, None)
        if queued is not None:
            placed()
            self.queue.done(queued)
            self._bind(uid, node)

    def _begin_anew(self, uid: int, why: str) -> None:
        """Count a pod out whose volumes cannot be had on its node, and send it round again after a while."""
        queued = self._binding.pop(uid, None)
        if queued is None:
            return
        pod = self._pods[uid]
        self._count(self._assumed.pop(uid), self._counted(pod), -1)
        self._world.attempted(uid, why)
        if self.queue.waits_for_events:
            self._handlers.assigned_deleted(pod)
        queued.newer = pod
        self.queue.fail(queued)

    # -- preemption -----------------------------------------------------------------------------------------

    def _make_room(self, pod: PodObject) -> str:
        """Let a pod that no node would take displace others; return the node that it is promised, empty for none."""
        promised = self.queue.nominator.node_of(pod.uid)
        if not promised and not any(number and there < pod.info.priority for there, number in self._priorities.items()):
            return ""  # nobody is there who is less important
        table, (nominated, _) = self._tables[pod.info.spec.scheduler_name], self._promises(pod)
        verdict = table.refused(pod.info, nominated=nominated, nominated_node=promised)
        if verdict is None:
            return promised  # room has come while the decision was made; the event sends the pod round again
        node = self._preemptor.make_room(table.profile, pod, table.cluster, verdict, nominated)
        for other in self._preemptor.lower_promises(pod, node):
            self._promise(other, "")
        if node != promised:
            self._promise(pod, node)
        return node

    def _promise(self, pod: PodObject, node: str) -> None:
        self._client.send(self._api.patch_pod, pod.uid, {"nominated": node})

    def _preempt(self, victim: PodObject, pod: PodObject) -> None:
        self._world.event("Preempted", victim.name, "makes-room", pod.name)
        self._client.send(self._api.delete_pod, victim.uid, None, "PreemptionByScheduler")

    def _pick(self, best: Sequence[int]) -> int:
        if len(best) == 1:
            return best[0]
        if self._random:
            return best[self._ties.randrange(len(best))]
        nodes = self.cluster.nodes
        return min(best, key=lambda place: nodes[place].name.encode())

    def _bind(self, uid: int, node: int) -> None:
        self._client.send(self._api.bind_pod, uid, node)
