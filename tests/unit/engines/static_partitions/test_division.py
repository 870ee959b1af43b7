"""Who gets which machines."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.make import app, scenario, seconds
from workbench.engines.static_partitions.division import at_once, divide, machines_of
from workbench.model.workload import Arrivals, Team


@pytest.mark.parametrize(
    ("machines", "claims", "expected"),
    [
        pytest.param(10, {"a": 1, "b": 1}, {"a": 5, "b": 5}, id="even"),
        pytest.param(10, {"a": 3, "b": 1}, {"a": 8, "b": 2}, id="7.5 and 2.5: the earlier one of equal remainders"),
        pytest.param(7, {"a": 1, "b": 1, "c": 1}, {"a": 3, "b": 2, "c": 2}, id="one left over"),
        pytest.param(5, {"a": 49, "b": 51}, {"a": 2, "b": 3}, id="the larger remainder"),
        pytest.param(4, {"a": 0, "b": 0}, {"a": 2, "b": 2}, id="nobody claims anything"),
    ],
)
def test_largest_remainder(machines, claims, expected):
    assert divide(machines, {team: Fraction(claim) for team, claim in claims.items()}) == expected


SHOP = app("web", replicas=6, cpu=1000, team="shop")
BATCH = app("jobs", "batch", replicas=40, cpu=1000, team="batch")


@pytest.mark.parametrize(
    ("rule", "teams", "counts"),
    [
        pytest.param("lasting-first", [], {"shop": 3, "batch": 5},
                     id="two machines hold the shop; the other six go by demand, 6 to 40"),
        pytest.param("demand", [], {"shop": 1, "batch": 7}, id="all by demand, 6 to 40"),
        pytest.param("weight", [], {"shop": 4, "batch": 4}, id="all by weight"),
        pytest.param("weight", [Team("shop", weight=3.0)], {"shop": 6, "batch": 2}, id="three times the weight"),
        pytest.param("demand", [Team("shop", weight=20.0)], {"shop": 6, "batch": 2}, id="demand 120 to 40"),
    ],
)  # fmt: skip
def test_rules(rule, teams, counts):
    made = machines_of(scenario(SHOP, BATCH, machines=8, teams=teams), rule)
    assert {team: len(machines) for team, machines in made.items()} == counts


def test_machines_are_dealt_in_order():
    made = machines_of(scenario(SHOP, BATCH, machines=8), "weight")
    assert {team: list(machines) for team, machines in made.items()} == {"shop": [0, 1, 2, 3], "batch": [4, 5, 6, 7]}


def test_more_lasting_demand_than_machines_is_divided_in_proportion():
    made = machines_of(
        scenario(app("a", replicas=24, cpu=1000, team="a"), app("b", replicas=8, cpu=1000, team="b"), machines=4),
        "lasting-first",
    )
    assert {team: len(machines) for team, machines in made.items()} == {"a": 3, "b": 1}


def test_tasks_at_once():
    arriving = app("jobs", "batch", replicas=0, runs=60, arrivals=Arrivals(0.5, "poisson", seconds(100)))
    made = scenario(arriving, machines=3)
    assert at_once(arriving, made) == 30
    assert at_once(app("jobs", "batch", replicas=40, parallelism=5), made) == 5
    assert at_once(app("log", "daemon"), made) == 3
