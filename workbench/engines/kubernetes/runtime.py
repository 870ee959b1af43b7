"""Plugins asked in their order, extension point by extension point.

Source: kubernetes, pkg/scheduler/framework/runtime/framework.go (version 1.34).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.engines.kubernetes.framework import SKIP, Cluster, Plugin, ScorePlugin, State, Status
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.model.native.kubernetes.scheduler_configuration import DefaultPreemptionArgs


@dataclass(frozen=True)
class Profile:
    """Which plugins are asked, in which order and with what weight (upstream's KubeSchedulerProfile)."""

    filters: tuple[Plugin, ...]
    scores: tuple[tuple[ScorePlugin, int], ...]
    name: str = "default-scheduler"
    percentage_of_nodes_to_score: int = 100
    preemption: DefaultPreemptionArgs = field(default_factory=DefaultPreemptionArgs)
    preempts: bool = True
    pre_enqueue: tuple[Plugin, ...] = ()

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """All plugins, each once."""
        scoring = (plugin for plugin, _ in self.scores)
        return tuple({plugin.name: plugin for plugin in (*self.pre_enqueue, *self.filters, *scoring)}.values())

    def plugin(self, name: str) -> Plugin:
        """Return a plugin by name."""
        return next(plugin for plugin in self.plugins if plugin.name == name)


Refusal = tuple[str, Status]
"""The plugin that refused, and what it said."""


@dataclass
class PreFiltered:
    """The outcome of PreFilter.

    Parameters
    ----------
    filters : list
        The plugins whose Filter is to be asked, with their states, in order.
    skipped : tuple of str
        The plugins that stepped aside.
    refusal : tuple or None
        What refuses the pod on every node.
    narrowed : frozenset of str or None
        The only nodes to be looked at, None for all.
    narrowed_by : tuple of str
        The plugins that narrowed them.
    """

    filters: list[tuple[Plugin, State]] = field(default_factory=list)
    skipped: tuple[str, ...] = ()
    refusal: Refusal | None = None
    narrowed: frozenset[str] | None = None
    narrowed_by: tuple[str, ...] = ()

    def copy(self) -> PreFiltered:
        """Return a copy whose states can be changed without changing these."""
        return PreFiltered(
            [(plugin, copy_state(state)) for plugin, state in self.filters],
            self.skipped, self.refusal, self.narrowed, self.narrowed_by,
        )  # fmt: skip

    def pod_changed(self, pod: PodInfo, other: PodInfo, node: NodeInfo, number: int, cluster: Cluster) -> None:
        """Bring all states up to date for pods put on a node or taken off it."""
        for plugin, state in self.filters:
            plugin.pod_changed(state, pod, other, node, number, cluster)


def copy_state(state: State) -> State:
    """Return a copy of a plugin's state; states that are never changed need no copy."""
    copy = getattr(state, "copy", None)
    return state if copy is None else copy()


def run_pre_filter(profile: Profile, pod: PodInfo, cluster: Cluster) -> PreFiltered:
    """Ask every plugin's PreFilter; the first refusal that nothing can resolve ends it."""
    found = PreFiltered()
    skipped: list[str] = []
    for plugin in profile.filters:
        state = plugin.pre_filter(pod, cluster)
        if state is SKIP:
            skipped.append(plugin.name)
            continue
        if isinstance(state, Status):
            found.refusal = found.refusal or (plugin.name, state)
            if state.code == "UnschedulableAndUnresolvable":
                found.refusal = (plugin.name, state)
                break
            continue
        found.filters.append((plugin, state))
        names = plugin.narrow(pod)
        if names is not None:
            found.narrowed = names if found.narrowed is None else found.narrowed & names
            found.narrowed_by = (*found.narrowed_by, plugin.name)
    found.skipped = tuple(skipped)
    return found


def run_filter(filters: Iterable[tuple[Plugin, State]], pod: PodInfo, node: NodeInfo) -> Refusal | None:
    """Return the first refusal, with the plugin that gave it, or None."""
    for plugin, state in filters:
        status = plugin.filter(state, pod, node)
        if status is not None:
            return plugin.name, status
    return None


Nominated = Mapping[str, Sequence[PodInfo]]
"""Node name -> pods that preemption has promised the node to, which are not on it yet."""


def run_filter_with_nominated(
    found: PreFiltered, pod: PodInfo, node: NodeInfo, cluster: Cluster, nominated: Nominated
) -> Refusal | None:
    """Ask the filters with the nominated pods of at least the pod's priority on the node, and without them.

    Without them, because they might never come, and the pod might need their company.
    """
    coming = [one for one in nominated.get(node.name, ()) if one is not pod and one.priority >= pod.priority]
    if coming:
        crowded, there = found.copy(), node.copy()
        for one in coming:
            there.add_pod(one)
            crowded.pod_changed(pod, one, there, 1, cluster)
        refusal = run_filter(crowded.filters, pod, there)
        if refusal is not None:
            return refusal
    return run_filter(found.filters, pod, node)


Scorers = list[tuple[ScorePlugin, int, State]]
"""Plugins whose Score is asked, with weights and states."""


def run_pre_score(profile: Profile, pod: PodInfo, cluster: Cluster, feasible: Sequence[NodeInfo]) -> Scorers:
    """Return the plugins whose Score is to be asked for this pod, with weights and states."""
    states = ((plugin, weight, plugin.pre_score(pod, cluster, feasible)) for plugin, weight in profile.scores)
    return [(plugin, weight, state) for plugin, weight, state in states if state is not SKIP]
