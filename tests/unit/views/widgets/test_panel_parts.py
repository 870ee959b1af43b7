"""The parts of the panel that need no widget: changes and the way back, stops of sliders, figures made small."""

import json
import math

import pytest

from tests import make
from workbench.experiments.check import load, shipped, with_values
from workbench.experiments.compare import compare, repeats
from workbench.views.figures import FIGURES, figures_for
from workbench.views.i18n import Texts
from workbench.views.widgets.panel import moment
from workbench.views.widgets.panel.changes import Changes
from workbench.views.widgets.panel.settings import FIRST, MOST, settings
from workbench.views.widgets.panel.stage import fitted, time_axes
from workbench.views.widgets.panel.table import table

T = Texts("en")
SCENARIOS = sorted(shipped())


def known(name):
    return {one.path: one for one in settings(load(name))}


class TestChanges:
    def test_moving_there_and_back_is_no_change(self):
        changes = Changes({"a": 1})
        changes.move("a", 2)
        changes.settle()
        changes.move("a", 1)
        assert changes.now == {}
        assert changes.undoable

    def test_a_drag_is_one_step_and_the_next_setting_another(self):
        changes = Changes({"a": 1, "b": 1})
        for value in (2, 3, 4):
            changes.move("a", value)
        changes.move("b", 7)
        changes.undo()
        assert changes.now == {"a": 4}
        changes.undo()
        assert changes.now == {}
        changes.undo()
        assert not changes.undoable

    def test_reset_without_changes_is_no_step(self):
        changes = Changes({"a": 1})
        changes.reset()
        assert not changes.undoable

    def test_several_at_once_are_one_step(self):
        changes = Changes({"a": 1, "b": 1})
        changes.put({"a": 5, "b": 6})
        assert (changes.value("a"), changes.value("b"), changes.value("c")) == (5, 6, None)
        changes.undo()
        assert not changes.any


class TestSettings:
    @pytest.mark.parametrize("name", SCENARIOS)
    def test_five_at_first_eight_at_most_the_scenarios_own_first(self, name):
        all_of_them = settings(load(name))
        on_view = [one.path for one in all_of_them if one.level != "all"]
        own = [slider.path for slider in load(name).study.sliders]
        assert on_view[: len(own[:FIRST])] == own[:FIRST]
        assert sum(one.level == "first" for one in all_of_them) <= FIRST
        assert len(on_view) <= MOST
        assert len({one.path for one in all_of_them}) == len(all_of_them)

    @pytest.mark.parametrize("name", SCENARIOS)
    def test_every_setting_stops_where_it_was_shipped_and_at_equal_defaults(self, name):
        scenario = load(name)
        for one in settings(scenario):
            assert one.shipped in one.values
            assert scenario.study.equalised.get(one.path, one.shipped) in one.values
            assert list(dict.fromkeys(one.values)) == list(one.values)

    @pytest.mark.parametrize("name", SCENARIOS)
    def test_both_ends_are_accepted(self, name):
        scenario = load(name)
        for one in settings(scenario):
            for value in (one.values[0], one.values[-1]):
                with_values(scenario, {one.path: value})

    @pytest.mark.parametrize(
        ("name", "path", "some"),
        [
            pytest.param("first-look", "apps.web.replicas", (1, 2, 20), id="the scenario's own range, every number"),
            pytest.param(
                "first-look", "kubernetes.admission.default_toleration_s", (0, 30, 35, 60, 300, 3600), id="times"
            ),
            pytest.param("idle-quota", "apps.backlog.duration.mean", ("10s", "60s", "600s"), id="written with units"),
            pytest.param("idle-quota", "apps.late.at", ("0s", "300s", "900s"), id="any time of the run"),
            pytest.param("idle-quota", "mesos.roles.quota_enabled", (False, True), id="a switch"),
            pytest.param("first-look", "kubernetes.scheduler.tie_break", ("random", "first-by-name"), id="a choice"),
        ],
    )
    def test_stops(self, name, path, some):
        values = known(name)[path].values
        assert set(some) <= set(values)
        assert (values[0], values[-1]) == (some[0], some[-1])

    def test_a_tooltip_says_meaning_path_and_source(self):
        about = known("first-look")["mesos.offers.refuse_s"].about(T)
        assert "not offered again" in about
        assert "\nmesos.offers.refuse_s\n" in about
        assert "Filters.refuse_seconds" in about

    def test_control_planes_that_are_not_compared_have_no_settings(self):
        assert not [path for path in known("first-look") if path.startswith("static_partitions")]


class TestMoment:
    def test_before_the_first_fault(self):
        comparison = compare(load("who-heals-first"), replications=1, deeper=False)
        assert moment.moment_s(comparison) == 120 - 9

    def test_before_the_last_arrival(self):
        comparison = compare(load("idle-quota"), replications=1, deeper=False)
        assert moment.moment_s(comparison) == 300 - 9
        assert "late" in moment.said(comparison, T)

    def test_before_the_crowd_comes(self):
        comparison = compare(load("flash-crowd"), replications=1, deeper=False)
        assert 100 < moment.moment_s(comparison) < 130
        assert "many more requests come to web" in moment.said(comparison, T)

    def test_before_requests_come_after_a_time_without_any(self):
        comparison = compare(load("nobody-at-night"), replications=1, deeper=False)
        assert 1320 < moment.moment_s(comparison) < 1350
        assert "many more requests come to web" in moment.said(comparison, T)

    def test_halfway_to_the_answer(self):
        of = make.scenario(make.app("web", replicas=2), horizon=600)
        comparison = make.comparison(of, make.row("opening:web", [80.0], [60.0]))
        assert moment.moment_s(comparison) == 30

    @pytest.mark.parametrize("measure", ["utilisation", "opening:web"])
    def test_in_the_middle_where_no_time_is_measured(self, measure):
        of = make.scenario(make.app("web", replicas=2), horizon=600)
        comparison = make.comparison(of, make.row(measure, [math.inf], [math.inf]))
        assert moment.moment_s(comparison) == 300


class TestStage:
    @pytest.mark.parametrize("name", SCENARIOS)
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_every_figure_fits_and_leaves_its_title_outside(self, name, language):
        comparison = compare(load(name), replications=1, deeper=False)
        for kind in map(FIGURES.get, figures_for(comparison)):
            figure = json.loads(kind.draw(comparison, Texts(language)).to_json())
            title, spec = fitted(figure, 288, timed=kind.timed)
            layout = spec["layout"]
            assert title
            assert not {"<", ">"} & set(title)
            assert "title" not in layout
            assert layout["height"] == 288
            assert layout["margin"]["t"] >= 12
            assert layout["height"] - layout["margin"]["t"] - layout["margin"]["b"] > 120
            assert time_axes(spec) == sorted({trace.get("xaxis", "x") for trace in figure["data"]})

    def test_a_title_that_broke_between_chinese_characters_is_one_again(self):
        figure = {
            "data": [],
            "layout": {
                "title": {"text": "<b>开始服</b><br><b>务 with</b><br><b>Mesos</b>"},
                "margin": {"t": 90, "b": 60},
            },
        }
        title, _ = fitted(figure, 288, timed=False)
        assert title == "开始服务 with Mesos"

    def test_words_along_a_short_axis_are_cut_into_lines_and_marks_thinned(self):
        axis = {"domain": [0.7, 1], "title": {"text": "instances of search"}, "dtick": 1, "range": [0, 12]}
        figure = {"data": [], "layout": {"margin": {"t": 60, "b": 52}, "yaxis": axis}}
        _, spec = fitted(figure, 288, timed=False)
        assert "<br>" in spec["layout"]["yaxis"]["title"]["text"]
        assert spec["layout"]["yaxis"]["dtick"] == 5
        assert axis["dtick"] == 1


class TestTable:
    def test_names_from_a_users_file_are_escaped(self):
        evil = "<img src=x onerror=alert(1)>"
        of = make.scenario(make.app(evil, replicas=2))
        html = table(make.comparison(of, make.row(f"opening:{evil}", [3.0, 4.0], [5.0, 6.0])), T, of=2)
        assert "<img" not in html
        assert "&lt;img" in html

    def test_says_how_many_repeats_are_still_to_come(self):
        of = make.scenario(make.app("web", replicas=2))
        comparison = make.comparison(of, make.row("opening:web", [3.0, 4.0], [5.0, 6.0]))
        assert "2 of 20 repeats" in table(comparison, T, of=20)
        assert ">2 repeats<" in table(comparison, T, of=2)

    def test_there_are_five_rows_at_most(self):
        of = make.scenario(make.app("web", replicas=2))
        rows = [make.row("opening:web", [3.0], [5.0])] * 7
        assert table(make.comparison(of, *rows), T, of=1).count("<tr>") == 1 + 5


class TestRepeats:
    def test_the_last_of_the_repeats_is_the_comparison(self):
        scenario = load("who-heals-first")
        whole = compare(scenario, replications=3, deeper=False)
        growing = list(repeats(scenario, replications=3))
        assert [len(one.seeds) for one in growing] == [1, 2, 3]
        assert growing[-1].rows == whole.rows
        assert [trace.digest() for trace in growing[0].traces.values()] == list(whole.digests.values())

    def test_one_repeat_of_many_is_the_same_as_one_alone(self):
        scenario = load("who-heals-first")
        first = next(repeats(scenario, replications=20))
        assert first.rows == compare(scenario, replications=1, deeper=False).rows
