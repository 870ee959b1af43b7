"""What a pool sets aside for teams must fit on its machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from workbench.errors import Problem
from workbench.formats.places import ValuePath
from workbench.formats.quantities import format_amount, to_amounts
from workbench.formats.scenario_machines import Pool


def over_reserved(
    pools: Iterable[tuple[ValuePath, str, Pool | None]], place: Callable[[ValuePath], str]
) -> Iterator[Problem]:
    """Yield a problem for each reservation that is more than a machine has left, and for each team named twice.

    A pool comes with its path and its name; it is None if it could not be read.
    """
    for path, pool, part in pools:
        if part is None:
            continue
        capacity, teams = to_amounts(part.capacity), dict[str, str]()
        sums: Counter[str] = Counter()
        for index, one in enumerate(part.reserved):
            where = place((*path, "reserved", index))
            if one.name in teams:
                yield Problem("duplicate-name", where, {"name": one.name, "first": teams[one.name]})
            teams[one.name] = where
            if one.machines == 0:
                continue
            sums.update(to_amounts(one.amounts))
            for name in one.amounts:
                if sums[name] > capacity.get(name, 0):
                    args = {
                        "asked": f"{format_amount(name, sums[name])} {name}", "pool": pool,
                        "whole": f"{format_amount(name, capacity.get(name, 0))} {name}",
                    }  # fmt: skip
                    yield Problem("over-reserved", where, args)
