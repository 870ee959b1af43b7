"""Which framework runs which batch app: one of its kind for a team, or one for each Spark application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from workbench.engines.mesos.frameworks.batch import BatchFramework
from workbench.engines.mesos.frameworks.chronos import Chronos
from workbench.engines.mesos.frameworks.hadoop import Hadoop
from workbench.engines.mesos.frameworks.marathon_constraints import Place
from workbench.engines.mesos.frameworks.mpi import MpiFramework
from workbench.engines.mesos.frameworks.spark import SparkFramework, SparkOnMesosParameters
from workbench.engines.mesos.frameworks.spark_fine import FineGrainedSpark
from workbench.engines.protocol import ResumeApp, ScaleApp, SuspendApp
from workbench.engines.world import World
from workbench.model.workload import App

if TYPE_CHECKING:
    from workbench.engines.mesos.master import Master


Scheduler = BatchFramework | SparkFramework | FineGrainedSpark | Hadoop
"""A framework that runs batch apps: MPI and Chronos are batch frameworks with more to them."""

TEAMS: dict[str, type[MpiFramework | Chronos | Hadoop]] = {"mpi": MpiFramework, "chronos": Chronos, "hadoop": Hadoop}
"""Frameworks that serve all apps of a team."""


def framework_name(framework: str, team: str, app: str) -> str:
    """Return what the framework of a batch app is called: each Spark application is one of its own."""
    return f"spark-{app}" if framework == "spark" else f"{framework or 'batch'}-{team}"


class BatchFrameworks:
    """All frameworks of a run that run batch apps, by name, made when they are first needed."""

    def __init__(self, world: World, master: Master, places: Callable[[str], Place]) -> None:
        self._world = world
        self._master = master
        self._places = places
        self._all: dict[str, Scheduler] = {}

    def plain(self, team: str) -> BatchFramework:
        """Return the plain batch framework of a team."""
        name = framework_name("", team, "")
        if name not in self._all:
            self._all[name] = BatchFramework(self._world, self._master, team, self._places)
        found = self._all[name]
        assert isinstance(found, BatchFramework)
        return found

    def of(self, app: App) -> Scheduler:
        """Return the framework of an app."""
        if app.framework in ("", "batch"):
            return self.plain(app.team)
        name = framework_name(app.framework, app.team, app.name)
        if name not in self._all:
            self._all[name] = self._made(app)
        return self._all[name]

    def _made(self, app: App) -> Scheduler:
        if app.framework in TEAMS:
            return TEAMS[app.framework](self._world, self._master, app.team, self._places)
        coarse = self._world.settings.of(SparkOnMesosParameters).coarse
        kind = SparkFramework if coarse else FineGrainedSpark
        return kind(self._world, self._master, app, self._places)

    def change(self, change: ScaleApp | SuspendApp | ResumeApp) -> bool:
        """Hand a change of a batch app to its framework; say whether that knows anything of the kind.

        Programs of MPI, applications of Spark and jobs of Hadoop can neither be held nor have another size; a job of
        Chronos can be disabled. Whose tasks come by the clock or one by one has no number of them to change.
        """
        app, one = change.app, self.of(change.app)
        if not isinstance(one, BatchFramework) or isinstance(one, MpiFramework):
            return False
        if isinstance(change, ScaleApp):
            if isinstance(one, Chronos) or app.arrivals is not None:
                return False
            one.when_up(lambda: one.resize(app))
        elif isinstance(change, SuspendApp):
            one.when_up(lambda: one.hold(app))
        else:
            one.when_up(lambda: one.go_on(app))
        return True

    def known(self, app: App) -> Scheduler | None:
        """Return the framework of an app, None if it has not been started yet."""
        return self._all.get(framework_name(app.framework, app.team, app.name))

    def __iter__(self) -> Iterator[Scheduler]:
        return iter(self._all.values())
