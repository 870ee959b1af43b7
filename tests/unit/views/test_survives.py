"""What survives what, as a figure and in a notebook: marks for what the runs say, a run behind every mark."""

from __future__ import annotations

import json
from functools import cache

import pytest

from workbench.experiments.survival import EVENTS, KINDS, Survival, survival
from workbench.experiments.survival_grid import grid, rows
from workbench.experiments.volume_kinds import VolumePlugin
from workbench.views import survival_story
from workbench.views.figures import survives
from workbench.views.i18n import LANGUAGES, Texts
from workbench.views.widgets.survives import WhatSurvives

EN = Texts("en")


class Mirrored(VolumePlugin):
    """Every byte on two machines."""

    name = "mirrored"

    def provision(self, want, site):
        return [site.on_disk(machine, served=True) for machine in site.machines]


@cache
def cells():
    return grid(sides=("mesos",))


def test_there_is_a_cell_for_every_kind_and_event_and_it_is_what_its_run_says():
    assert [(one.kind, one.event) for one in cells()] == [(kind, event) for kind in KINDS["mesos"] for event in EVENTS]
    assert all(one.outcome is survival(one.kind, one.event, "mesos") for one in cells()[:3])
    assert rows(sides=("mesos",)) == tuple(("mesos", kind) for kind in KINDS["mesos"])


def test_a_mark_has_the_symbol_of_its_outcome_and_leads_to_its_cell():
    data = survives.draw(cells(), EN).data
    shown = {trace.name: [cells()[number].outcome for (number,) in trace.customdata] for trace in data}
    assert shown[survives.outcome_name(EN, Survival.LOST)] == [Survival.LOST] * len(shown["lost"])
    assert sum(map(len, shown.values())) == len(cells())
    assert {trace.marker.symbol for trace in data} == {"circle", "diamond-open", "x"}


def test_hover_names_kind_side_event_outcome_and_seed():
    said = survives.told(cells()[3], EN)
    assert said == "sandbox on Mesos, machine lost: lost (run with seed 1)"


def test_the_run_behind_a_cell_tells_how_it_came_about():
    lost = next(one for one in cells() if one.kind == "persistent" and one.event == "node-loss")
    told = [what for _, what in survival_story.lines(lost.run(), EN)]
    stops = told.index("machine a stops")
    assert any("lost, bytes and all" in what for what in told[stops:])


def test_a_kind_of_ones_own_is_tried_like_the_others():
    mine = [one for one in grid(Mirrored, sides=("mesos",)) if one.kind == "mirrored"]
    assert [one.event for one in mine] == list(EVENTS)
    assert {one.outcome for one in mine} == {Survival.KEPT}
    assert mine[3].run()["volumes"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_words_in_both_languages(language):
    t = Texts(language)
    for said in (
        survives.finding(cells(), t),
        survives.caption(t),
        survives.alt(cells(), t),
        survives.told(cells()[0], t),
    ):
        assert said
        assert language == "en" or any("\u4e00" <= letter <= "\u9fff" for letter in said)


def test_in_a_notebook_a_click_tells_the_run_behind_a_mark():
    shown = WhatSurvives()
    assert shown.wait(120)
    assert len(shown.cells) == len(rows()) * len(EVENTS)
    spec = json.loads(shown.chart.spec)
    number = shown.cells.index(shown.cell("emptyDir", "node-loss"))
    assert any([number] in trace["customdata"] for trace in spec["data"])
    shown.chart.click([number])
    assert "machine a stops" in shown.story.value
    shown.close()
