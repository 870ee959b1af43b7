"""What the API server checks and fills in beyond types: allowed words, ranges, agreement of fields, derived values.

Source: kubernetes, pkg/apis/*/validation and pkg/apis/*/v1/defaults.go (version 1.34).
Left out: rules about the form of names and labels, about network addresses, and about fields that no model reads;
amounts for a pod as a whole are filled in by the Kubernetes engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from workbench.errors import no_such
from workbench.formats import kubernetes_old as old
from workbench.formats.kubernetes_autoscalers import check_autoscaler
from workbench.formats.kubernetes_reading import WANTED, After, Rules, Spot, quotable
from workbench.formats.kubernetes_words import RANGES, WORDS
from workbench.formats.quantities import format_quantity
from workbench.model.native.kubernetes import (
    apps,
    autoscaling,
    batch,
    core,
    nodes,
    pods,
    policy,
)
from workbench.model.native.kubernetes.cron import parse_schedule
from workbench.model.native.kubernetes.meta import LabelSelector, LabelSelectorRequirement
from workbench.model.native.kubernetes.quantity import NANO, ResourceList
from workbench.model.parameters import approximated

Raw = Mapping[str, Any]

PART_OF_A_BYTE = approximated("less than a byte counts as one byte; 'M' or 'Mi' was probably meant, not 'm'")
NOTES = (PART_OF_A_BYTE.note,)
"""What receipts say about fields on behalf of this module, in English."""

_READ_ANNOTATIONS = (
    "controller.kubernetes.io/", "cluster-autoscaler.kubernetes.io/", "storageclass.kubernetes.io/",
    "storageclass.beta.kubernetes.io/", "deployment.kubernetes.io/", "kubernetes.io/config.",
    "scheduler.alpha.kubernetes.io/", "pod-template-hash",
    "volume.kubernetes.io/selected-node",
)  # fmt: skip


def keeps_annotation(name: str) -> bool:
    """Say whether the value of an annotation is kept: those of Kubernetes' own controllers are, notes are not."""
    return name.startswith(_READ_ANNOTATIONS)


def reads_annotation(name: str) -> bool:
    """Say whether an annotation is kept, or read as a field because it is an older form of one."""
    return keeps_annotation(name) or name in old.READ_ANNOTATIONS


def selects(selector: LabelSelector | None, labels: Mapping[str, str]) -> bool:
    """Say whether a label selector finds an object with these labels; an absent one finds nothing."""
    if selector is None:
        return False
    if any(labels.get(name) != value for name, value in selector.match_labels.items()):
        return False
    return all(_holds(one, labels) for one in selector.match_expressions)


def _holds(expression: LabelSelectorRequirement, labels: Mapping[str, str]) -> bool:
    present = expression.key in labels
    if expression.operator == "Exists":
        return present
    if expression.operator == "DoesNotExist":
        return not present
    among = present and labels[expression.key] in expression.values
    return among if expression.operator == "In" else not among


# -- containers and pods ------------------------------------------------------------------------------------------


def _container(container: pods.Container, _raw: Raw, spot: Spot) -> pods.Container:
    if not container.name:
        spot.problem("missing-key", key="name")
    resources = _resources(container.resources, spot, "resources")
    return container if resources is container.resources else replace(container, resources=resources)


def _resources(
    given: pods.ResourceRequirements, spot: Spot, *below: str, fill: bool = True
) -> pods.ResourceRequirements:
    """Check requests against limits; a request that is not given is its limit."""
    _whole_pieces(given.requests, spot, *below, "requests")
    _whole_pieces(given.limits, spot, *below, "limits")
    for name, limit in given.limits.items():
        request = given.requests.get(name)
        if request is not None and request > limit:
            texts = {"request": format_quantity(request), "limit": format_quantity(limit)}
            spot.problem("request-over-limit", *below, "requests", name, name=name, **texts)
    if not fill or all(name in given.requests for name in given.limits):
        return given
    return replace(given, requests={**given.limits, **given.requests})


def _whole_pieces(amounts: ResourceList, spot: Spot, *below: str) -> None:
    for name, amount in amounts.items():
        if amount.nano % NANO == 0:
            continue
        if "/" in name and "kubernetes.io/" not in name:
            spot.problem("not-whole", *below, name, name=name, value=format_quantity(amount))
        elif name in ("memory", "ephemeral-storage"):
            spot.note(".".join((*below, name)), PART_OF_A_BYTE)


def _pod_spec(spec: pods.PodSpec, _raw: Raw, spot: Spot) -> pods.PodSpec:
    if not spec.containers:
        spot.problem("missing-key", key="containers")
    _distinct(spec, spot)
    changes: dict[str, Any] = {}
    if spec.resources is not None:
        _resources(spec.resources, spot, "resources", fill=False)
    if spec.host_network:
        changes["containers"] = tuple(_with_host_ports(one) for one in spec.containers)
        changes["init_containers"] = tuple(_with_host_ports(one) for one in spec.init_containers)
    return replace(spec, **changes) if changes else spec


def _distinct(spec: pods.PodSpec, spot: Spot) -> None:
    """Report container and volume names that are used twice."""
    seen: dict[str, str] = {}
    parts = (("initContainers", spec.init_containers), ("containers", spec.containers))
    for field, containers in parts:
        for number, container in enumerate(containers):
            place = f"{field}[{number}]"
            first = seen.setdefault(container.name, place)
            if first != place and container.name:
                spot.problem("duplicate-name", field, number, "name", name=container.name, first=first)
    names: dict[str, str] = {}
    for number, volume in enumerate(spec.volumes):
        first = names.setdefault(volume.name, f"volumes[{number}]")
        if first != f"volumes[{number}]":
            spot.problem("duplicate-name", "volumes", number, "name", name=volume.name, first=first)


def _with_host_ports(container: pods.Container) -> pods.Container:
    """On the machine's own network every port is one of the machine."""
    ports = tuple(port if port.host_port else replace(port, host_port=port.container_port) for port in container.ports)
    return replace(container, ports=ports)


def _mounts(spec: pods.PodSpec, more: Iterable[str], spot: Spot, *below: str) -> None:
    """Report mounts of volumes that the pod does not have."""
    known = {volume.name for volume in spec.volumes} | set(more)
    for field, containers in (("initContainers", spec.init_containers), ("containers", spec.containers)):
        for number, container in enumerate(containers):
            for index, mount in enumerate(container.volume_mounts):
                if mount.name not in known:
                    place = spot.place(*below, field, number, "volumeMounts", index, "name")
                    spot.add(no_such(mount.name, known, "the volumes of the pod", place))


def _pod(pod: pods.Pod, _raw: Raw, spot: Spot) -> pods.Pod:
    _mounts(pod.spec, (), spot, "spec")
    return pod


# -- workloads ----------------------------------------------------------------------------------------------------


def _keeps_running(spec: Any, spot: Spot) -> None:
    policy_ = spec.template.spec.restart_policy
    if policy_ != "Always":
        spot.problem("not-allowed", "template", "spec", "restartPolicy", value=policy_, allowed="Always")


def _selector(spec: Any, raw: Raw, spot: Spot) -> None:
    """A workload must find its own pods."""
    if raw.get("selector") is None:
        spot.problem("missing-key", key="selector")
    elif not selects(spec.selector, spec.template.metadata.labels):
        labels = ", ".join(f"{name}={value}" for name, value in spec.template.metadata.labels.items())
        spot.problem("selector-misses", "selector", labels=labels or "-")


def _workload(spec: Any, raw: Raw, spot: Spot, claims: Iterable[str] = ()) -> Any:
    """Check what every workload of the group apps has in common; return it with its selector."""
    filled = old.selector_from_template(spec, raw, spot.reading.api_version)
    if filled is spec:
        _selector(spec, raw, spot)
    _keeps_running(spec, spot)
    _mounts(spec.template.spec, claims, spot, "template", "spec")
    return filled


def _replica_set(spec: apps.ReplicaSetSpec, raw: Raw, spot: Spot) -> apps.ReplicaSetSpec:
    filled: apps.ReplicaSetSpec = _workload(spec, raw, spot)
    return filled


def _deployment(spec: apps.DeploymentSpec, raw: Raw, spot: Spot) -> apps.DeploymentSpec:
    return old.deployment_defaults(_workload(spec, raw, spot), raw, spot.reading.api_version)


def _stateful_set(spec: apps.StatefulSetSpec, raw: Raw, spot: Spot) -> apps.StatefulSetSpec:
    claims = [claim.metadata.name for claim in spec.volume_claim_templates]
    filled = _workload(spec, raw, spot, claims)
    return old.stateful_set_defaults(filled, raw, spot.reading.api_version)


def _daemon_set(spec: apps.DaemonSetSpec, raw: Raw, spot: Spot) -> apps.DaemonSetSpec:
    return old.daemon_set_defaults(_workload(spec, raw, spot), raw, spot.reading.api_version)


def _replication_controller(
    spec: core.ReplicationControllerSpec, _raw: Raw, spot: Spot
) -> core.ReplicationControllerSpec:
    labels = spec.template.metadata.labels
    selector = labels if spec.selector is None else spec.selector
    if not selects(LabelSelector(match_labels=selector), labels):
        said = ", ".join(f"{name}={value}" for name, value in labels.items())
        spot.problem("selector-misses", "selector", labels=said or "-")
    _keeps_running(spec, spot)
    _mounts(spec.template.spec, (), spot, "template", "spec")
    return replace(spec, selector=selector)


def _job(spec: batch.JobSpec, _raw: Raw, spot: Spot) -> batch.JobSpec:
    policy_ = spec.template.spec.restart_policy
    if policy_ == "Always":
        allowed = "Never, OnFailure"
        spot.problem("not-allowed", "template", "spec", "restartPolicy", value=policy_, allowed=allowed)
    _mounts(spec.template.spec, (), spot, "template", "spec")
    both_open = spec.completions is None and spec.parallelism is None
    limit = 6 if spec.backoff_limit_per_index is None else 2**31 - 1
    return replace(
        spec,
        completions=1 if both_open else spec.completions,
        parallelism=1 if spec.parallelism is None else spec.parallelism,
        backoff_limit=limit if spec.backoff_limit is None else spec.backoff_limit,
    )


def _cron_job(spec: batch.CronJobSpec, _raw: Raw, spot: Spot) -> batch.CronJobSpec:
    if not spec.schedule:
        spot.problem("missing-key", key="schedule")
        return spec
    try:
        parse_schedule(spec.schedule)
    except ValueError:
        spot.problem("bad-schedule", "schedule", value=quotable(spec.schedule))
    return spec


# -- numbers and percentages --------------------------------------------------------------------------------------

_PERCENT = re.compile(r"[0-9]{1,3}%")


def _percentages(*fields: str) -> After:
    """Return a rule for fields that hold a number or a percentage."""

    def check(value: Any, raw: Raw, spot: Spot) -> Any:
        for field in fields:
            given = raw.get(field)
            if isinstance(given, str) and not _PERCENT.fullmatch(given):
                spot.problem("wrong-type", field, value=quotable(given), wanted=WANTED["percentage"])
        return value

    return check


def _budget(spec: policy.PodDisruptionBudgetSpec, raw: Raw, spot: Spot) -> policy.PodDisruptionBudgetSpec:
    _percentages("minAvailable", "maxUnavailable")(spec, raw, spot)
    return old.budget_defaults(spec, spot.reading.api_version)


def _node(status: nodes.NodeStatus, _raw: Raw, _spot: Spot) -> nodes.NodeStatus:
    """What a node does not say it keeps for itself, pods may have."""
    return status if status.allocatable else replace(status, allocatable=status.capacity)


AFTER: Mapping[type, After] = {
    pods.Container: _container,
    pods.PodSpec: _pod_spec,
    pods.Pod: _pod,
    apps.ReplicaSetSpec: _replica_set,
    apps.DeploymentSpec: _deployment,
    apps.StatefulSetSpec: _stateful_set,
    apps.DaemonSetSpec: _daemon_set,
    apps.RollingUpdateDeployment: _percentages("maxSurge", "maxUnavailable"),
    apps.RollingUpdateStatefulSetStrategy: _percentages("maxUnavailable"),
    apps.RollingUpdateDaemonSet: _percentages("maxSurge", "maxUnavailable"),
    core.ReplicationControllerSpec: _replication_controller,
    batch.JobSpec: _job,
    batch.CronJobSpec: _cron_job,
    autoscaling.HorizontalPodAutoscalerSpec: check_autoscaler,
    policy.PodDisruptionBudgetSpec: _budget,
    nodes.NodeStatus: _node,
}
"""Type -> what is checked and filled in once a value of it is read."""

RULES = Rules(WORDS, RANGES, old.RENAMED, old.BEFORE, AFTER, keeps_annotation)
