"""The figures of scaling say what the runs say, in both languages."""

from __future__ import annotations

from functools import cache

import pytest

from tests.make import app, scenario, seconds
from workbench.experiments import requests
from workbench.experiments.compare import compare
from workbench.experiments.reaction import reaction
from workbench.model.load import Load, Points, Scaling
from workbench.views.figures import FIGURES
from workbench.views.i18n import LANGUAGES, Texts

EN = Texts("en")


@cache
def compared(load=True):
    demand = Points(((seconds(120), 60), (seconds(120), 300)))
    more = {"load": Load(demand, 20_000, queue=50, from_us=seconds(60)), "scaling": Scaling(60, 4, 30)} if load else {}
    made = scenario(app(replicas=4, start=2, ready=5, **more), machines=6, horizon=400)
    return compare(made, replications=2, deeper=False)


def traces(kind, group):
    return [one for one in FIGURES[kind].draw(compared(), EN).data if one.legendgroup == group]


def test_the_red_area_holds_as_many_requests_as_are_lost():
    red, grey = traces("demand", "lost"), traces("demand", "demand")
    for side, above, below in zip(("kubernetes", "mesos"), red, grey, strict=True):
        lost = _area(above) - _area(below)
        assert lost == pytest.approx(requests.total(compared().traces[side], "web", "lost"), rel=1e-3)


def _area(line):
    return sum(value * (end - start) for value, start, end in zip(line.y, line.x, line.x[1:], strict=False))


def test_both_rows_have_one_axis_of_time_and_one_of_requests():
    layout = FIGURES["demand"].draw(compared(), EN).layout
    assert layout.xaxis2.matches == "x"
    assert layout.yaxis.range == layout.yaxis2.range


def test_the_totals_stand_in_the_corner():
    notes = [one.text for one in FIGURES["demand"].draw(compared(), EN).layout.annotations]
    for side in ("kubernetes", "mesos"):
        lost = round(requests.total(compared().traces[side], "web", "lost"))
        assert any(f"{lost:,} requests lost" in one for one in notes)


def test_the_relay_is_as_long_as_the_reaction():
    bars = FIGURES["relay"].draw(compared(), EN).data
    for place, side in enumerate(("kubernetes", "mesos")):
        found = reaction(compared().traces[side], "web")
        assert sum(bar.x[place] for bar in bars) == pytest.approx((found.served_us - found.surge_us) / seconds(1))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["demand", "relay"])
def test_there_are_words_in_both_languages(kind, language):
    t, one = Texts(language), FIGURES[kind]
    for said in (one.finding(compared(), t), one.caption(compared(), t), one.alt(compared(), t), one.label(t)):
        assert said
        assert language == "en" or any("\u4e00" <= letter <= "\u9fff" for letter in said)


@pytest.mark.parametrize("kind", ["demand", "relay"])
def test_without_requests_there_is_no_figure(kind):
    assert not FIGURES[kind].has_content(compared(load=False))
