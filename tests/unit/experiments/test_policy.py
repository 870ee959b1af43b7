"""A policy of one's own: it decides, is compared with the default, and every mistake is told by name."""

import random
import statistics
from dataclasses import dataclass

import pytest

import workbench as wb
from tests import make
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.errors import PolicyError, WorkbenchError
from workbench.experiments.check import with_values
from workbench.experiments.metrics import measured
from workbench.experiments.sides import carrying
from workbench.model.workload import Duration
from workbench.views.i18n import Texts
from workbench.views.report.material import Material


class LeastUsed(wb.ScorePlugin):
    """As in the notebook."""

    def score(self, state, pod, node):
        return 100 - 100 * node.measured_cpu // node.allocatable["cpu"]


class LastOnly(wb.FilterPlugin):
    name = "last-only"

    def filter(self, state, pod, node):
        return None if node.name == "node-2" else wb.unschedulable("not the last one")


def scenario(**more):
    app = make.app("job", "batch", replicas=4, cpu=1000, duration=Duration(60_000_000), **more)
    return make.scenario(app, machines=3, horizon=120)


def nodes_of(trace):
    return dict(zip(trace["tasks"]["task"], trace["tasks"]["node"], strict=True))


class TestItDecides:
    def test_a_filter_keeps_pods_off_nodes_and_its_reason_is_told(self):
        trace = wb.run(wb.with_policy(scenario(), LastOnly), "last-only")
        assert set(nodes_of(trace).values()) <= {"node-2", ""}
        assert trace.control_plane == "last-only"
        assert "last-only/not the last one=2" in trace["decisions"]["rejected"]

    def test_a_score_weighs_as_much_as_it_is_told_to(self):
        class First(wb.ScorePlugin):
            def score(self, state, pod, node):
                return 5 if node.name == "node-0" else 0

        light, heavy = (wb.with_policy(scenario(), First, weight=weight) for weight in (1, 100))
        assert set(nodes_of(wb.run(heavy, "First")).values()) == {"node-0"}
        assert set(nodes_of(wb.run(light, "First")).values()) > {"node-0"}

    def test_one_without_a_name_is_called_after_its_class_and_stays_as_it_is(self):
        @dataclass(frozen=True)
        class Always(wb.ScorePlugin):
            points: int

            def score(self, state, pod, node):
                return self.points

        made = Always(7)
        assert wb.run(wb.with_policy(scenario(), made), "Always").control_plane == "Always"
        assert made.name == ""

    @pytest.mark.parametrize("name", ["2-fast", "v1.2", "最少使用"])
    def test_its_name_is_any_word(self, name):
        named = type("Named", (LeastUsed,), {"name": name})
        assert wb.with_policy(scenario(), named).study.control_planes == ("kubernetes", name)

    def test_default_plugins_can_be_left_out(self):
        class Nothing(wb.ScorePlugin):
            def score(self, state, pod, node):
                return 0

        full = wb.with_policy(scenario(), Nothing, without=["NodeResourcesFit", "NodeResourcesBalancedAllocation"])
        made = [len(set(nodes_of(wb.run(full, "Nothing", seed=seed)).values())) for seed in range(10)]
        assert min(made) == 1 or 2 in made  # chance alone spreads four pods over three nodes unevenly

    def test_what_is_measured_is_what_processes_use_a_while_ago(self):
        seen = []

        class Watching(wb.ScorePlugin):
            def score(self, state, pod, node: NodeInfo):
                seen.append((node.name, node.measured_cpu))
                return 0

        early = make.app("early", "batch", replicas=3, cpu=1000, cpu_use=2.5, duration=Duration(600_000_000))
        late = make.app("late", "batch", replicas=1, cpu=1000, at=40)
        made = make.scenario(early, late, machines=3, horizon=60)
        wb.run(wb.with_policy(made, Watching, measured_every_s=30), "Watching")
        assert {cpu for _, cpu in seen[:6]} == {0}
        assert dict(seen[-3:]) == dict.fromkeys(("node-0", "node-1", "node-2"), 2500)

    def test_a_machine_never_uses_more_than_it_has(self):
        seen = []

        class Watching(wb.ScorePlugin):
            def score(self, state, pod, node):
                seen.append(node.measured_cpu)
                return 0

        hungry = make.app("hungry", "batch", replicas=3, cpu=1000, cpu_use=50, duration=Duration(600_000_000))
        made = make.scenario(hungry, make.app("late", "batch", replicas=1, cpu=1000, at=40), machines=2, horizon=60)
        wb.run(wb.with_policy(made, Watching), "Watching")
        assert max(seen) == made.cluster.nodes[0].capacity["cpu"]


class TestItIsCompared:
    def test_default_left_own_right_with_a_paired_difference(self):
        made = wb.compare(wb.with_policy("hot-machines", LeastUsed), replications=5)
        assert made.sides == ("kubernetes", "LeastUsed")
        row = made.row("cpu_short")
        assert row.difference.second_lower == 5
        assert row.difference.high < 0

    def test_the_default_side_is_that_of_the_plain_scenario(self):
        plain = wb.run("hot-machines", "kubernetes").digest()
        assert wb.run(wb.with_policy("hot-machines", LeastUsed), "kubernetes").digest() == plain

    def test_moved_settings_keep_the_policy(self):
        moved = with_values(wb.with_policy("hot-machines", LeastUsed), {"apps.hungry.cpu_use": 2})
        assert moved.study.control_planes == ("kubernetes", "LeastUsed")
        assert wb.run(moved, "LeastUsed").control_plane == "LeastUsed"

    def test_what_a_plugin_remembers_of_one_run_does_not_reach_the_next(self):
        class Counting(wb.ScorePlugin):
            def __init__(self):
                self.asked = 0

            def score(self, state, pod, node):
                self.asked += 1
                return self.asked % 101

        made = wb.with_policy(scenario(), Counting)
        assert wb.run(made, "Counting").digest() == wb.run(made, "Counting").digest()

    def test_two_policies_stand_side_by_side(self):
        both = wb.with_policy(wb.with_policy(scenario(), LeastUsed), LastOnly)
        assert both.study.control_planes == ("kubernetes", "LeastUsed", "last-only")

    def test_its_decisions_are_explained_with_its_points(self):
        said = wb.explain(wb.with_policy("hot-machines", LeastUsed), on="LeastUsed", name="modest-20", at=200)
        assert "LeastUsed" in str(said)

    def test_the_report_holds_its_source_and_the_call_that_repeats_it(self):
        made = wb.compare(wb.with_policy(scenario(), LeastUsed, weight=3), replications=1)
        assert Material(made).command == (
            'wb.compare(wb.with_policy("made", LeastUsed, weight=3), seed=1, replications=1)'
        )
        (policy,) = made.scenario.policies.values()
        assert policy.source.startswith("class LeastUsed(wb.ScorePlugin):")
        assert policy.source.endswith('node.allocatable["cpu"]')

    def test_the_call_makes_the_plugin_as_it_was_made_and_owns_up_where_that_is_not_known(self):
        @dataclass
        class Level(LeastUsed):
            high: int

            def __repr__(self):
                return f"Level(high={self.high})"

        class Silent(LeastUsed):
            def __init__(self, high):
                self.high = high

        for plugin, call in (
            (LeastUsed, "LeastUsed"),
            (LeastUsed(), "LeastUsed()"),
            (Level(7), "Level(high=7)"),
            (Silent(7), "Silent(...)"),
        ):
            (policy,) = wb.with_policy(scenario(), plugin, weight=2).policies.values()
            assert policy.call == f"{call}, weight=2"

    def test_without_policies_nothing_changes(self):
        made = scenario()
        assert carrying(made, {}) is made


def asked(plugin, **more):
    """Return the fault of a run in which `plugin` is asked, in both languages."""
    with pytest.raises(PolicyError) as caught:
        wb.run(wb.with_policy(scenario(), plugin, **more), plugin.__name__)
    return str(caught.value), Texts("zh").error(caught.value)


def scoring(answer):
    class Bad(wb.ScorePlugin):
        def score(self, state, pod, node):
            return answer() if callable(answer) else answer

    return Bad


class TestNonsenseIsToldByName:
    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            pytest.param(float("nan"), "answered nan", id="not a number"),
            pytest.param(50.0, "answered 50.0", id="a fraction"),
            pytest.param(None, "answered None", id="nothing, as a missing return gives"),
            pytest.param(True, "answered True", id="yes or no"),
            pytest.param("7", "answered '7'", id="a text"),
            pytest.param(101, "answered 101", id="too much"),
            pytest.param(-1, "answered -1", id="too little"),
            pytest.param(lambda: 1 // 0, "raised ZeroDivisionError: integer division or modulo by zero", id="raises"),
            pytest.param(lambda: {}["gpu"], "raised KeyError: 'gpu'", id="looks up what is not there"),
        ],
    )
    def test_of_a_score(self, answer, said):
        for text in asked(scoring(answer)):
            assert text.startswith("Bad.score, node node-0, pod job-")
        assert said in asked(scoring(answer))[0]

    @pytest.mark.parametrize("answer", [True, False, "too full", ("Unschedulable", "x"), 0])
    def test_of_a_filter(self, answer):
        class Bad(wb.FilterPlugin):
            def filter(self, state, pod, node):
                return answer

        english, chinese = asked(Bad)
        assert english.startswith("Bad.filter, node node-0, pod job-")
        assert f": answered {answer!r}; a filter answers None" in english
        assert 'wb.unschedulable("原因")' in chinese

    @pytest.mark.parametrize("reasons", [(), (1,)], ids=["without words", "a number for words"])
    def test_of_a_refusal_before_nodes_are_looked_at(self, reasons):
        class Bad(wb.FilterPlugin):
            def pre_filter(self, pod, cluster):
                return wb.unschedulable(*reasons)

        english, chinese = asked(Bad)
        assert english.startswith("Bad.pre_filter, pod job-")
        assert 'wb.unschedulable("the reason")' in english
        assert 'wb.unschedulable("原因")' in chinese

    def test_of_one_that_puts_the_nodes_in_another_order(self):
        class Bad(wb.ScorePlugin):
            def score(self, state, pod, node):
                return 0

            def normalize_score(self, state, scores, feasible):
                feasible.reverse()
                return scores

        assert "raised AttributeError" in asked(Bad)[0]

    def test_of_one_that_takes_scores_away(self):
        class Bad(wb.ScorePlugin):
            def score(self, state, pod, node):
                return 0

            def normalize_score(self, state, scores, feasible):
                scores.pop()
                return scores

        assert "write a list of 3 whole numbers" in asked(Bad)[0]

    def test_of_normalising(self):
        class Bad(wb.ScorePlugin):
            def score(self, state, pod, node):
                return 5_000

            def normalize_score(self, state, scores, feasible):
                return scores[1:]

        assert asked(Bad)[0].startswith("Bad.normalize_score, pod job-")
        assert "answered [5000, 5000]; write a list of 3 whole numbers" in asked(Bad)[0]

    def test_of_a_method_with_other_arguments(self):
        class Bad(wb.ScorePlugin):
            def score(self, pod, node):
                return 1

        assert "write 'def score(self, state, pod, node)'" in asked(Bad)[0]

    def test_where_the_line_stands_is_said(self):
        class Bad(wb.ScorePlugin):
            def score(self, state, pod, node):
                return 100 - node.measured_gpu

        english, chinese = asked(Bad)
        assert "return 100 - node.measured_gpu" in english
        assert "return 100 - node.measured_gpu" in chinese

    def test_the_line_is_the_plugins_own_where_a_library_raises(self):
        class Bad(wb.ScorePlugin):
            def score(self, state, pod, node):
                return statistics.mean([])

        assert ": return statistics.mean([]))" in asked(Bad)[0]


class Holding(LeastUsed):
    def __init__(self):
        self.module = random


class TestRegisteringIsChecked:
    @pytest.mark.parametrize(
        ("plugin", "options", "said"),
        [
            pytest.param(dict, {}, "dict is no plugin", id="something else"),
            pytest.param(type("Bad", (LeastUsed,), {"name": "a b"}), {}, "'a b' is no name", id="two words for a name"),
            pytest.param(LeastUsed, {"weight": 0}, "LeastUsed has the weight 0", id="no weight"),
            pytest.param(LeastUsed, {"weight": 2.5}, "a whole number from 1 to 100", id="a broken weight"),
            pytest.param(LeastUsed, {"without": "NodeResourceFit"}, "'NodeResourcesFit'", id="a plugin there is not"),
            pytest.param(LeastUsed, {"weight": "5"}, "has the weight '5'", id="a weight in quotes"),
            pytest.param(LeastUsed, {"without": None}, "None is not a list", id="nothing to leave out"),
            pytest.param(LeastUsed, {"without": 5}, "5 is not a list", id="a number to leave out"),
            pytest.param(LeastUsed, {"measured_every_s": "15"}, "'15' is not a number", id="a time in quotes"),
            pytest.param(Holding, {}, "Holding holds what cannot be copied", id="what cannot be copied"),
            pytest.param(
                type("Heard", (LastOnly,), {"name": "", "events": ["Pod"]}),
                {},
                "Heard.events: ",
                id="events without actions",
            ),
            pytest.param(
                type("Heard", (LastOnly,), {"name": "", "events": {"Pod": "Add"}}),
                {},
                "Heard.events, Pod: 'Add'",
                id="an action that is no list",
            ),
            pytest.param(LeastUsed, {"measured_every_s": 0}, "outside 0.1 to 3600 s", id="measured all the time"),
            pytest.param(type("Idle", (wb.ScorePlugin,), {}), {}, "neither scores nor filters", id="without a method"),
            pytest.param(
                type("ImageLocality", (LeastUsed,), {}), {}, "the name of a default plugin", id="a name that is taken"
            ),
            pytest.param(type("mesos", (LeastUsed,), {}), {}, "the name of another side", id="a side's name"),
        ],
    )
    def test_every_mistake(self, plugin, options, said):
        with pytest.raises(PolicyError) as caught:
            wb.with_policy(scenario(), plugin, **options)
        assert said in str(caught.value)
        assert Texts("zh").error(caught.value) != str(caught.value)

    def test_the_same_name_twice(self):
        with pytest.raises(PolicyError, match="LeastUsed is the name of another side"):
            wb.with_policy(wb.with_policy(scenario(), LeastUsed), LeastUsed)

    def test_all_at_once(self):
        with pytest.raises(PolicyError) as caught:
            wb.with_policy(scenario(), LeastUsed, weight=-1, without=["Nope"], measured_every_s=-1)
        assert len(caught.value.problems) == 3


def test_a_notebook_shows_sentences_in_both_languages_and_no_traceback():
    with pytest.raises(PolicyError) as caught:
        wb.with_policy(scenario(), LeastUsed, weight=0)
    english, chinese = caught.value._render_traceback_()
    assert english == "PolicyError: LeastUsed has the weight 0; a weight is a whole number from 1 to 100"
    assert "权重" in chinese
    assert WorkbenchError("x")._render_traceback_() == ["WorkbenchError: x"]


def test_cpu_that_is_wanted_and_not_there():
    """Two processes want 3 of 4 cores each for half the run: 2 of 6 are lacking, and nothing is when they are apart."""
    app = make.app("job", "batch", replicas=2, cpu=1000, cpu_use=3)
    for nodes, short in ((("node-0", "node-0"), 2 / 6), (("node-0", "node-1"), 0.0)):
        run = make.Written("kubernetes", 100)
        for number, node in enumerate(nodes):
            run.task(f"job-{number}", "job", node, cpu=1000, placed=0, started=0, ended=50)
        assert measured("cpu_short", run.trace, make.scenario(app, machines=2, horizon=100)) == pytest.approx(short)
