"""Reports and panels of more than two sides speak of all of them; of two, as they always did."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from tests import make
from tests.unit.views.test_report import study
from workbench.experiments.compare import Comparison, Row
from workbench.experiments.statistics import several
from workbench.views import sentences
from workbench.views.against import against, method
from workbench.views.i18n import Texts
from workbench.views.report.html import view
from workbench.views.report.markdown import as_markdown
from workbench.views.report.material import Material
from workbench.views.report.tables import as_csv, as_json
from workbench.views.report.terminal import summary
from workbench.views.widgets.panel.table import table

SIDES = ("mesos", "static-partitions", "kubernetes")
BASE = [10.0 + number % 3 for number in range(10)]
FAR = [one + 40 + number % 2 for number, one in enumerate(BASE)]
LESS = [one - 5 for one in BASE]


def row(measure, *values):
    first, *others = values
    second, *more = several(first, others, 0.5)
    return Row(measure, dict(zip(SIDES, map(tuple, values), strict=True)), second, tuple(more))


@pytest.fixture(scope="module")
def found():
    of = make.scenario(make.app("web", replicas=3), study=study(predictions=(), finding=None, equalised={}))
    traces = {side: make.trace(of, side) for side in SIDES}
    rows = (row("heal:web", BASE, FAR, LESS), row("opening:web", BASE, BASE, FAR))
    return Comparison(of, SIDES, tuple(range(1, 11)), rows, traces, digests=dict.fromkeys(SIDES, "0"))


def test_each_side_is_said_against_the_first(found):
    one, two = against(Texts("en"), found.rows[0], SIDES)
    assert (one.side, one.said, one.sure) == ("static-partitions", "41 s more", "10/10")
    assert (two.side, two.said, two.sure) == ("kubernetes", "5 s less", "10/10")
    assert against(Texts("en"), found.rows[1], SIDES)[0].said == "unclear"


def test_the_short_answer_names_them_all(found):
    said = sentences.short_answer(Texts("en"), found)
    assert "against Mesos" in said
    assert "static partitions 41 s more (10/10)" in said
    assert "Kubernetes 5 s less (10/10)" in said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_table_has_all_differences_and_says_how_they_were_corrected(found, language):
    t = Texts(language)
    material = Material(found)
    wanted = [one.said for line in found.rows for one in against(t, line, SIDES)]
    for text in (as_markdown(material, language), summary(found, language), table(found, t, 10)):
        for said in wanted:
            assert said in text
    assert "Holm" in as_markdown(material, language)
    assert "Holm" in summary(found, language)
    assert "Holm" in table(found, t, 10)
    shown = view(material, language)
    assert set(shown.against["heal:web"]) == set(SIDES[1:])
    assert "Holm" in shown.basis


def test_json_has_every_side_against_the_first(found):
    told = json.loads(as_json(Material(found)))["measured"][0]["against_first"]
    assert told["kubernetes"]["verdict"] == "lower than the first side"
    assert told["static-partitions"]["verdict"] == "higher than the first side"
    assert told["kubernetes"]["of"] == "kubernetes less mesos, pair by pair"
    assert 0 <= told["kubernetes"]["p_after_holm"] < 0.05


def test_csv_has_the_difference_in_every_repeat(found):
    lines = list(csv.DictReader(io.StringIO(as_csv(Material(found)))))
    ours = [one for one in lines if one["measure"] == "heal" and one["side"] == "kubernetes"]
    assert {one["less_first"] for one in ours} == {"-5.0"}
    assert {one["verdict"] for one in ours} == {"lower than the first side"}
    assert {one["less_first"] for one in lines if one["side"] == "mesos"} == {""}


def test_the_panel_has_a_strip_for_each_side_but_the_first(found):
    assert len(re.findall("<svg", table(found, Texts("en"), 10))) == 2 * len(found.rows)


def test_two_sides_say_nothing_of_it():
    pair = make.row("heal:web", BASE, FAR)
    assert against(Texts("en"), pair, make.SIDES) == ()
    of = make.scenario(make.app("web", replicas=3))
    two = make.comparison(of, pair)
    assert method(Texts("en"), two) == ""
    assert "less_first" not in as_csv(Material(two))
    assert "against_first" not in as_json(Material(two))
