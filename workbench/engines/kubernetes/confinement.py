"""What a container may use: the limits of its cgroup, and its score when a machine has no memory left.

Source: kubernetes, pkg/kubelet/kuberuntime/kuberuntime_container_linux.go, generateLinuxContainerResources (version
1.34).
Left out: memory.high (MemoryQoS, alpha); limits of the pod as a whole.
"""

from __future__ import annotations

from workbench.engines.kubernetes.objects import PodObject
from workbench.engines.kubernetes.oom_score import container_oom_score_adjust
from workbench.engines.world import World
from workbench.model.native.kubernetes.quantity import amounts
from workbench.model.resources import CPU, MEMORY


def confine(world: World, pod: PodObject, node: int) -> None:
    """Tell the machine what the app's own container may use; without a limit it may use all there is."""
    if not world.memory.followed and not world.processors.followed:
        return
    spec = pod.info.spec
    own = spec.containers[0]
    limits = amounts(own.resources.limits)
    score = container_oom_score_adjust(spec, own, max(1, world.memory.whole(node)))
    world.memory.confine(pod.uid, limits.get(MEMORY), score)
    world.processors.confine(pod.uid, limits.get(CPU))
