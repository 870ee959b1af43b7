"""How many machines does it take? The smallest number with which every goal is met, and how sure that is.

Two steps for each side, as looking and believing are two things:

1. *Search*: a few seeds at each number, bisecting. It takes for granted that more machines never hurt.
2. *Confirm*: the number found must meet every goal in all of so many fresh runs, with seeds the search has not seen.
   If one run misses, the next larger number is tried with further fresh seeds, and with half the risk that was left.

So the risk of all confirmations together is at most one minus the confidence asked for. With k of k runs a goal is met
in at least the share s of all runs with confidence 1 - s^k (Clopper, Pearson, Biometrika 26, 1934, for no miss).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.errors import Problem, ScenarioError, no_such
from workbench.experiments.check import as_scenario, with_values
from workbench.experiments.goals import Goal, goals
from workbench.experiments.run import run
from workbench.experiments.sides import known
from workbench.model.scenario import Scenario

SEARCH_RUNS = 8
"""Runs at each number while searching."""
MOST_MACHINES = 5_000
LEAST_PART, MOST_PART = 0.01, 0.9999
"""Bounds of share and confidence."""
MOST_RUNS = 10_000
"""Runs that one confirmation may take at most."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one number of machines.

    Parameters
    ----------
    machines, runs, met : int
        How many machines, runs with them, and runs that met every goal.
    misses : mapping
        Goal -> runs that missed it.
    confirming : bool
        Whether it was to be confirmed, with fresh seeds; else searched for.
    """

    machines: int
    runs: int
    met: int
    misses: Mapping[Goal, int]
    confirming: bool = False


@dataclass(frozen=True, slots=True)
class Size:
    """The answer for one side.

    Parameters
    ----------
    machines : int or None
        None while it is not found, and when not even the largest number will do.
    confidence : float
        That at least the share asked for of all runs meets every goal with so many machines; what was asked for, or
        more.
    tried : tuple of Tried
        In the order in which they were.
    done : bool
        Whether the search has ended.
    """

    side: str
    machines: int | None
    confidence: float
    tried: tuple[Tried, ...]
    done: bool

    @property
    def confirmed(self) -> Tried | None:
        """The runs that confirmed it."""
        return self.tried[-1] if self.machines is not None else None

    @property
    def below(self) -> Tried | None:
        """The largest smaller number that was tried and missed a goal."""
        missed = [one for one in self.tried if one.met < one.runs and (self.machines or math.inf) > one.machines]
        return max(missed, key=lambda one: (one.machines, one.confirming), default=None)


@dataclass(frozen=True, slots=True)
class Sizing:
    """The question and the answers so far.

    Parameters
    ----------
    path : str
        What is varied: the number of machines of one pool.
    share, confidence : float
        At least this share of all runs is to meet every goal, with at least this confidence.
    """

    scenario: Scenario
    path: str
    low: int
    high: int
    goals: tuple[Goal, ...]
    share: float
    confidence: float
    sizes: tuple[Size, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return question and answers as plain values, for others to read."""
        return {
            "scenario": self.scenario.name, "path": self.path, "seed": self.scenario.seed,
            "from": self.low, "to": self.high, "goals": [str(one) for one in self.goals],
            "share": self.share, "confidence": self.confidence,
            "sizes": {
                one.side: {
                    "machines": one.machines, "confidence": one.confidence,
                    "tried": [
                        {
                            "machines": tried.machines, "runs": tried.runs, "met": tried.met,
                            "misses": {str(goal): count for goal, count in tried.misses.items()},
                            "confirming": tried.confirming,
                        }
                        for tried in one.tried
                    ],
                }
                for one in self.sizes
            },
        }  # fmt: skip

    @property
    def sides(self) -> tuple[str, ...]:
        """The control planes, in order."""
        return tuple(one.side for one in self.sizes)


def size(
    scenario: Scenario | str | Path,
    asked: Sequence[str | Goal],
    *,
    path: str = "",
    low: int = 1,
    high: int = 50,
    sides: Sequence[str] = (),
    share: float = 0.95,
    confidence: float = 0.95,
    cancelled: Callable[[], bool] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Sizing:
    """Return how many machines each side needs to meet every goal.

    Parameters
    ----------
    asked : sequence of str or Goal
        For example ``["start_p99<=10s", "slo_missed:web<=1%"]``; losing a zone is a fault of the scenario.
    path : str
        The number to vary, ``cluster.pools.NAME.count``; that of the first pool when not given.
    low, high : int
        The numbers to search among, 1 to 5,000.
    share, confidence : float
        From 0.01 to 0.9999: see `Sizing`.
    cancelled, progress : callable, optional
        See `workbench.experiments.compare.compare`; progress is a guess, as nobody knows how long a search takes.

    Raises
    ------
    ScenarioError
        For goals, paths, sides and numbers that make no sense, all at once where they can be told apart.
    """
    *_, last = growing(
        scenario, asked, path=path, low=low, high=high, sides=sides, share=share, confidence=confidence,
        cancelled=cancelled, progress=progress,
    )  # fmt: skip
    return last


def growing(
    scenario: Scenario | str | Path,
    asked: Sequence[str | Goal],
    *,
    path: str = "",
    low: int = 1,
    high: int = 50,
    sides: Sequence[str] = (),
    share: float = 0.95,
    confidence: float = 0.95,
    cancelled: Callable[[], bool] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Iterator[Sizing]:
    """Yield the answers so far after each number that was tried. Arguments and errors are those of `size`."""
    scenario = as_scenario(scenario)
    sides = tuple(sides) or scenario.study.control_planes
    path = path or _first_pool(scenario)
    wanted = _checked(scenario, asked, sides, path, low, high, share, confidence)
    asking = Sizing(scenario, path, low, high, wanted, share, confidence)
    risk = 1 - confidence
    guess = len(sides) * (SEARCH_RUNS * (1 + math.ceil(math.log2(high - low + 1))) + _needed(risk / 2, share))
    trial = _Trial(asking, cancelled, progress, guess)
    sizes: list[Size] = []
    for side in sides:
        found = Size(side, None, 0.0, (), done=False)
        for found in _sized(trial, side):
            yield replace(asking, sizes=(*sizes, found))
        sizes.append(found)
    if progress is not None:
        progress(1.0)


def _sized(trial: _Trial, side: str) -> Iterator[Size]:
    """Yield one side's answer after each number tried: bisect, then confirm upwards."""
    asking = trial.asking
    low, high = asking.low, asking.high
    tried = [trial.search(side, high)]
    fits = tried[0].met == tried[0].runs
    yield Size(side, None, 0.0, tuple(tried), done=not fits)
    if not fits:
        return
    while low < high:
        middle = (low + high) // 2
        tried.append(trial.search(side, middle))
        low, high = (low, middle) if tried[-1].met == tried[-1].runs else (middle + 1, high)
        yield Size(side, None, 0.0, tuple(tried), done=False)
    left, machines = 1 - asking.confidence, high
    while machines <= asking.high:
        left /= 2
        tried.append(trial.confirm(side, machines, _needed(left, asking.share)))
        if tried[-1].met == tried[-1].runs:
            yield Size(side, machines, 1 - asking.share ** tried[-1].runs, tuple(tried), done=True)
            return
        yield Size(side, None, 0.0, tuple(tried), done=machines == asking.high)
        machines += 1


class _Trial:
    """Makes the runs, each with a seed of its own, and counts them."""

    def __init__(
        self, asking: Sizing, cancelled: Callable[[], bool] | None, progress: Callable[[float], None] | None, guess: int
    ) -> None:
        self.asking = asking
        self._cancelled, self._progress, self._guess = cancelled, progress, guess
        self._done = 0
        self._fresh: Counter[str] = Counter()

    def search(self, side: str, machines: int) -> Tried:
        """Try a number with the seeds of the search, all of them, so that near misses can be told from hopeless."""
        first = self.asking.scenario.seed
        return self._tried(side, machines, range(first, first + SEARCH_RUNS), confirming=False)

    def confirm(self, side: str, machines: int, runs: int) -> Tried:
        """Try a number with seeds that this side has not seen; the first miss ends it."""
        first = self.asking.scenario.seed + SEARCH_RUNS + self._fresh[side]
        self._fresh[side] += runs
        return self._tried(side, machines, range(first, first + runs), confirming=True)

    def _tried(self, side: str, machines: int, seeds: Sequence[int], *, confirming: bool) -> Tried:
        scenario = with_values(self.asking.scenario, {self.asking.path: machines})
        misses: Counter[Goal] = Counter()
        runs = met = 0
        for seed in seeds:
            trace = run(scenario, side, seed=seed, cancelled=self._cancelled)
            missed = [goal for goal in self.asking.goals if not goal.met(trace, scenario)]
            misses.update(missed)
            runs, met = runs + 1, met + (not missed)
            self._told()
            if confirming and missed:
                break
        return Tried(machines, runs, met, dict(misses), confirming)

    def _told(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(min(0.99, self._done / self._guess))


def _needed(risk: float, share: float) -> int:
    """Return how many runs without a miss show, but for this risk, that at least the share of all runs has none."""
    return math.ceil(math.log(risk) / math.log(share))


def _first_pool(scenario: Scenario) -> str:
    name = scenario.document["cluster"]["pools"][0]["name"]
    return f"cluster.pools.{name}.count"


def _checked(
    scenario: Scenario,
    asked: Sequence[str | Goal],
    sides: Sequence[str],
    path: str,
    low: int,
    high: int,
    share: float,
    confidence: float,
) -> tuple[Goal, ...]:
    """Return the goals; raise with everything that makes no sense."""
    there = known(scenario)
    found = [no_such(side, there, "the control planes", "sides") for side in sides if side not in there]
    pools = [f"cluster.pools.{pool['name']}.count" for pool in scenario.document["cluster"]["pools"]]
    if path not in pools:
        found.append(no_such(path, pools, "the numbers of machines", "path"))
    for name, value, least, most in (("from", low, 1, MOST_MACHINES), ("to", high, low, MOST_MACHINES)):
        if not least <= value <= most:
            found.append(Problem("out-of-range", name, {"value": value, "low": least, "high": most, "unit": ""}))
    for name, part in (("share", share), ("confidence", confidence)):
        if not LEAST_PART <= part <= MOST_PART:
            about = {"value": part, "low": LEAST_PART, "high": MOST_PART, "unit": ""}
            found.append(Problem("out-of-range", name, about))
    if not found and _needed((1 - confidence) / 2, share) > MOST_RUNS:
        runs = _needed((1 - confidence) / 2, share)
        about = {"value": runs, "what": "runs of one confirmation", "limit": MOST_RUNS}
        found.append(Problem("too-many", "confidence", about))
    wanted: tuple[Goal, ...] = ()
    try:
        wanted = goals(asked, scenario)
    except ScenarioError as error:
        found += error.problems
    if found:
        raise ScenarioError(found)
    with_values(scenario, {path: low})  # fewer machines than a fault names, say
    return wanted
