"""From a scheduler's configuration to the plugins it asks.

Source: kubernetes, pkg/scheduler/framework/runtime/framework.go and pkg/scheduler/apis/config/v1/default_plugins.go
(version 1.34). Of one extension point: first the plugins that are named there and by ``multiPoint``, in the order
there; then the others of ``multiPoint``; then the others named there. A score that is named without a weight weighs 1.
Left out: plugins that sort the queue or bind cannot be taken away; extenders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from workbench.engines.kubernetes.backoff import DEFAULT_BACKOFF, Backoff
from workbench.engines.kubernetes.framework import Plugin, ScorePlugin
from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE, DEFAULT_WEIGHTS, FILTERS, ORDER, PLUGINS, SCORES
from workbench.engines.kubernetes.plugins.inter_pod_affinity import InterPodAffinity
from workbench.engines.kubernetes.plugins.least_allocated import least_allocated
from workbench.engines.kubernetes.plugins.most_allocated import most_allocated
from workbench.engines.kubernetes.plugins.node_affinity import NodeAffinity
from workbench.engines.kubernetes.plugins.node_resources_balanced_allocation import NodeResourcesBalancedAllocation
from workbench.engines.kubernetes.plugins.node_resources_fit import NodeResourcesFit, Strategy
from workbench.engines.kubernetes.plugins.pod_topology_spread import SYSTEM_DEFAULTS, PodTopologySpread
from workbench.engines.kubernetes.plugins.requested_to_capacity_ratio import requested_to_capacity_ratio, shape_of
from workbench.engines.kubernetes.plugins.scheduling_gates import SchedulingGates
from workbench.engines.kubernetes.runtime import Profile
from workbench.model.clock import SECOND_US
from workbench.model.native.kubernetes.scheduler_configuration import (
    DefaultPreemptionArgs,
    InterPodAffinityArgs,
    KubeSchedulerConfiguration,
    KubeSchedulerProfile,
    NodeAffinityArgs,
    NodeResourcesBalancedAllocationArgs,
    NodeResourcesFitArgs,
    PluginRef,
    PluginSet,
    PodTopologySpreadArgs,
    ScoringStrategy,
)

GATES = SchedulingGates.name
PREEMPTION = "DefaultPreemption"


@dataclass(frozen=True, slots=True)
class SchedulerProcess:
    """What one kube-scheduler runs with.

    Parameters
    ----------
    profiles : tuple of Profile
        Its schedulers, each under its name.
    backoff : Backoff
        How long pods that it could not place are left alone.
    """

    profiles: tuple[Profile, ...]
    backoff: Backoff = DEFAULT_BACKOFF


def processes_of(configs: Iterable[KubeSchedulerConfiguration]) -> tuple[SchedulerProcess, ...]:
    """Return the kube-schedulers that a run has: one for each configuration, or the default one."""
    return tuple(map(_process, configs)) or (DEFAULT_PROCESS,)


def _process(config: KubeSchedulerConfiguration) -> SchedulerProcess:
    percentage = config.percentage_of_nodes_to_score
    profiles = tuple(profile_of(one, percentage) for one in config.profiles)
    first, last = config.pod_initial_backoff_seconds, config.pod_max_backoff_seconds
    return SchedulerProcess(
        profiles or (replace(DEFAULT_PROFILE, percentage_of_nodes_to_score=percentage),),
        Backoff(first * SECOND_US, last * SECOND_US),
    )


DEFAULT_PROCESS = _process(KubeSchedulerConfiguration())
"""What kube-scheduler runs with when it is told nothing."""


def profile_of(config: KubeSchedulerProfile, percentage: int = 100) -> Profile:
    """Return what a scheduler with this configuration asks.

    Parameters
    ----------
    percentage : int
        percentageOfNodesToScore of the whole process, for profiles that do not say.
    """
    args = {one.name: one.args for one in config.plugin_config}
    made: dict[str, Plugin] = {name: _made(name, args.get(name)) for name in PLUGINS}
    filters = _in_force(config.plugins.filter, config.plugins.multi_point, FILTERS)
    scores = _in_force(config.plugins.score, config.plugins.multi_point, SCORES)
    gates = _in_force(config.plugins.pre_enqueue, config.plugins.multi_point, (GATES,))
    own = config.percentage_of_nodes_to_score
    preemption = args.get(PREEMPTION)
    return Profile(
        filters=tuple(made[name] for name in filters),
        scores=tuple((_scoring(made[name]), weight) for name, weight in scores.items()),
        name=config.scheduler_name,
        percentage_of_nodes_to_score=percentage if own is None else own,
        preemption=preemption if isinstance(preemption, DefaultPreemptionArgs) else DefaultPreemptionArgs(),
        preempts=PREEMPTION in _in_force(config.plugins.post_filter, config.plugins.multi_point, (PREEMPTION,)),
        pre_enqueue=(SchedulingGates(),) if GATES in gates else (),
    )


def _scoring(plugin: Plugin) -> ScorePlugin:
    assert isinstance(plugin, ScorePlugin)
    return plugin


def _in_force(own: PluginSet, multi: PluginSet, known: tuple[str, ...]) -> dict[str, int]:
    """Return the plugins of one extension point with their weights, in order (upstream's expandMultiPointPlugins)."""
    enabled = {name: weight for name, weight in _given(own).items() if name in known}
    off = _off(own.disabled)
    if "*" in off:
        return enabled
    everywhere = {name: weight for name, weight in _everywhere(multi).items() if name in known and name not in off}
    named_twice = {name: weight for name, weight in enabled.items() if name in everywhere}
    return {
        **named_twice, **{name: weight for name, weight in everywhere.items() if name not in enabled}, **enabled,
    }  # fmt: skip


def _everywhere(multi: PluginSet) -> dict[str, int]:
    """Return the default plugins as ``multiPoint`` changes them: replaced in place, taken away, added at the end."""
    off = _off(multi.disabled)
    given = _given(multi)
    names = () if "*" in off else (name for name in (GATES, *ORDER, PREEMPTION) if name not in off)
    kept = {name: given.get(name, DEFAULT_WEIGHTS.get(name, 1)) for name in names}
    return {**kept, **{name: weight for name, weight in given.items() if name not in kept}}


def _given(plugins: PluginSet) -> dict[str, int]:
    """Return the plugins that are named, with their weights; no weight stands for 1."""
    return {one.name: one.weight or 1 for one in plugins.enabled}


def _off(disabled: tuple[PluginRef, ...]) -> frozenset[str]:
    return frozenset(one.name for one in disabled)


# -- plugins with arguments ---------------------------------------------------------------------------------------


def _made(name: str, args: Any) -> Plugin:
    make = _WITH_ARGS.get(name)
    return PLUGINS[name]() if make is None or args is None else make(args)


def _fit(args: NodeResourcesFitArgs) -> Plugin:
    strategy = args.scoring_strategy
    return NodeResourcesFit(
        _strategy(strategy),
        tuple((one.name, one.weight or 1) for one in strategy.resources),
        frozenset(args.ignored_resources),
        frozenset(args.ignored_resource_groups),
    )


def _strategy(strategy: ScoringStrategy) -> Strategy:
    if strategy.type == "MostAllocated":
        return most_allocated
    ratio = strategy.requested_to_capacity_ratio
    if strategy.type == "RequestedToCapacityRatio" and ratio is not None:
        shape = shape_of((point.utilization, point.score) for point in ratio.shape)
        return partial(requested_to_capacity_ratio, shape=shape)
    return least_allocated


def _balanced(args: NodeResourcesBalancedAllocationArgs) -> Plugin:
    return NodeResourcesBalancedAllocation(tuple(one.name for one in args.resources))


def _node_affinity(args: NodeAffinityArgs) -> Plugin:
    return NodeAffinity(args.added_affinity)


def _inter_pod(args: InterPodAffinityArgs) -> Plugin:
    ignore = args.ignore_preferred_terms_of_existing_pods
    return InterPodAffinity(args.hard_pod_affinity_weight, ignore_existing_wishes=ignore)


def _spread(args: PodTopologySpreadArgs) -> Plugin:
    if args.defaulting_type == "System":
        return PodTopologySpread(SYSTEM_DEFAULTS, system=True)
    return PodTopologySpread(args.default_constraints, system=False)


_WITH_ARGS: Mapping[str, Callable[[Any], Plugin]] = {
    "NodeResourcesFit": _fit,
    "NodeResourcesBalancedAllocation": _balanced,
    "NodeAffinity": _node_affinity,
    "InterPodAffinity": _inter_pod,
    "PodTopologySpread": _spread,
}
