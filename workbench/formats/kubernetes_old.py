"""Documents of earlier years in today's spelling: old kinds, API versions, fields and annotations.

What is converted is noted in the receipt. Documents of v1beta1 and v1beta2 (2014, with ``desiredState``) are too far
from today's types and are ignored as a whole; v1beta3 (2015) is read.

Source: kubernetes, CHANGELOG and docs/api-conversion notes of the releases 0.18 to 1.22; kubernetes/api, the types of
the removed versions; defaults of extensions/v1beta1, apps/v1beta1 and apps/v1beta2: pkg/apis/*/defaults.go.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from workbench.formats.kubernetes_reading import Before, Spot
from workbench.model.native.kubernetes import apps, autoscaling, core, networking, nodes, pods, storage
from workbench.model.native.kubernetes.meta import LabelSelector
from workbench.model.native.kubernetes.policy import PodDisruptionBudgetSpec
from workbench.model.parameters import Treatment, ignored

Raw = Mapping[str, Any]


class Version(NamedTuple):
    """A kind's API group and version of today, and the older ones that are read."""

    now: str
    older: tuple[str, ...] = ()


_CORE = Version("v1", ("v1beta3",))
_APPS = ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2")
_RBAC = Version(
    "rbac.authorization.k8s.io/v1",
    ("rbac.authorization.k8s.io/v1beta1", "rbac.authorization.k8s.io/v1alpha1"),
)

VERSIONS: Mapping[str, Version] = {
    **dict.fromkeys(
        ("Pod", "ReplicationController", "Service", "Secret", "ServiceAccount", "PersistentVolume",
         "PersistentVolumeClaim", "ResourceQuota", "LimitRange", "Namespace", "Node", "ConfigMap"),
        _CORE,
    ),
    "Deployment": Version("apps/v1", _APPS),
    "ReplicaSet": Version("apps/v1", ("extensions/v1beta1", "apps/v1beta2")),
    "DaemonSet": Version("apps/v1", ("extensions/v1beta1", "apps/v1beta2")),
    "StatefulSet": Version("apps/v1", ("apps/v1alpha1", "apps/v1beta1", "apps/v1beta2")),
    "Job": Version("batch/v1", ("extensions/v1beta1",)),
    "CronJob": Version("batch/v1", ("batch/v1beta1", "batch/v2alpha1")),
    "HorizontalPodAutoscaler": Version(
        "autoscaling/v2",
        ("autoscaling/v2beta2", "autoscaling/v2beta1", "autoscaling/v2alpha1", "autoscaling/v1",
         "extensions/v1beta1"),
    ),
    "PodDisruptionBudget": Version("policy/v1", ("policy/v1beta1", "policy/v1alpha1")),
    "PriorityClass": Version(
        "scheduling.k8s.io/v1", ("scheduling.k8s.io/v1beta1", "scheduling.k8s.io/v1alpha1")
    ),
    **dict.fromkeys(
        ("StorageClass", "CSINode", "CSIDriver", "CSIStorageCapacity", "VolumeAttachment"),
        Version("storage.k8s.io/v1", ("storage.k8s.io/v1beta1",)),
    ),
    "Ingress": Version("networking.k8s.io/v1", ("networking.k8s.io/v1beta1", "extensions/v1beta1")),
    "NetworkPolicy": Version("networking.k8s.io/v1", ("extensions/v1beta1",)),
    **dict.fromkeys(("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"), _RBAC),
}  # fmt: skip
"""Kind -> the versions that are read."""

STILL_SERVED = frozenset({"autoscaling/v1"})
"""Older versions that are no relic: no note is made of them."""

KINDS = {"PetSet": "StatefulSet", "ScheduledJob": "CronJob", "Minion": "Node"}
"""Old kind -> kind of today."""

OLD_VERSION = "an older version, read as {new}"
OLD_KIND = "an older kind, read as {new}"
OLD_SHAPE = "an older form, read as {new}"
TOO_OLD = ignored("of 2014 (v1beta1, v1beta2): too far from today's objects to be read")
ROLLBACK = ignored("asks for one roll-back when it is applied; a run begins from the file as it stands")
NO_EFFECT_TODAY = ignored("had a meaning in earlier releases only")

UNREADABLE = "the annotation cannot be read"

NOTES = (OLD_VERSION, OLD_KIND, OLD_SHAPE, TOO_OLD.note, ROLLBACK.note, NO_EFFECT_TODAY.note)
"""What receipts say about fields on behalf of this module, in English."""

RENAMED: Mapping[type, Mapping[str, str]] = {
    pods.PodSpec: {"serviceAccount": "serviceAccountName", "host": "nodeName"},
    core.ServiceSpec: {
        "portalIP": "clusterIP", "publicIPs": "externalIPs", "deprecatedPublicIPs": "externalIPs",
    },
    core.ServicePort: {"containerPort": "targetPort"},
}  # fmt: skip
"""Type -> old field name -> field name of today."""


def read_as(new: str, template: str = OLD_SHAPE) -> Treatment:
    """Return the treatment of something old that is read as something of today."""
    return Treatment("honoured", template, (("new", new),))


# -- annotations that were fields to be ---------------------------------------------------------------------------

_ANNOTATED_SPEC: Mapping[str, tuple[str, bool]] = {
    "scheduler.alpha.kubernetes.io/affinity": ("affinity", True),
    "scheduler.alpha.kubernetes.io/tolerations": ("tolerations", True),
    "scheduler.alpha.kubernetes.io/name": ("schedulerName", False),
    "pod.alpha.kubernetes.io/init-containers": ("initContainers", True),
    "pod.beta.kubernetes.io/init-containers": ("initContainers", True),
    "pod.beta.kubernetes.io/hostname": ("hostname", False),
    "pod.beta.kubernetes.io/subdomain": ("subdomain", False),
}
"""Annotation of a pod -> field of its spec, and whether the annotation is JSON."""

_ANNOTATED_STORAGE = {"volume.beta.kubernetes.io/storage-class": ("storageClassName", False)}
_ANNOTATED_NODE = {"scheduler.alpha.kubernetes.io/taints": ("taints", True)}
_ANNOTATED_SERVICE = {
    "service.alpha.kubernetes.io/tolerate-unready-endpoints": ("publishNotReadyAddresses", True),
    "service.beta.kubernetes.io/external-traffic": ("externalTrafficPolicy", False),
}

READ_ANNOTATIONS = frozenset({*_ANNOTATED_SPEC, *_ANNOTATED_STORAGE, *_ANNOTATED_NODE, *_ANNOTATED_SERVICE})
"""Annotations that are read as fields."""

_SPENT = frozenset(
    {
        "pod.alpha.kubernetes.io/initialized", "pod.alpha.kubernetes.io/init-container-statuses",
        "pod.beta.kubernetes.io/init-container-statuses", "scheduler.alpha.kubernetes.io/critical-pod",
        "volume.alpha.kubernetes.io/storage-class",
    }
)  # fmt: skip


def _from_annotations(fields: Mapping[str, tuple[str, bool]]) -> Before:
    """Return a rule that moves annotations into the spec, where the spec does not say it already."""

    def convert(raw: Raw, spot: Spot) -> Raw:
        metadata = raw.get("metadata")
        annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
        if not isinstance(annotations, dict):
            return raw
        spec = raw.get("spec")
        moved = dict(spec) if isinstance(spec, dict) else {}
        for name in annotations:
            if name in _SPENT:
                spot.note(f"metadata.annotations.{name}", NO_EFFECT_TODAY)
            elif name in fields and isinstance(annotations[name], str):
                _move(annotations[name], name, fields[name], moved, spot)
        return {**raw, "spec": moved} if moved != spec else raw

    return convert


def _move(text: str, name: str, target: tuple[str, bool], spec: dict[str, Any], spot: Spot) -> None:
    field, is_json = target
    spot.note(f"metadata.annotations.{name}", read_as(f"spec.{field}"))
    value: Any = text
    if is_json:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            spot.problem("json-syntax", "metadata", "annotations", name, why=UNREADABLE)
            return
    if spec.get(field) is None:
        spec[field] = value


_service_annotations = _from_annotations(_ANNOTATED_SERVICE)


# -- forms that changed -------------------------------------------------------------------------------------------


def _service(raw: Raw, spot: Spot) -> Raw:
    """The balancer of v1beta3."""
    if "createExternalLoadBalancer" not in raw:
        return raw
    changed = {key: value for key, value in raw.items() if key != "createExternalLoadBalancer"}
    spot.note("createExternalLoadBalancer", read_as("type"))
    if raw["createExternalLoadBalancer"] is True:
        changed.setdefault("type", "LoadBalancer")
    return changed


def _service_object(raw: Raw, spot: Spot) -> Raw:
    """Annotations of a Service that became fields."""
    moved = _service_annotations(raw, spot)
    spec = moved.get("spec")
    if isinstance(spec, dict) and spec.get("externalTrafficPolicy") in ("OnlyLocal", "Global"):
        policy = {"OnlyLocal": "Local", "Global": "Cluster"}[spec["externalTrafficPolicy"]]
        return {**moved, "spec": {**spec, "externalTrafficPolicy": policy}}
    return moved


def _deployment(raw: Raw, spot: Spot) -> Raw:
    if "rollbackTo" not in raw:
        return raw
    spot.note("rollbackTo", ROLLBACK)
    return {key: value for key, value in raw.items() if key != "rollbackTo"}


def _backend(raw: Raw, spot: Spot) -> Raw:
    """``serviceName`` and ``servicePort`` of the betas."""
    if "serviceName" not in raw:
        return raw
    spot.note("serviceName", read_as("service"))
    port = raw.get("servicePort")
    named = {"name": port} if isinstance(port, str) else {"number": port}
    rest = {key: value for key, value in raw.items() if key not in ("serviceName", "servicePort")}
    return {**rest, "service": {"name": raw["serviceName"], "port": named}}


def _ingress(raw: Raw, spot: Spot) -> Raw:
    if "backend" not in raw:
        return raw
    spot.note("backend", read_as("defaultBackend"))
    rest = {key: value for key, value in raw.items() if key != "backend"}
    return {**rest, "defaultBackend": raw["backend"]}


def _autoscaler(raw: Raw, spot: Spot) -> Raw:
    """``scaleRef`` of extensions/v1beta1 and the one percentage of version 1."""
    changed = dict(raw)
    if isinstance(changed.get("scaleRef"), dict):
        spot.note("scaleRef", read_as("scaleTargetRef"))
        old = changed.pop("scaleRef")
        changed["scaleTargetRef"] = {key: value for key, value in old.items() if key != "subresource"}
    percent = changed.pop("targetCPUUtilizationPercentage", None)
    if isinstance(changed.get("cpuUtilization"), dict):
        percent = changed.pop("cpuUtilization").get("targetPercentage")
    if percent is not None and "metrics" not in changed:
        spot.note("targetCPUUtilizationPercentage", read_as("metrics"))
        target = {"type": "Utilization", "averageUtilization": percent}
        changed["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    return changed


_TARGETS = (
    ("targetAverageUtilization", "averageUtilization", "Utilization"),
    ("targetAverageValue", "averageValue", "AverageValue"),
    ("averageValue", "averageValue", "AverageValue"),
    ("targetValue", "value", "Value"),
)
"""Field of autoscaling/v2beta1 -> field and type of today's target; an average goes before a plain value."""


def _metric(raw: Raw, spot: Spot) -> Raw:
    """Targets and metric names of autoscaling/v2beta1 (and v2alpha1)."""
    olds = ("metricName", *(old for old, _, _ in _TARGETS))
    if not any(old in raw for old in olds):
        return raw
    spot.note("target", read_as("metric, target"))
    rest = {
        key: value
        for key, value in raw.items()
        if key not in (*olds, "selector", "metricSelector") and not (key == "target" and "metricName" in raw)
    }
    found = next(((new, kind, raw[old]) for old, new, kind in _TARGETS if raw.get(old) is not None), None)
    if found is not None:
        rest["target"] = {"type": found[1], found[0]: found[2]}
    if "metricName" in raw:
        selector = raw.get("selector", raw.get("metricSelector"))
        rest["metric"] = {"name": raw["metricName"], "selector": selector}
        if isinstance(raw.get("target"), dict):
            rest["describedObject"] = raw["target"]
    return rest


BEFORE: Mapping[type, Before] = {
    pods.Pod: _from_annotations(_ANNOTATED_SPEC),
    pods.PodTemplateSpec: _from_annotations(_ANNOTATED_SPEC),
    storage.PersistentVolumeClaim: _from_annotations(_ANNOTATED_STORAGE),
    storage.PersistentVolume: _from_annotations(_ANNOTATED_STORAGE),
    nodes.Node: _from_annotations(_ANNOTATED_NODE),
    core.Service: _service_object,
    core.ServiceSpec: _service,
    apps.DeploymentSpec: _deployment,
    networking.IngressBackend: _backend,
    networking.IngressSpec: _ingress,
    autoscaling.HorizontalPodAutoscalerSpec: _autoscaler,
    autoscaling.ResourceMetricSource: _metric,
    autoscaling.ContainerResourceMetricSource: _metric,
    autoscaling.PodsMetricSource: _metric,
    autoscaling.ObjectMetricSource: _metric,
    autoscaling.ExternalMetricSource: _metric,
}
"""Type -> rule that brings a plain mapping into today's form."""


# -- defaults that changed ----------------------------------------------------------------------------------------

_UNLIMITED = 2**31 - 1


def _lacks(raw: Raw, *path: str) -> bool:
    """Say whether a document leaves the field at `path` open."""
    value: Any = raw
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value is None


def deployment_defaults(spec: apps.DeploymentSpec, raw: Raw, version: str) -> apps.DeploymentSpec:
    """Fill in what Deployments of extensions/v1beta1 and apps/v1beta1 had as defaults."""
    changes: dict[str, Any] = {}
    if version == "extensions/v1beta1":
        rolling = spec.strategy.rolling_update
        if _lacks(raw, "strategy", "rollingUpdate", "maxSurge"):
            rolling = replace(rolling, max_surge=1)
        if _lacks(raw, "strategy", "rollingUpdate", "maxUnavailable"):
            rolling = replace(rolling, max_unavailable=1)
        changes["strategy"] = replace(spec.strategy, rolling_update=rolling)
        if _lacks(raw, "progressDeadlineSeconds"):
            changes["progress_deadline_seconds"] = _UNLIMITED
    limits = {"extensions/v1beta1": _UNLIMITED, "apps/v1beta1": 2}
    if version in limits and _lacks(raw, "revisionHistoryLimit"):
        changes["revision_history_limit"] = limits[version]
    return replace(spec, **changes)


def stateful_set_defaults(spec: apps.StatefulSetSpec, raw: Raw, version: str) -> apps.StatefulSetSpec:
    """Before apps/v1beta2 a set did not update its pods by itself."""
    if version in ("apps/v1alpha1", "apps/v1beta1") and _lacks(raw, "updateStrategy", "type"):
        return replace(spec, update_strategy=replace(spec.update_strategy, type="OnDelete"))
    return spec


def daemon_set_defaults(spec: apps.DaemonSetSpec, raw: Raw, version: str) -> apps.DaemonSetSpec:
    """In extensions/v1beta1 a set did not update its pods by itself."""
    if version == "extensions/v1beta1" and _lacks(raw, "updateStrategy", "type"):
        return replace(spec, update_strategy=replace(spec.update_strategy, type="OnDelete"))
    return spec


def budget_defaults(spec: PodDisruptionBudgetSpec, version: str) -> PodDisruptionBudgetSpec:
    """In the betas an empty selector found no pod; today it finds every pod."""
    if version != "policy/v1" and spec.selector == LabelSelector():
        return replace(spec, selector=None)
    return spec


def selector_from_template(spec: Any, raw: Raw, version: str) -> Any:
    """Before apps/v1beta2 an absent selector was made from the labels of the template."""
    if version in ("extensions/v1beta1", "apps/v1beta1", "apps/v1alpha1") and _lacks(raw, "selector"):
        return replace(spec, selector=LabelSelector(match_labels=spec.template.metadata.labels))
    return spec
