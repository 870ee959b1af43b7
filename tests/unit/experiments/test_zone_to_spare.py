"""An app across zones: a wish on Kubernetes, a rule under Marathon, and what the scenario about it says."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.laws.conftest import loaded
from tests.unit.formats.test_scenario_yaml import HEAD, codes
from workbench.experiments.check import with_values
from workbench.experiments.metrics import measured
from workbench.experiments.run import run
from workbench.model.clock import NEVER

LOSS_US = 300_000_000


def standing(trace, at_us):
    """Return how many instances of the shop run in each zone at a time: machines are dealt to zones in turn."""
    found = Counter()
    tasks = trace["tasks"]
    for app, node, started, ended in zip(
        tasks["app"], tasks["node"], tasks["started_us"], tasks["ended_us"], strict=True
    ):
        if app == "web" and started != NEVER and started <= at_us and (ended == NEVER or ended > at_us):
            found[int(node.removeprefix("node-")) % 3] += 1
    return dict(found)


@pytest.mark.parametrize("side", ["kubernetes", "mesos"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_sides_begin_with_a_third_in_each_zone(side, seed):
    assert standing(run(loaded("zone-to-spare"), side, seed=seed), LOSS_US - 1) == {0: 4, 1: 4, 2: 4}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_wish_is_given_up_and_a_rule_is_not(seed):
    scenario = loaded("zone-to-spare")
    assert sum(standing(run(scenario, "kubernetes", seed=seed), scenario.horizon_us - 1).values()) == 12
    assert standing(run(scenario, "mesos", seed=seed), scenario.horizon_us - 1) == {1: 4, 2: 4}


def test_without_the_rule_marathon_is_quick_but_chance_decides_how_much_a_zone_holds():
    free = with_values(loaded("zone-to-spare"), {"apps.web.across_zones": False})
    lost = []
    for seed in range(1, 9):
        trace = run(free, "mesos", seed=seed)
        assert measured("heal:web", trace, free) < 300
        lost.append(standing(trace, LOSS_US - 1).get(0, 0))
    assert min(lost) < 4 < max(lost)


def test_static_partitions_say_that_they_do_not_know_zones():
    events = run(loaded("zone-to-spare"), "static-partitions")["events"]
    assert ("NoCounterpart", "no-zones") in zip(events["kind"], events["reason"], strict=True)


@pytest.mark.parametrize(
    ("app", "code"),
    [
        pytest.param("{name: web, request: {cpu: 1}, across_zones: true}", "only-with", id="without zones"),
        pytest.param(
            "{name: job, kind: batch, duration: 1s, request: {cpu: 1}, across_zones: true}", "not-for-kind", id="batch"
        ),
    ],
)
def test_where_it_makes_no_sense_it_is_told(app, code):
    assert code in codes(f"{HEAD}apps: [{app}]\n")
