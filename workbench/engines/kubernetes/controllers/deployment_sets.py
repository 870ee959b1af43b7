"""A Deployment and its ReplicaSets: which one is of the present template, which size each has been given and why.

What one sync has to tell the next stands in annotations of the ReplicaSets, as upstream has it: the revision, and the
Deployment's size when the ReplicaSet was last sized.

Source: kubernetes, pkg/controller/deployment/util/deployment_util.go (version 1.34).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from workbench.engines.kubernetes.controllers.deployment_rolling import Sized, Status, Strategy, resolve_fenceposts
from workbench.engines.kubernetes.controllers.deployment_scaling import Before
from workbench.engines.kubernetes.names import template_hash
from workbench.engines.kubernetes.objects import ApiObject
from workbench.model.native.kubernetes.apps import Deployment, DeploymentSpec, ReplicaSet, ReplicaSetSpec
from workbench.model.native.kubernetes.meta import LabelSelector, ObjectMeta
from workbench.model.native.kubernetes.pods import PodTemplateSpec

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MOST = "deployment.kubernetes.io/max-replicas"


class ReplicaSetStatus(NamedTuple):
    """What a ReplicaSet's controller says of its pods that are neither ended nor being deleted."""

    replicas: int = 0
    ready: int = 0
    available: int = 0
    failure: str = ""  # why the last pod could not be made (its condition ReplicaFailure); empty: all could


class Sets(NamedTuple):
    """The ReplicaSets of a Deployment: of its present template, and of earlier ones, oldest first."""

    new: ApiObject | None
    old: tuple[ApiObject, ...]

    @property
    def all(self) -> tuple[ApiObject, ...]:
        """All of them, oldest first, the new one last."""
        return self.old if self.new is None else (*self.old, self.new)


def new_replica_set(deployment: Deployment) -> ReplicaSet:
    """Return the ReplicaSet of the present template, named and labelled by its hash."""
    template, digest = deployment.spec.template, template_hash(deployment.spec.template)
    mark = {HASH_LABEL: digest}
    metadata = replace(template.metadata, labels={**template.metadata.labels, **mark})
    selector = deployment.spec.selector
    return ReplicaSet(
        metadata=ObjectMeta(
            name=f"{deployment.metadata.name}-{digest}",
            namespace=deployment.metadata.namespace,
            labels=metadata.labels,
        ),
        spec=ReplicaSetSpec(
            replicas=deployment.spec.replicas,
            min_ready_seconds=deployment.spec.min_ready_seconds,
            selector=LabelSelector(
                match_labels={**selector.match_labels, **mark}, match_expressions=selector.match_expressions
            ),
            template=PodTemplateSpec(metadata=metadata, spec=template.spec),
        ),
    )


def split(sets: Iterable[ApiObject], deployment: Deployment) -> Sets:
    """Return which ReplicaSet is of the present template; `sets` in the order of their creation.

    One that was adopted is called after the Deployment that made it; its template tells, without the hash.
    """
    name = f"{deployment.metadata.name}-{template_hash(deployment.spec.template)}"
    sets = tuple(sets)
    new = next((one for one in sets if one.name == name), None)
    if new is None:
        new = next((one for one in sets if _without_hash(one.native.spec.template) == deployment.spec.template), None)
    return Sets(new, tuple(one for one in sets if one is not new))


def _without_hash(template: PodTemplateSpec) -> PodTemplateSpec:
    """Return the template as the Deployment has it (EqualIgnoreHash)."""
    labels = {name: value for name, value in template.metadata.labels.items() if name != HASH_LABEL}
    return replace(template, metadata=replace(template.metadata, labels=labels))


def size(one: ApiObject) -> int:
    """Return a ReplicaSet's wanted size."""
    replicas: int = one.native.spec.replicas
    return replicas


def status(one: ApiObject) -> ReplicaSetStatus:
    """Return a ReplicaSet's status; one that its controller has not seen yet has nothing."""
    known: ReplicaSetStatus | None = one.status
    return known or ReplicaSetStatus()


def sized(sets: Sequence[ApiObject]) -> list[Sized]:
    """Return ReplicaSets, oldest first, in the numbers that decide about them."""
    count = len(sets)
    return [Sized(one.name, size(one), status(one).available, age=count - place) for place, one in enumerate(sets)]


def counts(sets: Sets) -> Status:
    """Return a Deployment's status as the sum of those of its ReplicaSets."""
    everything = [status(one) for one in sets.all]
    return Status(
        replicas=sum(one.replicas for one in everything),
        updated=status(sets.new).replicas if sets.new is not None else 0,
        ready=sum(one.ready for one in everything),
        available=sum(one.available for one in everything),
    )


def surge(spec: DeploymentSpec) -> int:
    """Return how many pods more than wanted there may be during a rollout."""
    if spec.strategy.type != "RollingUpdate":
        return 0
    rolling = spec.strategy.rolling_update
    return resolve_fenceposts(rolling.max_surge, rolling.max_unavailable, spec.replicas)[0]


def strategy(spec: DeploymentSpec) -> Strategy:
    """Return the strategy; any but ``Recreate`` rolls."""
    return "Recreate" if spec.strategy.type == "Recreate" else "RollingUpdate"


def waits_for_ends(spec: DeploymentSpec) -> bool:
    """Say whether pods that are being deleted count until they are gone (podReplacementPolicy, alpha)."""
    return spec.pod_replacement_policy == "TerminationComplete"


def revision(one: ApiObject) -> int:
    """Return the number of a ReplicaSet in the history, 0 if it has none."""
    return _number(one.native.metadata.annotations, REVISION) or 0


def before(one: ApiObject) -> Before:
    """Return what size the Deployment had when a ReplicaSet was last sized."""
    annotations = one.native.metadata.annotations
    return Before(_number(annotations, DESIRED), _number(annotations, MOST))


def is_scaling_event(sets: Sets, replicas: int) -> bool:
    """Return whether the Deployment was resized since one of its ReplicaSets that is not empty was sized."""
    sizes = (before(one).desired for one in sets.all if size(one) > 0)
    return any(desired is not None and desired != replicas for desired in sizes)


def given_size(native: ReplicaSet, replicas: int, spec: DeploymentSpec) -> ReplicaSet:
    """Return a ReplicaSet of another size, which notes the Deployment's own."""
    notes = {DESIRED: str(spec.replicas), MOST: str(spec.replicas + surge(spec))}
    return replace(annotated(native, notes), spec=replace(native.spec, replicas=replicas))


def with_min_ready(native: ReplicaSet, seconds: int) -> ReplicaSet:
    """Return a ReplicaSet with another time after which a pod that is ready counts as available."""
    return replace(native, spec=replace(native.spec, min_ready_seconds=seconds))


def annotated(native: ReplicaSet, notes: Mapping[str, str]) -> ReplicaSet:
    """Return a ReplicaSet with more annotations."""
    metadata = native.metadata
    return replace(native, metadata=replace(metadata, annotations={**metadata.annotations, **notes}))


def _number(annotations: Mapping[str, str], key: str) -> int | None:
    text = annotations.get(key, "")
    return int(text) if text.isdecimal() else None
