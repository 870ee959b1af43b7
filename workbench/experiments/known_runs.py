"""Runs of a comparison that need not be made twice.

Along a lever many runs are such as were made before: those of a control plane that does not know the setting, which is
another's own, those of a variant with a value of its own for it, and those at the value that the scenario has anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.engines.catalogue import CONTROL_PLANES
from workbench.experiments.variants import follows
from workbench.model.scenario import Scenario


class KnownRuns:
    """What one measure came to in runs of a scenario as it is.

    Parameters
    ----------
    sides : sequence of str
        The control planes in question.
    seeds : sequence of int
        Of the runs that were made, in order.
    found : mapping
        Control plane -> what each of its runs came to, in the same order.

    Attributes
    ----------
    values : dict
        Control plane and seed -> what the run came to; whoever makes another adds it.
    """

    def __init__(
        self, scenario: Scenario, sides: Sequence[str], seeds: Sequence[int], found: Mapping[str, Sequence[float]]
    ) -> None:
        self.scenario = scenario
        self.sides = tuple(sides)
        self.values = {(side, seed): one for side in sides for seed, one in zip(seeds, found[side], strict=True)}

    def same(self, side: str, path: str, made: Scenario) -> bool:
        """Say whether the runs of a side are the same in a scenario `made` by changing one setting, at `path`.

        Of sides that are not in the catalogue, nor variants of one that is, nothing is taken for granted.
        """
        if made == self.scenario:
            return True
        ours = side in CONTROL_PLANES or side in self.scenario.study.variants
        return ours and not follows(self.scenario, side, path)
