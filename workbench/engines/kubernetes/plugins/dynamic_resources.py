"""DynamicResources: devices by claim. Present, and lets every pod pass."""

from __future__ import annotations

from workbench.engines.kubernetes.framework import SKIP, Cluster, Plugin, State
from workbench.engines.kubernetes.pod_info import PodInfo

NO_NEW_CLAIMS = "no new claims to deallocate"
"""What it says when no node would do, before preemption is tried."""


class DynamicResources(Plugin):
    """Has its place in the order of the plugins and steps aside for every pod.

    Source: kubernetes, pkg/scheduler/framework/plugins/dynamicresources (version 1.34).
    Left out: resource claims; receipts name them as ignored.
    """

    name = "DynamicResources"
    events = {"Node": ("Add", "UpdateNodeAllocatable", "UpdateNodeLabel")}  # noqa: RUF012 - never changed

    def pre_filter(self, pod: PodInfo, cluster: Cluster) -> State:
        """Step aside."""
        return SKIP
