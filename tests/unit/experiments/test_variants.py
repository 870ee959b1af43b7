"""A control plane compared with itself: variants are sides like any other, under settings of their own."""

from __future__ import annotations

import pytest

from workbench.engines.catalogue import PARAMETERS
from workbench.errors import ScenarioError
from workbench.experiments.check import load, with_values
from workbench.experiments.compare import compare
from workbench.experiments.explain import Facts, find_out
from workbench.experiments.known_runs import KnownRuns
from workbench.experiments.run import run
from workbench.experiments.sides import explained, known, with_sides
from workbench.experiments.sweep import sweep
from workbench.experiments.variants import base, differing
from workbench.views.widgets.panel.settings import settings

PATIENCE = "kubernetes.admission.default_toleration_s"
REFUSAL = "mesos.offers.refuse_s"
SCENARIO = """
name: varied
title: Varied
question: Which?
horizon: 120s
cluster:
  pools: [{name: node, count: 3, capacity: {cpu: 2, memory: 4Gi}}]
apps:
  - {name: web, replicas: 3, request: {cpu: 1, memory: 1Gi}, start: 2s, ready: 1s}
faults: [{kind: node-loss, node: node-0, at: 30s}]
study:
  variants:
    hasty:
      of: kubernetes
      label: {en: Hasty one, zh: 急性子}
      parameters: {kubernetes.admission.default_toleration_s: 5}
    picky: {of: mesos, parameters: {mesos.offers.refuse_s: 60}}
  control_planes: [kubernetes, hasty]
  replications: 2
  measures: ["heal:web"]
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "varied.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


@pytest.fixture
def scenario(file):
    return load(file)


class TestRuns:
    def test_a_variant_is_its_control_plane_under_its_settings_byte_for_byte(self, scenario):
        set_for_all = with_values(scenario, {PATIENCE: 5})
        assert run(scenario, "hasty").digest() == run(set_for_all, "kubernetes").digest()
        assert run(scenario, "hasty").digest() != run(scenario, "kubernetes").digest()

    def test_its_trace_bears_its_name(self, scenario):
        assert run(scenario, "hasty").control_plane == "hasty"
        assert run(scenario, "kubernetes").control_plane == "kubernetes"

    def test_its_settings_win_over_the_scenario_s(self, scenario):
        slow = with_values(scenario, {PATIENCE: 100})
        assert run(slow, "hasty").digest() == run(scenario, "hasty").digest()

    def test_it_is_compared_with_the_same_seeds(self, scenario):
        made = compare(scenario, deeper=False)
        assert made.sides == ("kubernetes", "hasty")
        assert made.row("heal:web").difference.second_lower == 2

    def test_any_sides_can_be_chosen(self, scenario):
        chosen = compare(scenario, sides=("mesos", "picky", "hasty"), replications=1, deeper=False)
        assert set(chosen.traces) == {"mesos", "picky", "hasty"}
        assert with_sides(scenario, ("hasty", "mesos")).study.control_planes == ("hasty", "mesos")

    def test_sides_chosen_by_hand_stay_when_the_scenario_is_changed(self, scenario):
        chosen = with_sides(scenario, ("hasty", "picky"))
        assert with_values(chosen, {"apps.web.replicas": 2}).study.control_planes == ("hasty", "picky")
        other = with_values(chosen, {"study.control_planes": ["mesos", "picky"]})
        assert other.study.control_planes == ("mesos", "picky")

    def test_a_sweep_varies_for_it_what_concerns_its_control_plane(self, scenario):
        made = sweep(scenario, {"mesos.batch.idle_refuse_s": (5, 10), "apps.web.replicas": (1, 2)}, measure="heal:web",
                     sides=("hasty", "picky"))  # fmt: skip
        assert [len([one for one in made.points if one.side == side]) for side in made.sides] == [2, 4]

    @pytest.mark.parametrize(
        ("path", "followers"),
        [
            pytest.param(PATIENCE, ["kubernetes"], id="one that a variant has for itself"),
            pytest.param("kubernetes.kubelet.relist_period_s", ["kubernetes", "hasty"], id="one of its control plane"),
            pytest.param(REFUSAL, ["mesos"], id="one of another's"),
            pytest.param("world.disks.attach_s", ["kubernetes", "hasty", "mesos", "picky"], id="one of the World"),
            pytest.param("apps.web.replicas", ["kubernetes", "hasty", "mesos", "picky"], id="a value of the scenario"),
        ],
    )
    def test_what_does_not_reach_a_side_is_not_varied_for_it(self, scenario, path, followers):
        sides = ("kubernetes", "hasty", "mesos", "picky")
        values = (1, 2)
        made = sweep(scenario, {path: values}, measure="heal:web", sides=sides)
        assert [side for side in sides if sum(one.side == side for one in made.points) == 2] == followers
        changed, knows = with_values(scenario, {path: values[0]}), KnownRuns(scenario, (), (), {})
        assert [side for side in sides if not knows.same(side, path, changed)] == followers
        shown = [one.path for one in settings(with_sides(scenario, ("hasty", "picky")))]
        assert (path in shown) is (not {"hasty", "picky"}.isdisjoint(followers) and path in PARAMETERS)


class TestAbout:
    def test_it_is_known_and_explained_as_its_control_plane_is(self, scenario):
        assert {"hasty", "picky"} <= set(known(scenario))
        assert explained(scenario) == ("kubernetes", "mesos", "hasty", "picky")
        assert [base(scenario, side) for side in ("hasty", "picky", "mesos")] == ["kubernetes", "mesos", "mesos"]

    def test_why_is_told_by_the_rules_of_its_control_plane(self, scenario):
        kubernetes, mesos = (find_out(scenario, side, "web") for side in ("hasty", "picky"))
        first, second = (find_out(scenario, one.side, one.rows[0][0]) for one in (kubernetes, mesos))
        assert isinstance(first, Facts)
        assert isinstance(second, Facts)
        assert (first.mesos, second.mesos) == (False, True)
        assert first.attempts
        assert first.trace.digest() == run(scenario, "hasty").digest()

    @pytest.mark.parametrize(
        ("sides", "paths"),
        [
            pytest.param(("kubernetes", "hasty"), {PATIENCE: {"kubernetes": 300, "hasty": 5}}, id="beside its own"),
            pytest.param(("mesos", "hasty"), {PATIENCE: {"hasty": 5}}, id="beside another, which has no such setting"),
            pytest.param(("kubernetes", "mesos"), {}, id="no variant, nothing to tell"),
            pytest.param(("hasty", "picky"), {PATIENCE: {"hasty": 5}, REFUSAL: {"picky": 60}}, id="two variants"),
        ],
    )
    def test_the_settings_in_which_sides_differ(self, scenario, sides, paths):
        assert {one.path: dict(one.values) for one in differing(scenario, sides)} == paths

    def test_a_setting_that_is_the_same_everywhere_is_not_told(self, scenario):
        same = with_values(scenario, {PATIENCE: 5})
        assert differing(same, ("kubernetes", "hasty")) == ()


def problems(file, old, new):
    file.write_text(SCENARIO.replace(old, new), encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(file)
    return [f"{one.place}: {one.text()}" for one in caught.value.problems]


class TestFaults:
    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            pytest.param("picky:", "mesos:", "'mesos' is a control plane itself", id="the name of a control plane"),
            pytest.param("picky:", "Not_so:", "'Not_so' is no name for a variant", id="a name for no command line"),
            pytest.param("picky:", "agree:", "'agree' is no name for a variant", id="a placeholder of its own meaning"),
            pytest.param("of: mesos", "of: meso", "did you mean 'mesos'?", id="of nothing there is"),
            pytest.param("of: mesos", "of: hasty", "does not exist among the control planes", id="of a variant"),
            pytest.param("refuse_s: 60", "refuse: 60", "did you mean 'mesos.offers.refuse_s'?", id="no such setting"),
            pytest.param("refuse_s: 60", "refuse_s: -1", "is outside", id="a value out of range"),
            pytest.param("mesos.offers.refuse_s: 60", "kubernetes.metrics.nothing: 1", "no setting", id="unknown"),
            pytest.param("mesos.offers.refuse_s", PATIENCE, "is no setting of mesos", id="another control plane's"),
            pytest.param("mesos.offers.refuse_s", "world.images.rate_mib_s", "holds for every side", id="the World's"),
            pytest.param("zh: 急性子", "zh: '<b>'", "is no label for a side", id="a label with markup"),
            pytest.param("en: Hasty one", "en: A name that is much too long", "is no label", id="a long label"),
            pytest.param("[kubernetes, hasty]", "[kubernetes, haste]", "did you mean 'hasty'?", id="no such side"),
            pytest.param("parameters: {mesos.offers.refuse_s: 60}", "parameters: {}", "parameters", id="no setting"),
        ],
    )
    def test_told_with_place_and_cure(self, file, old, new, said):
        assert old in SCENARIO
        (problem,) = problems(file, old, new)
        assert said in problem
        assert "study" in problem

    def test_all_at_once(self, file):
        broken = "mesos: {of: meso, parameters: {mesos.offers.refuse: 60}}"
        assert len(problems(file, "picky: {of: mesos, parameters: {mesos.offers.refuse_s: 60}}", broken)) == 3

    def test_a_side_on_the_command_line_that_there_is_not(self, scenario):
        with pytest.raises(ScenarioError, match="did you mean 'hasty'"):
            compare(scenario, sides=("kubernetes", "hastly"))


def test_every_variant_of_a_shipped_scenario_sets_what_is_declared():
    from tests.laws.conftest import SCENARIOS

    for name in SCENARIOS:
        for variant in load(name).study.variants.values():
            assert variant.parameters.keys() <= PARAMETERS.keys()
