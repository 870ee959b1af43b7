"""A kind of volume of one's own in a scenario: a class of some twenty lines is all it takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.engines.volumes.plugin import VolumePlugin
from workbench.engines.volumes.registry import OwnKind, own_kind
from workbench.errors import Problem, VolumePluginError, no_such
from workbench.experiments.check import as_scenario
from workbench.experiments.sides import of_kind
from workbench.model.scenario import Scenario

__all__ = ["VolumePlugin", "with_volume_plugin"]


def with_volume_plugin(scenario: Scenario | str | Path, plugin: Any, *, apps: Iterable[str] | None = None) -> Scenario:
    """Return the scenario with the disks of its apps being of a kind of one's own, on every side.

    The result is compared, run, swept and shown in a panel like any other scenario; called again, it takes in one
    more.

    Parameters
    ----------
    scenario : Scenario, str or Path
        A scenario, its file, or the name of a shipped one.
    plugin : VolumePlugin or its class
        Says where the bytes lie, and what it takes to reach them. The kind is called after its `name`, or its class.
    apps : iterable of str, optional
        Whose disks are of that kind; all apps that have a disk, if left out.

    Raises
    ------
    VolumePluginError
        With everything that is wrong with the plugin, or when no app has a disk.
    """
    base = as_scenario(scenario)
    kind = own_kind(plugin)
    having = [app.name for app in base.apps if app.volume is not None]
    wanted = having if apps is None else [apps] if isinstance(apps, str) else list(apps)
    problems = [no_such(str(one), having, "apps that have a disk", "apps") for one in wanted if one not in having]
    if problems or not wanted:
        raise VolumePluginError(problems or [Problem("volume-no-apps", "apps", {})])
    kinds = (*(one for one in base.volume_kinds if isinstance(one, OwnKind) and one.name != kind.name), kind)
    return replace(base, apps=tuple(of_kind(app, kind.name, wanted) for app in base.apps), volume_kinds=kinds)
