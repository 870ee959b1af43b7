"""Allowed words and ranges of Kubernetes fields.

Source: kubernetes/api, the constants beside each type (version 1.34); pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.model.native.kubernetes import (
    affinity,
    apps,
    autoscaling,
    batch,
    core,
    networking,
    nodes,
    pods,
    policy,
    scheduling,
    storage,
)
from workbench.model.native.kubernetes.meta import LabelSelectorRequirement

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_SET = ("In", "NotIn", "Exists", "DoesNotExist")
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_UPDATES = ("RollingUpdate", "OnDelete")
_KEPT = ("Retain", "Delete")
_ACCESS = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
_MODES = ("Filesystem", "Block")
_POLICIES = ("Honor", "Ignore")

WORDS: Mapping[tuple[type, str], tuple[str, ...]] = {
    (pods.PodSpec, "restartPolicy"): ("Always", "OnFailure", "Never"),
    (pods.PodSpec, "preemptionPolicy"): ("PreemptLowerPriority", "Never"),
    (pods.Container, "restartPolicy"): ("Always", "OnFailure", "Never"),
    (pods.Container, "imagePullPolicy"): ("Always", "IfNotPresent", "Never"),
    (pods.ContainerPort, "protocol"): _PROTOCOLS,
    (pods.PodOS, "name"): ("linux", "windows"),
    (pods.ScopedResourceSelectorRequirement, "operator"): _SET,
    (affinity.Toleration, "operator"): ("Exists", "Equal"),
    (affinity.Toleration, "effect"): _EFFECTS,
    (affinity.NodeSelectorRequirement, "operator"): (*_SET, "Gt", "Lt"),
    (affinity.TopologySpreadConstraint, "whenUnsatisfiable"): ("DoNotSchedule", "ScheduleAnyway"),
    (affinity.TopologySpreadConstraint, "nodeAffinityPolicy"): _POLICIES,
    (affinity.TopologySpreadConstraint, "nodeTaintsPolicy"): _POLICIES,
    (LabelSelectorRequirement, "operator"): _SET,
    (nodes.Taint, "effect"): _EFFECTS,
    (core.ServicePort, "protocol"): _PROTOCOLS,
    (core.ServiceSpec, "type"): ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
    (core.ServiceSpec, "sessionAffinity"): ("None", "ClientIP"),
    (core.ServiceSpec, "externalTrafficPolicy"): ("Cluster", "Local"),
    (core.ServiceSpec, "internalTrafficPolicy"): ("Cluster", "Local"),
    (apps.DeploymentStrategy, "type"): ("RollingUpdate", "Recreate"),
    (apps.StatefulSetSpec, "podManagementPolicy"): ("OrderedReady", "Parallel"),
    (apps.StatefulSetUpdateStrategy, "type"): _UPDATES,
    (apps.DaemonSetUpdateStrategy, "type"): _UPDATES,
    (apps.StatefulSetPersistentVolumeClaimRetentionPolicy, "whenDeleted"): _KEPT,
    (apps.StatefulSetPersistentVolumeClaimRetentionPolicy, "whenScaled"): _KEPT,
    (batch.JobSpec, "completionMode"): ("NonIndexed", "Indexed"),
    (batch.JobSpec, "podReplacementPolicy"): ("TerminatingOrFailed", "Failed"),
    (apps.DeploymentSpec, "podReplacementPolicy"): ("TerminationStarted", "TerminationComplete"),
    (batch.CronJobSpec, "concurrencyPolicy"): ("Allow", "Forbid", "Replace"),
    (storage.StorageClass, "volumeBindingMode"): ("Immediate", "WaitForFirstConsumer"),
    (storage.StorageClass, "reclaimPolicy"): _KEPT,
    (storage.PersistentVolumeSpec, "persistentVolumeReclaimPolicy"): (*_KEPT, "Recycle"),
    (storage.PersistentVolumeSpec, "accessModes"): _ACCESS,
    (storage.PersistentVolumeSpec, "volumeMode"): _MODES,
    (storage.PersistentVolumeClaimSpec, "accessModes"): _ACCESS,
    (storage.PersistentVolumeClaimSpec, "volumeMode"): _MODES,
    (policy.PodDisruptionBudgetSpec, "unhealthyPodEvictionPolicy"): ("IfHealthyBudget", "AlwaysAllow"),
    (scheduling.PriorityClass, "preemptionPolicy"): ("PreemptLowerPriority", "Never"),
    (autoscaling.MetricTarget, "type"): ("Utilization", "Value", "AverageValue"),
    (autoscaling.MetricSpec, "type"): ("Resource", "ContainerResource", "Pods", "Object", "External"),
    (autoscaling.HPAScalingPolicy, "type"): ("Pods", "Percent"),
    (autoscaling.HPAScalingRules, "selectPolicy"): ("Max", "Min", "Disabled"),
    (networking.NetworkPolicySpec, "policyTypes"): ("Ingress", "Egress"),
}
"""(type, field) -> allowed words."""

_INT32 = (-(2**31), 2**31 - 1)
_SECONDS = (0, 2**63 - 1)
_PORT = (1, 65_535)

RANGES: Mapping[str, tuple[int, int]] = {
    "priority": _INT32,
    "value": _INT32,
    "tolerationSeconds": (-(2**63), 2**63 - 1),
    "terminationGracePeriodSeconds": _SECONDS,
    "activeDeadlineSeconds": (1, 2**63 - 1),
    "startingDeadlineSeconds": _SECONDS,
    "deletionGracePeriodSeconds": _SECONDS,
    "sizeBytes": (0, 2**63 - 1),
    "containerPort": _PORT,
    "port": _PORT,
    "number": _PORT,
    "endPort": _PORT,
    "hostPort": (0, 65_535),
    "nodePort": (0, 65_535),
    "weight": (1, 100),
    "maxSkew": (1, 2**31 - 1),
    "minDomains": (1, 2**31 - 1),
    "maxReplicas": (1, 2**31 - 1),
    "periodSeconds": (1, 2**31 - 1),
}
"""Field -> lowest and highest value; other whole numbers are 0 to 2**31 - 1."""
