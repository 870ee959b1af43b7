"""What must hold of the changes of a scenario beyond the form of each value: keys that go together, names, kinds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from workbench.errors import Problem, no_such
from workbench.formats.durations import not_after
from workbench.formats.places import ValuePath, shown
from workbench.formats.scenario_events import ChangePart
from workbench.formats.scenario_lives import trouble_problems, use_problems
from workbench.formats.scenario_names import few, is_node
from workbench.formats.scenario_parts import Parts, Place, Placed
from workbench.model.changes import NEW_VERSION, NODE_CHANGES, POOL_CHANGES

UPDATE_KEYS = ["image", "start", "ready", "stop", "broken", "trouble", "memory_use", "disk_use", "errors"]
OF_ONE_KIND = {
    "replicas": "scale", "parallelism": "scale", "size": "grow", "cascade": "delete", "to": "route",
    "labels": "relabel", "instances": "relabel", "cost": "relabel",
    "period": "rolling-update", "poll": "rolling-update", "timeout": "rolling-update", "client": "rolling-update",
}  # fmt: skip
"""Key -> the one kind of change that it means something for."""
MEANT_FOR = {
    "scale": ("service", "stateful", "batch"),
    "suspend": ("batch",),
    "update": ("service", "stateful", "daemon"),
    "rollback": ("service", "stateful", "daemon"),
    "pause": ("service",),
    "resume": ("service", "stateful", "batch"),
    "route": ("service",),
    "grow": ("service", "stateful"),
    "rolling-update": ("service",),
    "relabel": ("service", "stateful", "daemon"),
}
"""Kind of change -> kinds of app that it means something for; those not listed suit all."""


def check_changes(
    parts: Parts, companions: Sequence[Placed], *, companions_read: bool, place: Place
) -> Iterator[Problem]:
    """Yield every fault of the changes; parameters as for `scenario_checks.check`."""
    kinds = {one.app.name: one.app.kind for one in companions}
    kinds |= {spot.name: spot.part.kind for spot in parts.apps if spot.part is not None}
    known = {spot.name for spot in parts.apps} | set(kinds)
    since = {spot.name: spot.part.at for spot in parts.apps if spot.part is not None}
    for path, _, change in parts.changes:
        if change is None:
            continue
        yield from _keys(change, path, place)
        if change.trouble is not None:
            yield from trouble_problems(change.trouble, path, place)
        yield from use_problems(change.memory_use, change.disk_use, path, place)
        if companions_read:
            yield from _apps(change, known, path, place)
        yield from _nodes(change, parts, path, place)
        yield from _sense(change, kinds, path, place)
        if change.at < since.get(change.app, 0):
            where = place((*path, "at"))
            yield not_after("at", change.at, f"apps.{change.app}.at", since[change.app], where)


def _keys(change: ChangePart, path: ValuePath, place: Place) -> Iterator[Problem]:
    """Yield keys that are missing, and those that say nothing for a change of this kind."""
    about_node, adds = change.kind in NODE_CHANGES, change.kind in POOL_CHANGES
    if about_node and bool(change.node) == bool(change.hosting):
        yield Problem("one-of", place(path), {"key": "node", "other": "hosting"})
    away = change.kind == "maintenance"
    for key in ("begins", "lasts") if away else ():
        if getattr(change, key) is None:
            yield Problem("missing-key", place((*path, key)), {"key": key})
    if change.begins is not None and change.begins < change.at:
        yield not_after("begins", change.begins, "at", change.at, place((*path, "begins")))
    if adds and not change.pool:
        yield Problem("missing-key", place(path), {"key": "pool"})
    if not about_node and not adds and not change.app:
        yield Problem("missing-key", place(path), {"key": "app"})
    for key in ("replicas", "size"):
        other = change.parallelism if key == "replicas" else None
        if OF_ONE_KIND[key] == change.kind and getattr(change, key) is None and other is None:
            yield Problem("missing-key", place(path), {"key": key})
    if change.kind == "relabel" and not change.labels and change.cost is None:
        yield Problem("missing-key", place(path), {"key": "labels"})
    wrong = ["app"] if about_node or adds else []
    wrong += [] if about_node else ["node", "hosting"]
    wrong += [] if adds else ["pool", "count", "unless_autoscaled"]
    wrong += [] if away else ["begins", "lasts"]
    wrong += [key for key, kind in OF_ONE_KIND.items() if kind != change.kind]
    wrong += [] if change.kind in NEW_VERSION else UPDATE_KEYS
    wrong += [] if change.kind in ("update", "resume") else ["partition"]
    for key in wrong:
        if key in change.model_fields_set:
            yield Problem("not-for-change", place((*path, key)), {"key": key, "kind": change.kind})


def _apps(change: ChangePart, known: Iterable[str], path: ValuePath, place: Place) -> Iterator[Problem]:
    for key in ("app", "hosting", "to"):
        name = getattr(change, key)
        if name and name not in known:
            yield no_such(shown(name), few(name, known), "apps", place((*path, key)))


def _nodes(change: ChangePart, parts: Parts, path: ValuePath, place: Place) -> Iterator[Problem]:
    counts = {spot.name: spot.part.count for spot in parts.pools if spot.part is not None}
    if len(counts) != len(parts.pools) or not counts:
        return  # what could not be read may hold them
    if change.pool and change.pool not in counts:
        yield no_such(shown(change.pool), few(change.pool, counts), "pools", place((*path, "pool")))
    for pool, number in _joined(parts, change.at):
        counts[pool] = counts.get(pool, 0) + number
    if change.node and not is_node(change.node, counts):
        names = [f"{pool}-{count - 1}" for pool, count in counts.items() if count]
        yield no_such(shown(change.node), few(change.node, names), "machines", place((*path, "node")))


def _joined(parts: Parts, at_us: int) -> Iterator[tuple[str, int]]:
    """Yield pool and number of the machines that were ordered by hand early enough to be there at a time."""
    boot_us = {spot.name: spot.part.boot for spot in parts.pools if spot.part is not None}
    for _, _, change in parts.changes:
        ordered = change is not None and change.kind == "add-machines"
        if change is not None and ordered and change.at + boot_us.get(change.pool, 0) <= at_us:
            yield change.pool, change.count


def _sense(change: ChangePart, kinds: Mapping[str, str], path: ValuePath, place: Place) -> Iterator[Problem]:
    """Yield changes that mean nothing for an app of that kind."""
    right, kind = MEANT_FOR.get(change.kind), kinds.get(change.app)
    if change.size is not None and not change.size.units():
        yield Problem("not-positive", place((*path, "size")), {"value": "0"})
    staged = change.partition is not None and change.kind in ("update", "resume")
    if staged and kind not in (None, "stateful"):
        args = {"key": "partition", "kind": str(kind), "right": "stateful"}
        yield Problem("not-for-kind", place((*path, "partition")), args)
    if change.parallelism is not None and change.kind == "scale" and kind not in (None, "batch"):
        args = {"key": "parallelism", "kind": str(kind), "right": "batch"}
        yield Problem("not-for-kind", place((*path, "parallelism")), args)
    if change.to and kinds.get(change.to, "service") != "service":
        args = {"key": "to", "kind": kinds[change.to], "right": "service"}
        yield Problem("not-for-kind", place((*path, "to")), args)
    if right is not None and kind is not None and kind not in right:
        args = {"key": f"kind: {change.kind}", "kind": kind, "right": " / ".join(right)}
        yield Problem("not-for-kind", place((*path, "kind")), args)
