"""The scheduler's rules, one file each under upstream's name.

| A reader asks | and opens |
|---|---|
| Why does a cordoned node get nothing? | `node_unschedulable.py` |
| Why only that one node? | `node_name.py` |
| What do taints do? | `taint_toleration.py` |
| What do node labels do? | `node_affinity.py` |
| Why do two pods with one host port not share a node? | `node_ports.py` |
| What does "Insufficient cpu" mean? Which node is emptier? | `node_resources_fit.py` |
| Which node stays balanced? | `node_resources_balanced_allocation.py` |
| Why does a pod follow its disk? Which volume does it get? | `volume_binding.py`, `volume_zone.py` |
| Why must a disk not be used twice? | `volume_restrictions.py` |
| How many disks can a node hold? | `node_volume_limits.py` |
| How do replicas spread over zones and nodes? | `pod_topology_spread.py` |
| Why do replicas keep apart, or together? | `inter_pod_affinity.py` |
| What is an image worth that is already there? | `image_locality.py` |
| Who must go for whom? | `default_preemption.py` |
| Who is considered first? Who is held back? | `priority_sort.py`, `scheduling_gates.py` |

`DEFAULT_PROFILE` lists them in upstream's order and with upstream's weights.

Source: kubernetes, pkg/scheduler/apis/config/v1/default_plugins.go (version 1.34).
"""

from __future__ import annotations

from workbench.engines.kubernetes.plugins.dynamic_resources import DynamicResources
from workbench.engines.kubernetes.plugins.image_locality import ImageLocality
from workbench.engines.kubernetes.plugins.inter_pod_affinity import InterPodAffinity
from workbench.engines.kubernetes.plugins.node_affinity import NodeAffinity
from workbench.engines.kubernetes.plugins.node_name import NodeName
from workbench.engines.kubernetes.plugins.node_ports import NodePorts
from workbench.engines.kubernetes.plugins.node_resources_balanced_allocation import NodeResourcesBalancedAllocation
from workbench.engines.kubernetes.plugins.node_resources_fit import NodeResourcesFit
from workbench.engines.kubernetes.plugins.node_unschedulable import NodeUnschedulable
from workbench.engines.kubernetes.plugins.node_volume_limits import NodeVolumeLimits
from workbench.engines.kubernetes.plugins.pod_topology_spread import PodTopologySpread
from workbench.engines.kubernetes.plugins.scheduling_gates import SchedulingGates
from workbench.engines.kubernetes.plugins.taint_toleration import TaintToleration
from workbench.engines.kubernetes.plugins.volume_binding import VolumeBinding
from workbench.engines.kubernetes.plugins.volume_restrictions import VolumeRestrictions
from workbench.engines.kubernetes.plugins.volume_zone import VolumeZone
from workbench.engines.kubernetes.runtime import Profile

ORDER = (
    "NodeUnschedulable", "NodeName", "TaintToleration", "NodeAffinity", "NodePorts", "NodeResourcesFit",
    "VolumeRestrictions", "NodeVolumeLimits", "VolumeBinding", "VolumeZone", "PodTopologySpread", "InterPodAffinity",
    "DynamicResources", "NodeResourcesBalancedAllocation", "ImageLocality",
)  # fmt: skip
"""All plugins that filter or score, in the default order."""

DEFAULT_WEIGHTS = {
    "TaintToleration": 3, "NodeAffinity": 2, "PodTopologySpread": 2, "InterPodAffinity": 2,
}  # fmt: skip
"""Weights in the total; all others weigh 1."""

FILTERS = ORDER[:13]
SCORES = (
    "TaintToleration", "NodeAffinity", "NodeResourcesFit", "VolumeBinding", "PodTopologySpread", "InterPodAffinity",
    "NodeResourcesBalancedAllocation", "ImageLocality",
)  # fmt: skip

PLUGINS = {
    kind.name: kind
    for kind in (
        NodeUnschedulable, NodeName, TaintToleration, NodeAffinity, NodePorts, NodeResourcesFit, VolumeRestrictions,
        NodeVolumeLimits, VolumeBinding, VolumeZone, PodTopologySpread, InterPodAffinity, DynamicResources,
        NodeResourcesBalancedAllocation, ImageLocality,
    )
}  # fmt: skip
"""Name -> plugin; each can be made without arguments."""


def default_profile() -> Profile:
    """Return what the default scheduler asks."""
    made = {name: kind() for name, kind in PLUGINS.items()}
    return Profile(
        filters=tuple(made[name] for name in FILTERS),
        scores=tuple((made[name], DEFAULT_WEIGHTS.get(name, 1)) for name in SCORES),  # type: ignore[misc]  # those named in SCORES do score
        pre_enqueue=(SchedulingGates(),),
    )


DEFAULT_PROFILE = default_profile()
"""What the default scheduler asks."""
