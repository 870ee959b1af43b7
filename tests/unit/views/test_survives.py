"""What survives what, as a figure and in a notebook: marks for what the runs say, a run behind every mark."""

from __future__ import annotations

import json
from functools import cache

import pytest

from workbench.experiments.survival import EVENTS, KINDS, Survival, survival
from workbench.experiments.survival_grid import Cell, grid, rows
from workbench.experiments.volume_kinds import VolumePlugin
from workbench.views import survival_story
from workbench.views.figures import survives
from workbench.views.figures.survives_rows import LONGEST_LINE, Row, alike, places
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


def made(*outcomes, on="kubernetes"):
    """Return cells of kinds a, b, c ...: one letter for the outcome in each event."""
    letters = {"k": Survival.KEPT, "u": Survival.UNREACHABLE, "l": Survival.LOST}
    return tuple(
        Cell(on, "abcdef"[number], event, letters[letter])
        for number, said in enumerate(outcomes)
        for event, letter in zip(EVENTS, said, strict=False)
    )


def rows_of(cells):
    return [row.kinds for row in alike(cells, list(dict.fromkeys((one.on, one.kind) for one in cells)))]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        pytest.param(made("kkkkk", "kkkkk"), [("a", "b")], id="equal rows are one"),
        pytest.param(made("kkkkk", "kkkkl"), [("a",), ("b",)], id="one event that differs is enough"),
        pytest.param(made("kkkkk", "lllll", "kkkkk"), [("a", "c"), ("b",)], id="also where another is in between"),
        pytest.param(made("kkkk", "kkkk"), [("a",), ("b",)], id="not before every run is made"),
        pytest.param(
            (*made("kkkkk"), *made("kkkkk", on="mesos")), [("a",), ("a",)], id="not those of two control planes"
        ),
    ],
)
def test_kinds_that_fare_alike_share_a_row(cells, expected):
    assert rows_of(cells) == expected


def test_a_shared_row_names_every_kind_and_the_table_below_has_each_by_itself():
    cells = made("kkkkl", "lllll", "kkkkl", "kkkkl")
    drawn = survives.draw(cells, EN)
    assert drawn.layout.yaxis.ticktext[0].startswith("a, c, d ")
    (kept,) = [trace for trace in drawn.data if trace.name == "kept"]
    assert kept.hovertext[0].endswith("c<br>d")
    assert sum(len(trace.x) for trace in drawn.data if trace.customdata) == 2 * len(EVENTS)
    table = survives.one_by_one(cells, EN)
    assert [line[1] for line in table[1:]] == ["a", "b", "c", "d"]
    assert table[1][2:] == table[3][2:] == ["kept"] * 4 + ["lost"]


def test_long_lists_of_names_go_on_in_the_next_line_and_keep_their_distance():
    long = Row("mesos", tuple(f"a-kind-of-storage-{number}" for number in range(5)))
    short = Row("mesos", ("a",))
    assert all(len(line) <= LONGEST_LINE for line in long.lines)
    assert " ".join(long.lines).split(", ") == list(long.kinds)
    at = places([long, short])
    assert at[short] - at[long] > (len(long.lines) - 1) / 2 + 0.5


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
