"""What an app asks for must fit on some machine, and nothing may be more than can be run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from workbench.errors import Problem
from workbench.formats.quantities import format_amount, to_amounts
from workbench.formats.scenario_apps import AppPart
from workbench.formats.scenario_parts import Parts, Place, Placed
from workbench.formats.scenario_types import MOST_TASKS
from workbench.model.clock import SECOND_US
from workbench.model.resources import DISK, MEMORY, Resources, fits


def check_room(parts: Parts, companions: Iterable[Placed], place: Place) -> Iterator[Problem]:
    """Yield the apps of which no machine holds even one instance; nothing if a pool could not be read."""
    pools = [spot.part for spot in parts.pools]
    if not pools or None in pools:
        return
    sizes = [to_amounts(pool.capacity) for pool in pools if pool is not None and pool.count]
    if _somebody_writes(parts) and not any(DISK in pool.capacity for pool in pools if pool is not None):
        yield Problem("missing-key", place((*parts.pools[0].path, "capacity")), {"key": DISK})
        return
    for spot in parts.apps:
        if spot.part is not None:
            asked = to_amounts(spot.part.request)
            yield from _cannot_fit(spot.name, asked, sizes, place((*spot.path, "request")))
            if spot.part.memory_use is not None:
                used = {MEMORY: spot.part.memory_use.start.units()}
                yield from _cannot_fit(spot.name, used, sizes, place((*spot.path, "memory_use")))
            if spot.part.disk_use is not None:
                written = {DISK: spot.part.disk_use.start.units()}
                yield from _cannot_fit(spot.name, written, sizes, place((*spot.path, "disk_use")))
    for one in companions:
        yield from _cannot_fit(one.app.name, one.app.request, sizes, one.place)


def _somebody_writes(parts: Parts) -> bool:
    """Say whether some app writes to the disks of machines, which then have to have a size."""
    found = [
        *(spot.part for spot in parts.apps), *parts.behaviour.values(), *(change for _, _, change in parts.changes),
    ]  # fmt: skip
    return any(one is not None and one.disk_use is not None for one in found)


def _cannot_fit(name: str, asked: Resources, sizes: Sequence[Resources], where: str) -> Iterator[Problem]:
    if any(fits(asked, size) for size in sizes):
        return
    unknown = [key for key in asked if sizes and not any(key in size for size in sizes)]
    if unknown:
        yield Problem("not-in-pools", where, {"name": name, "keys": ", ".join(unknown)})
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


def task_count(app: AppPart) -> int:
    """Return how many instances or tasks an app has; with arrivals, how many are expected."""
    if app.arrivals is not None:
        return int(app.arrivals.rate * max(0, app.arrivals.until - app.at) / SECOND_US)
    return 1 if app.replicas is None else app.replicas


def check_tasks(parts: Parts, companions: Iterable[Placed], place: Place) -> Iterator[Problem]:
    """Yield a problem where there are more tasks than can be run."""
    count = sum(task_count(spot.part) for spot in parts.apps if spot.part is not None)
    count += sum(one.app.replicas for one in companions)
    if count > MOST_TASKS:
        yield Problem("too-many", place(("apps",)), {"value": count, "what": "tasks", "limit": MOST_TASKS})
