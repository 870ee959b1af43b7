"""Rules of fairness against the worked example of the paper, and against what must hold for any demands."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.experiments.fairness import (
    User,
    amounts,
    asset_fairness,
    dominant_fairness,
    dominant_share,
    equal_incomes,
    progressive_filling,
)

POOL = amounts(cpu=9, memory=18)
A = User("A", amounts(cpu=1, memory=4))
B = User("B", amounts(cpu=3, memory=1))


def test_filling_goes_to_the_smaller_dominant_share_and_ends_at_three_and_two():
    steps = progressive_filling(POOL, [A, B])
    assert [step.user for step in steps] == ["A", "B", "A", "B", "A"]
    assert steps[-1].tasks == {"A": 3, "B": 2}
    assert steps[-1].shares == {"A": Fraction(2, 3), "B": Fraction(2, 3)}


@pytest.mark.parametrize(
    ("rule", "first", "second"),
    [
        pytest.param(dominant_fairness, Fraction(3), Fraction(2), id="DRF cuts nothing here: 3 and 2"),
        pytest.param(asset_fairness, Fraction(63, 25), Fraction(54, 25), id="asset fairness: 2.52 and 2.16"),
        pytest.param(equal_incomes, Fraction(45, 11), Fraction(18, 11), id="CEEI: 4.09 and 1.64"),
    ],
)
def test_the_three_rules_come_to_what_the_paper_says(rule, first, second):
    assert rule(POOL, [A, B]) == {"A": first, "B": second}


def test_asset_fairness_may_give_somebody_less_than_an_equal_part_of_the_pool():
    tasks = asset_fairness(POOL, [A, B])
    assert dominant_share(tasks["A"], A.demand, POOL) == Fraction(14, 25)
    starved = asset_fairness(amounts(x=30, y=30), [User("1", amounts(x=1, y=3)), User("2", amounts(x=1, y=1))])
    assert dominant_share(starved["2"], amounts(x=1, y=1), amounts(x=30, y=30)) < Fraction(1, 2)


def test_twice_the_weight_is_twice_the_dominant_share():
    pool = amounts(cpu=30, memory=30)
    heavy = User("heavy", amounts(cpu=1, memory=1), Fraction(2))
    light = User("light", amounts(cpu=1, memory=1))
    assert progressive_filling(pool, [light, heavy])[-1].tasks == {"light": 10, "heavy": 20}
    for rule in (dominant_fairness, asset_fairness, equal_incomes):
        assert rule(pool, [light, heavy]) == {"light": 10, "heavy": 20}


def test_who_has_no_room_is_passed_over_and_the_other_goes_on():
    pool = amounts(cpu=4, memory=10)
    steps = progressive_filling(pool, [User("big", amounts(cpu=3, memory=1)), User("small", amounts(memory=1))])
    assert steps[-1].tasks == {"big": 1, "small": 9}


def test_a_task_that_takes_nothing_is_never_given_out():
    assert progressive_filling(POOL, [User("nothing", amounts(cpu=0))]) == []
    assert dominant_fairness(POOL, [User("nothing", amounts(cpu=0)), A])["nothing"] == 0


@pytest.mark.parametrize("users", [[A], [A, B, User("C", amounts(cpu=1))], [A, User("nothing", amounts(cpu=0))]])
def test_equal_incomes_says_whom_it_is_for(users):
    with pytest.raises(ValueError, match="two users"):
        equal_incomes(POOL, users)


whole = st.integers(1, 12)
users = st.builds(
    lambda cpu, memory, weight: (amounts(cpu=cpu, memory=memory), Fraction(weight)), whole, whole, st.integers(1, 4)
)


@given(users, users, st.integers(12, 60), st.integers(12, 120))
def test_nobody_can_have_more_without_somebody_having_less(one, two, cpu, memory):
    """Every rule leaves no resource that both need in part: at least one that each needs has run out."""
    pool = amounts(cpu=cpu, memory=memory)
    both = [User("one", *one), User("two", *two)]
    for rule in (dominant_fairness, asset_fairness, equal_incomes):
        tasks = rule(pool, both)
        used = {name: sum(tasks[user.name] * user.demand[name] for user in both) for name in pool}
        assert all(used[name] <= pool[name] for name in pool)
        assert any(used[name] == pool[name] for name in pool)


@given(users, users, st.integers(12, 60), st.integers(12, 120))
def test_under_drf_weighted_dominant_shares_are_equal_where_both_need_everything(one, two, cpu, memory):
    pool = amounts(cpu=cpu, memory=memory)
    both = [User("one", *one), User("two", *two)]
    tasks = dominant_fairness(pool, both)
    shares = [dominant_share(tasks[user.name], user.demand, pool) / user.weight for user in both]
    assert shares[0] == shares[1]


@given(users, users, st.integers(12, 60), st.integers(12, 120))
def test_equal_incomes_makes_the_weighted_product_greatest(one, two, cpu, memory):
    """No other rule's point has a greater product."""
    pool = amounts(cpu=cpu, memory=memory)
    both = [User("one", *one), User("two", *two)]

    def product(tasks):
        return tasks["one"] ** int(both[0].weight) * tasks["two"] ** int(both[1].weight)

    best = product(equal_incomes(pool, both))
    assert all(product(rule(pool, both)) <= best for rule in (dominant_fairness, asset_fairness))
