"""What users and operators ask during a run: when it is due, and how each app is wanted at that moment.

The World knows here, for every control plane alike, which version of an app is the present one, which the one before,
and since when a task that is new has been wanted. What a control plane makes of a change is its own doing; one that
has no counterpart says so with `not_understood`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from workbench.engines.agenda import Agenda, Order
from workbench.engines.protocol import (
    AppChange,
    Change,
    CordonNode,
    DeleteApp,
    DrainNode,
    GiveUp,
    GrowApp,
    MaintainNode,
    NodeChange,
    PauseApp,
    RelabelInstances,
    RemoveNode,
    ResumeApp,
    RollbackApp,
    RollingUpdateApp,
    RouteApp,
    ScaleApp,
    SuspendApp,
    UncordonNode,
    UpdateApp,
)
from workbench.model.changes import PlannedChange, resized, updated
from workbench.model.workload import App

Note = Callable[[str, str, str, str], None]
"""Writes an event: kind, subject, reason, detail."""

WORDS: dict[type[Change], str] = {
    ScaleApp: "scale",
    UpdateApp: "update",
    RollbackApp: "rollback",
    PauseApp: "pause",
    SuspendApp: "suspend",
    ResumeApp: "resume",
    DeleteApp: "delete",
    RollingUpdateApp: "rolling-update",
    RouteApp: "route",
    RelabelInstances: "relabel",
    GrowApp: "grow",
    CordonNode: "cordon",
    UncordonNode: "uncordon",
    DrainNode: "drain",
    RemoveNode: "remove-machine",
    MaintainNode: "maintenance",
    GiveUp: "give-up",
}
"""Change -> its kind in a scenario, and in the table of events."""


NODE_CHANGES: dict[str, type[CordonNode | UncordonNode | DrainNode | RemoveNode]] = {
    "cordon": CordonNode,
    "uncordon": UncordonNode,
    "drain": DrainNode,
    "remove-machine": RemoveNode,
}


class Timeline:
    """The changes of one run, and the apps as they are wanted now.

    Parameters
    ----------
    apps, changes : iterable
        Of the scenario.
    node_of : callable
        Change -> index of the machine it is about, at the moment it is due.
    resized : callable
        Told (app, replicas) when an app is to have another size.
    order : callable
        Orders (pool, number) further machines.
    last_of : callable
        (pool, number) -> the machines that go when so many are given back.
    autoscaled : callable
        Says whether the control plane makes a pool larger and smaller by itself.
    maintain : callable
        Announces (machine, begin, end, apply) a window of maintenance.
    """

    def __init__(
        self,
        agenda: Agenda,
        apps: Iterable[App],
        changes: Iterable[PlannedChange],
        node_of: Callable[[PlannedChange], int],
        resized: Callable[[str, int], None],
        order: Callable[[str, int], object],
        last_of: Callable[[str, int], list[int]],
        autoscaled: Callable[[str], bool],
        maintain: Callable[[int, int, int, Callable[[Change], None]], None],
    ) -> None:
        self._agenda = agenda
        self._changes = tuple(changes)
        self._node_of = node_of
        self._resized = resized
        self._order = order
        self._last_of = last_of
        self._autoscaled = autoscaled
        self._maintain = maintain
        self._apps = {app.name: app for app in apps}
        self._before: dict[str, App] = {}
        self._newest: dict[str, int] = {}
        self._asked_us: dict[str, int] = {}
        self._deleted: set[str] = set()

    def plan(self, apply: Callable[[Change], None], note: Note, node_names: list[str]) -> None:
        """Write every change down for its time; `apply` hands it to the control plane, `note` to the trace."""

        def make(planned: PlannedChange) -> None:
            if planned.app in self._deleted:
                note("NothingThere", planned.app, "app-deleted", planned.kind)
                return
            if planned.about_machines:
                self._resize(planned, apply, note)
                return
            if planned.about_node:
                node = self._node_of(planned)
                note(planned.kind, node_names[node], "", "")
                if planned.kind == "maintenance":
                    self._maintain(node, planned.begins_us, planned.ends_us, apply)
                else:
                    apply(NODE_CHANGES[planned.kind](node))
                return
            before = self._apps[planned.app]
            change = self._about_app(planned, before)
            if change is None:
                note("NothingThere", planned.app, "no-version-before", planned.kind)
                return
            note(planned.kind, planned.app, "", _detail(change, before))
            apply(change)

        for planned in self._changes:
            self._agenda.at(planned.at_us, Order.ARRIVAL, make, planned)

    def _resize(self, planned: PlannedChange, apply: Callable[[Change], None], note: Note) -> None:
        """An operator orders machines, or gives some back."""
        if planned.unless_autoscaled and self._autoscaled(planned.pool):
            note("LeftToAutoscaler", planned.pool, "autoscaled", planned.kind)
            return
        note(planned.kind, planned.pool, "", str(planned.count))
        if planned.kind == "add-machines":
            self._order(planned.pool, planned.count)
        else:
            for node in self._last_of(planned.pool, planned.count):
                apply(RemoveNode(node))

    def wanted_us(self, app: App) -> int:
        """Return since when a new task of an app, one that stands in for no other, has been wanted."""
        return self._asked_us.get(app.name, app.at_us)

    def rescaled(self, app: str, replicas: int) -> None:
        """Note that an autoscaler wants another number of instances, from now on."""
        self._asked_us[app] = self._agenda.now_us
        self._apps[app] = replace(self._apps[app], replicas=replicas)
        self._resized(app, replicas)

    def deleted(self, app: str) -> bool:
        """Say whether the app is to go."""
        return app in self._deleted

    def _about_app(self, planned: PlannedChange, app: App) -> AppChange | None:
        """Return the change, and note how the app is wanted from now on; None where there is nothing to go back to."""
        name = app.name
        if planned.kind == "rollback" and name not in self._before:
            return None
        if planned.kind in ("scale", "update", "rollback", "rolling-update") and app.kind != "batch":
            self._asked_us[name] = self._agenda.now_us  # tasks of a batch have been wanted one by one, or all along
        if planned.kind == "scale":
            self._apps[name] = wanted = resized(app, planned)
            self._resized(name, wanted.replicas)
            return ScaleApp(wanted)
        if planned.kind == "suspend" or (planned.kind == "resume" and app.kind == "batch"):
            self._apps[name] = wanted = replace(app, suspended=planned.kind == "suspend")
            return SuspendApp(wanted) if wanted.suspended else ResumeApp(wanted)
        if planned.kind == "update":
            self._newest[name] = self._newest.get(name, 0) + 1
            return UpdateApp(self._become(updated(app, planned, self._newest[name])), planned.partition)
        if planned.kind == "rolling-update":
            self._newest[name] = self._newest.get(name, 0) + 1
            new = self._become(updated(app, planned, self._newest[name]))
            return RollingUpdateApp(new, planned.period_us, planned.poll_us, planned.timeout_us, planned.client_us)
        if planned.kind == "rollback":
            return RollbackApp(self._become(replace(self._before[name], replicas=app.replicas)))
        if planned.kind == "delete":
            self._deleted.add(name)
            self._resized(name, 0)
            return DeleteApp(app, planned.cascade)
        if planned.kind == "route":
            return RouteApp(app, self._apps[planned.to] if planned.to else None)
        if planned.kind == "relabel":
            return RelabelInstances(app, planned.labels, planned.instances, planned.cost)
        if planned.kind == "grow":
            return GrowApp(app, planned.size)
        return PauseApp(app) if planned.kind == "pause" else ResumeApp(app, planned.partition or 0)

    def _become(self, app: App) -> App:
        self._before[app.name], self._apps[app.name] = self._apps[app.name], app
        return app


def _detail(change: AppChange, before: App) -> str:
    """Return the particulars of a change, in figures."""
    if isinstance(change, ScaleApp):
        return _size(before, change.app)
    if isinstance(change, UpdateApp | RollbackApp | RollingUpdateApp):
        return f"{before.version} -> {change.app.version}"
    if isinstance(change, GrowApp):
        return str(change.size)
    if isinstance(change, RouteApp) and change.to is not None:
        return change.to.name
    if isinstance(change, RelabelInstances):
        said = ", ".join(f"{name}={value}" if value else f"{name}-" for name, value in change.labels.items())
        said += f"{', ' if said else ''}cost {change.cost}" if change.cost is not None else ""
        return f"{change.instances}: {said}"
    if isinstance(change, DeleteApp) and change.cascade != "background":
        return change.cascade
    return ""


def _size(before: App, after: App) -> str:
    """Return how the size of an app changes; of a batch app also how many of its tasks may run at once."""
    said = [] if before.replicas == after.replicas and after.kind == "batch" else [(before.replicas, after.replicas)]
    shown = [f"{old} -> {new}" for old, new in said]
    if after.parallelism not in (None, before.parallelism):
        old = before.replicas if before.parallelism is None else before.parallelism
        shown.append(f"parallelism {old} -> {after.parallelism}")
    return ", ".join(shown)


def not_understood(change: Change, note: Note, node_names: list[str]) -> None:
    """Write down that a control plane has no counterpart for a change, so that nothing is dropped silently."""
    if isinstance(change, NodeChange):
        note("NoCounterpart", node_names[change.node], "no-such-change", WORDS[type(change)])
    elif isinstance(change, AppChange):
        note("NoCounterpart", change.app.name, "no-such-change", WORDS[type(change)])
