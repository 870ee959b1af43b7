"""Nodes: the machines as Kubernetes sees them.

Source: kubernetes/api, core/v1/types.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from workbench.model.native.kubernetes.meta import Condition, KubeObject, KubeStruct
from workbench.model.native.kubernetes.quantity import Quantity


class Taint(KubeStruct, frozen=True, kw_only=True):
    """Keeps pods away that do not tolerate it: NoSchedule, PreferNoSchedule or NoExecute."""

    key: str
    effect: str
    value: str = ""
    time_added: str | None = None


class NodeSpec(KubeStruct, frozen=True, kw_only=True):
    """What an administrator sets on a node."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"configSource", "externalID", "podPreemptionPolicy"})

    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()
    provider_id: str = msgspec.field(default="", name="providerID")
    pod_cidr: str = msgspec.field(default="", name="podCIDR")
    pod_cidrs: tuple[str, ...] = msgspec.field(default=(), name="podCIDRs")


class ContainerImage(KubeStruct, frozen=True, kw_only=True):
    """An image on a node, under all its names."""

    ONE_FIELD: ClassVar[bool] = True

    names: tuple[str, ...] = ()
    size_bytes: int = 0


class NodeStatus(KubeStruct, frozen=True, kw_only=True):
    """What a node has. `allocatable` is what pods may ask for; absent, it is the capacity."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset(
        {
            "phase",
            "addresses",
            "daemonEndpoints",
            "nodeInfo",
            "volumesInUse",
            "volumesAttached",
            "config",
            "runtimeHandlers",
            "features",
            "declaredFeatures",
        }
    )

    capacity: Mapping[str, Quantity] = msgspec.field(default_factory=dict)
    allocatable: Mapping[str, Quantity] = msgspec.field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    images: tuple[ContainerImage, ...] = ()


class Node(KubeObject, frozen=True, kw_only=True):
    """A machine that runs pods."""

    api_version: str = "v1"
    kind: str = "Node"
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()
