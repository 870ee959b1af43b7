"""What users and operators ask for while a run goes on, and when. A change is a wish, not a deed: each control plane
carries it out in its own way, or has no counterpart for it.

| kind | what is asked |
|---|---|
| scale | so many `replicas` of an app; of a batch app so many tasks, or so many at once (`parallelism`) |
| update | a new version of an app: another image, other times to start and be ready, perhaps `broken` |
| rollback | back to the version before the present one |
| pause, resume | hold a rollout where it is; go on with it, of a stateful app down to the member `partition` |
| suspend, resume | no task of a batch app is to work; go on with it |
| rolling-update | a new version, brought in one by one by a program outside, as long as that runs |
| grow | the volumes of an app's instances are to have `size` bytes each |
| delete | the app is to go, with all its instances: they after it, it after them, or without them (`cascade`) |
| route | clients of an app are sent to one of the apps that stand behind its name; or to all again |
| relabel | instances of an app get other labels: what selects by labels loses them, or finds them |
| cordon, uncordon | no new work for a machine; new work again |
| drain | cordon a machine, and move what runs there elsewhere |
| maintenance | a machine will be switched off from `begins_us` to `ends_us`: announced now |
| remove-machine | drain a machine, and give it back once it is empty |
| add-machines | so many machines of a pool are ordered, and join once they have booted |
| remove-machines | so many machines of a pool are given back as with remove-machine, those first that came last |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from workbench.model.clock import NEVER, SECOND_US
from workbench.model.lives import DiskUse, MemoryUse, Trouble
from workbench.model.workload import App

AppChangeKind = Literal[
    "scale", "update", "rollback", "pause", "resume", "suspend", "delete", "route", "relabel", "rolling-update", "grow"
]
NodeChangeKind = Literal["cordon", "uncordon", "drain", "maintenance", "remove-machine"]
Cascade = Literal["background", "foreground", "orphan"]
PoolChangeKind = Literal["add-machines", "remove-machines"]
ChangeKind = Literal[AppChangeKind, NodeChangeKind, PoolChangeKind]

NEW_VERSION = ("update", "rolling-update")
"""Kinds that bring a new version."""

NODE_CHANGES = ("cordon", "uncordon", "drain", "maintenance", "remove-machine")
"""Kinds that are about a machine."""

POOL_CHANGES = ("add-machines", "remove-machines")
"""Kinds that are about the size of a pool; those that are about neither pool nor machine are about an app."""


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """Somebody asks for something at `at_us`: about an app, about a machine, or for more or fewer machines.

    A machine is named (`node`) or picked at that moment (`hosting`), as a fault picks it: the one with the most
    running instances of that app.

    Parameters
    ----------
    replicas : int or None
        Scale: how many from now on, of a batch app how many tasks in all; None leaves it as it was.
    parallelism : int or None
        Scale of a batch app: how many of its tasks at once.
    image, start_us, ready_us, stop_us : str or int or None
        Update: what differs in the new version; None leaves it as it was.
    broken : bool
        Update: the new version runs, but never becomes ready.
    errors : float or None
        Update: share of requests that the new version answers wrongly, though it is ready.
    partition : int or None
        Update of a stateful app: only members of this number or above get the new version; None leaves it as it was.
        Resume: the same, None means 0.
    cascade : str
        Delete: what becomes of its instances.
    to : str
        Route: the one app that clients are sent to; empty: all that stand behind the app's name.
    labels : Mapping
        Relabel: label -> value; an empty value takes the label off.
    period_us, poll_us, timeout_us, client_us : int or None
        Rolling update: between two steps; between two looks; how long nothing may come of it; how long the program
        that does it runs, None: to its end.
    instances : int
        Relabel: so many instances, the oldest of those that do not have the labels.
    cost : int or None
        Relabel: those of the lowest cost go first when the app gets smaller; None leaves it as it is.
    begins_us, ends_us : int
        Maintenance: the window.
    trouble : Trouble or None
        Update: what goes wrong in the new version by itself; None: nothing.
    memory_use : MemoryUse or None
        Update: how much memory the new version uses; None leaves it as it was.
    disk_use : DiskUse or None
        Update: how much the new version writes to its machine's own disk; None leaves it as it was.
    size : int
        Grow: bytes of each volume from then on.
    pool, count : str, int
        Add-machines, remove-machines: of which pool, and how many.
    unless_autoscaled : bool
        The same: nobody does it by hand under a control plane that makes pools larger and smaller by itself.
    """

    at_us: int
    kind: ChangeKind
    app: str = ""
    replicas: int | None = None
    image: str | None = None
    start_us: int | None = None
    ready_us: int | None = None
    stop_us: int | None = None
    broken: bool = False
    trouble: Trouble | None = None
    memory_use: MemoryUse | None = None
    disk_use: DiskUse | None = None
    node: str = ""
    hosting: str = ""
    sparing: str = ""
    errors: float | None = None
    partition: int | None = None
    cascade: Cascade = "background"
    to: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    instances: int = 1
    cost: int | None = None
    period_us: int = 60 * SECOND_US
    poll_us: int = 3 * SECOND_US
    timeout_us: int = 300 * SECOND_US
    client_us: int | None = None
    pool: str = ""
    count: int = 1
    unless_autoscaled: bool = False
    size: int = 0
    parallelism: int | None = None
    begins_us: int = 0
    ends_us: int = 0

    @property
    def about_node(self) -> bool:
        """Whether it is about a machine."""
        return self.kind in NODE_CHANGES

    @property
    def about_machines(self) -> bool:
        """Whether it asks for more machines, or for fewer."""
        return self.kind in POOL_CHANGES


def updated(app: App, change: PlannedChange, version: int) -> App:
    """Return the version of an app that an update asks for."""
    return replace(
        app,
        image=app.image if change.image is None else change.image,
        start_us=app.start_us if change.start_us is None else change.start_us,
        ready_us=app.ready_us if change.ready_us is None else change.ready_us,
        stop_us=app.stop_us if change.stop_us is None else change.stop_us,
        broken=change.broken,
        errors=0.0 if change.errors is None else change.errors,
        trouble=change.trouble,
        memory_use=app.memory_use if change.memory_use is None else change.memory_use,
        disk_use=app.disk_use if change.disk_use is None else change.disk_use,
        version=version,
    )


def resized(app: App, change: PlannedChange) -> App:
    """Return an app at the size that a change asks for.

    Where all tasks of a batch app could run at once, that stays so: with another number of tasks goes the same number
    at once, unless the change says something else.
    """
    replicas = app.replicas if change.replicas is None else change.replicas
    at_once = app.parallelism
    if change.parallelism is not None:
        at_once = change.parallelism
    elif at_once is not None and at_once >= app.replicas and change.replicas is not None:
        at_once = replicas
    return replace(app, replicas=replicas, parallelism=at_once)


def as_wanted(app: App, changes: Iterable[PlannedChange], at_us: int) -> App:
    """Return a batch app as it is wanted at a time: its size, and whether it is suspended then."""
    for change in sorted((one for one in changes if one.app == app.name and one.at_us <= at_us), key=lambda c: c.at_us):
        if change.kind == "scale":
            app = resized(app, change)
        elif change.kind in ("suspend", "resume"):
            app = replace(app, suspended=change.kind == "suspend")
    return app


def wanted_over_time(
    app: App, changes: Iterable[PlannedChange], scaled: Iterable[tuple[int, int]] = ()
) -> list[tuple[int, int]]:
    """Return how many instances of an app are wanted, as steps ``(time, number from then on)``, from time zero.

    What an autoscaler asked for (`scaled`, pairs of the same kind) counts like what people asked for. An app that was
    deleted stays so: what is asked of it later is asked of nothing. Daemons want as many as there are machines that
    suit; for them the steps say nothing.
    """
    steps = [(app.at_us, app.replicas)] if app.at_us == 0 else [(0, 0), (app.at_us, app.replicas)]
    changes = [one for one in changes if one.app == app.name]
    deleted = [(one.at_us, 0) for one in changes if one.kind == "delete"]
    sizes = [(one.at_us, one.replicas) for one in changes if one.kind == "scale" and one.replicas is not None]
    gone, _ = end = min(deleted, default=(NEVER, 0))
    sizes += list(scaled)
    steps += sorted((one for one in sizes if gone == NEVER or one[0] < gone), key=lambda one: one[0])
    return [*steps, end] if deleted else steps
