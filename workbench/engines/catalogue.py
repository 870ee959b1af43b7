"""Everything that can be run and adjusted, gathered: control planes, parameters, what is made of users' fields.

Adding a control plane takes its package and one entry in `CONTROL_PLANES`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.engines import kubernetes, kubernetes_on_mesos, mesos, static_partitions
from workbench.engines.applications.parameters import ReplicationParameters
from workbench.engines.applications.spark.parameters import SparkParameters
from workbench.engines.blocks import DataParameters
from workbench.engines.disks import DiskParameters
from workbench.engines.draws import TaskParameters
from workbench.engines.images import ImageParameters
from workbench.engines.memory import MemoryParameters
from workbench.engines.operator import OperatorParameters
from workbench.engines.processors import ProcessorParameters
from workbench.engines.protocol import ControlPlane
from workbench.engines.proxies import TrafficParameters
from workbench.engines.scratch import ScratchParameters
from workbench.model.parameters import Registry, Treatments


@dataclass(frozen=True, slots=True)
class Entry:
    """A control plane as the rest of the workbench sees it.

    Parameters
    ----------
    make : type
        Called without arguments for each run.
    parameters : tuple of type
        The classes that declare its parameters.
    treatments : mapping
        What it does with the fields of apps and of upstream's own documents.
    """

    make: type[ControlPlane]
    parameters: tuple[type[Any], ...]
    treatments: Treatments


CONTROL_PLANES: Mapping[str, Entry] = {
    "kubernetes": Entry(kubernetes.Kubernetes, kubernetes.PARAMETERS, kubernetes.TREATMENTS),
    "mesos": Entry(mesos.Mesos, mesos.PARAMETERS, mesos.TREATMENTS),
    "static-partitions": Entry(
        static_partitions.StaticPartitions, static_partitions.PARAMETERS, static_partitions.TREATMENTS
    ),
    "kubernetes-on-mesos": Entry(
        kubernetes_on_mesos.KubernetesOnMesos, kubernetes_on_mesos.PARAMETERS, kubernetes_on_mesos.TREATMENTS
    ),
}
"""Name -> control plane. The names are what scenarios and the command line use."""

PARAMETERS = Registry(
    (
        TaskParameters,
        ImageParameters,
        DiskParameters,
        DataParameters,
        SparkParameters,
        ReplicationParameters,
        OperatorParameters,
        TrafficParameters,
        MemoryParameters,
        ScratchParameters,
        ProcessorParameters,
        *(cls for entry in CONTROL_PLANES.values() for cls in entry.parameters),
    )
)
"""Every declared parameter by dotted path."""


def control_plane(name: str, policies: Mapping[str, object]) -> ControlPlane:
    """Return a control plane, ready for one run: by name, or Kubernetes with the policy of that name."""
    policy = policies.get(name)
    if isinstance(policy, kubernetes.Policy):
        return kubernetes.Kubernetes(policy)
    return CONTROL_PLANES[name].make()


HALVES: Mapping[str, tuple[str, ...]] = {"kubernetes-on-mesos": ("kubernetes", "mesos")}
"""Control planes that are put together of others, whose settings are theirs too."""


def owner_of(path: str) -> str:
    """Return the control plane to which the setting at a dotted path belongs; empty for what concerns everybody."""
    name = path.partition(".")[0].replace("_", "-")
    return name if name in CONTROL_PLANES else ""


def concerned_by(sides: Iterable[str]) -> frozenset[str]:
    """Return the owners of settings that matter to control planes: themselves, and those that they consist of."""
    return frozenset(owner for side in sides for owner in (side, *HALVES.get(side, ())))
