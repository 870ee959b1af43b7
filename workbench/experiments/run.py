"""How one run is made: a scenario, a control plane, a seed; out comes a trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workbench.engines.catalogue import CONTROL_PLANES
from workbench.engines.world import World
from workbench.errors import ScenarioError, no_such
from workbench.experiments.check import as_scenario
from workbench.model.scenario import Scenario
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
        Name of a control plane: ``kubernetes``, ``mesos``, ``static-partitions``.
    seed : int, optional
        The scenario's own when not given. Same scenario, seed and version: the same trace, byte for byte.
    cancelled, progress : callable, optional
        See `workbench.engines.world.World.run`.

    Raises
    ------
    ScenarioError
        When there is no such control plane.
    """
    if on not in CONTROL_PLANES:
        raise ScenarioError(no_such(on, CONTROL_PLANES, "the control planes", "on"))
    scenario = as_scenario(scenario)
    control_plane = CONTROL_PLANES[on].make()
    world = World(scenario, control_plane, scenario.seed if seed is None else seed)
    return world.run(cancelled=cancelled, progress=progress)
