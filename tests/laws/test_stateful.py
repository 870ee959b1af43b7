"""How the three kinds of service fare, over twenty seeds: what the scenarios of stateful clusters promise."""

from __future__ import annotations

import pytest

from tests.laws.conftest import loaded
from workbench.experiments import replication
from workbench.experiments.check import with_values
from workbench.experiments.metrics import measured
from workbench.experiments.recovery import ladder
from workbench.experiments.run import run
from workbench.experiments.volume_kinds import VolumePlugin, with_volume_plugin

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


@pytest.mark.parametrize("disks", ["persistent", "external"])
def test_no_way_back_a_set_that_goes_in_order_never_goes_back_and_marathon_does(disks):
    scenario = with_values(loaded("no-way-back"), {"mesos.workloads.network_volumes": disks})
    for seed in SEEDS:
        stuck, back = run(scenario, "kubernetes", seed=seed), run(scenario, "mesos", seed=seed)
        assert replication.copies(stuck, "db")[2][-1].state == "stopped"
        assert measured("refused:db", stuck, scenario) == 0  # two of three go on
        assert {stays[-1].state for stays in replication.copies(back, "db").values()} == {"serving"}
        assert list(replication.copies(back, "db")) == [0, 1, 2]  # a new version finds the disks of the old one
        assert 300 < measured("short_of_copies:db", back, scenario) < 900


def test_no_way_back_a_set_that_does_not_mind_the_order_goes_back():
    scenario = with_values(loaded("no-way-back"), {"apps.db.ordered": False})
    for seed in SEEDS:
        assert measured("short_of_copies:db", run(scenario, "kubernetes", seed=seed), scenario) < 400


# -- the answers that notebook 03 gives --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "minutes", "stays"),
    [
        pytest.param("kubernetes", 29, True, id="Kubernetes, 29 min"),
        pytest.param("kubernetes", 31, False, id="Kubernetes, 31 min"),
        pytest.param("mesos", 22, True, id="Mesos, 22 min"),
        pytest.param("mesos", 24, False, id="Mesos, 24 min"),
    ],
)
def test_how_late_a_person_may_act_between_two_losses(side, minutes, stays):
    scenario = with_values(loaded("ensemble"), {"world.operator.reaction_s": minutes * 60.0})
    worst = max(measured("refused:db", run(scenario, side, seed=seed), scenario) for seed in SEEDS)
    assert (worst < 30) == stays


@pytest.mark.parametrize(("grace_s", "stays"), [(12.0, False), (15.0, True)])
def test_how_much_time_to_stop_keeps_a_majority(grace_s, stays):
    scenario = with_values(loaded("back-to-three"), {"mesos.workloads.kill_grace_s": grace_s})
    worst = max(measured("refused:db", run(scenario, "mesos", seed=seed), scenario) for seed in (1, 2, 3))
    assert (worst < 1) == stays


class Mirrored(VolumePlugin):
    """Every byte on two machines."""

    name = "mirrored"

    def provision(self, want, site):
        first = max(want.node, 0)
        second = next(machine for machine in site.machines if machine != first)
        return [site.on_disk(machine, served=True) for machine in (first, second)]


def test_a_disk_on_two_machines_brings_back_the_task_and_not_the_pod():
    scenario = with_volume_plugin("three-kinds", Mirrored, apps="ledger")
    for seed in (1, 2, 3):
        assert measured("heal:ledger", run(scenario, "mesos", seed=seed), scenario) < 120
        assert measured("heal:ledger", run(scenario, "kubernetes", seed=seed), scenario) > ACTS_S
