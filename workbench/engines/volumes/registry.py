"""Which kinds of volumes there are: the built-in ones by name, and those that somebody wrote."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.engines.asking import name_of, source_of, written
from workbench.engines.volumes import agents, directories, network
from workbench.engines.volumes.guarded import Guarded
from workbench.engines.volumes.plugin import VolumePlugin
from workbench.errors import Problem, VolumePluginError
from workbench.model.workload import Reach

BUILT_IN: Mapping[str, VolumePlugin] = {
    kind.name: kind()
    for kind in (
        directories.EmptyDir, directories.HostPath, directories.GitRepo, directories.Secret, directories.ConfigMap,
        directories.DownwardAPI, directories.Projected, network.Nfs, network.Glusterfs, network.Iscsi, network.Rbd,
        network.GcePersistentDisk, network.AwsElasticBlockStore, network.Csi, network.PersistentVolumeClaim,
        network.Local, agents.Sandbox, agents.PersistentVolume, agents.ExternalVolume,
    )
}  # fmt: skip
"""Name -> kind. They remember nothing, so all runs share them."""


@dataclass(frozen=True)
class OwnKind:
    """A kind that somebody wrote, as a scenario carries it.

    Parameters
    ----------
    written : str
        How it was handed over, as Python has it.
    """

    plugin: VolumePlugin
    written: str

    @property
    def name(self) -> str:
        """That of the plugin, or of its class."""
        return name_of(self.plugin)

    @property
    def source(self) -> str:
        """The text of its class, where it can be found."""
        return source_of(type(self.plugin))


def kind_by(reach: Reach) -> str:
    """Return the kind of a disk of which no more is known than from where it can be reached."""
    return "local" if reach == "local" else "persistentVolumeClaim"


def kinds(own: Iterable[object]) -> dict[str, VolumePlugin]:
    """Return every kind of a run by name; own ones are copies, and are not trusted."""
    added = {one.name: Guarded(copy.deepcopy(one.plugin)) for one in own if isinstance(one, OwnKind)}
    return {**BUILT_IN, **added}


def own_kind(plugin: Any) -> OwnKind:
    """Return a kind that somebody wrote; the class itself will do.

    Raises
    ------
    VolumePluginError
        With everything that is wrong with it.
    """
    made = _made(plugin)
    problems = list(_problems(made))
    if problems:
        raise VolumePluginError(problems)
    return OwnKind(made, written(plugin))


def _made(plugin: Any) -> VolumePlugin:
    if not (isinstance(plugin, VolumePlugin) or (isinstance(plugin, type) and issubclass(plugin, VolumePlugin))):
        name = getattr(plugin, "__name__", type(plugin).__name__)
        raise VolumePluginError(Problem("volume-no-plugin", "", {"plugin": name}))
    if isinstance(plugin, type):
        try:
            plugin = plugin()
        except Exception as error:
            about = {"policy": plugin.__name__, "error": type(error).__name__, "message": str(error)}
            raise VolumePluginError(Problem("policy-not-made", "", about)) from error
    return plugin  # type: ignore[no-any-return]  # checked above


def _problems(plugin: VolumePlugin) -> Iterator[Problem]:
    name = name_of(plugin)
    if not isinstance(name, str) or not f"_{name}".replace("-", "_").replace(".", "_").replace("/", "_").isidentifier():
        yield Problem("bad-name", "", {"name": str(name)[:70]})
    elif name in BUILT_IN:
        yield Problem("volume-built-in", "", {"plugin": name})
    if type(plugin).provision is VolumePlugin.provision:
        yield Problem("volume-no-provision", "", {"plugin": name})
    try:
        copy.deepcopy(plugin)
    except Exception as error:
        yield Problem("policy-not-copied", "", {"policy": name, "message": str(error)})
