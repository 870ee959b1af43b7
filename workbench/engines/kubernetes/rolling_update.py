"""The old rolling update of ReplicationControllers: how far each of its steps goes.

Before Deployments came, the client did it (``kubectl rolling-update``): one pod up in a second ReplicationController,
a while of waiting, one down in the first.

Source: kubernetes, pkg/kubectl/rolling_updater.go (versions 1.2 to 1.17).
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from workbench.engines.kubernetes.names import template_hash
from workbench.model.native.kubernetes import ReplicationController
from workbench.model.native.kubernetes.pods import PodTemplateSpec

KEY = "deployment"
"""The label that tells the pods of the two ReplicationControllers apart (--deployment-label-key)."""
DESIRED = "kubectl.kubernetes.io/desired-replicas"
SOURCE = "kubectl.kubernetes.io/update-source-id"
ORIGINAL = "kubectl.kubernetes.io/original-replicas"
MAX_SURGE = 1
MAX_UNAVAILABLE = 0
"""One pod more than wanted, none less: the command knows no other way."""


def scale_up(new: int, old: int, desired: int, surge: int = MAX_SURGE) -> int:
    """Return the next size of the new ReplicationController."""
    room = desired - new if old == 0 else desired + surge - (old + new)
    return new if new == desired or room <= 0 else min(new + room, desired)


def scale_down(new: int, old: int, new_available: int, desired: int, unavailable: int = MAX_UNAVAILABLE) -> int:
    """Return the next size of the old ReplicationController; pods of the new one that do not work hold it up."""
    if desired == 0:
        return 0
    spare = old + new - max(0, desired - unavailable) - (new - new_available)
    if old == 0 or spare <= 0:
        return old
    return 0 if new == new_available == desired else max(0, old - spare)


def labelled(template: PodTemplateSpec, value: str) -> PodTemplateSpec:
    """Return the template of pods with the label that tells the two apart."""
    metadata = template.metadata
    return replace(template, metadata=replace(metadata, labels={**metadata.labels, KEY: value}))


def successor(old: ReplicationController, template: PodTemplateSpec, desired: int) -> ReplicationController:
    """Return the second ReplicationController, without any pod yet; what it is to become stands in its notes."""
    digest = template_hash(template)
    spec = old.spec
    return replace(
        old,
        metadata=replace(
            old.metadata,
            name=f"{old.metadata.name}-{digest}",
            annotations={**old.metadata.annotations, DESIRED: str(desired), SOURCE: old.metadata.name},
        ),
        spec=replace(
            spec,
            replicas=0,
            selector={**_selector(old), KEY: digest},
            template=labelled(template, digest),
        ),
    )


def told_apart(old: ReplicationController) -> ReplicationController:
    """Return the first ReplicationController with a selector that finds its own pods only."""
    digest = old.spec.template.metadata.labels[KEY]
    return replace(old, spec=replace(old.spec, selector={**_selector(old), KEY: digest}))


def is_told_apart(one: ReplicationController) -> bool:
    """Say whether its selector asks for the label."""
    return KEY in _selector(one)


def noted(one: ReplicationController, **notes: str | None) -> ReplicationController:
    """Return it with notes of the update set, or taken off where the value is None; keys are `DESIRED` and so on."""
    merged: dict[str, str | None] = {**one.metadata.annotations, **notes}
    kept = {name: value for name, value in merged.items() if value is not None}
    return replace(one, metadata=replace(one.metadata, annotations=kept))


def _selector(one: ReplicationController) -> Mapping[str, str]:
    """Return whom it selects; what its template makes, where it does not say."""
    return one.spec.selector if one.spec.selector is not None else one.spec.template.metadata.labels
