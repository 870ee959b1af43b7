"""Volumes on the machine of their pod, and those that only show what the control plane stores.

Source: kubernetes, pkg/volume (emptydir, hostpath, git_repo, secret, configmap, downwardapi, projected) (version 1.34;
git_repo is off by default since 1.33).
Left out: that secrets and the like are shown from a copy in the machine's memory, made anew whenever they are mounted;
changes of what they show; the limit of an emptyDir; mediums of huge pages; types of hostPath.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.engines.volumes.places import Place
from workbench.engines.volumes.plugin import Site, VolumePlugin, Want


class EmptyDir(VolumePlugin):
    """A directory that is made for the pod, on disk or in memory."""

    name = "emptyDir"

    def identity(self, want: Want, site: Site) -> str:
        """Each pod has its own, even one that bears the name of another before it."""
        return f"{want.name}#{want.task}"

    def provision(self, want: Want, site: Site) -> Sequence[Place]:
        """In the directory of the pod."""
        return (site.directory(want),)


class GitRepo(EmptyDir):
    """An emptyDir into which a repository is cloned before the pod starts."""

    name = "gitRepo"


class HostPath(VolumePlugin):
    """A directory of the machine itself: what another pod left there is found, and nowhere else."""

    name = "hostPath"

    def identity(self, want: Want, site: Site) -> str:
        """Each machine has its own under the same path."""
        return f"{site.name(want.node)}:{want.path or want.name}"

    def provision(self, want: Want, site: Site) -> Sequence[Place]:
        """On the machine's disk, in nobody's directory."""
        return (site.on_disk(want.node),)


class _Shown(VolumePlugin):
    """Something that the control plane stores, shown to the pod as files."""

    read_only = True

    def provision(self, want: Want, site: Site) -> Sequence[Place]:
        """With the control plane, which runs outside of the machines."""
        return (site.outside(),)


class Secret(_Shown):
    """A Secret."""

    name = "secret"


class ConfigMap(_Shown):
    """A ConfigMap."""

    name = "configMap"


class DownwardAPI(_Shown):
    """What the pod's own object says."""

    name = "downwardAPI"


class Projected(_Shown):
    """Several of those in one directory."""

    name = "projected"
