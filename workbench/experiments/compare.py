"""Two (or more) control planes side by side on one scenario: same seeds, paired differences, what would change them.

The first control plane of a study is compared with each of the others, pair by pair; of more than one, corrected for
several comparisons. The finding is about the first two, and so is what is varied to see whether the answer turns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbench.errors import Problem, ScenarioError, no_such
from workbench.experiments import metrics
from workbench.experiments.check import as_scenario, with_values
from workbench.experiments.known_runs import KnownRuns
from workbench.experiments.run import first_seed, run
from workbench.experiments.sides import known
from workbench.experiments.statistics import Difference, Verdict, several
from workbench.model.parameters import Value
from workbench.model.scenario import Lever, Scenario
from workbench.model.trace import Trace

MOST_REPLICATIONS = 10_000
LEVER_REPLICATIONS = 5
"""Repeats at each value of a lever: enough to see which way the answer points."""


@dataclass(frozen=True, slots=True)
class Row(metrics.Measured):
    """One measure on every side.

    Parameters
    ----------
    measure : str
        ``metric`` or ``metric:subject``.
    values : mapping
        Control plane -> one value per repeat, in the order of the seeds.
    difference : Difference
        Second control plane less first.
    others : tuple of Difference
        Third control plane less first, and so on; empty where there are two.
    """

    measure: str
    values: Mapping[str, tuple[float, ...]]
    difference: Difference
    others: tuple[Difference, ...] = ()

    @property
    def against(self) -> dict[str, Difference]:
        """Each control plane but the first -> it less the first."""
        return dict(zip(tuple(self.values)[1:], (self.difference, *self.others), strict=False))


@dataclass(frozen=True, slots=True)
class Turn:
    """What happens to the answer when one setting is varied: a verdict and a mean difference at each value."""

    path: str
    values: tuple[Value, ...]
    differences: tuple[Difference, ...]

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Which side is clearly lower at each value."""
        return tuple(difference.verdict for difference in self.differences)

    @property
    def turns(self) -> tuple[tuple[Value, Value], ...]:
        """The pairs of neighbouring values between which the verdict changes."""
        steps = zip(self.values, self.values[1:], self.verdicts, self.verdicts[1:], strict=False)
        return tuple((low, high) for low, high, before, after in steps if before != after)


@dataclass(frozen=True)
class Comparison:
    """The outcome of a comparison: everything a report or a panel shows.

    Parameters
    ----------
    sides : tuple of str
        The control planes, in the order of the study.
    seeds : tuple of int
        One per repeat.
    rows : tuple of Row
        The measures of the study, the one that answers the question first.
    traces : mapping
        Control plane -> trace of the first repeat, for figures.
    equalised : tuple of Row
        The same measures with the scenario's equalised defaults; empty when it names none.
    turns : tuple of Turn
        One per lever of the study.
    """

    scenario: Scenario
    sides: tuple[str, ...]
    seeds: tuple[int, ...]
    rows: tuple[Row, ...]
    traces: Mapping[str, Trace]
    equalised: tuple[Row, ...] = ()
    turns: tuple[Turn, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)

    def row(self, measure: str) -> Row:
        """Return the row of a measure."""
        return next(row for row in self.rows if row.measure == measure)

    def __str__(self) -> str:
        from workbench.experiments.summary import table  # text is made only when somebody looks

        return table(self)


Progress = Callable[[float], None]


def compare(
    scenario: Scenario | str | Path,
    *,
    replications: int | None = None,
    seed: int | None = None,
    sides: Sequence[str] = (),
    deeper: bool = True,
    cancelled: Callable[[], bool] | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Run a scenario under several control planes with the same seeds and measure the differences.

    Parameters
    ----------
    scenario : Scenario, str or Path
        A scenario, its file, or the name of a shipped one.
    replications : int, optional
        Repeats, 1 to 10,000; the study's own number when not given.
    seed : int, optional
        Of the first repeat; the others follow by ones.
    sides : sequence of str, optional
        Control planes, at least two; the study's own when not given.
    deeper : bool
        Also run with equalised defaults and along the levers of the study.
    cancelled, progress : callable, optional
        See `workbench.engines.world.World.run`; progress is over all runs together.

    Raises
    ------
    ScenarioError
        For unknown measures or control planes, or a senseless number of replications.
    CancelledError
        When `cancelled` said so.
    """
    plan = _Plan.of(as_scenario(scenario), replications, seed, sides)
    work = _Work(plan.runs + (_deeper_runs(plan) if deeper else 0), cancelled, progress)
    *_, made = _repeats(plan, work)
    made = replace(made, digests=_digests(made))
    return _deepened(made, plan, work) if deeper else made


def repeats(
    scenario: Scenario,
    *,
    replications: int | None = None,
    seed: int | None = None,
    sides: Sequence[str] = (),
    cancelled: Callable[[], bool] | None = None,
    progress: Progress | None = None,
) -> Iterator[Comparison]:
    """Yield the comparison after one repeat, after two, and so on, for those who watch; `deepened` completes the last.

    Parameters and errors are those of `compare`.
    """
    plan = _Plan.of(scenario, replications, seed, sides)
    yield from _repeats(plan, _Work(plan.runs, cancelled, progress))


def deepened(
    comparison: Comparison, *, cancelled: Callable[[], bool] | None = None, progress: Progress | None = None
) -> Comparison:
    """Return a comparison with all that `compare` adds to the last of `repeats`: equal defaults, levers, digests."""
    plan = _Plan(comparison.scenario, comparison.sides, comparison.seeds)
    work = _Work(max(1, _deeper_runs(plan)), cancelled, progress)
    return replace(_deepened(comparison, plan, work), digests=_digests(comparison))


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which runs a comparison takes."""

    scenario: Scenario
    sides: tuple[str, ...]
    seeds: tuple[int, ...]

    @classmethod
    def of(cls, scenario: Scenario, replications: int | None, seed: int | None, sides: Sequence[str]) -> _Plan:
        """Return the plan for what was asked; what was not is as the study has it. Raises as `compare` does."""
        sides = tuple(sides) or scenario.study.control_planes
        count = scenario.study.replications if replications is None else replications
        _check(scenario, sides, count)
        first = first_seed(scenario, seed)
        return cls(scenario, sides, tuple(range(first, first + count)))

    @property
    def runs(self) -> int:
        return len(self.sides) * len(self.seeds)


def _repeats(plan: _Plan, work: _Work) -> Iterator[Comparison]:
    measures = _measures(plan.scenario)
    for done, (traces, values) in enumerate(_growing(plan.scenario, plan.sides, plan.seeds, measures, work), 1):
        yield Comparison(plan.scenario, plan.sides, plan.seeds[:done], _rows(plan.scenario, measures, values), traces)


def _deeper_runs(plan: _Plan) -> int:
    equal = plan.runs if plan.scenario.study.equalised else 0
    return equal + sum(2 * LEVER_REPLICATIONS * len(lever.values) for lever in _levers(plan.scenario))


def _deepened(comparison: Comparison, plan: _Plan, work: _Work) -> Comparison:
    scenario, sides, seeds = plan.scenario, plan.sides, plan.seeds
    equalised: tuple[Row, ...] = ()
    if scenario.study.equalised:
        equal = with_values(scenario, scenario.study.equalised)
        equalised = _measure(equal, sides, seeds, _measures(scenario), work)
    known = KnownRuns(scenario, sides[:2], seeds, comparison.rows[0].values)
    few = tuple(range(seeds[0], seeds[0] + LEVER_REPLICATIONS))
    turns = tuple(_turn(scenario, lever, known, few, work) for lever in _levers(scenario))
    return replace(comparison, equalised=equalised, turns=turns)


def _levers(scenario: Scenario) -> tuple[Lever, ...]:
    """Return the levers of the study; without a finding there is no answer that they could change."""
    return scenario.study.levers if scenario.study.finding else ()


def _digests(comparison: Comparison) -> dict[str, str]:
    return {side: trace.digest() for side, trace in comparison.traces.items()}


def _check(scenario: Scenario, sides: Sequence[str], count: int) -> None:
    there = known(scenario)
    found = [no_such(side, there, "the control planes", "study") for side in sides if side not in there]
    if len(sides) < 2:
        found.append(
            Problem("bad-value", "study", {"value": list(sides), "why": "a comparison takes two control planes"})
        )
    if not 1 <= count <= MOST_REPLICATIONS:
        about = {"value": count, "low": 1, "high": MOST_REPLICATIONS, "unit": " repeats"}
        found.append(Problem("out-of-range", "replications", about))
    if found:
        raise ScenarioError(found)
    metrics.check(_measures(scenario), scenario, "study")


def _measures(scenario: Scenario) -> tuple[str, ...]:
    """Return the measures of the study, the finding's first, each once; general ones if it names none."""
    finding = [scenario.study.finding.measure] if scenario.study.finding else []
    named = [*finding, *scenario.study.measures]
    return tuple(dict.fromkeys(named or ["utilisation", "imbalance", "evenness"]))


class _Work:
    """Counts runs for the progress bar and passes a wish to stop on to them."""

    def __init__(self, total: int, cancelled: Callable[[], bool] | None, progress: Progress | None) -> None:
        self._total, self._done = total, 0
        self._cancelled, self._progress = cancelled, progress

    def run(self, scenario: Scenario, side: str, seed: int) -> Trace:
        trace = run(scenario, side, seed=seed, cancelled=self._cancelled)
        self.spare()
        return trace

    def spare(self) -> None:
        """Count a run as done."""
        self._done += 1
        if self._progress is not None:
            self._progress(min(1.0, self._done / self._total))


def _measure(
    scenario: Scenario, sides: Sequence[str], seeds: Sequence[int], measures: Sequence[str], work: _Work
) -> tuple[Row, ...]:
    """Return one row per measure; traces are measured and let go."""
    *_, (_, values) = _growing(scenario, sides, seeds, measures, work)
    return _rows(scenario, measures, values)


Values = Mapping[str, Mapping[str, list[float]]]
"""Measure -> control plane -> one value per repeat."""


def _growing(
    scenario: Scenario, sides: Sequence[str], seeds: Sequence[int], measures: Sequence[str], work: _Work
) -> Iterator[tuple[dict[str, Trace], Values]]:
    """Yield after each repeat the first trace of each side and all values so far; the same two objects grow."""
    traces: dict[str, Trace] = {}
    values: Values = {measure: {side: [] for side in sides} for measure in measures}
    for seed in seeds:
        for side in sides:
            trace = work.run(scenario, side, seed)
            traces.setdefault(side, trace)
            for measure in measures:
                values[measure][side].append(metrics.measured(measure, trace, scenario))
        yield traces, values


def _rows(scenario: Scenario, measures: Sequence[str], values: Values) -> tuple[Row, ...]:
    return tuple(
        _row(scenario, measure, {side: tuple(known) for side, known in values[measure].items()}) for measure in measures
    )


def _row(scenario: Scenario, measure: str, values: Mapping[str, tuple[float, ...]]) -> Row:
    finding = scenario.study.finding
    grain = metrics.METRICS[measure.partition(":")[0]].grain
    if finding is not None and finding.measure == measure and finding.grain is not None:
        grain = finding.grain
    first, *others = values.values()
    second, *more = several(first, others, grain)
    return Row(measure, values, second, tuple(more))


def _turn(scenario: Scenario, lever: Lever, known: KnownRuns, seeds: Sequence[int], work: _Work) -> Turn:
    assert scenario.study.finding is not None
    measure = scenario.study.finding.measure
    differences = []
    for value in lever.values:
        made = with_values(scenario, {lever.path: value})
        values: dict[str, tuple[float, ...]] = {}
        for side in known.sides:
            same = known.same(side, lever.path, made)
            values[side] = tuple(_value(made, side, seed, measure, known if same else None, work) for seed in seeds)
        differences.append(_row(made, measure, values).difference)
    return Turn(lever.path, lever.values, tuple(differences))


def _value(scenario: Scenario, side: str, seed: int, measure: str, known: KnownRuns | None, work: _Work) -> float:
    """Return what a run comes to; one that is among those known is not made again, one made anew is then known."""
    if known is not None and (side, seed) in known.values:
        work.spare()
        return known.values[side, seed]
    value = metrics.measured(measure, work.run(scenario, side, seed), scenario)
    if known is not None:
        known.values[side, seed] = value
    return value
