"""What users and operators ask for during a run, in words: few for a line of time, more for a report."""

from __future__ import annotations

from workbench.model.changes import PlannedChange
from workbench.model.clock import to_seconds
from workbench.views.amounts import duration
from workbench.views.figures.style import short
from workbench.views.i18n import Texts


def named(t: Texts, change: PlannedChange) -> str:
    """Return a change in a few words, as a mark on a line of time has room for."""
    app = short(change.app)
    if change.kind == "add-machines":
        return t("1 more machine") if change.count == 1 else t("{count} more machines", count=f"{change.count:,}")
    if change.kind == "remove-machine":
        return t("a machine is given back")
    if change.kind == "scale":
        return t("{app}: {count} wanted", app=app, count=f"{change.replicas:,}")
    if change.kind == "update":
        return t("{app}: new version", app=app)
    if change.kind == "rollback":
        return t("{app}: back to the version before", app=app)
    if change.kind == "pause":
        return t("{app}: rollout held", app=app)
    if change.kind == "resume":
        return t("{app}: rollout goes on", app=app)
    if change.kind == "delete":
        return t("{app}: deleted", app=app)
    if change.kind == "cordon":
        return t("a machine takes no new work")
    if change.kind == "uncordon":
        return t("a machine takes work again")
    return t("a machine is drained")


def about(t: Texts, change: PlannedChange) -> str:
    """Return what a change is about: an app, a pool, or a machine by name or by role."""
    return change.app or change.pool or change.node or t("the machine with the most of {app}", app=change.hosting)


def particulars(t: Texts, change: PlannedChange) -> str:
    """Return what an update changes, as far as it says so."""
    said = []
    if change.image is not None:
        said.append(t("image {image}", image=change.image))
    if change.start_us is not None:
        said.append(t("starts in {time}", time=duration(t, to_seconds(change.start_us))))
    if change.ready_us is not None:
        said.append(t("is ready after {time}", time=duration(t, to_seconds(change.ready_us))))
    if change.stop_us is not None:
        said.append(t("stops in {time}", time=duration(t, to_seconds(change.stop_us))))
    if change.broken:
        said.append(t("never becomes ready"))
    return t.listed(*said) if said else ""


def at(t: Texts, change: PlannedChange) -> str:
    """Return when it is asked for."""
    return duration(t, to_seconds(change.at_us))
