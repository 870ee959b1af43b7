"""The explanation for whoever waited longest, for the appendix: made by running the first repeat once more."""

from __future__ import annotations

from workbench.errors import ScenarioError
from workbench.experiments.compare import Comparison
from workbench.experiments.explain import Facts
from workbench.experiments.sides import explained
from workbench.views.explaining import Explanation, explain
from workbench.views.report import decisions

MOST_WORK = 200_000
"""Decisions and offers of a run up to which running it once more takes a second or two."""


def longest_wait(comparison: Comparison, side: str) -> Explanation | None:
    """Return why the task that waited longest on a side did so.

    None where nobody waited, where the side is not explained, where the run is too long to be made again for this, or
    where it does not come out as the one compared (its trace was made by another version).
    """
    trace = comparison.traces[side]
    if side not in explained(comparison.scenario) or len(trace["decisions"]) + len(trace["offers"]) > MOST_WORK:
        return None
    waits = decisions.longest(trace, 1)
    if not waits:
        return None
    try:
        found = explain(comparison.scenario, side, waits[0].task, seed=comparison.seeds[0])
    except ScenarioError:
        return None
    same = isinstance(found.facts, Facts) and found.facts.trace.digest() == comparison.digests.get(side)
    return found if same else None
