"""Which machines belong to which team, decided once, before the run.

A planner gives every team first what its lasting apps (all but batch, which can wait) need to fit, then divides the
rest in proportion to *claims*: a team's weight times its demand, the largest fraction of any one resource of the
cluster that its apps ask for together. Shares become whole machines by largest remainder (Hare quota), dealt in the
order of the scenario: the first machines to the team of the first app. Where there are as many machines as teams, no
team is left without one: whoever has most gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import Literal

from workbench.model.clock import SECOND_US
from workbench.model.resources import Resources, add, scale
from workbench.model.scenario import Scenario
from workbench.model.workload import App

Rule = Literal["lasting-first", "demand", "weight"]


def machines_of(scenario: Scenario, rule: Rule) -> dict[str, Sequence[int]]:
    """Return the machines of each team that has apps, in the order of the scenario.

    Parameters
    ----------
    rule : str
        ``lasting-first`` as described above; ``demand``: all by weight times demand; ``weight``: all by weight alone.
    """
    teams = list(dict.fromkeys(app.team for app in scenario.apps))
    count = len(scenario.cluster.nodes)
    demand = {team: _fraction(_wanted(scenario, team), scenario.cluster.capacity) for team in teams}
    needs = dict.fromkeys(teams, 0)
    if rule == "lasting-first":
        for team in teams:
            lasting = _fraction(_wanted(scenario, team, lasting=True), scenario.cluster.capacity)
            needs[team] = ceil(lasting * count)
    if sum(needs.values()) > count:
        needs = divide(count, {team: Fraction(need) for team, need in needs.items()})
    weights = {team: Fraction(scenario.team(team).weight) for team in teams}
    claims = weights if rule == "weight" else {team: weights[team] * demand[team] for team in teams}
    rest = divide(count - sum(needs.values()), claims)
    return _dealt(one_each({team: needs[team] + rest[team] for team in teams}))


def one_each(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts with one machine for each team, if there are as many; from those with most."""
    found = dict(counts)
    if sum(found.values()) < len(found):
        return found
    for poor in [team for team, count in found.items() if not count]:
        rich = max(reversed(found), key=lambda team: found[team])
        found[rich] -= 1
        found[poor] += 1
    return found


def _wanted(scenario: Scenario, team: str, *, lasting: bool = False) -> Resources:
    apps = [app for app in scenario.apps if app.team == team and not (lasting and app.kind == "batch")]
    return add(*(scale(app.request, at_once(app, scenario)) for app in apps))


def at_once(app: App, scenario: Scenario) -> int:
    """Return how many instances of an app there are at a time: for tasks that arrive one by one, rate x run time."""
    if app.kind == "daemon":
        return len(scenario.cluster.nodes)
    if app.arrivals is not None and app.duration is not None:
        return -(-round(app.arrivals.rate * app.duration.mean_us) // SECOND_US)
    return app.replicas if app.parallelism is None else min(app.replicas, app.parallelism)


def _fraction(wanted: Resources, whole: Resources) -> Fraction:
    """Return the largest fraction of any one resource."""
    return max((Fraction(wanted.get(name, 0), total) for name, total in whole.items() if total), default=Fraction(0))


def divide(machines: int, claims: Mapping[str, Fraction]) -> dict[str, int]:
    """Return how many machines each team gets: by largest remainder, the earlier team among equals."""
    total = sum(claims.values())
    if not total:
        claims = dict.fromkeys(claims, Fraction(1))
        total = Fraction(len(claims))
    exact = {team: machines * claim / total for team, claim in claims.items()}
    counts = {team: int(share) for team, share in exact.items()}
    by_remainder = sorted(exact, key=lambda team: counts[team] - exact[team])
    for team in by_remainder[: machines - sum(counts.values())]:
        counts[team] += 1
    return counts


def _dealt(counts: Mapping[str, int]) -> dict[str, Sequence[int]]:
    found: dict[str, Sequence[int]] = {}
    first = 0
    for team, count in counts.items():
        found[team] = range(first, first + count)
        first += count
    return found
