"""How one run is made: a scenario, a control plane, a seed; out comes a trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workbench.engines.catalogue import control_plane
from workbench.engines.world import World
from workbench.errors import Problem, ScenarioError, no_such
from workbench.experiments.check import as_scenario
from workbench.experiments.sides import known
from workbench.experiments.variants import base, settled
from workbench.model.scenario import MOST_SEED, Scenario
from workbench.model.trace import Trace


def run(
    scenario: Scenario | str | Path,
    on: str = "kubernetes",
    *,
    seed: int | None = None,
    cancelled: Callable[[], bool] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Trace:
    """Run a scenario under one control plane and return its trace.

    Parameters
    ----------
    scenario : Scenario, str or Path
        A scenario, its file, or the name of a shipped one.
    on : str
        Name of a control plane: ``kubernetes``, ``mesos``, ``static-partitions``; or of a variant or a
        policy of the scenario.
    seed : int, optional
        The scenario's own when not given. Same scenario, seed and version: the same trace, byte for byte.
    cancelled, progress : callable, optional
        See `workbench.engines.world.World.run`.

    Raises
    ------
    ScenarioError
        When there is no such control plane, or no such seed.
    """
    scenario = as_scenario(scenario)
    seed = first_seed(scenario, seed)
    if on not in known(scenario):
        raise ScenarioError(no_such(on, known(scenario), "the control planes", "on"))
    plane = control_plane(on if on in scenario.policies else base(scenario, on), scenario.policies)
    world = World(settled(scenario, on), plane, seed)
    trace = world.run(cancelled=cancelled, progress=progress)
    trace.control_plane = on  # a variant's own name; what happened is what would have happened under the plain one's
    return trace


def first_seed(scenario: Scenario, seed: int | None) -> int:
    """Return the seed that was asked for, the scenario's own if none was.

    Raises
    ------
    ScenarioError
        If it is not one that a scenario could have.
    """
    if seed is None:
        return scenario.seed
    if not 0 <= seed <= MOST_SEED:
        raise ScenarioError(Problem("out-of-range", "seed", {"value": seed, "low": 0, "high": MOST_SEED, "unit": ""}))
    return seed
