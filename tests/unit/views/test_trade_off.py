"""Cheaper or safer: frontiers, today's setting, and settings behind every point."""

import json

import pytest

from workbench.experiments.check import load
from workbench.experiments.sweep import Point, Sweep, sweep
from workbench.views.figures import trade_off
from workbench.views.i18n import Texts
from workbench.views.widgets.trade_off import TradeOff
from workbench.views.widgets.trade_off import trade_off as shown

COST, HARM = "instance_time:web", "lost_requests:web"
TARGET, INTERVAL = "apps.web.scaling.target", "mesos.marathon_autoscale.interval_s"
GRID = {TARGET: (40, 60), INTERVAL: (5.0, 30.0)}


def point(side, cost, harm, **settings):
    return Point(side, settings, (harm,), {COST: (cost,)})


@pytest.fixture(scope="module")
def made():
    return sweep("flash-crowd", GRID, others=[COST])


def test_the_frontier_keeps_what_nothing_beats():
    points = [point("mesos", *one) for one in ((5, 1), (1, 9), (2, 9), (3, 4), (3, 6), (4, 4))]
    assert [(one.mean_of(COST), one.mean) for one in trade_off.frontier(points, COST)] == [(1, 9), (3, 4), (5, 1)]


def test_both_measures_are_those_of_the_same_runs(made):
    again = sweep("flash-crowd", GRID, measure=COST, others=[HARM])
    assert [one.values for one in again.points] == [one.others[COST] for one in made.points]
    assert [one.others[HARM] for one in again.points] == [one.values for one in made.points]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_point_for_each_setting_a_ring_around_todays_and_settings_behind_each(made, language):
    drawn = trade_off.draw(made, Texts(language))
    dots = [one for one in drawn.data if one.mode == "markers" and one.marker.symbol != "circle-open"]
    rings = [one for one in drawn.data if one.mode == "markers" and one.marker.symbol == "circle-open"]
    assert [len(one.x) for one in dots] == [2, 4]
    assert {TARGET: 60} in dots[0].customdata
    today = {one.side: one for one in made.points if one.settings.get(INTERVAL, 30.0) == 30.0
             and one.settings[TARGET] == 60}  # fmt: skip
    assert [(one.x[0], one.y[0]) for one in rings] == [(one.mean_of(COST), one.mean) for one in today.values()]
    assert trade_off.finding(made, Texts(language)) in trade_off.alt(made, Texts(language))
    assert trade_off.caption(made, Texts(language))


def test_it_is_drawn_before_anything_is_known(made):
    empty = Sweep(made.scenario, HARM, GRID, made.sides, (), made.total)
    assert trade_off.draw(empty, Texts()).layout.title.text == "<b>Every setting is being run.</b>"


class Noting:
    def __init__(self):
        self.values = {}

    def set(self, path, value):
        self.values[path] = value


def test_in_a_notebook_a_click_sets_the_sliders_and_bad_measures_are_told():
    panel = Noting()
    one = TradeOff(load("flash-crowd"), {TARGET: (60,), INTERVAL: (30.0,)}, "", COST, panel)
    assert one.wait(60)
    assert one.sweep.complete
    assert json.loads(one.chart.spec)["data"]
    one.chart.click({TARGET: 60})
    assert panel.values == {TARGET: 60}
    one.close()
    wrong = shown("flash-crowd", cost="instance_time:wob")
    assert wrong.wait(60)
    assert "wob" in wrong.words.value
    wrong.close()
    assert "alert" in shown("flash-crowed", cost=COST).value
