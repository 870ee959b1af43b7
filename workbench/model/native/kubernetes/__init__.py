"""Kubernetes' own objects as frozen values, one file per API group. No behaviour.

| Objects | are in |
|---|---|
| amounts | `quantity.py` |
| metadata, selectors | `meta.py` |
| Pod, containers, probes, templates | `pods.py` |
| affinity, tolerations, spreading | `affinity.py` |
| volumes of a pod | `volumes.py` |
| Node, taints | `nodes.py` |
| Service, ReplicationController, ConfigMap, Secret, quota, limits, Namespace | `core.py` |
| Deployment, ReplicaSet, StatefulSet, DaemonSet | `apps.py` |
| Job, CronJob | `batch.py` |
| HorizontalPodAutoscaler | `autoscaling.py` |
| PodDisruptionBudget | `policy.py` |
| PersistentVolume, PersistentVolumeClaim, StorageClass | `storage.py` |
| CSINode, CSIDriver, CSIStorageCapacity, VolumeAttachment | `storage.py` |
| KubeSchedulerConfiguration | `scheduler_configuration.py` |
| Ingress, NetworkPolicy | `networking.py` |
| Role, ClusterRole and their bindings | `rbac.py` |
| PriorityClass | `scheduling.py` |

Defaults are those of the API, version 1.34, where it gives a constant; what the API derives (a request from a
limit, a selector from a template) is filled in by `workbench.formats.kubernetes_manifest`.
"""

from workbench.model.native.kubernetes.apps import DaemonSet, Deployment, ReplicaSet, StatefulSet
from workbench.model.native.kubernetes.autoscaling import HorizontalPodAutoscaler
from workbench.model.native.kubernetes.batch import CronJob, Job
from workbench.model.native.kubernetes.core import (
    ConfigMap,
    LimitRange,
    Namespace,
    ReplicationController,
    ResourceQuota,
    Secret,
    Service,
    ServiceAccount,
)
from workbench.model.native.kubernetes.meta import KubeObject, ObjectMeta
from workbench.model.native.kubernetes.networking import Ingress, NetworkPolicy
from workbench.model.native.kubernetes.nodes import Node
from workbench.model.native.kubernetes.pods import Container, Pod, PodSpec, PodTemplateSpec
from workbench.model.native.kubernetes.policy import PodDisruptionBudget
from workbench.model.native.kubernetes.quantity import Quantity, ResourceList
from workbench.model.native.kubernetes.rbac import ClusterRole, ClusterRoleBinding, Role, RoleBinding
from workbench.model.native.kubernetes.scheduling import PriorityClass
from workbench.model.native.kubernetes.storage import (
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeAttachment,
)

KINDS: dict[str, type[KubeObject]] = {
    kind.__name__: kind
    for kind in (
        Pod,
        ReplicationController,
        ReplicaSet,
        Deployment,
        StatefulSet,
        DaemonSet,
        Job,
        CronJob,
        Service,
        Ingress,
        ConfigMap,
        Secret,
        ServiceAccount,
        PersistentVolume,
        PersistentVolumeClaim,
        StorageClass,
        CSINode,
        CSIDriver,
        CSIStorageCapacity,
        VolumeAttachment,
        HorizontalPodAutoscaler,
        PodDisruptionBudget,
        PriorityClass,
        ResourceQuota,
        LimitRange,
        Namespace,
        Node,
        NetworkPolicy,
        Role,
        ClusterRole,
        RoleBinding,
        ClusterRoleBinding,
    )
}
"""Kind -> type, for every kind that is read."""

CLUSTER_SCOPED = frozenset(
    {
        "PersistentVolume",
        "StorageClass",
        "CSINode",
        "CSIDriver",
        "VolumeAttachment",
        "PriorityClass",
        "Namespace",
        "Node",
        "ClusterRole",
        "ClusterRoleBinding",
    }
)
"""Kinds that live in no namespace."""

__all__ = [
    "CLUSTER_SCOPED",
    "KINDS",
    "CSIDriver",
    "CSINode",
    "CSIStorageCapacity",
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "Container",
    "CronJob",
    "DaemonSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "Ingress",
    "Job",
    "KubeObject",
    "LimitRange",
    "Namespace",
    "NetworkPolicy",
    "Node",
    "ObjectMeta",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "PodDisruptionBudget",
    "PodSpec",
    "PodTemplateSpec",
    "PriorityClass",
    "Quantity",
    "ReplicaSet",
    "ReplicationController",
    "ResourceList",
    "ResourceQuota",
    "Role",
    "RoleBinding",
    "Secret",
    "Service",
    "ServiceAccount",
    "StatefulSet",
    "StorageClass",
    "VolumeAttachment",
]
