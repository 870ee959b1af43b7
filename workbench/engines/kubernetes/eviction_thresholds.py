"""When a node is short of something: the settings, the thresholds they come to, and what the node says of itself.

Source: kubernetes, pkg/kubelet/eviction/defaults_linux.go, types.go, and helpers.go (signalToNodeCondition) (version
1.34).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.engines.kubernetes.kubelet_eviction import Threshold
from workbench.model.clock import SECOND_US
from workbench.model.native.kubernetes.nodes import Taint
from workbench.model.native.kubernetes.quantity import Quantity
from workbench.model.parameters import param, parameters

SOFT_GRACE_US = 90 * SECOND_US
"""How long a soft threshold is put up with; upstream has no default, its documentation takes 1m30s for an example."""

MEMORY_AVAILABLE = "memory.available"
NODEFS_AVAILABLE = "nodefs.available"

MEMORY_PRESSURE = Taint(key="node.kubernetes.io/memory-pressure", effect="NoSchedule")
DISK_PRESSURE = Taint(key="node.kubernetes.io/disk-pressure", effect="NoSchedule")
MIB = 1024**2


@parameters("kubernetes.eviction")
@dataclass(frozen=True)
class EvictionParameters:
    """When a node is short of memory or disk."""

    hard_memory_mib: int = param(
        100, unit="MiB", low=0, high=4096, help="a node with less memory available evicts pods at once",
        source="kubernetes 1.34, kubelet evictionHard memory.available", shown_in="memory-leak",
    )  # fmt: skip
    soft_memory_mib: int = param(
        0, unit="MiB", low=0, high=4096, help="a node with less memory available for 90 s evicts pods; 0 is off",
        source="kubernetes 1.34, kubelet evictionSoft: none by default", shown_in="memory-leak",
    )  # fmt: skip
    min_reclaim_mib: int = param(
        0, unit="MiB", low=0, high=4096, help="so much more than the threshold has to be won back",
        source="kubernetes 1.34, kubelet evictionMinimumReclaim: none by default", shown_in="memory-leak",
    )  # fmt: skip
    hard_disk_percent: int = param(
        10, unit="%", low=0, high=50, help="a node with a smaller part of its disk available evicts pods at once",
        source="kubernetes 1.34, kubelet evictionHard nodefs.available", shown_in="disk-full",
    )  # fmt: skip
    soft_disk_percent: int = param(
        0, unit="%", low=0, high=50,
        help="a node with a smaller part of its disk available for 90 s evicts pods; 0 is off",
        source="kubernetes 1.34, kubelet evictionSoft: none by default", shown_in="disk-full",
    )  # fmt: skip
    min_reclaim_disk_percent: int = param(
        0, unit="%", low=0, high=50, help="so much more of its disk than the threshold has to be won back",
        source="kubernetes 1.34, kubelet evictionMinimumReclaim: none by default", shown_in="disk-full",
    )  # fmt: skip
    pressure_transition_s: float = param(
        300.0, unit="s", low=0, high=3600,
        help="how long enough memory and disk have to be there until a node is well again",
        source="kubernetes 1.34, kubelet evictionPressureTransitionPeriod", shown_in="memory-leak",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Condition:
    """What a node says of itself when a signal is too low.

    Parameters
    ----------
    name : str
        Of the condition.
    field : str
        Of the node's object that stands for it.
    taint : Taint
        What the node is tainted with for it.
    short : str
        Code of the reason why a pod is evicted for it.
    refused : str
        Code of the reason why a pod is not taken on.
    """

    name: str
    field: str
    taint: Taint
    short: str
    refused: str


CONDITIONS: Mapping[str, Condition] = {
    MEMORY_AVAILABLE: Condition(
        "MemoryPressure", "memory_pressure", MEMORY_PRESSURE, "short-of-memory", "memory-pressure"
    ),
    NODEFS_AVAILABLE: Condition("DiskPressure", "disk_pressure", DISK_PRESSURE, "short-of-disk", "disk-pressure"),
}
"""Signal -> the condition it is about."""


def thresholds_of(params: EvictionParameters) -> dict[Threshold, int]:
    """Return every threshold, and how long it is put up with, in microseconds: hard ones not at all."""
    reclaim = Quantity.of(params.min_reclaim_mib * MIB, "BinarySI")
    part = params.min_reclaim_disk_percent / 100
    found = {}
    for mib, grace_us in ((params.hard_memory_mib, 0), (params.soft_memory_mib, SOFT_GRACE_US)):
        if mib or not grace_us:
            limit = Quantity.of(mib * MIB, "BinarySI")
            found[Threshold(MEMORY_AVAILABLE, limit, min_reclaim=reclaim)] = grace_us
    for percent, grace_us in ((params.hard_disk_percent, 0), (params.soft_disk_percent, SOFT_GRACE_US)):
        if percent or not grace_us:
            found[Threshold(NODEFS_AVAILABLE, share=percent / 100, min_reclaim_share=part)] = grace_us
    return found
