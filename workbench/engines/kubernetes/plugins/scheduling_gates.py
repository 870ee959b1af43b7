"""SchedulingGates: a pod that is not meant to be considered yet."""

from __future__ import annotations

from workbench.engines.kubernetes.framework import ClusterEvent, Plugin, Status, unresolvable
from workbench.engines.kubernetes.pod_info import PodInfo


class SchedulingGates(Plugin):
    """Holds a pod back before the queue until the last of its gates is gone.

    Source: kubernetes, pkg/scheduler/framework/plugins/schedulinggates (version 1.34).
    """

    name = "SchedulingGates"
    events = {"Pod": ("UpdatePodSchedulingGatesEliminated",)}  # noqa: RUF012 - never changed

    def pre_enqueue(self, pod: PodInfo) -> Status | None:
        """Refuse a pod that still has gates, naming them."""
        gates = pod.spec.scheduling_gates
        if not gates:
            return None
        return unresolvable(f"waiting for scheduling gates: [{' '.join(gate.name for gate in gates)}]")

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """The pod itself has lost its last gate."""
        return event.own
