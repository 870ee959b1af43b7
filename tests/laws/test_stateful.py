"""How the three kinds of service fare, over twenty seeds: what the scenarios of stateful clusters promise."""

from __future__ import annotations

import pytest

from tests.laws.conftest import loaded
from workbench.experiments import replication
from workbench.experiments.check import with_values
from workbench.experiments.metrics import measured
from workbench.experiments.recovery import ladder
from workbench.experiments.run import run

SEEDS = range(1, 21)
SIDES = ("kubernetes", "mesos")
ACTS_S = 1800
PAUSE_S = 11
"""Members wait 10 s for a leader that has fallen silent, and then elect another."""


@pytest.mark.parametrize("side", SIDES)
def test_three_kinds_the_stateless_comes_back_alone_the_named_wait_and_the_copies_go_on(side):
    scenario = loaded("three-kinds")
    for seed in SEEDS:
        trace = run(scenario, side, seed=seed)
        ways = {app.name: ladder(trace, scenario, app.name) for app in scenario.apps}
        assert {name: way and way.alone for name, way in ways.items()} == {"web": True, "ledger": False, "db": False}
        assert measured("heal:web", trace, scenario) < ACTS_S / 2
        assert measured("heal:ledger", trace, scenario) > ACTS_S
        assert measured("refused:db", trace, scenario) < PAUSE_S


def test_back_to_three_a_member_that_is_given_no_time_takes_a_majority_along():
    scenario = loaded("back-to-three")
    for seed in SEEDS:
        assert measured("refused:db", run(scenario, "kubernetes", seed=seed), scenario) < 1
        assert measured("refused:db", run(scenario, "mesos", seed=seed), scenario) > 800


@pytest.mark.parametrize("side", SIDES)
def test_back_to_three_no_byte_is_lost_and_everybody_is_whole_while_there_are_five(side):
    scenario = loaded("back-to-three")
    trace = run(scenario, side)
    assert replication.lost_bytes(trace, "db") == 0
    at_us = 1_400_000_000
    states = {
        member: next(stay.state for stay in stays if stay.start <= at_us < stay.end)
        for member, stays in replication.copies(trace, "db").items()
    }
    assert list(states.values()) == ["serving"] * 5


def test_a_faster_disk_is_no_help_where_the_link_is_the_bound():
    scenario = loaded("back-to-three")

    def copying(**values):
        trace = run(
            with_values(scenario, {f"world.replication.{key}": value for key, value in values.items()}), "mesos"
        )
        stays = [stay for stays in replication.copies(trace, "db").values() for stay in stays]
        return max(stay.end for stay in stays if stay.state == "catching-up" and stay.end < 1_500_000_000)

    assert copying(disk_mb_s=5000.0) == copying(disk_mb_s=500.0)
    assert copying(disk_mb_s=10.0) > copying(disk_mb_s=500.0)
    assert copying(rate_mb_s=10.0) > copying(rate_mb_s=50.0)
