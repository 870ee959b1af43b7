"""How much a wait for nearby data buys: the curve of delay scheduling, and what is to be expected of it.

Of M machines R hold a copy of a block. If free cores come from one machine after another, drawn by lot, the chance that
none of D machines holds it is (1 - R/M)^D: far tasks fall off exponentially with the number of offers that are waited
for. That is the argument of M. Zaharia et al., Delay scheduling, EuroSys 2010; the derivation here is our own, for a
task that waits alone. A job with many waiting tasks finds a task for a machine sooner, so it lies above that curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from workbench.experiments.check import as_scenario
from workbench.experiments.sweep import sweep
from workbench.model.scenario import Scenario

WAIT = "spark.locality_wait_s"
WAITS_S: tuple[float, ...] = (0, 0.5, 1, 2, 3, 5, 10, 20)


@dataclass(frozen=True, slots=True)
class Waited:
    """What came out at one locality wait: means over the repeats.

    Parameters
    ----------
    wait_s : float
        The wait, in s.
    near : float
        Part of the blocks that was read from the task's own machine.
    job_s : float
        How long a job took, in s.
    """

    wait_s: float
    near: float
    job_s: float


def expected_near(machines: int, copies: int, offers: float) -> float:
    """Return the chance that a task that waits alone has been offered a machine with its block.

    Parameters
    ----------
    machines, copies : int
        M and R, with ``0 < R <= M``.
    offers : float
        Machines that were offered, each drawn by lot, the last one included, >= 0.
    """
    return 1.0 - float((1 - copies / machines) ** offers)


def locality_curve(
    scenario: Scenario | str | Path, team: str, *, on: str = "mesos", waits_s: Sequence[float] = WAITS_S,
    replications: int = 10,
) -> list[Waited]:  # fmt: skip
    """Return how locality and the time of a team's jobs move with the locality wait.

    Raises
    ------
    ScenarioError
        When there is no such scenario, side or team.
    """
    made = as_scenario(scenario)
    measure, near = f"job_time:{team}", "local_reads"
    found = sweep(made, {WAIT: list(waits_s)}, measure=measure, others=(near,), sides=(on,), replications=replications)
    return [Waited(float(one.settings[WAIT]), fmean(one.others[near]), one.mean) for one in found.points]
