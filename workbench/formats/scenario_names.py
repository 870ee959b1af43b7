"""Names in a scenario file: of machines and teams that are several, those given twice, those to suggest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workbench.errors import Problem
from workbench.formats.scenario_document import TeamPart
from workbench.formats.scenario_parts import Place, Placed, Spot


def twice(spots: Iterable[Spot[Any]], place: Place, more: Iterable[Placed] = ()) -> Iterator[Problem]:
    """Yield a problem for each name that was given before."""
    first: dict[str, str] = {}
    named = [(spot.name, place((*spot.path, "name"))) for spot in spots if spot.name]
    for name, where in [*named, *((one.app.name, one.place) for one in more)]:
        if name in first:
            yield Problem("duplicate-name", where, {"name": name, "first": first[name]})
        first.setdefault(name, where)


def team_names(team: TeamPart) -> Iterator[str]:
    """Return the name of a team, or of each of several alike."""
    return iter((team.name,)) if team.count is None else (f"{team.name}-{index}" for index in range(team.count))


def names_of(spot: Spot[TeamPart]) -> Iterator[str]:
    """Return the names of a team as far as they could be read."""
    return iter((spot.name,)) if spot.part is None else team_names(spot.part)


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
