"""What must hold of the faults of a scenario: which keys go with which kind, and whom they name."""

from __future__ import annotations

from collections.abc import Iterator, Set

from workbench.errors import Problem, no_such
from workbench.formats.durations import format_duration, not_after
from workbench.formats.places import ValuePath, shown
from workbench.formats.scenario_events import FaultPart
from workbench.formats.scenario_names import few, is_node
from workbench.formats.scenario_parts import Parts, Place
from workbench.model.faults import OF_MACHINES

MACHINE_KEYS = ("node", "hosting", "sparing", "zone")


def check_fault(fault: FaultPart, path: ValuePath, place: Place) -> Iterator[Problem]:
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


def check_fault_names(parts: Parts, apps: Set[str] | None, place: Place) -> Iterator[Problem]:
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
