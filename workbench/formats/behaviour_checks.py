"""What a scenario says of the behaviour of apps that come from manifests and Marathon files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.errors import Problem, no_such
from workbench.formats.app_checks import data_problems, member_problems
from workbench.formats.kubernetes_apps import empty_dirs
from workbench.formats.places import ValuePath, shown
from workbench.formats.scenario_disks import DataPart
from workbench.formats.scenario_lives import trouble_problems, use_problems
from workbench.formats.scenario_names import few
from workbench.formats.scenario_parts import Parts, Place, Placed
from workbench.model.workload import App


def check_behaviour(
    parts: Parts, companions: Sequence[Placed], companions_read: bool, place: Place
) -> Iterator[Problem]:
    """Yield behaviour of unknown apps, and Jobs whose tasks have no duration."""
    known = {one.app.name: one for one in companions}
    short = {spot.name for spot in parts.apps}
    for name, behaviour in parts.behaviour.items():
        if name in known:
            batch = known[name].app.kind == "batch"
            if behaviour is not None and behaviour.duration is not None and not batch:
                args = {"key": "duration", "kind": known[name].app.kind, "right": "batch"}
                yield Problem("not-for-kind", place(("behaviour", name, "duration")), args)
            if behaviour is not None and behaviour.trouble is not None:
                yield from trouble_problems(behaviour.trouble, ("behaviour", name), place)
            if behaviour is not None:
                yield from use_problems(behaviour.memory_use, behaviour.disk_use, ("behaviour", name), place)
            if behaviour is not None and behaviour.disk_use is not None and behaviour.disk_use.volume:
                yield from _volume_of(known[name].app, behaviour.disk_use.volume, name, place)
            if behaviour is not None and behaviour.data is not None:
                yield from _data_of(known[name].app, behaviour.data, ("behaviour", name, "data"), place)
        elif name in short:
            yield Problem("behaviour-of-app", place(("behaviour", name)), {"name": name})
        elif companions_read:
            where = place(("behaviour", name))
            yield no_such(shown(name), few(name, known), "apps of manifests and Marathon files", where)
    for one in companions:
        behaviour = parts.behaviour.get(one.app.name)
        given = behaviour is not None and behaviour.duration is not None
        if one.app.kind == "batch" and one.app.duration is None and not given:
            yield Problem("no-duration", one.place, {"name": one.app.name})


def _volume_of(app: App, volume: str, name: str, place: Place) -> Iterator[Problem]:
    """Yield a volume to write to that is no emptyDir on disk of the app's pods."""
    there = empty_dirs(app)
    if volume not in there:
        where = place(("behaviour", name, "disk_use", "volume"))
        yield no_such(shown(volume), there, "emptyDirs of its pods", where)


def _data_of(app: App, data: DataPart, path: ValuePath, place: Place) -> Iterator[Problem]:
    """Yield what is wrong with data that is said of an app of a companion file."""
    if app.kind == "stateful":
        yield from data_problems(data, None if app.volume is None else app.volume.size, path, place)
        yield from member_problems(app.replicas, data, path, place)
    else:
        yield Problem("not-for-kind", place(path), {"key": "data", "kind": app.kind, "right": "stateful"})
