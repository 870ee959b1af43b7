"""Where a slider stops whose setting is an amount of memory: doublings between the smallest and the largest."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.formats.quantities import format_amount, parse_quantity


def memory_stops(known: Iterable[str]) -> tuple[str, ...]:
    """Return amounts from the smallest to the largest known, the known ones as they are written."""
    written = {parse_quantity(one).units(): one for one in known}
    low, high = min(written), max(written)
    if low == high:
        low, high = max(1, low // 4), 4 * high
    steps, one = set(), max(1, low)
    while one <= high:
        steps.add(one)
        one *= 2
    return tuple(written.get(size) or format_amount("memory", size) for size in sorted(steps | set(written) | {high}))
