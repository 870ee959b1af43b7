"""What must hold between the keys of one app of the short form."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.errors import Problem
from workbench.formats import batch_checks
from workbench.formats.durations import not_after
from workbench.formats.places import ValuePath
from workbench.formats.quantities import format_amount
from workbench.formats.scenario_apps import AppPart
from workbench.formats.scenario_disks import DataPart
from workbench.formats.scenario_lives import life_problems, limit_problems, use_problems
from workbench.formats.scenario_parts import Place

BATCH_KEYS = ("duration", "arrivals", "parallelism", "framework", "input", "after", "clock", "schedule")
STATEFUL_KEYS = ("volume", "data", "ordered")
REPLICATED_KEYS = ("may_miss", "across_zones")


def check_app(app: AppPart, path: ValuePath, place: Place) -> Iterator[Problem]:
    """Yield what does not go together in one app."""
    keys = [(key, "batch") for key in BATCH_KEYS] + [(key, "stateful") for key in STATEFUL_KEYS]
    for key, kind in keys:
        if key in app.model_fields_set and getattr(app, key) is not None and app.kind != kind:
            yield Problem("not-for-kind", place((*path, key)), {"key": key, "kind": app.kind, "right": kind})
    if app.kind == "daemon" and app.replicas is not None:
        args = {"key": "replicas", "kind": "daemon", "right": "service / stateful / batch"}
        yield Problem("not-for-kind", place((*path, "replicas")), args)
    for key in REPLICATED_KEYS:
        if app.kind in ("batch", "daemon") and getattr(app, key) not in (None, False):
            args = {"key": key, "kind": app.kind, "right": "service / stateful"}
            yield Problem("not-for-kind", place((*path, key)), args)
    yield from life_problems(app.kind, app.check, app.trouble, path, place)
    yield from limit_problems(app.request, app.limit, path, place)
    if app.disk_use is not None and app.disk_use.volume:
        args = {"key": "volume", "other": "manifests"}
        yield Problem("only-with", place((*path, "disk_use", "volume")), args)
    yield from use_problems(app.memory_use, app.disk_use, path, place)
    if app.kind == "batch" and app.duration is None:
        yield Problem("missing-key", place(path), {"key": "duration"})
    yield from _disk(app, path, place)
    if app.data is not None:
        room = None if app.volume is None or app.volume.size is None else app.volume.size.units()
        yield from data_problems(app.data, room, (*path, "data"), place)
        yield from member_problems(app.replicas, app.data, (*path, "data"), place)
    yield from batch_checks.keys_together(app, path, place)
    yield from _arrivals(app, path, place)


def _arrivals(app: AppPart, path: ValuePath, place: Place) -> Iterator[Problem]:
    """Yield what is wrong with tasks that come one by one."""
    if app.arrivals is None:
        return
    if app.replicas:
        yield Problem("not-together", place((*path, "replicas")), {"key": "replicas", "other": "arrivals"})
    if "burst" in app.arrivals.model_fields_set and app.arrivals.shape != "bursty":
        yield Problem("only-with", place((*path, "arrivals", "burst")), {"key": "burst", "other": "shape: bursty"})
    if app.arrivals.until <= app.at:
        yield not_after("until", app.arrivals.until, "at", app.at, place((*path, "arrivals", "until")))


def _disk(app: AppPart, path: ValuePath, place: Place) -> Iterator[Problem]:
    """Yield what is wrong with the disk of an app."""
    if app.volume is None:
        if app.kind == "stateful":
            yield Problem("missing-key", place(path), {"key": "volume"})
        return
    if app.volume.size is not None and not app.volume.size.units():
        yield Problem("not-positive", place((*path, "volume", "size")), {"value": "0"})
    if app.volume.reach == "local":
        for key in ("zonal", "binding"):
            if getattr(app.volume, key):
                yield Problem("only-with", place((*path, "volume", key)), {"key": key, "other": "reach: network"})


def data_problems(data: DataPart, room: int | None, path: ValuePath, place: Place) -> Iterator[Problem]:
    """Yield what is wrong with data on volumes that have room for so many bytes; None if there are none, or unread."""
    if data.copies is not None and data.shape not in ("ring", "log"):
        yield Problem("only-with", place((*path, "copies")), {"key": "copies", "other": "shape: ring or log"})
    if room is not None and data.size is not None and data.size.units() > room:
        args = {"size": format_amount("memory", data.size.units()), "volume": format_amount("memory", room)}
        yield Problem("data-too-large", place((*path, "size")), args)


def member_problems(replicas: int | None, data: DataPart, path: ValuePath, place: Place) -> Iterator[Problem]:
    """Yield data that nobody holds, or more copies than members to hold them: as many as the cluster begins with."""
    members = 1 if replicas is None else replicas
    if replicas == 0:
        yield Problem("only-with", place(path), {"key": "data", "other": "replicas: 1 or more"})
    elif data.copies is not None and data.shape in ("ring", "log") and data.copies > members:
        args = {"copies": data.copies, "members": members}
        yield Problem("too-few-members", place((*path, "copies")), args)
