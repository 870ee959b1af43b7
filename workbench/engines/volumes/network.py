"""Volumes that outlive their pods: shares and disks of the network, and disks of one machine that a claim holds.

Source: kubernetes, pkg/volume (nfs, iscsi, csi, local; glusterfs until 1.25, rbd until 1.30), core/v1 types for the
disks of clouds, whose work CSI drivers do today; docs/concepts/storage/volumes.
Left out: that a share or disk itself may be lost or slow; read-only attachments of one disk to many machines.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.engines.volumes.places import Place
from workbench.engines.volumes.plugin import Site, VolumePlugin, Want


class _Outside(VolumePlugin):
    """Storage that is reached over the network."""

    def provision(self, want: Want, site: Site) -> Sequence[Place]:
        """Outside of the machines, in the zone that was decided on, if any."""
        return (site.outside(want.zone),)


class Nfs(_Outside):
    """A share of an NFS server: any number of machines at once, nothing is attached."""

    name = "nfs"


class Glusterfs(Nfs):
    """A GlusterFS volume."""

    name = "glusterfs"


class BlockDevice(_Outside):
    """A disk that is attached to a machine."""

    def provision_s(self, want: Want, site: Site) -> float:
        """As long as the storage service takes."""
        return site.create_s

    def attach_s(self, want: Want, site: Site) -> float | None:
        """As long as the storage service takes."""
        return site.attach_s

    def grow_s(self, want: Want, site: Site) -> float | None:
        """As long as to make one: an assumption, nobody documents it."""
        return site.create_s


class Iscsi(BlockDevice):
    """A disk by iSCSI."""

    name = "iscsi"


class Rbd(BlockDevice):
    """A Ceph block device."""

    name = "rbd"


class GcePersistentDisk(BlockDevice):
    """A disk of Google Compute Engine."""

    name = "gcePersistentDisk"


class AwsElasticBlockStore(BlockDevice):
    """A disk of Amazon EC2."""

    name = "awsElasticBlockStore"


class Csi(BlockDevice):
    """A disk of a storage driver."""

    name = "csi"


class PersistentVolumeClaim(Csi):
    """What stands behind a claim of which nothing more is known: a disk of some storage driver."""

    name = "persistentVolumeClaim"


class Local(VolumePlugin):
    """A disk, or part of one, of one machine, which a claim holds on to."""

    name = "local"

    def provision(self, want: Want, site: Site) -> Sequence[Place]:
        """On that machine."""
        return (site.on_disk(want.node),)
