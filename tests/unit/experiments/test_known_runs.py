"""Along a lever no run is made twice, and what is left out would have come to the same."""

from __future__ import annotations

import pytest

from tests.laws.conftest import SCENARIOS, loaded, traced
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.experiments import compare as comparing
from workbench.experiments.check import load, with_values
from workbench.experiments.compare import LEVER_REPLICATIONS, compare
from workbench.experiments.known_runs import KnownRuns
from workbench.experiments.run import run

FOREIGN = [
    pytest.param(name, lever.path, lever.values[0], side, id=f"{name}: {side} does not know {lever.path}")
    for name in SCENARIOS
    for lever in loaded(name).study.levers
    for side in loaded(name).study.control_planes[:2]
    if KnownRuns(loaded(name), (), (), {}).same(
        side, lever.path, with_values(loaded(name), {lever.path: lever.values[0]})
    )
]


@pytest.mark.parametrize(("name", "path", "value", "side"), FOREIGN)
def test_a_setting_of_one_control_plane_changes_nothing_for_another(name, path, value, side):
    assert run(with_values(loaded(name), {path: value}), side).digest() == traced(name, side).digest()


@pytest.mark.parametrize(
    ("path", "value", "same"),
    [
        pytest.param("kubernetes.kubelet.relist_period_s", 2.0, {"mesos", "static-partitions"}, id="Kubernetes' own"),
        pytest.param("mesos.offers.refuse_s", 1.0, {"kubernetes", "static-partitions"}, id="Mesos' own"),
        pytest.param("world.tasks.start_jitter", 0.1, set(), id="everybody's"),
        pytest.param("apps.web.replicas", 2, set(), id="the scenario's"),
        pytest.param("apps.web.replicas", 6, set(CONTROL_PLANES), id="what it is anyway"),
    ],
)
def test_whose_runs_stay_the_same(path, value, same):
    made = load("first-look")
    known = KnownRuns(made, (), (), {})
    changed = with_values(made, {path: value})
    assert {side for side in CONTROL_PLANES if known.same(side, path, changed)} == same
    assert known.same("a-policy-of-mine", path, changed) == (changed == made)


@pytest.mark.parametrize("replications", [2, 6], ids="{} repeats".format)
def test_turns_are_those_of_all_runs_and_few_runs_are_made(monkeypatch, replications):
    runs = []
    monkeypatch.setattr(comparing, "run", lambda *args, **keys: runs.append(args) or run(*args, **keys))
    told = []
    made = load("who-heals-first")
    lever = made.study.levers[0]
    turn = compare(made, replications=replications, progress=told.append).turns[0]
    runs_made = len(runs)
    assert told[-1] == 1.0
    seeds = range(1, LEVER_REPLICATIONS + 1)
    for value, difference in zip(lever.values, turn.differences, strict=True):
        brute = compare(with_values(made, {lever.path: value}), replications=len(seeds), seed=seeds[0], deeper=False)
        assert difference == brute.row(made.study.finding.measure).difference
    levers = 2 * len(lever.values) * LEVER_REPLICATIONS  # each turns what one side does
    assert runs_made == (4 * replications) + levers + 2 * max(0, LEVER_REPLICATIONS - replications)
