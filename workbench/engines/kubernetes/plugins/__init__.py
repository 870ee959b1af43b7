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
| Why does a pod follow its local disk? | `volume_binding.py` |
| Why do replicas keep apart? | `inter_pod_affinity.py` |
| What is an image worth that is already there? | `image_locality.py` |

`DEFAULT_PROFILE` lists them in upstream's order and with upstream's weights.

Source: kubernetes, pkg/scheduler/apis/config/v1/default_plugins.go (version 1.34).
Left out: VolumeRestrictions, NodeVolumeLimits, VolumeZone, PodTopologySpread, DynamicResources, preemption, and the
scores of InterPodAffinity.
"""

from __future__ import annotations

from workbench.engines.kubernetes.framework import Profile
from workbench.engines.kubernetes.plugins.image_locality import ImageLocality
from workbench.engines.kubernetes.plugins.inter_pod_affinity import InterPodAffinity
from workbench.engines.kubernetes.plugins.node_affinity import NodeAffinity
from workbench.engines.kubernetes.plugins.node_name import NodeName
from workbench.engines.kubernetes.plugins.node_ports import NodePorts
from workbench.engines.kubernetes.plugins.node_resources_balanced_allocation import NodeResourcesBalancedAllocation
from workbench.engines.kubernetes.plugins.node_resources_fit import NodeResourcesFit
from workbench.engines.kubernetes.plugins.node_unschedulable import NodeUnschedulable
from workbench.engines.kubernetes.plugins.taint_toleration import TaintToleration
from workbench.engines.kubernetes.plugins.volume_binding import VolumeBinding

_TAINTS = TaintToleration()
_NODE_AFFINITY = NodeAffinity()
_FIT = NodeResourcesFit()

DEFAULT_PROFILE = Profile(
    filters=(
        NodeUnschedulable(),
        NodeName(),
        _TAINTS,
        _NODE_AFFINITY,
        NodePorts(),
        _FIT,
        VolumeBinding(),
        InterPodAffinity(),
    ),
    scores=(
        (_TAINTS, 3),
        (_NODE_AFFINITY, 2),
        (_FIT, 1),
        (NodeResourcesBalancedAllocation(), 1),
        (ImageLocality(), 1),
    ),
)
"""What the default scheduler asks."""
