"""How Marathon stops instances, each according to how it stands.

One that waits for an offer is simply wanted no more. One that runs is killed through master and agent, and is gone once
its end is reported. One that cannot be reached cannot be killed: it is forgotten, unless its reservation binds it.

Source: mesosphere/marathon core/task/termination/impl (KillServiceActor.scala, KillAction.scala), KillConfig.scala.
Left out: chunks of a hundred kills at a time.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.engines.agenda import Order
from workbench.engines.mesos.frameworks.base import KILL_RETRY_US
from workbench.engines.mesos.frameworks.marathon_instances import InstanceTracker
from workbench.engines.mesos.frameworks.run_spec import Condition, Goal, Instance, Running
from workbench.engines.world import World

Kill = Callable[[int, int | None, bool], None]
"""Asks the master to kill: task, grace period (None: the executor's), whether another waits to take its place."""


class KillService:
    """Stops the instances of one Marathon.

    Parameters
    ----------
    gone : callable
        Told a version and its instance that has ended without anybody reporting it.
    """

    def __init__(self, world: World, tracker: InstanceTracker, kill: Kill, gone: Callable[[Running, Instance], None]):
        self._world = world
        self._tracker = tracker
        self._kill = kill
        self._gone = gone

    def kill(self, version: Running, instance: Instance, goal: Goal) -> None:
        """Stop an instance; `goal` is what is to become of it then."""
        instance.goal = goal
        if instance.condition in (Condition.SCHEDULED, Condition.STOPPED) or (
            instance.condition is Condition.UNREACHABLE and not version.spec.resident
        ):
            self._gone(version, instance)
        elif instance.condition not in (Condition.UNREACHABLE, Condition.KILLING):
            self._send(version, instance, replaced=_leaves_a_disk(version))

    def restart(self, version: Running, instance: Instance) -> None:
        """Stop an instance that is to run, so that another takes its place."""
        if instance.condition is Condition.RUNNING:
            self._send(version, instance, replaced=True)

    def _send(self, version: Running, instance: Instance, *, replaced: bool) -> None:
        self._tracker.become(instance, Condition.KILLING)
        self._ask(version, instance, instance.task, replaced)

    def _ask(self, version: Running, instance: Instance, task: int, replaced: bool) -> None:
        """Ask for it to be stopped, and again later: without a master, or with its agent cut off, nobody hears."""
        if task in self._tracker.by_task and instance.condition is Condition.KILLING:
            self._kill(task, version.spec.kill_grace_us, replaced)
            self._world.agenda.after(KILL_RETRY_US, Order.FRAMEWORK, self._ask, version, instance, task, replaced)


def _leaves_a_disk(version: Running) -> bool:
    """Say whether an instance that goes for a newer version leaves its place, and its disk outside, to one of those."""
    spec = version.spec
    return spec.app.volume is not None and not spec.resident and version is not version.versions.newest
