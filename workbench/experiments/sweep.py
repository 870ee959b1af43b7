"""One measure, or a few, over a grid of settings: where does the answer jump, and what is bought with what?

Each point of the grid is a run (or a few), with the same seeds everywhere. A setting that belongs to another control
plane, or that a variant has a value of its own for, is not varied for a side: its runs would be the same to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from statistics import fmean

from workbench.experiments import metrics
from workbench.experiments.check import as_scenario, with_values
from workbench.experiments.run import run
from workbench.experiments.variants import follows
from workbench.model.parameters import Value
from workbench.model.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Point:
    """What came out at one setting.

    Parameters
    ----------
    settings : mapping
        Dotted path -> value; without those that do not concern the side.
    values : tuple of float
        The measure, one value per repeat, in the order of the seeds.
    others : mapping
        Further measures -> their values, as in `values`.
    """

    side: str
    settings: Mapping[str, Value]
    values: tuple[float, ...]
    others: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def mean(self) -> float:
        """Mean over the repeats."""
        return fmean(self.values)

    def mean_of(self, other: str) -> float:
        """Mean of a further measure over the repeats."""
        return fmean(self.others[other])


@dataclass(frozen=True, slots=True)
class Sweep:
    """A measure over a grid of settings, as far as it has been run.

    Parameters
    ----------
    measure : str
        ``metric`` or ``metric:subject``.
    grid : mapping
        Dotted path -> values, in the order in which they are drawn.
    total : int
        How many points there will be.
    """

    scenario: Scenario
    measure: str
    grid: Mapping[str, Sequence[Value]]
    sides: tuple[str, ...]
    points: tuple[Point, ...]
    total: int

    @property
    def complete(self) -> bool:
        """Say whether every point has been run."""
        return len(self.points) == self.total

    def line(self, side: str, along: str, fixed: Mapping[str, Value]) -> list[tuple[Value, Point]]:
        """Return the points of one side along one setting, the others held at `fixed` where they concern the side."""
        found = []
        for point in self.points:
            same = all(point.settings.get(path, value) == value for path, value in fixed.items())
            if point.side == side and same:
                found += [(value, point) for value in self.grid[along] if point.settings.get(along, value) == value]
        return sorted(found, key=lambda one: list(self.grid[along]).index(one[0]))


def sweep(
    scenario: Scenario | str | Path,
    grid: Mapping[str, Sequence[Value]],
    *,
    measure: str = "",
    others: Sequence[str] = (),
    sides: Sequence[str] = (),
    replications: int = 1,
    cancelled: Callable[[], bool] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Sweep:
    """Run a scenario at every point of a grid of settings and measure one thing, or a few.

    Parameters
    ----------
    grid : mapping
        Dotted path of a setting, or into the scenario -> values.
    measure : str
        That of the scenario's finding when not given.
    others : sequence of str
        Further measures of the same runs.
    sides : sequence of str
        Control planes; the study's own when not given.
    replications : int
        Repeats at each point.
    cancelled, progress : callable, optional
        See `workbench.engines.world.World.run`; progress is over all points together.

    Raises
    ------
    ScenarioError
        For unknown settings, values out of range, an unknown measure.
    """
    *_, last = growing(
        as_scenario(scenario), grid, measure=measure, others=others, sides=sides, replications=replications,
        cancelled=cancelled, progress=progress,
    )  # fmt: skip
    return last


def growing(
    scenario: Scenario,
    grid: Mapping[str, Sequence[Value]],
    *,
    measure: str = "",
    others: Sequence[str] = (),
    sides: Sequence[str] = (),
    replications: int = 1,
    cancelled: Callable[[], bool] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Iterator[Sweep]:
    """Yield the sweep after one point, after two, and so on, for those who watch. Arguments are those of `sweep`."""
    if not measure and scenario.study.finding is not None:
        measure = scenario.study.finding.measure
    metrics.check([measure, *others], scenario, "measure")
    sides = tuple(sides) or scenario.study.control_planes
    plan = [(side, settings) for side in sides for settings in _settings(scenario, side, grid)]
    changed = [with_values(scenario, settings) for _, settings in plan]
    points: list[Point] = []
    for (side, settings), one in zip(plan, changed, strict=True):
        seeds = range(scenario.seed, scenario.seed + replications)
        traces = (run(one, side, seed=seed, cancelled=cancelled) for seed in seeds)
        found = [[metrics.measured(each, trace, one) for each in (measure, *others)] for trace in traces]
        values, *further = zip(*found, strict=True)
        points.append(Point(side, settings, values, dict(zip(others, further, strict=True))))
        if progress is not None:
            progress(len(points) / len(plan))
        yield Sweep(scenario, measure, grid, sides, tuple(points), len(plan))


def _settings(scenario: Scenario, side: str, grid: Mapping[str, Sequence[Value]]) -> list[dict[str, Value]]:
    """Return the settings of each point for a side, the first path varying slowest."""
    own = {path: values for path, values in grid.items() if follows(scenario, side, path)}
    return [dict(zip(own, values, strict=True)) for values in product(*own.values())]
