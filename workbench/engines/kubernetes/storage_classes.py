"""Classes of storage: which there are, which is the default, whose drivers mind zones, and which zone a volume gets.

A cluster *speaks of storage* if its scenario holds classes or volumes, or apps whose disks mind zones or say when they
are made. In any other every claim counts as bound, and its disk is made where it is first mounted, as if all came from
one class that waits for its first pod and minds nothing.

Source: kubernetes-csi/external-provisioner, pkg/controller/topology.go; kubernetes, pkg/volume/util/storageclass.go
(version 1.34); drivers' own documents for who minds zones.
Left out: allowed topologies in which there is no node; the newest of several default classes is the first by name here,
since files give no times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from workbench.engines.kubernetes.plugins.volume_binding import topology_allows
from workbench.engines.kubernetes.plugins.volume_claims import NO_PROVISIONER, class_of
from workbench.model.native.kubernetes import (
    CSINode,
    ObjectMeta,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
)
from workbench.model.parameters import param, parameters
from workbench.model.scenario import Scenario
from workbench.model.workload import App

ZONE = "topology.kubernetes.io/zone"
HOSTNAME = "kubernetes.io/hostname"
IS_DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
DISKS, ZONAL_DISKS = "workbench/disks", "workbench/zonal-disks"
"""Drivers of the disks of apps in the short form."""

MINDS_ZONES = frozenset(
    {
        ZONAL_DISKS, "ebs.csi.aws.com", "pd.csi.storage.gke.io", "disk.csi.azure.com", "cinder.csi.openstack.org",
        "kubernetes.io/aws-ebs", "kubernetes.io/gce-pd", "kubernetes.io/azure-disk", "kubernetes.io/cinder",
    }
)  # fmt: skip
"""Drivers whose disks can be attached in one zone only, unless their CSINode objects say otherwise."""

ON_ONE_MACHINE = frozenset({"rancher.io/local-path", "topolvm.io", "topolvm.cybozu.com", "local.csi.openebs.io"})
"""Drivers that make a volume on the disk of the node chosen for its pod."""

Segment = tuple[tuple[str, str], ...]
"""Where a volume can be reached: node labels that must all be there."""


@parameters("kubernetes.storage")
@dataclass(frozen=True)
class StorageParameters:
    """How disks of apps in the short form are made, if they mind zones."""

    volume_binding_mode: str = param(
        "Immediate", choices=("Immediate", "WaitForFirstConsumer"),
        help="when a disk that minds zones is made: with its claim, or once its pod has a node",
        source="kubernetes 1.34, storage/v1 StorageClass.volumeBindingMode", shown_in="wrong-zone",
    )  # fmt: skip


def storage_classes(scenario: Scenario) -> list[StorageClass]:
    """Return the classes of a cluster: those of its files, and one for each app of the short form that needs one."""
    given = [one for one in scenario.objects if isinstance(one, StorageClass)]
    made = (class_for(app, scenario.settings.of(StorageParameters)) for app in scenario.apps)
    return [*given, *(one for one in made if one is not None)]


def class_for(app: App, params: StorageParameters) -> StorageClass | None:
    """Return the class of the disks of an app in the short form; None if nothing is said that needs one."""
    need, name = app.volume, class_name(app)
    if need is None or name is None:
        return None
    return StorageClass(
        metadata=ObjectMeta(name=name),
        provisioner=need.kind or (ZONAL_DISKS if need.zonal else DISKS),
        volume_binding_mode=need.binding or params.volume_binding_mode,
        allow_volume_expansion=True,  # as the default classes of GKE and AKS do
    )


def class_name(app: App) -> str | None:
    """Return the name of that class, None if the claims of the app name none."""
    need = app.volume
    asked = need is not None and app.native is None and (need.zonal or need.binding)
    return f"{app.name}-disks" if asked else None


def speaks_of_storage(scenario: Scenario, classes: Sequence[StorageClass]) -> bool:
    """Say whether the cluster has classes or volumes of its own."""
    return bool(classes) or any(isinstance(one, PersistentVolume) for one in scenario.objects)


def is_managed(
    claim: PersistentVolumeClaim, classes: Mapping[str, StorageClass], volumes: Iterable[PersistentVolume]
) -> bool:
    """Say whether a claim gets its volume by binding, in a cluster that speaks of storage.

    Claims of a class without a provisioner of which the files hold no volume are let be: something else, which is not
    among the files, puts a volume on each node.
    """
    name = class_of(claim)
    known = classes.get(name)
    if known is None or known.provisioner != NO_PROVISIONER or claim.spec.volume_name:
        return True
    return any(one.spec.storage_class_name == name for one in volumes)


def default_class(classes: Mapping[str, StorageClass]) -> str:
    """Return the name of the default class, empty if there is none."""
    marked = (
        one.name for one in classes.values() if any(one.metadata.annotations.get(key) == "true" for key in IS_DEFAULT)
    )
    return min(marked, default="")


def topology_keys(driver: str, csi_nodes: Iterable[CSINode]) -> tuple[str, ...]:
    """Return the node labels that say where a driver's volumes can be reached; none if from everywhere."""
    known = [one for node in csi_nodes for one in node.spec.drivers if one.name == driver]
    if known:
        return tuple(sorted({key for one in known for key in one.topology_keys}))
    if driver in ON_ONE_MACHINE:
        return (HOSTNAME,)
    return (ZONE,) if driver in MINDS_ZONES else ()


def segments(keys: Sequence[str], nodes: Iterable[Mapping[str, str]], of: StorageClass) -> list[Segment]:
    """Return the places where a volume of a class could be made, in order, given the labels of all nodes."""
    found = {
        tuple((key, labels[key]) for key in keys)
        for labels in nodes
        if all(key in labels for key in keys) and topology_allows(of.allowed_topologies, labels)
    }
    return sorted(found)


def preferred(places: Sequence[Segment], claim: str) -> Segment:
    """Return where a volume is made that nobody has chosen a place for: by a hash of the claim's name.

    Members of a set go round the places one after another, since the number at the end of the name is added to the
    hash of the set's name alone.
    """
    stem, dash, number = claim.rpartition("-")
    ordinal = int(number) if dash and number.isdecimal() else 0
    name = stem.rpartition("-")[2] if dash and number.isdecimal() else claim
    return places[(_fnv(name) + ordinal) % 2**32 % len(places)]


def _fnv(text: str) -> int:
    """Return the 32-bit FNV-1 hash of a text."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = value * 0x01000193 % 2**32 ^ byte
    return value
