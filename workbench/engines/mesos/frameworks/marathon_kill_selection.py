"""Which instances can be stopped so that the others stay evenly spread.

Only GROUP_BY has a say. One instance after another is picked from the fullest group of the most uneven spread, as long
as every spread stays even (group sizes differ by one at most) or becomes more even than it was. It may be that fewer
are found than asked for; whoever asks picks the rest by age.

Source: mesosphere/marathon src/main/scala/mesosphere/mesos/Constraints.scala (selectInstancesToKill).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from workbench.engines.mesos.frameworks.marathon_constraints import Constraint, Place


class Spread:
    """How instances are spread over the values of one constraint's field.

    Parameters
    ----------
    groups : sequence of sequence of int
        Positions of the instances, by value.
    """

    def __init__(self, groups: Sequence[Sequence[int]]) -> None:
        self._groups = groups
        self._uneven = self.difference(())

    def difference(self, without: Collection[int]) -> int:
        """Return by how many the fullest group exceeds the emptiest, once those are gone."""
        sizes = [sum(one not in without for one in group) for group in self._groups]
        return max(sizes) - min(sizes)

    def spares(self, without: Collection[int]) -> bool:
        """Say whether those can go without making it more uneven than can be helped."""
        after = self.difference(without)
        return after <= 1 or self._uneven > after

    def fullest(self, without: Collection[int]) -> Iterator[int]:
        """Yield the instances of the fullest groups; none if all are equally full."""
        left = [[one for one in group if one not in without] for group in self._groups]
        sizes = {len(group) for group in left}
        if len(sizes) > 1:
            for group in left:
                if len(group) == max(sizes):
                    yield from group


def select_instances_to_kill(constraints: Sequence[Constraint], places: Sequence[Place], count: int) -> list[int]:
    """Return the positions of instances that are best spared, at most `count`, in the order in which they were found.

    Parameters
    ----------
    places : sequence of Place
        Where the instances are. Of equally good ones the first is taken.
    """
    if count >= len(places):
        return list(range(len(places)))
    spreads = [Spread(_groups(one, places)) for one in constraints if one.operator == "GROUP_BY"]
    chosen: list[int] = []
    while spreads and len(chosen) < count:
        found = next((one for one in _tried(spreads, chosen, len(places)) if _all_spare(spreads, [*chosen, one])), None)
        if found is None:
            break
        chosen.append(found)
    return chosen


def _groups(constraint: Constraint, places: Sequence[Place]) -> list[list[int]]:
    groups: dict[str | None, list[int]] = {}
    for position, place in enumerate(places):
        groups.setdefault(place.value(constraint.field), []).append(position)
    return list(groups.values())


def _tried(spreads: Sequence[Spread], chosen: Collection[int], instances: int) -> Iterator[int]:
    for spread in sorted(spreads, key=lambda one: -one.difference(chosen)):
        yield from spread.fullest(chosen)
    yield from (one for one in range(instances) if one not in chosen)


def _all_spare(spreads: Sequence[Spread], without: Collection[int]) -> bool:
    return all(spread.spares(without) for spread in spreads)
