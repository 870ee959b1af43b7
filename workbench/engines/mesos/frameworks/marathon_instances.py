"""The books of one Marathon: its apps, their versions and instances, and the tasks that these stand for.

Source: mesosphere/marathon core/task/tracker (InstanceTracker), core/instance.
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.engines.mesos.frameworks.marathon_backoff import RateLimiter
from workbench.engines.mesos.frameworks.run_spec import Condition, Goal, Instance, Running, RunSpec, Versions
from workbench.engines.world import World

Known = tuple[Running, Instance]
"""An instance and its version."""


class InstanceTracker:
    """All instances of one Marathon."""

    def __init__(self, world: World) -> None:
        self.apps: dict[str, Versions] = {}
        self.by_task: dict[int, Known] = {}
        self._world = world

    def create(self, spec: RunSpec) -> Running:
        """Note that a version of an app is wanted from now on; it has no instances yet."""
        app = self.apps.setdefault(spec.id, Versions(spec.id))
        version = Running(spec, RateLimiter(spec.backoff), app, self._world.now_us)
        app.every.append(version)
        return version

    def forget(self, app: str) -> None:
        """Note that an app is gone."""
        del self.apps[app]

    def versions(self) -> Iterator[Running]:
        """Yield the versions of all apps."""
        for app in self.apps.values():
            yield from app.every

    def add(self, version: Running, slot: int | None = None) -> Instance:
        """Want one more instance of a version; it waits to be launched from now on.

        A resident one may take the `slot` of one that was given up for good.
        """
        number = version.versions.numbered
        version.versions.numbered += 1
        spec = version.spec
        if spec.resident and slot is None:
            slot = number
        name = f"{spec.app.name}.{number}"
        task = self._world.new_task(spec.app, name, dict(spec.request.plain), slot=slot)
        instance = Instance(number, task)
        version.instances[number] = instance
        self.schedule(version, instance)
        return instance

    def schedule(self, version: Running, instance: Instance) -> None:
        """Let an instance wait to be launched, with the task it has."""
        self.become(instance, Condition.SCHEDULED)
        instance.healthy = instance.ready = False
        version.scheduled[instance.number] = instance
        self.by_task[instance.task] = (version, instance)

    def reschedule(self, version: Running, instance: Instance) -> None:
        """Give a resident instance its next task, in the same place, and let it wait to be launched."""
        spec = version.spec
        name = f"{spec.app.name}.{instance.number}.{instance.tasks}"
        slot = self._world.slot_of(instance.task)
        instance.tasks += 1
        instance.goal = Goal.RUNNING
        instance.task = self._world.new_task(spec.app, name, dict(spec.request.plain), slot=slot)
        self.schedule(version, instance)

    def become(self, instance: Instance, condition: Condition) -> None:
        """Note how an instance stands from now on."""
        instance.condition = condition
        instance.since_us = self._world.now_us

    def stopped(self, version: Running, instance: Instance) -> None:
        """Note that a resident instance has stopped; its reservation stays."""
        self.by_task.pop(instance.task, None)
        version.scheduled.pop(instance.number, None)
        self.become(instance, Condition.STOPPED)
        instance.healthy = instance.ready = False

    def hand_over(self, instance: Instance, before: Running, version: Running) -> None:
        """Make an instance that has stopped one of another version."""
        del before.instances[instance.number]
        version.instances[instance.number] = instance
        self._tidy(before)

    def expunge(self, version: Running, instance: Instance) -> None:
        """Forget an instance."""
        self.by_task.pop(instance.task, None)
        version.scheduled.pop(instance.number, None)
        del version.instances[instance.number]
        self._tidy(version)

    def _tidy(self, version: Running) -> None:
        """Forget a version that is no longer wanted once its last instance is gone."""
        app = version.versions
        if version is not app.newest and not version.instances:
            app.every.remove(version)
