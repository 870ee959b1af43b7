"""KubeSchedulerConfiguration: which plugins the scheduler asks, in which order, with what weight and arguments.

Source: kubernetes/kube-scheduler, config/v1/types.go and types_pluginargs.go (version 1.34).
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from workbench.model.native.kubernetes.affinity import NodeAffinity, TopologySpreadConstraint
from workbench.model.native.kubernetes.meta import KubeObject, KubeStruct, Opaque


class ResourceSpec(KubeStruct, frozen=True, kw_only=True):
    """A resource and its weight in a score."""

    name: str
    weight: int = 1


class UtilizationShapePoint(KubeStruct, frozen=True, kw_only=True):
    """A point of a line: utilisation 0 to 100 per cent, score 0 to 10."""

    utilization: int = 0
    score: int = 0


class RequestedToCapacityRatioParam(KubeStruct, frozen=True, kw_only=True):
    """The line by which use is scored."""

    shape: tuple[UtilizationShapePoint, ...] = ()


class ScoringStrategy(KubeStruct, frozen=True, kw_only=True):
    """How NodeResourcesFit scores: LeastAllocated, MostAllocated or RequestedToCapacityRatio."""

    type: str = "LeastAllocated"
    resources: tuple[ResourceSpec, ...] = (ResourceSpec(name="cpu"), ResourceSpec(name="memory"))
    requested_to_capacity_ratio: RequestedToCapacityRatioParam | None = None


class PluginArgs(KubeStruct, frozen=True, kw_only=True):
    """Base of the arguments of plugins."""

    api_version: str = ""
    kind: str = ""


class NodeResourcesFitArgs(PluginArgs, frozen=True, kw_only=True):
    """Arguments of NodeResourcesFit."""

    ignored_resources: tuple[str, ...] = ()
    ignored_resource_groups: tuple[str, ...] = ()
    scoring_strategy: ScoringStrategy = ScoringStrategy()


class NodeResourcesBalancedAllocationArgs(PluginArgs, frozen=True, kw_only=True):
    """Arguments of NodeResourcesBalancedAllocation."""

    resources: tuple[ResourceSpec, ...] = (ResourceSpec(name="cpu"), ResourceSpec(name="memory"))


class NodeAffinityArgs(PluginArgs, frozen=True, kw_only=True):
    """Arguments of NodeAffinity."""

    added_affinity: NodeAffinity | None = None


class InterPodAffinityArgs(PluginArgs, frozen=True, kw_only=True):
    """Arguments of InterPodAffinity."""

    hard_pod_affinity_weight: int = 1
    ignore_preferred_terms_of_existing_pods: bool = False


class PodTopologySpreadArgs(PluginArgs, frozen=True, kw_only=True):
    """Arguments of PodTopologySpread. `defaulting_type` is ``System`` or ``List``."""

    default_constraints: tuple[TopologySpreadConstraint, ...] = ()
    defaulting_type: str = "System"


class DefaultPreemptionArgs(PluginArgs, frozen=True, kw_only=True):
    """Arguments of DefaultPreemption: how many candidates are enough."""

    min_candidate_nodes_percentage: int = 10
    min_candidate_nodes_absolute: int = 100


class VolumeBindingArgs(PluginArgs, frozen=True, kw_only=True):
    """Arguments of VolumeBinding."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"shape"})

    bind_timeout_seconds: int = 600


ARGS: dict[str, type[PluginArgs]] = {
    "NodeResourcesFit": NodeResourcesFitArgs,
    "NodeResourcesBalancedAllocation": NodeResourcesBalancedAllocationArgs,
    "NodeAffinity": NodeAffinityArgs,
    "InterPodAffinity": InterPodAffinityArgs,
    "PodTopologySpread": PodTopologySpreadArgs,
    "DefaultPreemption": DefaultPreemptionArgs,
    "VolumeBinding": VolumeBindingArgs,
}
"""Plugin -> type of its arguments; all others take none."""


class PluginConfig(KubeStruct, frozen=True, kw_only=True):
    """The arguments of one plugin, of its type in `ARGS`."""

    name: str
    args: Opaque = None


PLUGIN_NAMES = frozenset(
    {
        "DefaultBinder", "DefaultPreemption", "DynamicResources", "ImageLocality", "InterPodAffinity", "NodeAffinity",
        "NodeName", "NodePorts", "NodeResourcesBalancedAllocation", "NodeResourcesFit", "NodeUnschedulable",
        "NodeVolumeLimits", "PodTopologySpread", "PrioritySort", "SchedulingGates", "TaintToleration",
        "VolumeBinding", "VolumeRestrictions", "VolumeZone",
    }
)  # fmt: skip
"""Source: kubernetes, pkg/scheduler/framework/plugins/names/names.go (version 1.34)."""


class PluginRef(KubeStruct, frozen=True, kw_only=True):
    """A plugin in a list; 0 means the weight is not given. ``*`` stands for all plugins."""

    name: str
    weight: int = 0


class PluginSet(KubeStruct, frozen=True, kw_only=True):
    """What is added to, and taken from, the default plugins of one extension point."""

    enabled: tuple[PluginRef, ...] = ()
    disabled: tuple[PluginRef, ...] = ()


class Plugins(KubeStruct, frozen=True, kw_only=True):
    """Plugins by extension point; `multi_point` speaks for all points that a plugin has."""

    multi_point: PluginSet = PluginSet()
    pre_enqueue: PluginSet = PluginSet()
    queue_sort: PluginSet = PluginSet()
    pre_filter: PluginSet = PluginSet()
    filter: PluginSet = PluginSet()
    post_filter: PluginSet = PluginSet()
    pre_score: PluginSet = PluginSet()
    score: PluginSet = PluginSet()
    reserve: PluginSet = PluginSet()
    permit: PluginSet = PluginSet()
    pre_bind: PluginSet = PluginSet()
    bind: PluginSet = PluginSet()
    post_bind: PluginSet = PluginSet()


class KubeSchedulerProfile(KubeStruct, frozen=True, kw_only=True):
    """One scheduler among those that a process runs."""

    scheduler_name: str = "default-scheduler"
    percentage_of_nodes_to_score: int | None = None
    plugins: Plugins = Plugins()
    plugin_config: tuple[PluginConfig, ...] = ()


class KubeSchedulerConfiguration(KubeObject, frozen=True, kw_only=True):
    """The configuration file of kube-scheduler."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {
            "leaderElection",
            "clientConnection",
            "enableProfiling",
            "enableContentionProfiling",
            "extenders",
            "delayCacheUntilActive",
            "healthzBindAddress",
            "metricsBindAddress",
        }
    )

    api_version: str = "kubescheduler.config.k8s.io/v1"
    kind: str = "KubeSchedulerConfiguration"
    parallelism: int = 16
    percentage_of_nodes_to_score: int = 0
    pod_initial_backoff_seconds: int = 1
    pod_max_backoff_seconds: int = 10
    profiles: tuple[KubeSchedulerProfile, ...] = msgspec.field(default=())
