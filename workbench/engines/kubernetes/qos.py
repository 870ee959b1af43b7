"""Quality of service: who is throttled, evicted or killed first when a node runs short.

Source: kubernetes, pkg/apis/core/v1/helper/qos/qos.go (version 1.34, amounts for the pod as a whole included).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from workbench.model.native.kubernetes.pods import PodSpec
from workbench.model.native.kubernetes.quantity import Quantity, ResourceList

QOSClass = Literal["Guaranteed", "Burstable", "BestEffort"]

COUNTED = ("cpu", "memory")
"""The resources that decide the class."""


class ContainerLevelResources(NamedTuple):
    """Sums over all containers, and whether each of them limits both cpu and memory."""

    requests: dict[str, Quantity]
    limits: dict[str, Quantity]
    is_guaranteed_candidate: bool


def collect_container_level_resources(spec: PodSpec) -> ContainerLevelResources:
    """Return plain sums over containers and init containers (not the effective requests)."""
    requests: dict[str, Quantity] = {}
    limits: dict[str, Quantity] = {}
    candidate = True
    for container in (*spec.containers, *spec.init_containers):
        _add_counted(requests, container.resources.requests)
        _add_counted(limits, container.resources.limits)
        candidate = candidate and _limits_both(container.resources.limits)
    return ContainerLevelResources(requests, limits, candidate)


def compute_pod_qos(spec: PodSpec) -> QOSClass:
    """Return the class of a pod.

    Guaranteed: every container limits cpu and memory, and asks for exactly that. BestEffort: nobody asks for or
    limits either. Burstable: all else. Amounts for the pod as a whole, where given, decide alone.
    """
    requests, limits, guaranteed = _deciding(spec)
    if not requests and not limits:
        return "BestEffort"
    if guaranteed and requests == limits:
        return "Guaranteed"
    return "Burstable"


def _deciding(spec: PodSpec) -> ContainerLevelResources:
    if spec.resources is None:
        return collect_container_level_resources(spec)
    requests: dict[str, Quantity] = {}
    limits: dict[str, Quantity] = {}
    _add_counted(requests, spec.resources.requests)
    _add_counted(limits, spec.resources.limits)
    return ContainerLevelResources(requests, limits, not limits or _limits_both(limits))


def _limits_both(limits: ResourceList) -> bool:
    return all(name in limits and limits[name].nano > 0 for name in COUNTED)


def _add_counted(total: dict[str, Quantity], amounts: ResourceList) -> None:
    for name in COUNTED:
        if name in amounts and amounts[name].nano > 0:
            total[name] = total.get(name, Quantity()) + amounts[name]
