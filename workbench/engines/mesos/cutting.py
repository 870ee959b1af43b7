"""Cutting scalars down to a size: to what is asked for, or to what limits leave over.

Source: mesos src/common/resources_utils.cpp, shrinkResources (1.12.0-dev).
Left out: cutting several resources of one name in random order (the plain one is cut first here).
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.engines.mesos.kinds import Kind


def pieces(special: Mapping[Kind, int], room: Mapping[str, int]) -> dict[Kind, int]:
    """Return as much as there is room for; a piece that cannot be split is in or out."""
    left = dict(room)
    kept = {}
    for kind, amount in special.items():
        space = left.get(kind.name, 0)
        fitting = min(amount, space // kind.size if kind.size else space)
        if fitting > 0:
            kept[kind] = fitting
            left[kind.name] = space - kind.quantity(fitting)
    return kept


def shrink(plain: Mapping[str, int], target: Mapping[str, int]) -> dict[str, int]:
    """Cut plain resources down to `target`; a name that is not in the target is cut to nothing."""
    cut = {}
    for name, amount in plain.items():
        kept = min(amount, target.get(name, 0))
        if kept > 0:
            cut[name] = kept
    return cut


def shrink_to_limits(
    plain: Mapping[str, int], limits: Mapping[str, int], consumed: Mapping[str, int]
) -> dict[str, int]:
    """Cut plain resources down to what `limits` leave over; a name without a limit is not cut."""
    cut = {}
    for name, amount in plain.items():
        kept = min(amount, limits[name] - consumed.get(name, 0)) if name in limits else amount
        if kept > 0:
            cut[name] = kept
    return cut
