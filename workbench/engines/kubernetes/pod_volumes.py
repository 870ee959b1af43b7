"""Which volumes a pod wants, of which kind: those of its spec and those behind its claims.

Source: kubernetes, core/v1 types, VolumeSource and PersistentVolumeSource (version 1.34).
Left out: kinds that are not read from files (Azure, Cinder, vSphere, Portworx, FlexVolume, images): they cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from msgspec import convert

from workbench.engines.disks import Disks
from workbench.engines.disks import Volume as Disk
from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.objects import PodObject
from workbench.engines.volumes.plugin import Want
from workbench.engines.volumes.registry import BUILT_IN, kind_by
from workbench.model import workload
from workbench.model.native.kubernetes import PersistentVolume
from workbench.model.native.kubernetes.volumes import EmptyDirVolumeSource, Volume

CLAIM = "PersistentVolumeClaim"
SHARED_MODES = frozenset({"ReadOnlyMany", "ReadWriteMany"})
SOURCES = {
    "empty_dir": "emptyDir", "host_path": "hostPath", "git_repo": "gitRepo", "secret": "secret",
    "config_map": "configMap", "downward_api": "downwardAPI", "projected": "projected", "nfs": "nfs",
    "glusterfs": "glusterfs", "iscsi": "iscsi", "rbd": "rbd", "gce_persistent_disk": "gcePersistentDisk",
    "aws_elastic_block_store": "awsElasticBlockStore", "local": "local",
}  # fmt: skip
"""Field of a pod's volume or of a PersistentVolume -> kind of volume."""

IN_MEMORY = "emptyDir/memory"
"""What the short form calls an emptyDir whose medium is memory."""

INLINE = frozenset(SOURCES.values()) - {"local"} | {IN_MEMORY}
"""Kinds that a pod's spec holds itself; all others it reaches by a claim."""


DATA = "data"
"""What the disk of an app of the short form is called."""


class Mount(NamedTuple):
    """One volume that a pod wants. `claim` is ``namespace/name``, empty for one that the pod's spec holds."""

    kind: str
    want: Want
    claim: str = ""


class PodVolumes:
    """Looks up what pods want."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api

    def of(self, pod: PodObject) -> list[Mount]:
        """Return the volumes of a pod on its node, in the order of its spec."""
        if not pod.info.spec.volumes:  # which claims are named by, too
            return []
        plain = (one for one in pod.info.spec.volumes if one.persistent_volume_claim is None)
        claims = [self._by_claim(pod, claim) for claim in dict.fromkeys(pod.info.claims)]
        return [*claims, *(mount for one in plain if (mount := _by_spec(pod, one)) is not None)]

    def names(self, pod: PodObject) -> list[str]:
        """Return the names of a pod's volumes, as the World has them."""
        disks = self._api.world.disks
        return [disks.kinds[one.kind].identity(one.want, disks.site) for one in self.of(pod)]

    def behind(self, claim: str) -> str:
        """Return the name of the volume behind a claim, as the World has it."""
        volume = self._volume(claim)
        return claim if volume is None else volume.name

    def _volume(self, claim: str) -> PersistentVolume | None:
        there = self._api.objects.get(f"{CLAIM}/{claim}")
        name = there.native.spec.volume_name if there is not None else ""
        bound = self._api.objects.get(f"PersistentVolume//{name}") if name else None
        return bound.native if bound is not None else None

    def _by_claim(self, pod: PodObject, claim: str) -> Mount:
        there = self._api.objects.get(f"{CLAIM}/{claim}")
        volume = self._volume(claim)
        own = pod.app.volume
        if volume is not None:
            kind, path = source_of(volume, self._api.world.disks.kinds)
            asked: Any = volume.spec
            name, size = volume.name, _bytes(volume.spec.capacity)
        else:
            kind = own.kind if own is not None and own.kind else kind_by("network" if own is None else own.reach)
            path, name, size = "", claim, 0 if own is None else own.size
            asked = there.native.spec if there is not None else None
            if there is not None:
                size = _bytes(there.native.spec.resources.requests) or size
        shared = asked is not None and not SHARED_MODES.isdisjoint(asked.access_modes)
        return Mount(kind, Want(name, pod.app.name, size, pod.node, pod.uid, path, shared=shared), claim)


def source_of(volume: PersistentVolume, kinds: Iterable[str]) -> tuple[str, str]:
    """Return the kind of a PersistentVolume, and its path; a CSI driver of the name of a known kind is that kind."""
    spec = volume.spec
    if spec.csi is not None:
        return (spec.csi.driver if spec.csi.driver in kinds and spec.csi.driver not in BUILT_IN else "csi"), ""
    for field, kind in SOURCES.items():
        source = getattr(spec, field, None)
        if source is not None:
            return kind, str(source.get("path", "")) if isinstance(source, dict) else ""
    return "csi", ""


def disks_of(volume: PersistentVolume, disks: Disks) -> list[Disk]:
    """Return what the World has of a PersistentVolume: one disk, or, of a path of machines, one on each that has it."""
    kind, path = source_of(volume, disks.kinds)
    names = dict.fromkeys(
        disks.kinds[kind].identity(Want(volume.name, node=machine, path=path), disks.site)
        for machine in disks.site.machines
    )
    return [one for name in names if (one := disks.get(name)) is not None]


def _by_spec(pod: PodObject, one: Volume) -> Mount | None:
    for field, kind in SOURCES.items():
        source = getattr(one, field, None)
        if source is not None:
            memory = isinstance(source, EmptyDirVolumeSource) and source.medium == "Memory"
            name, path = _named(pod, one, source)
            return Mount(kind, Want(name, pod.app.name, 0, pod.node, pod.uid, path, memory=memory))
    return None


def _named(pod: PodObject, one: Volume, source: Any) -> tuple[str, str]:
    """Return what a volume of a pod's spec is called: what it stands for, else after the pod."""
    path = str(getattr(source, "path", ""))
    for field in ("pd_name", "volume_id", "iqn", "image", "name", "secret_name"):
        if known := getattr(source, field, ""):
            return str(known), path
    if server := getattr(source, "server", "") or getattr(source, "endpoints", ""):
        return f"{server}:{path}", path
    return (path or f"{pod.name}/{one.name}"), path


def inline_volume(need: workload.Volume) -> Volume | None:
    """Return the volume of a pod's spec that an app of the short form has, None if it reaches it by a claim."""
    if need.kind not in INLINE:
        return None
    kind, _, medium = need.kind.partition("/")
    return convert({"name": DATA, kind: {"medium": medium.capitalize()} if medium else {}}, Volume)


def _bytes(amounts: Any) -> int:
    size = amounts.get("storage")
    return 0 if size is None else int(size.units())
