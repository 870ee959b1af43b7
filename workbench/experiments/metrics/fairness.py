"""Who gets how much."""

from __future__ import annotations

from workbench.experiments import machines
from workbench.experiments.dues import lacked
from workbench.experiments.metrics.intervals import task_runs
from workbench.experiments.metrics.registry import PART, metric
from workbench.model.resources import CPU, MEMORY, dominant_share
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace


@metric("share of {about}", unit="fraction", about="team", lower_is_better=None, grain=0.005, possible=PART)
def share(trace: Trace, scenario: Scenario, team: str) -> float:
    """Dominant share of the team's running tasks, mean over the run."""
    return _shares(trace, scenario).get(team, 0.0)


@metric("evenness between teams (Jain's index)", unit="", lower_is_better=False, grain=0.01, possible=PART)
def evenness(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Jain's index of the teams' mean dominant shares, each divided by its weight: 1 is even, 1/n all to one.

    Source: Jain, Chiu, Hawe, A quantitative measure of fairness, DEC TR-301, 1984.
    """
    teams = sorted({app.team for app in scenario.apps})
    shares = [_shares(trace, scenario).get(team, 0.0) / scenario.team(team).weight for team in teams]
    squares = sum(one * one for one in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 1.0


@metric("due to teams and withheld", unit="fraction", grain=0.002)
def withheld(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Dominant shares due to teams, by weighted fairness and no more than they ask for, that others or nobody had."""
    return sum(lacked(trace, scenario).values())


@metric("due to {about} and withheld", unit="fraction", about="team", grain=0.001)
def withheld_from(trace: Trace, scenario: Scenario, team: str) -> float:
    """Dominant share due to the team, by weighted fairness and no more than it asks for, that it did not have."""
    return lacked(trace, scenario).get(team, 0.0)


def _shares(trace: Trace, scenario: Scenario) -> dict[str, float]:
    tasks = trace["tasks"]
    about = dict(zip(tasks["task"], zip(tasks["team"], tasks["memory"], strict=True), strict=True))
    used: dict[str, dict[str, int]] = {}
    for task, cpu, start, end in task_runs(trace):
        team, memory = about[task]
        amounts = used.setdefault(team, {CPU: 0, MEMORY: 0})
        amounts[CPU] += cpu * (end - start)
        amounts[MEMORY] += memory * (end - start)
    total = {name: machines.capacity_time(trace, scenario, name) for name in (CPU, MEMORY)}
    return {team: dominant_share(amounts, total) for team, amounts in used.items()}
