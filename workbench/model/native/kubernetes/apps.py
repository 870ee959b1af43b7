"""Workloads that keep pods running: Deployment, ReplicaSet, StatefulSet, DaemonSet.

Source: kubernetes/api, apps/v1/types.go, defaults included.
"""

from __future__ import annotations

from typing import ClassVar

from workbench.model.native.kubernetes.meta import IntOrString, KubeObject, KubeStruct, LabelSelector
from workbench.model.native.kubernetes.pods import PodTemplateSpec
from workbench.model.native.kubernetes.storage import PersistentVolumeClaim


class ReplicaSetSpec(KubeStruct, frozen=True, kw_only=True):
    """So many pods that the selector finds, made from the template."""

    replicas: int = 1
    min_ready_seconds: int = 0
    selector: LabelSelector = LabelSelector()
    template: PodTemplateSpec = PodTemplateSpec()


class ReplicaSet(KubeObject, frozen=True, kw_only=True):
    """Keeps a number of equal pods running."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "apps/v1"
    kind: str = "ReplicaSet"
    spec: ReplicaSetSpec = ReplicaSetSpec()


class RollingUpdateDeployment(KubeStruct, frozen=True, kw_only=True):
    """Percentages: surge is rounded up, unavailable down."""

    max_unavailable: IntOrString = "25%"
    max_surge: IntOrString = "25%"


class DeploymentStrategy(KubeStruct, frozen=True, kw_only=True):
    """``RollingUpdate`` or ``Recreate``."""

    type: str = "RollingUpdate"
    rolling_update: RollingUpdateDeployment = RollingUpdateDeployment()


class DeploymentSpec(KubeStruct, frozen=True, kw_only=True):
    """Pods, and how one version follows another."""

    replicas: int = 1
    selector: LabelSelector = LabelSelector()
    template: PodTemplateSpec = PodTemplateSpec()
    strategy: DeploymentStrategy = DeploymentStrategy()
    min_ready_seconds: int = 0
    revision_history_limit: int = 10
    paused: bool = False
    progress_deadline_seconds: int = 600
    pod_replacement_policy: str | None = None


class Deployment(KubeObject, frozen=True, kw_only=True):
    """A service whose versions follow one another."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "apps/v1"
    kind: str = "Deployment"
    spec: DeploymentSpec = DeploymentSpec()


class RollingUpdateStatefulSetStrategy(KubeStruct, frozen=True, kw_only=True):
    """Ordinals at or above `partition` are updated; percentages of `max_unavailable` are rounded up."""

    partition: int = 0
    max_unavailable: IntOrString | None = None


class StatefulSetUpdateStrategy(KubeStruct, frozen=True, kw_only=True):
    """``RollingUpdate`` or ``OnDelete``."""

    type: str = "RollingUpdate"
    rolling_update: RollingUpdateStatefulSetStrategy = RollingUpdateStatefulSetStrategy()


class StatefulSetOrdinals(KubeStruct, frozen=True, kw_only=True):
    """The number of the first pod."""

    start: int = 0


class StatefulSetPersistentVolumeClaimRetentionPolicy(KubeStruct, frozen=True, kw_only=True):
    """``Retain`` or ``Delete`` for the claims when the set is deleted or shrinks."""

    when_deleted: str = "Retain"
    when_scaled: str = "Retain"


class StatefulSetSpec(KubeStruct, frozen=True, kw_only=True):
    """Pods with a number and a disk of their own; `pod_management_policy` OrderedReady or Parallel."""

    replicas: int = 1
    selector: LabelSelector = LabelSelector()
    template: PodTemplateSpec = PodTemplateSpec()
    volume_claim_templates: tuple[PersistentVolumeClaim, ...] = ()
    service_name: str = ""
    pod_management_policy: str = "OrderedReady"
    update_strategy: StatefulSetUpdateStrategy = StatefulSetUpdateStrategy()
    revision_history_limit: int = 10
    min_ready_seconds: int = 0
    ordinals: StatefulSetOrdinals = StatefulSetOrdinals()
    persistent_volume_claim_retention_policy: StatefulSetPersistentVolumeClaimRetentionPolicy = (
        StatefulSetPersistentVolumeClaimRetentionPolicy()
    )


class StatefulSet(KubeObject, frozen=True, kw_only=True):
    """Pods with identity."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "apps/v1"
    kind: str = "StatefulSet"
    spec: StatefulSetSpec = StatefulSetSpec()


class RollingUpdateDaemonSet(KubeStruct, frozen=True, kw_only=True):
    """How many nodes may be without their pod, or have two, during an update."""

    max_unavailable: IntOrString = 1
    max_surge: IntOrString = 0


class DaemonSetUpdateStrategy(KubeStruct, frozen=True, kw_only=True):
    """``RollingUpdate`` or ``OnDelete``."""

    type: str = "RollingUpdate"
    rolling_update: RollingUpdateDaemonSet = RollingUpdateDaemonSet()


class DaemonSetSpec(KubeStruct, frozen=True, kw_only=True):
    """One pod on every node that suits."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"templateGeneration"})

    selector: LabelSelector = LabelSelector()
    template: PodTemplateSpec = PodTemplateSpec()
    update_strategy: DaemonSetUpdateStrategy = DaemonSetUpdateStrategy()
    min_ready_seconds: int = 0
    revision_history_limit: int = 10


class DaemonSet(KubeObject, frozen=True, kw_only=True):
    """A helper on every node."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "apps/v1"
    kind: str = "DaemonSet"
    spec: DaemonSetSpec = DaemonSetSpec()
