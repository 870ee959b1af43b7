"""The frameworks that run one app each: which app has one, and what users ask of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from workbench.engines.mesos.frameworks.kafka import KafkaFramework
from workbench.engines.mesos.frameworks.marathon_constraints import Place
from workbench.engines.mesos.frameworks.sdk import SdkService
from workbench.engines.mesos.frameworks.service import ServiceFramework
from workbench.engines.mesos.workloads import WorkloadParameters, runs_under, service_spec
from workbench.engines.protocol import AppChange, DeleteApp, ScaleApp
from workbench.engines.world import World
from workbench.model.workload import App

if TYPE_CHECKING:
    from workbench.engines.mesos.discovery import Proxy
    from workbench.engines.mesos.master import Master

KINDS: dict[str, type[SdkService] | type[KafkaFramework]] = {"dcos-commons": SdkService, "kafka": KafkaFramework}
"""As `workloads.runs_under` names them."""


PREFIXES = {"batch": "batch", "marathon": "marathon", "dcos-commons": "sdk", "kafka": "kafka"}
"""Kind of framework -> what its name begins with."""


def framework_name(app: App, params: WorkloadParameters) -> str:
    """Return the name of the framework that runs an app: that of its team, or one of its own."""
    kind = runs_under(app, params)
    return f"{PREFIXES[kind]}-{app.name if kind in KINDS else app.team}"


class ServiceFrameworks:
    """All of them, by app. They are there from the start, and ask for offers once their app is handed over."""

    def __init__(self, world: World, master: Master, places: Callable[[str], Place], proxy: Proxy) -> None:
        self._world = world
        self._master = master
        self._places = places
        self._proxy = proxy
        self._params = world.settings.of(WorkloadParameters)
        self._all: dict[str, ServiceFramework] = {}

    def start(self, app: App) -> bool:
        """Start the framework of an app, if it has one of its own; say whether it has."""
        kind = KINDS.get(runs_under(app, self._params))
        if kind is None:
            return False
        one = kind(self._world, self._master, app, self._places, self._proxy.healthy, self._proxy.ended)
        self._all[app.name] = one
        self._master.subscribe(one, suppressed=True)
        return True

    def runs(self, app: str) -> bool:
        """Say whether an app has a framework of its own."""
        return app in self._all

    def of(self, app: str) -> ServiceFramework:
        """Return the framework of an app that has one."""
        return self._all[app]

    def every(self) -> tuple[ServiceFramework, ...]:
        """Return all of them."""
        return tuple(self._all.values())

    def create(self, app: App) -> None:
        """Hand an app to its framework."""
        one = self._all[app.name]
        spec = service_spec(app, self._world.scenario.cluster, runs_under(app, self._params))
        one.when_up(partial(one.install, spec))

    def change(self, change: AppChange) -> None:
        """Hand a change of an app to its framework; a rollback is an update like any other."""
        one = self._all[change.app.name]
        spec = service_spec(change.app, self._world.scenario.cluster, runs_under(change.app, self._params))
        if isinstance(change, ScaleApp):
            one.when_up(partial(one.scale, spec))
        elif isinstance(change, DeleteApp):
            one.when_up(one.uninstall)
        else:
            one.when_up(partial(one.update, spec))

    def give_up(self, agent: str) -> None:
        """An operator gives up what was on an agent."""
        for one in self._all.values():
            one.when_up(partial(one.replace_on, agent))
