"""What a scenario file must hold beyond the form of each value: names, references, room, sense.

The checks look at every part that could be read, even when other parts of the file are at fault, so that one round
of mending is enough. Paths of parameters, names of measures and of control planes are checked by whoever knows them.

| A reader asks | and opens |
|---|---|
| What is a part, and which could be read? | `scenario_parts.py` |
| What goes together in one app? In a batch app? | `app_checks.py`, `batch_checks.py` |
| Does it fit? | `room_checks.py` |
| What may faults strike? | `fault_checks.py` |
| What may be said of apps from other files? | `behaviour_checks.py` |
| What else is checked? | `change_checks.py`, `front_checks.py`, `load_checks.py`, `pool_checks.py` |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.errors import Problem, no_such
from workbench.formats import batch_checks
from workbench.formats.app_checks import check_app
from workbench.formats.behaviour_checks import check_behaviour
from workbench.formats.fault_checks import check_fault, check_fault_names
from workbench.formats.places import ValuePath, said
from workbench.formats.room_checks import check_room, check_tasks
from workbench.formats.scenario_names import names_of, twice
from workbench.formats.scenario_parts import Parts, Place, Placed, Spot
from workbench.formats.scenario_reserved import over_reserved
from workbench.formats.scenario_study import StudyPart
from workbench.formats.scenario_types import MOST_NODES


def check(parts: Parts, companions: Sequence[Placed], *, companions_read: bool, place: Place) -> Iterator[Problem]:
    """Yield every fault, in the order of the sections of a file.

    Parameters
    ----------
    companions : sequence
        The apps of manifests and Marathon files.
    companions_read : bool
        False if a companion file could not be read: then names may be missing, and nobody is told so.
    """
    apps = {spot.name for spot in parts.apps} | {one.app.name for one in companions}
    nodes = _node_count(parts)
    yield from twice(parts.pools, place)
    yield from over_reserved(parts.pools, place)
    if nodes > MOST_NODES:
        yield Problem("too-many", place(("cluster", "pools")), {"value": nodes, "what": "nodes", "limit": MOST_NODES})
    yield from twice([Spot(spot.path, name, spot.part) for spot in parts.teams for name in names_of(spot)], place)
    yield from twice(parts.apps, place, companions)
    zoned = all(spot.part is None or spot.part.zones for spot in parts.pools)
    for spot in parts.apps:
        if spot.part is not None:
            yield from check_app(spot.part, spot.path, place)
            if all(pool.part is not None for pool in parts.pools):
                yield from batch_checks.copies(spot.part, spot.path, nodes, place)
            if spot.part.across_zones and not zoned:
                args = {"key": "across_zones", "other": "cluster.pools[*].zones"}
                yield Problem("only-with", place((*spot.path, "across_zones")), args)
    yield from batch_checks.parents(parts.apps, place)
    yield from check_room(parts, companions, place)
    yield from check_tasks(parts, companions, place)
    yield from check_behaviour(parts, companions, companions_read, place)
    for fault in parts.faults:
        if fault.part is not None:
            yield from check_fault(fault.part, fault.path, place)
    yield from check_fault_names(parts, apps if companions_read else None, place)
    if parts.study is not None:
        yield from _study(parts.study, place)
    none_in_files = parts.names_files and companions_read and not parts.apps and not companions
    if not parts.has_work or none_in_files:
        yield Problem("no-apps", place(()))


def _node_count(parts: Parts) -> int:
    return sum(spot.part.count for spot in parts.pools if spot.part is not None)


def _study(study: StudyPart, place: Place) -> Iterator[Problem]:
    path: ValuePath = ("study",)
    for index, name in enumerate(study.control_planes):
        if name in study.control_planes[:index]:
            where = place((*path, "control_planes", index))
            first = place((*path, "control_planes", study.control_planes.index(name)))
            yield Problem("duplicate-name", where, {"name": name, "first": first})
    if study.finding is not None and study.finding.lower not in study.control_planes:
        where = place((*path, "finding", "lower"))
        yield no_such(study.finding.lower, study.control_planes, "control planes of this study", where)
    if study.predictions and study.answer >= len(study.predictions):
        args = {"value": said(study.answer), "low": 0, "high": len(study.predictions) - 1, "unit": ""}
        yield Problem("out-of-range", place((*path, "answer")), args)
