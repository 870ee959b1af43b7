"""What a scenario file must hold beyond the form of each value: names, references, room, sense.

The checks look at every part that could be read, even when other parts of the file are at fault, so that one round
of mending is enough. Paths of parameters, names of measures and of control planes are checked by whoever knows them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from workbench.errors import Problem, no_such
from workbench.formats import batch_checks
from workbench.formats.durations import format_duration
from workbench.formats.places import ValuePath, said, shown
from workbench.formats.quantities import format_amount, to_amounts
from workbench.formats.scenario_apps import AppPart, BehaviourPart
from workbench.formats.scenario_disks import DataPart
from workbench.formats.scenario_document import TeamPart
from workbench.formats.scenario_events import ChangePart, FaultPart
from workbench.formats.scenario_lives import life_problems, limit_problems, memory_problems, trouble_problems
from workbench.formats.scenario_machines import Pool
from workbench.formats.scenario_reserved import over_reserved
from workbench.formats.scenario_study import StudyPart
from workbench.formats.scenario_types import MOST_NODES, MOST_TASKS
from workbench.model.clock import SECOND_US
from workbench.model.faults import OF_MACHINES
from workbench.model.resources import MEMORY, Resources, fits
from workbench.model.workload import App

M = TypeVar("M", bound=BaseModel)
Place = Callable[[ValuePath], str]

BATCH_KEYS = ("duration", "arrivals", "parallelism", "framework", "input", "after", "clock", "schedule")
STATEFUL_KEYS = ("volume", "data", "ordered")
REPLICATED_KEYS = ("may_miss", "across_zones")
FILE_KEYS = ("manifests", "marathon")


class Spot(NamedTuple, Generic[M]):
    """A part of the file, if it could be read, with its path and the name it was given."""

    path: ValuePath
    name: str
    part: M | None


class Placed(NamedTuple):
    """An app of a companion file, and where it stands there."""

    app: App
    place: str


@dataclass(frozen=True)
class Parts:
    """The parts of a scenario file that could be read; whether it holds any work, and names files that might."""

    pools: Sequence[Spot[Pool]]
    teams: Sequence[Spot[TeamPart]]
    apps: Sequence[Spot[AppPart]]
    faults: Sequence[Spot[FaultPart]]
    changes: Sequence[Spot[ChangePart]]
    behaviour: Mapping[str, BehaviourPart | None]
    study: StudyPart | None
    has_work: bool
    names_files: bool

    @classmethod
    def of(cls, tree: Mapping[str, Any]) -> Parts:
        """Read each part for itself."""
        cluster = tree.get("cluster")
        pools = cluster.get("pools") if isinstance(cluster, dict) else None
        behaviour = tree.get("behaviour")
        return cls(
            tuple(_spots(Pool, pools, ("cluster", "pools"))),
            tuple(_spots(TeamPart, tree.get("teams"), ("teams",))),
            tuple(_spots(AppPart, tree.get("apps"), ("apps",))),
            tuple(_spots(FaultPart, tree.get("faults"), ("faults",))),
            tuple(_spots(ChangePart, tree.get("changes"), ("changes",))),
            {name: _part(BehaviourPart, one) for name, one in _mapping(behaviour).items()},
            _part(StudyPart, tree.get("study", {})),
            any(tree.get(key) for key in ("apps", *FILE_KEYS)),
            any(tree.get(key) for key in FILE_KEYS),
        )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _spots(model: type[M], raw: Any, path: ValuePath) -> Iterator[Spot[M]]:
    for index, one in enumerate(raw if isinstance(raw, list) else ()):
        name = _mapping(one).get("name", "")
        yield Spot((*path, index), name if isinstance(name, str) else "", _part(model, one))


def _part(model: type[M], raw: Any) -> M | None:
    """Return the part, without those of its keys that are at fault; None if it cannot do without them."""
    if not isinstance(raw, dict):
        return None
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        wrong = {one["loc"][0] for one in error.errors(include_url=False) if one["loc"]}
    try:
        return model.model_validate({key: value for key, value in raw.items() if key not in wrong})
    except ValidationError:
        return None


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
    yield from _twice(parts.pools, place)
    yield from over_reserved(parts.pools, place)
    if nodes > MOST_NODES:
        yield Problem("too-many", place(("cluster", "pools")), {"value": nodes, "what": "nodes", "limit": MOST_NODES})
    yield from _twice([Spot(spot.path, name, spot.part) for spot in parts.teams for name in _names(spot)], place)
    yield from _twice(parts.apps, place, companions)
    zoned = all(spot.part is None or spot.part.zones for spot in parts.pools)
    for spot in parts.apps:
        if spot.part is not None:
            yield from _app(spot.part, spot.path, place)
            if all(pool.part is not None for pool in parts.pools):
                yield from batch_checks.copies(spot.part, spot.path, nodes, place)
            if spot.part.across_zones and not zoned:
                args = {"key": "across_zones", "other": "cluster.pools[*].zones"}
                yield Problem("only-with", place((*spot.path, "across_zones")), args)
    yield from batch_checks.parents(parts.apps, place)
    yield from _room(parts, companions, place)
    yield from _tasks(parts, companions, place)
    yield from _behaviour(parts, companions, companions_read, place)
    for fault in parts.faults:
        if fault.part is not None:
            yield from _fault(fault.part, fault.path, place)
    yield from _fault_names(parts, apps if companions_read else None, place)
    if parts.study is not None:
        yield from _study(parts.study, place)
    none_in_files = parts.names_files and companions_read and not parts.apps and not companions
    if not parts.has_work or none_in_files:
        yield Problem("no-apps", place(()))


# -- names ----------------------------------------------------------------------------------------------------------


def _twice(spots: Iterable[Spot[Any]], place: Place, more: Iterable[Placed] = ()) -> Iterator[Problem]:
    """Yield a problem for each name that was given before."""
    first: dict[str, str] = {}
    named = [(spot.name, place((*spot.path, "name"))) for spot in spots if spot.name]
    for name, where in [*named, *((one.app.name, one.place) for one in more)]:
        if name in first:
            yield Problem("duplicate-name", where, {"name": name, "first": first[name]})
        first.setdefault(name, where)


def _node_count(parts: Parts) -> int:
    return sum(spot.part.count for spot in parts.pools if spot.part is not None)


def node_names(pool: Pool) -> Iterator[str]:
    """Yield the names of a pool's machines."""
    return (f"{pool.name}-{index}" for index in range(pool.count))


def team_names(team: TeamPart) -> Iterator[str]:
    """Return the name of a team, or of each of several alike."""
    return iter((team.name,)) if team.count is None else (f"{team.name}-{index}" for index in range(team.count))


def _names(spot: Spot[TeamPart]) -> Iterator[str]:
    return iter((spot.name,)) if spot.part is None else team_names(spot.part)


# -- apps -----------------------------------------------------------------------------------------------------------


def _app(app: AppPart, path: ValuePath, place: Place) -> Iterator[Problem]:
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
    yield from memory_problems(app.memory_use, path, place)
    if app.kind == "batch" and app.duration is None:
        yield Problem("missing-key", place(path), {"key": "duration"})
    yield from _disk(app, path, place)
    if app.data is not None:
        room = None if app.volume is None else app.volume.size.units()
        yield from _data(app.data, room, (*path, "data"), place)
        yield from _members(app.replicas, app.data, (*path, "data"), place)
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
    if not app.volume.size.units():
        yield Problem("not-positive", place((*path, "volume", "size")), {"value": "0"})
    if app.volume.reach == "local":
        for key in ("zonal", "binding"):
            if getattr(app.volume, key):
                yield Problem("only-with", place((*path, "volume", key)), {"key": key, "other": "reach: network"})


def _data(data: DataPart, room: int | None, path: ValuePath, place: Place) -> Iterator[Problem]:
    """Yield what is wrong with the data of an app whose volumes have room for so many bytes; None without volumes."""
    if data.copies is not None and data.shape not in ("ring", "log"):
        yield Problem("only-with", place((*path, "copies")), {"key": "copies", "other": "shape: ring or log"})
    if room is not None and data.size.units() > room:
        args = {"size": format_amount("memory", data.size.units()), "volume": format_amount("memory", room)}
        yield Problem("data-too-large", place((*path, "size")), args)


def _members(replicas: int | None, data: DataPart, path: ValuePath, place: Place) -> Iterator[Problem]:
    """Yield data that nobody holds, or more copies than members to hold them: as many as the cluster begins with."""
    members = 1 if replicas is None else replicas
    if replicas == 0:
        yield Problem("only-with", place(path), {"key": "data", "other": "replicas: 1 or more"})
    elif data.copies is not None and data.shape in ("ring", "log") and data.copies > members:
        args = {"copies": data.copies, "members": members}
        yield Problem("too-few-members", place((*path, "copies")), args)


def not_after(key: str, value: int, other: str, bound: int, where: str) -> Problem:
    """Return the problem of a time that is too early."""
    args = {"key": key, "value": format_duration(value), "other": other, "bound": format_duration(bound)}
    return Problem("not-after", where, args)


def task_count(app: AppPart) -> int:
    """Return how many instances or tasks an app has; with arrivals, how many are expected."""
    if app.arrivals is not None:
        return int(app.arrivals.rate * max(0, app.arrivals.until - app.at) / SECOND_US)
    return 1 if app.replicas is None else app.replicas


def _tasks(parts: Parts, companions: Iterable[Placed], place: Place) -> Iterator[Problem]:
    count = sum(task_count(spot.part) for spot in parts.apps if spot.part is not None)
    count += sum(one.app.replicas for one in companions)
    if count > MOST_TASKS:
        yield Problem("too-many", place(("apps",)), {"value": count, "what": "tasks", "limit": MOST_TASKS})


def _room(parts: Parts, companions: Iterable[Placed], place: Place) -> Iterator[Problem]:
    """Yield the apps of which no machine holds even one instance; nothing if a pool could not be read."""
    pools = [spot.part for spot in parts.pools]
    if not pools or None in pools:
        return
    sizes = [to_amounts(pool.capacity) for pool in pools if pool is not None and pool.count]
    for spot in parts.apps:
        if spot.part is not None:
            asked = to_amounts(spot.part.request)
            yield from _cannot_fit(spot.name, asked, sizes, place((*spot.path, "request")))
            if spot.part.memory_use is not None:
                used = {MEMORY: spot.part.memory_use.start.units()}
                yield from _cannot_fit(spot.name, used, sizes, place((*spot.path, "memory_use")))
    for one in companions:
        yield from _cannot_fit(one.app.name, one.app.request, sizes, one.place)


def _cannot_fit(name: str, asked: Resources, sizes: Sequence[Resources], where: str) -> Iterator[Problem]:
    if any(fits(asked, size) for size in sizes):
        return
    largest = {key: max((size.get(key, 0) for size in sizes), default=0) for key in asked}
    over = {key: amount for key, amount in asked.items() if amount > largest[key]}
    if over:
        bound = _amounts({key: largest[key] for key in over})
    else:  # each amount fits somewhere, but not all of them on one machine
        over = dict(asked)
        shapes = [_amounts({key: size.get(key, 0) for key in asked}) for size in sizes]
        bound = " or ".join(list(dict.fromkeys(shapes))[:3])
    yield Problem("cannot-fit", where, {"name": name, "asked": _amounts(over), "largest": bound})


def _amounts(amounts: Resources) -> str:
    return ", ".join(f"{format_amount(name, amount)} {name}" for name, amount in amounts.items())


# -- behaviour, faults, study -----------------------------------------------------------------------------------------


def _behaviour(parts: Parts, companions: Sequence[Placed], companions_read: bool, place: Place) -> Iterator[Problem]:
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


def _data_of(app: App, data: DataPart, path: ValuePath, place: Place) -> Iterator[Problem]:
    """Yield what is wrong with data that is said of an app of a companion file."""
    if app.kind == "stateful":
        yield from _data(data, None if app.volume is None else app.volume.size, path, place)
        yield from _members(app.replicas, data, path, place)
    else:
        yield Problem("not-for-kind", place(path), {"key": "data", "kind": app.kind, "right": "stateful"})


MACHINE_KEYS = ("node", "hosting", "sparing", "zone")


def _fault(fault: FaultPart, path: ValuePath, place: Place) -> Iterator[Problem]:
    """Yield what does not go together in one fault."""
    if fault.kind in OF_MACHINES:
        yield from _struck(fault, path, place)
    else:
        schedules = fault.kind == "scheduler-loss"
        if schedules and not fault.hosting:
            yield Problem("missing-key", place((*path, "hosting")), {"key": "hosting"})
        for key in (*MACHINE_KEYS, "machines"):
            if getattr(fault, key) and not (schedules and key == "hosting"):
                yield Problem("only-with", place((*path, key)), {"key": key, "other": "kind: node-loss"})
    for key in ("grace", "critical"):
        if getattr(fault, key) and fault.kind != "node-shutdown":
            yield Problem("only-with", place((*path, key)), {"key": key, "other": "kind: node-shutdown"})
    if fault.critical > fault.grace:
        args = {"value": format_duration(fault.critical), "low": 0, "high": format_duration(fault.grace), "unit": ""}
        yield Problem("out-of-range", place((*path, "critical")), args)
    if fault.back is not None and fault.back <= fault.at:
        yield not_after("back", fault.back, "at", fault.at, place((*path, "back")))


def _struck(fault: FaultPart, path: ValuePath, place: Place) -> Iterator[Problem]:
    """Yield what does not go together in saying which machines are struck."""
    if fault.machines is not None and not fault.zone:
        yield Problem("only-with", place((*path, "machines")), {"key": "machines", "other": "zone"})
    if fault.zone:
        for key in MACHINE_KEYS[:-1]:
            if getattr(fault, key):
                yield Problem("not-together", place((*path, key)), {"key": key, "other": "zone"})
    elif bool(fault.node) == bool(fault.hosting):
        yield Problem("one-of", place(path), {"key": "node", "other": "hosting"})
    elif fault.sparing and not fault.hosting:
        yield Problem("only-with", place((*path, "sparing")), {"key": "sparing", "other": "hosting"})


def _fault_names(parts: Parts, apps: Set[str] | None, place: Place) -> Iterator[Problem]:
    """Yield machines and apps that faults name and nobody has; what could not be read may hold them."""
    counts = {spot.name: spot.part.count for spot in parts.pools if spot.part is not None}
    pools_read = len(counts) == len(parts.pools) > 0
    zones = {zone for spot in parts.pools if spot.part is not None for zone in spot.part.zones}
    for path, _, fault in parts.faults:
        if fault is None:
            continue
        if fault.node and pools_read and not is_node(fault.node, counts):
            names = [f"{pool}-{count - 1}" for pool, count in counts.items() if count]
            yield no_such(shown(fault.node), few(fault.node, names), "machines", place((*path, "node")))
        if fault.zone and pools_read and fault.zone not in zones:
            yield no_such(shown(fault.zone), few(fault.zone, zones), "zones", place((*path, "zone")))
        for key in ("hosting", "sparing"):
            name = getattr(fault, key)
            if name and apps is not None and name not in apps:
                yield no_such(shown(name), few(name, apps), "apps", place((*path, key)))


_MANY = 200


def few(name: str, known: Iterable[str]) -> list[str]:
    """Return names to suggest: all, or of very many those that begin alike."""
    names = sorted(known)
    if len(names) <= _MANY:
        return names
    return [one for one in names if one[:1] == name[:1]][:_MANY] or names[:20]


def is_node(name: str, counts: Mapping[str, int]) -> bool:
    """Say whether a machine has this name, given the number of machines of each pool."""
    pool, _, index = name.rpartition("-")
    return re.fullmatch(r"0|[1-9][0-9]{0,8}", index) is not None and int(index) < counts.get(pool, 0)


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
