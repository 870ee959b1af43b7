"""What fair means when there are several resources: three rules for dividing one pool, exactly.

| rule | makes equal |
|---|---|
| dominant resource fairness (DRF) | everybody's largest fraction of any one resource, divided by the weight |
| asset fairness | the sum of everybody's fractions of all resources, as if they were shares of one asset |
| competitive equilibrium from equal incomes (CEEI) | everybody's budget, spent at prices that clear the market |

Tasks can be cut here, so that the rules can be told apart; `progressive_filling` gives out whole ones. All numbers are
fractions: the results are exact. The sorter that Mesos uses is in `engines/mesos/sorters/drf.py`.

Source: Ghodsi et al., Dominant Resource Fairness, NSDI 2011, sections 4 and 5: progressive filling (algorithm 1), and
asset fairness and CEEI beside it. CEEI maximises the product of the users' numbers of tasks (the Nash bargaining
solution), each raised to its weight.
Left out: CEEI for more than two users.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Amounts = Mapping[str, Fraction]
"""Name of a resource -> how much of it; absent names are none."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who runs tasks that are all alike: what one of them takes, and the weight of the claim, > 0."""

    name: str
    demand: Amounts
    weight: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of progressive filling.

    Parameters
    ----------
    user : str
        Who was given a task.
    tasks : mapping
        Name of each user -> tasks held after the step.
    shares : mapping
        Name of each user -> dominant share after the step, not divided by the weight.
    """

    user: str
    tasks: Mapping[str, int]
    shares: Mapping[str, Fraction]


def amounts(**numbers: int | str | Fraction) -> dict[str, Fraction]:
    """Return amounts as exact fractions; a decimal is written as a text: ``amounts(cpu="0.1", memory=18)``."""
    return {name: Fraction(number) for name, number in numbers.items()}


def fractions_of(demand: Amounts, total: Amounts) -> dict[str, Fraction]:
    """Return which part of each resource one task takes."""
    return {name: amount / total[name] for name, amount in demand.items() if amount}


def dominant_share(tasks: Fraction | int, demand: Amounts, total: Amounts) -> Fraction:
    """Return the largest part of any one resource that so many tasks take."""
    return tasks * max(fractions_of(demand, total).values(), default=Fraction(0))


def progressive_filling(total: Amounts, users: Sequence[User]) -> list[Step]:
    """Return the steps in which whole tasks are given out, each to the user with the smallest dominant share.

    Shares are divided by the weights; among equals the user named first goes first. Who has no room for another task
    is passed over, and it ends when nobody has. A user whose tasks take nothing gets none.
    """
    free = dict(total)
    tasks = {user.name: 0 for user in users}
    steps: list[Step] = []
    while True:
        able = [user for user in users if _fits(user.demand, free)]
        if not able:
            return steps
        poorest = min(able, key=lambda user: dominant_share(tasks[user.name], user.demand, total) / user.weight)
        for name, amount in poorest.demand.items():
            free[name] -= amount
        tasks[poorest.name] += 1
        shares = {user.name: dominant_share(tasks[user.name], user.demand, total) for user in users}
        steps.append(Step(poorest.name, dict(tasks), shares))


def _fits(demand: Amounts, free: Amounts) -> bool:
    return any(demand.values()) and all(amount <= free[name] for name, amount in demand.items())


def dominant_fairness(total: Amounts, users: Sequence[User]) -> dict[str, Fraction]:
    """Return each user's tasks, cut at will, when weighted dominant shares are raised together.

    Whoever needs a resource that has run out stays where it is; the others go on.
    """
    return _raised(total, users, lambda user: dominant_share(1, user.demand, total))


def asset_fairness(total: Amounts, users: Sequence[User]) -> dict[str, Fraction]:
    """Return each user's tasks, cut at will, when the weighted sums of their fractions are raised together."""
    return _raised(total, users, lambda user: sum(fractions_of(user.demand, total).values(), Fraction(0)))


def _raised(total: Amounts, users: Sequence[User], worth: Callable[[User], Fraction]) -> dict[str, Fraction]:
    """Return the tasks when what they are worth, divided by the weight, rises at one pace until nothing is left."""
    pace = {user.name: user.weight / worth(user) for user in users if any(user.demand.values())}
    tasks = {user.name: Fraction(0) for user in users}
    free, rising = dict(total), [user for user in users if user.name in pace]
    while rising:
        used = {name: sum((pace[one.name] * one.demand.get(name, 0) for one in rising), Fraction(0)) for name in free}
        level = min(free[name] / rate for name, rate in used.items() if rate)
        for user in rising:
            tasks[user.name] += level * pace[user.name]
        free = {name: amount - level * used[name] for name, amount in free.items()}
        rising = [one for one in rising if all(free[name] for name, amount in one.demand.items() if amount)]
    return tasks


def equal_incomes(total: Amounts, users: Sequence[User]) -> dict[str, Fraction]:
    """Return the tasks of two users, cut at will, in a competitive equilibrium from equal incomes.

    The product of both numbers of tasks, each raised to its weight, is the greatest possible. It lies where two
    resources run out at once, or on the part of one resource's boundary where each spends its budget on that alone.

    Raises
    ------
    ValueError
        For another number of users, or tasks that take nothing.
    """
    if len(users) != 2 or not all(any(user.demand.values()) for user in users):
        raise ValueError("equal_incomes takes two users whose tasks take something")
    one, two = users
    budget = one.weight / (one.weight + two.weight)
    points = _corners(total, one, two)
    for name, whole in total.items():
        points += _spent_on(whole, one.demand.get(name), two.demand.get(name), budget)
    able = [point for point in points if _affordable(total, one, two, point)]
    best = max(able, key=lambda point: _product(point, one.weight, two.weight))
    return {one.name: best[0], two.name: best[1]}


Point = tuple[Fraction, Fraction]


def _spent_on(whole: Fraction, one: Fraction | None, two: Fraction | None, budget: Fraction) -> list[Point]:
    """Return the point at which both spend their budgets on one resource, if both need it."""
    return [(whole * budget / one, whole * (1 - budget) / two)] if one and two else []


def _corners(total: Amounts, one: User, two: User) -> list[Point]:
    """Return the points at which two resources run out at once."""
    names, found = list(total), []
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            a, b = one.demand.get(first, Fraction(0)), two.demand.get(first, Fraction(0))
            c, d = one.demand.get(second, Fraction(0)), two.demand.get(second, Fraction(0))
            if determinant := a * d - b * c:
                found.append(
                    ((total[first] * d - b * total[second]) / determinant,
                     (a * total[second] - total[first] * c) / determinant)
                )  # fmt: skip
    return found


def _affordable(total: Amounts, one: User, two: User, point: Point) -> bool:
    return min(point) >= 0 and all(
        one.demand.get(name, 0) * point[0] + two.demand.get(name, 0) * point[1] <= whole
        for name, whole in total.items()
    )


def _product(point: Point, one: Fraction, two: Fraction) -> Fraction:
    """Return the product to be made greatest; weights are brought to whole exponents, so that it stays exact."""
    scale = one.denominator * two.denominator
    return Fraction(point[0] ** int(one * scale) * point[1] ** int(two * scale))
