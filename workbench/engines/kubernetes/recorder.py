"""What the scheduler saw at each attempt to place one pod, in full; an ordinary run keeps only counts.

The recorder looks on. At each scheduling cycle of the pod it is about, it asks `framework.schedule`, the plain rule, on
the very cluster the scheduler looks at, and puts every Filter's verdict beside it, not only the first refusal: what
else would stand in the way is what a reader wants to know next. It changes nothing, so that a run with a recorder has
the same trace as one without.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from workbench.engines.kubernetes.backoff import DEFAULT_BACKOFF, Backoff
from workbench.engines.kubernetes.control_plane import Kubernetes
from workbench.engines.kubernetes.framework import Cluster
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.policy import Policy
from workbench.engines.kubernetes.queued_pod import QueuedPod
from workbench.engines.kubernetes.runtime import Nominated, Profile, Refusal, run_pre_filter
from workbench.engines.kubernetes.schedule_one import Verdict, schedule
from workbench.engines.world import World


@dataclass(frozen=True, slots=True)
class NodeVerdict:
    """What became of one node.

    Parameters
    ----------
    refusals : tuple
        (plugin, upstream's reason) of every Filter that refuses it, the one that decides first; empty: it would do.
    lacks : mapping
        Resource -> how much of what the pod asks for is not free here, in whole units; only what is short.
    scores : mapping
        Plugin -> normalised score times weight; empty where upstream does not score.
    total : int
        Their sum.
    """

    node: str
    refusals: tuple[tuple[str, str], ...] = ()
    lacks: Mapping[str, int] = field(default_factory=dict)
    scores: Mapping[str, int] = field(default_factory=dict)
    total: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One scheduling cycle of the pod.

    Parameters
    ----------
    at_us, number : int
        When it began, and the how-manieth it is.
    best : tuple of str
        The nodes with the highest total, one of which is taken.
    promised : bool
        The only node is the one that preemption had promised to the pod; no other was looked at.
    backoff : Backoff
        How long the scheduler leaves pods alone that it could not place.
    """

    at_us: int
    number: int
    nodes: tuple[NodeVerdict, ...]
    best: tuple[str, ...]
    requests: Mapping[str, int]
    selector: Mapping[str, str]
    promised: bool = False
    backoff: Backoff = DEFAULT_BACKOFF


class PodRecorder:
    """Notes the attempts of the pod called `name`, and whom the scheduler thinks about.

    `thinking` holds (since when, name) of the pod that the scheduler took up last.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.attempts: list[Attempt] = []
        self.thinking: list[tuple[int, str]] = []

    def considered(
        self,
        backoff: Backoff,
        now_us: int,
        queued: QueuedPod,
        profile: Profile,
        cluster: Cluster,
        start: int,
        nominated: Nominated,
        promised: str,
    ) -> None:
        """Look on at the beginning of a cycle; the last three are those of `schedule`."""
        self.thinking.append((now_us, queued.pod.name))
        if queued.pod.name != self.name:
            return
        verdict = schedule(profile, queued.info, cluster, nominated=nominated, nominated_node=promised, start=start)
        if verdict.on_nominated_node:
            nodes = tuple(NodeVerdict(node.name) for node in verdict.feasible)
        else:
            nodes = tuple(_judged(profile, queued.info, cluster, verdict))
        best = tuple(node.name for node in verdict.best())
        requests, selector = queued.info.requests, queued.info.spec.node_selector
        self.attempts.append(
            Attempt(now_us, queued.attempts, nodes, best, requests, selector, verdict.on_nominated_node, backoff)
        )


def _judged(profile: Profile, pod: PodInfo, cluster: Cluster, verdict: Verdict) -> list[NodeVerdict]:
    feasible = {node.name: place for place, node in enumerate(verdict.feasible)}
    filters = run_pre_filter(profile, pod, cluster).filters
    found = []
    for node in cluster.nodes:
        if node.name in feasible:
            place = feasible[node.name]
            scores = {plugin: given[place] for plugin, given in verdict.scores.items()}
            found.append(NodeVerdict(node.name, scores=scores, total=sum(scores.values())))
            continue
        decisive = verdict.statuses.get(node.name)
        if decisive is None:
            continue  # the search had ended before it came to this node
        asked = ((plugin.name, plugin.filter(state, pod, node)) for plugin, state in filters)
        others = [(name, status) for name, status in asked if status is not None and name != decisive[0]]
        found.append(NodeVerdict(node.name, _reasons([decisive, *others]), _lacking(pod, node)))
    return found


def _reasons(refusals: list[Refusal]) -> tuple[tuple[str, str], ...]:
    return tuple((plugin, reason) for plugin, status in refusals for reason in status.reasons)


def _lacking(pod: PodInfo, node: NodeInfo) -> dict[str, int]:
    free = {name: whole - node.requested.get(name, 0) for name, whole in node.allocatable.items()}
    return {name: amount - free.get(name, 0) for name, amount in pod.requests.items() if amount > free.get(name, 0)}


class RecordedKubernetes(Kubernetes):
    """Kubernetes with somebody looking on at its scheduler."""

    def __init__(self, name: str, policy: Policy | None = None) -> None:
        super().__init__(policy)
        self.recorder = PodRecorder(name)

    def start(self, world: World) -> None:
        """Start as ever, and look on."""
        super().start(world)
        for scheduler in self.schedulers:
            scheduler.recorder = partial(self.recorder.considered, scheduler.backoff)
