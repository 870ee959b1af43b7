"""Where tasks of Mesos keep their bytes.

Source: mesos docs/sandbox.md, docs/persistent-volume.md, docs/docker-volume.md (drivers through DVDI).
Left out: what lies in old sandboxes: no other task sees it. When they go: `workbench/engines/mesos/sandboxes.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.engines.volumes.directories import EmptyDir
from workbench.engines.volumes.network import Csi
from workbench.engines.volumes.places import Place
from workbench.engines.volumes.plugin import Site, VolumePlugin, Want


class Sandbox(EmptyDir):
    """The working directory of one task: one that is started in its place has another."""

    name = "sandbox"


class PersistentVolume(VolumePlugin):
    """A volume on reserved disk of an agent: offered again with that agent, and only with it."""

    name = "persistent"

    def provision(self, want: Want, site: Site) -> Sequence[Place]:
        """On the agent's disk, in no task's directory."""
        return (site.on_disk(want.node),)


class ExternalVolume(Csi):
    """A volume of a storage service that a driver of the agent attaches (docker volume, DVDI)."""

    name = "external"
