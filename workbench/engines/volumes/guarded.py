"""Asks a kind of volume that somebody wrote, and tells what is wrong with it when it fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from workbench.engines.asking import name_of, raised, shown
from workbench.engines.volumes.places import NOWHERE, Place
from workbench.engines.volumes.plugin import Site, VolumePlugin, Want
from workbench.errors import Problem, VolumePluginError

LONGEST_S = 86_400
"""No single step takes longer than a day."""


class Guarded(VolumePlugin):
    """Stands in front of a kind of unknown quality."""

    def __init__(self, plugin: VolumePlugin) -> None:
        self._plugin = plugin
        self.name = name_of(plugin)
        self.read_only = bool(plugin.read_only)

    def identity(self, want: Want, site: Site) -> str:
        """Ask it; it answers a text that is not empty."""
        said = self._asked("identity", want, site)
        if not isinstance(said, str) or not said:
            raise self._error("volume-no-identity", "identity", want, value=shown(said))
        return said

    def provision(self, want: Want, site: Site) -> Sequence[Place]:
        """Ask it; it answers one place at least, each on a machine that there is."""
        said = self._asked("provision", want, site)
        places = tuple(said) if isinstance(said, list | tuple) else ()
        if not places or not all(isinstance(one, Place) for one in places):
            raise self._error("volume-no-places", "provision", want, value=shown(said))
        for one in places:
            known = isinstance(one.machine, int) and (one.machine == NOWHERE or one.machine in site.machines)
            if not known or (one.machine == NOWHERE and (one.memory or one.task != NOWHERE)):
                raise self._error(
                    "volume-no-machine", "provision", want, value=shown(one.machine), count=len(site.machines)
                )
        return places

    def provision_s(self, want: Want, site: Site) -> float:
        """Ask it; it answers a number of seconds."""
        return self._seconds("provision_s", want, site)

    def attach_s(self, want: Want, site: Site) -> float | None:
        """Ask it; it answers a number of seconds, or None."""
        said = self._asked("attach_s", want, site)
        return None if said is None else self._number("attach_s", want, said)

    def grow_s(self, want: Want, site: Site) -> float | None:
        """Ask it; it answers a number of seconds, or None."""
        said = self._asked("grow_s", want, site)
        return None if said is None else self._number("grow_s", want, said)

    def mount_s(self, want: Want, site: Site) -> float:
        """Ask it; it answers a number of seconds."""
        return self._seconds("mount_s", want, site)

    def _seconds(self, method: str, want: Want, site: Site) -> float:
        return self._number(method, want, self._asked(method, want, site))

    def _number(self, method: str, want: Want, said: object) -> float:
        if isinstance(said, bool) or not isinstance(said, int | float) or not 0 <= said <= LONGEST_S:
            raise self._error("volume-no-time", method, want, value=shown(said), high=LONGEST_S)
        return said

    def _asked(self, method: str, want: Want, site: Site) -> Any:
        ask: Callable[[Want, Site], Any] = getattr(self._plugin, method)
        try:
            return ask(want, site)
        except Exception as error:
            about = raised(error, method, VolumePlugin)
            code = "policy-raised" if "error" in about else "policy-signature"
            raise self._error(code, method, want, **about) from error

    def _error(self, code: str, method: str, want: Want, /, **args: Any) -> VolumePluginError:
        return VolumePluginError(Problem(code, f"{self.name}.{method}, volume {want.name}", args))
