"""What users and operators ask for during a run, in words: few for a line of time, more for a report."""

from __future__ import annotations

from workbench.model.changes import PlannedChange
from workbench.model.clock import to_seconds
from workbench.views.amounts import bytes_, duration
from workbench.views.figures.style import short
from workbench.views.i18n import Texts


def named(t: Texts, change: PlannedChange) -> str:
    """Return a change in a few words, as a mark on a line of time has room for."""
    if not change.app:
        return _of_machines(t, change)
    app = short(change.app)
    match change.kind:
        case "scale" if change.replicas is None:
            return t("{app}: {count} at once", app=app, count=f"{change.parallelism:,}")
        case "scale":
            return t("{app}: {count} wanted", app=app, count=f"{change.replicas:,}")
        case "suspend":
            return t("{app}: suspended", app=app)
        case "rollback":
            return t("{app}: back to the version before", app=app)
        case "pause":
            return t("{app}: rollout held", app=app)
        case "resume":
            return t("{app}: goes on", app=app)
        case "grow":
            return t("{app}: larger volumes", app=app)
        case "delete":
            orphans = change.cascade == "orphan"
            return t("{app}: deleted, its instances stay", app=app) if orphans else t("{app}: deleted", app=app)
        case "relabel":
            return t("{app}: {count} relabelled", app=app, count=f"{change.instances:,}")
        case "route":
            to = short(change.to)
            return (
                t("{app}: clients go to {to}", app=app, to=to) if to else t("{app}: clients go to all again", app=app)
            )
    return t("{app}: new version", app=app)


def _of_machines(t: Texts, change: PlannedChange) -> str:
    match change.kind:
        case "add-machines":
            return t("1 more machine") if change.count == 1 else t("{count} more machines", count=f"{change.count:,}")
        case "remove-machine":
            return t("a machine is given back")
        case "remove-machines" if change.count > 1:
            return t("{count} machines are given back", count=f"{change.count:,}")
        case "remove-machines":
            return t("a machine is given back")
        case "cordon":
            return t("a machine takes no new work")
        case "uncordon":
            return t("a machine takes work again")
        case "maintenance":
            return t("maintenance announced")
    return t("a machine is drained")


def about(t: Texts, change: PlannedChange) -> str:
    """Return what a change is about: an app, a pool, or a machine by name or by role."""
    return change.app or change.pool or change.node or t("the machine with the most of {app}", app=change.hosting)


def particulars(t: Texts, change: PlannedChange) -> str:
    """Return what a change says beyond its kind: the keys of an update, labels, the order of a deletion."""
    said = [f"{name}={value}" if value else t("without {label}", label=name) for name, value in change.labels.items()]
    said += _sizes(t, change)
    if change.cost is not None:
        said.append(t("deletion cost {cost}", cost=f"{change.cost:,}"))
    if change.client_us is not None:
        said.append(t("by a program that is stopped after {time}", time=duration(t, to_seconds(change.client_us))))
    if change.cascade == "foreground":
        said.append(t("its instances go first"))
    if change.image is not None:
        said.append(t("image {image}", image=change.image))
    if change.start_us is not None:
        said.append(t("starts in {time}", time=duration(t, to_seconds(change.start_us))))
    if change.ready_us is not None:
        said.append(t("is ready after {time}", time=duration(t, to_seconds(change.ready_us))))
    if change.stop_us is not None:
        said.append(t("stops in {time}", time=duration(t, to_seconds(change.stop_us))))
    if change.partition:
        said.append(t("members {number} and above only", number=change.partition))
    if change.broken:
        said.append(t("never becomes ready"))
    if change.errors:
        said.append(t("{number} % of its answers are wrong", number=f"{100 * change.errors:g}"))
    return t.listed(*said) if said else ""


def _sizes(t: Texts, change: PlannedChange) -> list[str]:
    """Return what an app gets more or less of, beside the number of instances."""
    said = []
    if change.parallelism is not None and change.replicas is not None:
        said.append(t("{count} at once", count=f"{change.parallelism:,}"))
    if change.size:
        said.append(t("{size} each", size=bytes_(change.size)))
    return said


def at(t: Texts, change: PlannedChange) -> str:
    """Return when it is asked for."""
    return duration(t, to_seconds(change.at_us))
