"""What happens to tasks and machines, told to the apps whose members keep copies of data.

The apps themselves, who leads and what a write needs are in `applications/`; where the bytes lie is in `disks.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.engines.applications.parameters import ReplicationParameters
from workbench.engines.applications.quorum import ReplicatedApp

if TYPE_CHECKING:
    from workbench.engines.disks import Volume
    from workbench.engines.world import World


class Copies:
    """The replicated apps of one run."""

    def __init__(self, world: World) -> None:
        self._world = world
        params = world.settings.of(ReplicationParameters)
        self._apps = {
            app.name: ReplicatedApp(app, world.agenda, world.trace, params)
            for app in world.scenario.apps
            if app.replication is not None
        }
        self._volumes: dict[int, str] = {}

    def lie_on(self, task: int, volume: str) -> None:
        """Note the volume on which a task finds its data."""
        self._volumes[task] = volume

    def joined(self, task: int) -> None:
        """Note that a task is ready: it is a member from now on, if the others can see it."""
        world, app = self._world, self._of(task)
        if app is not None and world.machines[world.node_of(task)].reachable:
            volume = self._volume(task)
            copies = {} if volume is None else volume.copies
            app.joined(task, world.slot_of(task), world.node_names[world.node_of(task)], copies)

    def left(self, task: int, *, silent: bool) -> None:
        """Note that a task has ended or is out of sight; `silent`: nobody was there to say so."""
        app = self._of(task)
        if app is not None:
            app.left(task, self._world.slot_of(task), silent=silent)

    def asked_to_stop(self, task: int, then: Callable[[], None], *, replaced: bool) -> bool:
        """Note that a task is asked to stop; `replaced`: another is to take its place.

        Say whether it has data to hand over first, since it leaves for good; once it has, `then` is called.
        """
        app = self._of(task)
        return app is not None and not replaced and app.asked_to_stop(task, self._world.slot_of(task), then)

    def resized(self, name: str, members: int) -> None:
        """Note that so many instances of an app are wanted from now on."""
        if name in self._apps:
            self._apps[name].resized(members)

    def cut_off(self, node: int) -> None:
        """Note that the members on a machine are out of the others' sight."""
        for task in self._world.machines[node].tasks:
            self.left(task, silent=True)

    def reached(self, node: int) -> None:
        """Note that the members on a machine can be reached again, if they are ready."""
        for task in self._world.machines[node].tasks:
            if self._world.serving(task):
                self.joined(task)

    def bytes_lost(self, tasks: list[int]) -> None:
        """Note which of the members that have just ended have left nothing behind."""
        for task in tasks:
            app, volume = self._of(task), self._volume(task)
            if app is not None and (volume is None or volume.empty):
                app.bytes_lost(self._world.slot_of(task))

    def _of(self, task: int) -> ReplicatedApp | None:
        return self._apps.get(self._world.app_of(task).name)

    def _volume(self, task: int) -> Volume | None:
        return self._world.disks.get(self._volumes.get(task, ""))
