"""Whom does the kernel kill first when a node has no memory left?

Source: kubernetes, pkg/kubelet/qos/policy.go, GetContainerOOMScoreAdjust (version 1.34).
Left out: the cap by the smallest request of the other containers for sidecars.
"""

from __future__ import annotations

from workbench.engines.kubernetes.qos import compute_pod_qos
from workbench.model.native.kubernetes.pods import Container, PodSpec

GUARANTEED = -997
BEST_EFFORT = 1000
SYSTEM_CRITICAL_PRIORITY = 2_000_000_000
_NANO = 1_000_000_000


def container_oom_score_adjust(spec: PodSpec, container: Container, memory_capacity_bytes: int) -> int:
    """Return the score of a container: the higher, the sooner it is killed.

    The less a burstable container asks for, the higher its score; it stays between those of the other classes.
    """
    if (spec.priority or 0) >= SYSTEM_CRITICAL_PRIORITY:
        return GUARANTEED
    quality = compute_pod_qos(spec)
    if quality != "Burstable":
        return GUARANTEED if quality == "Guaranteed" else BEST_EFFORT
    memory = container.resources.requests.get("memory")
    asked = 0 if memory is None else memory.nano // _NANO
    score = BEST_EFFORT - 1000 * asked // memory_capacity_bytes
    return min(max(score, BEST_EFFORT + GUARANTEED), BEST_EFFORT - 1)
