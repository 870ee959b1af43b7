"""What the allocator tells operators about itself, under upstream's names (without ``allocator/mesos/``).

Source: mesos src/master/allocator/mesos/metrics.cpp, docs/monitoring.md (1.12.0-dev).
Left out: how long runs take, the length of the event queue, metrics of single frameworks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workbench.engines.mesos.resources import Quantities, belongs, increase
from workbench.engines.mesos.sorters.drf import DRFSorter
from workbench.engines.mesos.values import passed_on

if TYPE_CHECKING:
    from workbench.engines.mesos.allocator import HierarchicalAllocator

STANDARD = ("cpus", "mem", "disk")
"""The resources of which totals are told."""


def metrics(allocator: HierarchicalAllocator) -> dict[str, float]:
    """Return the metrics as they stand now."""
    allocator.expire_filters()
    found = {"allocation_runs": float(allocator.rounds.count)}
    for part in (_resources, _filters, _consumed, _quotas, _shares):
        found.update(part(allocator))
    return found


def _resources(allocator: HierarchicalAllocator) -> Iterator[tuple[str, float]]:
    held = [slave.held().quantities() for slave in allocator.slaves.values()]
    for name in STANDARD:
        yield f"resources/{name}/total", passed_on(allocator.totals.quantities.get(name, 0))
        yield f"resources/{name}/offered_or_allocated", passed_on(sum(one.get(name, 0) for one in held))


def _filters(allocator: HierarchicalAllocator) -> Iterator[tuple[str, float]]:
    for role in allocator.role_tree:
        yield f"offer_filters/roles/{role.path}/active", float(allocator.filters.count(role.path))


def _consumed(allocator: HierarchicalAllocator) -> Iterator[tuple[str, float]]:
    """What counts against quotas as operators see it: reservations, and what tasks use."""
    used: dict[str, dict[str, int]] = {}
    for slave in allocator.slaves.values():
        for path, in_use in slave.used.items():
            increase(used.setdefault(path, {}), in_use.plain)
    for role in (allocator.role_tree.root, *allocator.role_tree):
        consumed = dict(role.reservations)
        for path, amounts in used.items():
            if not role.path or belongs(path, role.path):
                increase(consumed, amounts)
        yield from _amounts(role.path, "consumed", consumed)


def _quotas(allocator: HierarchicalAllocator) -> Iterator[tuple[str, float]]:
    sorter = allocator.role_sorter
    for path, role in allocator.role_tree.with_quota.items():
        held = sorter.client_quantities(path) if sorter.contains(path) else {}
        yield from _amounts(path, "guarantee", role.quota.guarantees)
        yield from _amounts(path, "limit", role.quota.limits)
        names = dict.fromkeys((*role.quota.guarantees, *role.quota.limits))
        yield from _amounts(path, "offered_or_allocated", {name: held.get(name, 0) for name in names})


def _amounts(role: str, what: str, amounts: Quantities) -> Iterator[tuple[str, float]]:
    for name, amount in amounts.items():
        yield f"quota/roles/{role}/resources/{name}/{what}", passed_on(amount)


def _shares(allocator: HierarchicalAllocator) -> Iterator[tuple[str, float]]:
    sorter = allocator.role_sorter
    if isinstance(sorter, DRFSorter):  # the other one knows no shares
        for role in sorter.clients():
            yield f"roles/{role}/shares/dominant", sorter.share_of(role)
