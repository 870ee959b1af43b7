"""What each team is due of one pool at every moment, and how much of that it lacks.

What a team asks for is what its tasks that wait or run ask for. Due to it is what weighted max-min fairness of dominant
shares gives it: all are raised together, in proportion to their weights, until a team has all that it asks for or a
resource has run out. So nobody is due more than it asks for, and what others leave idle is due to those that ask. What
it lacks is how far its dominant share lies below that; a team with all that it asks for lacks nothing.

Source: Ghodsi et al., Dominant Resource Fairness, NSDI 2011, section 4 (progressive filling; users whose demand is
met are left out of it). That demand changes with time, and that the distance is integrated over it, is our reading.

Left out: tasks cannot be cut in truth, so that a part of a task can be lacking for want of a place; resources other
than cpu and memory; a task that is to wait for others still counts as asked for once it is handed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workbench.model.clock import NEVER
from workbench.model.resources import CPU, MEMORY
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace

NAMES = (CPU, MEMORY)

Parts = tuple[float, float]
"""Fractions of all cpu and of all memory that is there."""


def due(asked: Mapping[str, Parts], weights: Mapping[str, float]) -> dict[str, float]:
    """Return the dominant share that each team is due.

    Parameters
    ----------
    asked : mapping
        Team -> which fractions of each resource it asks for; more than the whole is allowed.
    weights : mapping
        Team -> weight, > 0.
    """
    given = dict.fromkeys(asked, 0.0)
    rising = [team for team, parts in asked.items() if max(parts) > 0]
    free = [1.0 for _ in NAMES]
    while rising:
        # a level of one more raises the dominant share of a team by its weight, and its other parts in proportion
        slopes = {team: [weights[team] * part / max(asked[team]) for part in asked[team]] for team in rising}
        rates = [sum(slopes[team][index] for team in rising) for index in range(len(NAMES))]
        steps = [left / rate for left, rate in zip(free, rates, strict=True) if rate > 0]
        steps += [(max(asked[team]) - given[team]) / weights[team] for team in rising]
        step = max(0.0, min(steps))
        for team in rising:
            given[team] += step * weights[team]
        free = [left - step * rate for left, rate in zip(free, rates, strict=True)]
        spent = [left <= 1e-12 for left in free]
        rising = [
            team
            for team in rising
            if given[team] < max(asked[team]) - 1e-12
            and not any(gone and part > 0 for gone, part in zip(spent, asked[team], strict=True))
        ]
    return given


def lacked(trace: Trace, scenario: Scenario) -> dict[str, float]:
    """Return how much of its due each team lacked, as a fraction of the pool, mean over the run."""
    weights = {team: scenario.team(team).weight for team in dict.fromkeys(app.team for app in scenario.apps)}
    total = dict.fromkeys(weights, 0.0)
    for start, end, asked, held in _moments(trace, scenario, list(weights)):
        if any(max(asked[team]) > max(held[team]) + 1e-12 for team in weights):
            dues = due({team: asked[team] for team in weights}, weights)
            for team in weights:
                total[team] += (end - start) * max(0.0, dues[team] - max(held[team]))
    return {team: value / trace.horizon_us for team, value in total.items()}


Moment = tuple[int, int, dict[str, Parts], dict[str, Parts]]


def _moments(trace: Trace, scenario: Scenario, teams: list[str]) -> Iterator[Moment]:
    """Yield (from, until, what teams ask for, what they hold) between every two changes, as parts of what is there."""
    capacity, wants, holds = [0, 0], {team: [0, 0] for team in teams}, {team: [0, 0] for team in teams}
    changes = sorted(_changes(trace, scenario, capacity, wants, holds), key=lambda change: change[0])
    before = 0
    for at_us, amounts, delta in changes:
        if at_us > before:
            yield before, at_us, _parts(wants, holds, capacity), _parts(holds, holds, capacity)
            before = at_us
        for index, amount in enumerate(delta):
            amounts[index] += amount
    if before < trace.horizon_us:
        yield before, trace.horizon_us, _parts(wants, holds, capacity), _parts(holds, holds, capacity)


def _parts(wants: Mapping[str, list[int]], holds: Mapping[str, list[int]], capacity: list[int]) -> dict[str, Parts]:
    """Return amounts as parts of the whole; who holds more than its tasks ask for, as executors do, asks for that.

    Without any machine there is no whole, and nobody is due anything.
    """
    if min(capacity) <= 0:
        return dict.fromkeys(wants, (0.0, 0.0))
    cpu, memory = capacity
    return {
        team: (max(wants[team][0], holds[team][0]) / cpu, max(wants[team][1], holds[team][1]) / memory)
        for team in wants
    }


Change = tuple[int, list[int], tuple[int, int]]


def _changes(
    trace: Trace, scenario: Scenario, capacity: list[int], wants: Mapping[str, list[int]],
    holds: Mapping[str, list[int]],
) -> Iterator[Change]:  # fmt: skip
    """Yield (time, which amounts change, by how much): machines, what tasks ask for, what rows of the trace hold."""
    requests = {app.name: (app.request.get(CPU, 0), app.request.get(MEMORY, 0)) for app in scenario.apps}
    tasks, horizon = trace["tasks"], trace.horizon_us
    names = ("app", "team", "cpu", "memory", "submitted_us", "decided_us", "ended_us")
    for app, team, cpu, memory, submitted, decided, ended in zip(*(tasks[name] for name in names), strict=True):
        until = horizon if ended == NEVER else ended
        for first, amounts, asked in (
            (submitted, wants[team], requests.get(app, (0, 0))),  # helpers, as executors are, only hold
            (decided, holds[team], (cpu, memory)),
        ):
            if first != NEVER and first < until and any(asked):
                yield first, amounts, asked
                yield until, amounts, (-asked[0], -asked[1])
    for at_us, name, sign in _machines(trace, scenario):
        whole = scenario.cluster.machine(name).capacity
        yield at_us, capacity, (sign * whole.get(CPU, 0), sign * whole.get(MEMORY, 0))


def _machines(trace: Trace, scenario: Scenario) -> Iterator[tuple[int, str, int]]:
    """Yield (time, machine, 1 or -1) whenever one is there and up, or is not any more."""
    up = dict.fromkeys((node.name for node in scenario.cluster.nodes), True)
    for name in up:
        yield 0, name, 1
    table = trace["nodes"]
    for at_us, name, state, seen_by in zip(*(table[key] for key in ("at_us", "node", "state", "seen_by")), strict=True):
        now = {"up": True, "joined": True, "down": False, "removed": False}.get(state)
        if seen_by == "world" and now is not None and now != up.get(name, False):
            up[name] = now
            yield at_us, name, 1 if now else -1
