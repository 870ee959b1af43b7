"""Claims that are made for one pod: what they are called, and whose they are.

Source: kubernetes/component-helpers, storage/ephemeral/ephemeral.go (version 1.34).
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.model.native.kubernetes import ObjectMeta, PersistentVolumeClaim, PodSpec
from workbench.model.native.kubernetes.meta import OwnerReference
from workbench.model.native.kubernetes.volumes import PersistentVolumeClaimTemplate, Volume


def ephemeral_volumes(spec: PodSpec) -> Iterator[Volume]:
    """Yield the volumes of a pod for each of which a claim is made."""
    return (one for one in spec.volumes if one.ephemeral is not None)


def has_ephemeral_volumes(spec: PodSpec) -> bool:
    """Say whether claims are made for a pod."""
    return next(ephemeral_volumes(spec), None) is not None


def claim_name(pod: str, volume: str) -> str:
    """Return what the claim is called that is made for a volume of a pod."""
    return f"{pod}-{volume}"


def owner_of_claims(namespace: str, name: str, row: int) -> str:
    """Return the uid of a pod as an owner: another pod of the same name, before or after it, has another one."""
    return f"Pod/{namespace}/{name}#{row}"


def claim_for(namespace: str, pod: str, owner: str, volume: Volume) -> PersistentVolumeClaim:
    """Return the claim that is made for a volume of a pod: as its template says, and owned by the pod."""
    assert volume.ephemeral is not None
    template = volume.ephemeral.volume_claim_template or PersistentVolumeClaimTemplate()
    metadata = ObjectMeta(
        name=claim_name(pod, volume.name),
        namespace=namespace,
        labels=template.metadata.labels,
        annotations=template.metadata.annotations,
        owner_references=(OwnerReference(kind="Pod", name=pod, uid=owner, controller=True),),
    )
    return PersistentVolumeClaim(metadata=metadata, spec=template.spec)


def is_made_for(claim: PersistentVolumeClaim, owner: str) -> bool:
    """Say whether a claim has been made for this very pod."""
    controller = claim.metadata.controller
    return controller is not None and controller.uid == owner


def not_made_for(namespace: str, claim: str, pod: str) -> str:
    """Return what upstream says of a claim that has the name, and somebody else for its owner."""
    return f"PVC {namespace}/{claim} was not created for pod {namespace}/{pod} (pod is not owner)"


def waits_for_controller(claim: str) -> str:
    """Return what upstream says of a claim that has not been made yet."""
    return f'waiting for ephemeral volume controller to create the persistentvolumeclaim "{claim}"'
