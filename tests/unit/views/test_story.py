"""The lane of one task: its phases follow each other without a gap, and nothing is drawn that did not happen."""

from itertools import pairwise

import pytest

from workbench.errors import ScenarioError
from workbench.experiments.check import load
from workbench.experiments.compare import compare
from workbench.views.explaining import card_html, explain
from workbench.views.figures import story
from workbench.views.i18n import LANGUAGES, Texts
from workbench.views.report.html import as_html
from workbench.views.report.material import Material

BIG_JOB = "job-0-8vjm5"
"""Tried again and again until the end."""
PLACED = [("first-look", "mesos", "web.6"), ("first-look", "kubernetes", "db-2"), ("slow-thinking", "mesos", "work.32")]


@pytest.mark.parametrize(("name", "side", "task"), PLACED)
class TestLane:
    def facts(self, name, side, task):
        return explain(name, side, task).facts

    def test_phases_follow_each_other_from_the_request_to_the_end(self, name, side, task):
        facts = self.facts(name, side, task)
        lane = story.parts(facts)
        assert lane[0][1] == facts.since_us
        assert all(before[2] == after[1] for before, after in pairwise(lane))
        ended = story.whole(facts)["ended_us"]
        assert lane[-1][2] == (ended if ended >= 0 else load(name).horizon_us)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_it_is_drawn_in_both_languages(self, name, side, task, language):
        facts, t = self.facts(name, side, task), Texts(language)
        drawn = story.draw(facts, t)
        assert task in drawn.layout.title.text
        bars = [one for one in drawn.data if one.type == "bar"]
        assert [(one.base[0], one.base[0] + one.x[0]) for one in bars] == [
            pytest.approx((start / 1e6, end / 1e6)) for _, start, end in story.parts(facts)
        ]
        assert task in story.alt(facts, t)


def test_parts_too_thin_to_be_seen_are_not_in_the_legend():
    drawn = [one for one in explain("first-look", "kubernetes", "db-2").figure().data if one.type == "bar"]
    whole = sum(one.x[0] for one in drawn)
    named = [one for one in drawn if one.showlegend]
    assert 0 < len(named) < len(drawn)
    assert all(one.x[0] > 0.001 * whole for one in named)


def test_refusals_are_marked_where_they_happened():
    facts = explain("first-look", "kubernetes", "db-2").facts
    table = facts.trace["decisions"]
    failed = [at for at, task, node in zip(table["at_us"], table["task"], table["node"], strict=True)
              if task == "db-2" and not node]  # fmt: skip
    marks = [one for one in story.draw(facts, Texts()).data if one.type == "scatter"]
    assert len(failed) > 1
    assert list(marks[0].x) == [at / 1e6 for at in failed]


def test_a_wait_that_is_not_over_ends_at_the_instant():
    facts = explain("offer-starvation", "mesos", "work.533", 700.0).facts
    assert story.parts(facts)[-1][::2] == ("wait", 700_000_000)


def test_nothing_is_drawn_beyond_what_was_run():
    facts = explain("first-look", "mesos", "web.0", 60.0).facts
    assert facts.until_us < load("first-look").horizon_us
    assert story.parts(facts)[-1] == ("running", story.whole(facts)["ready_us"], facts.until_us)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_bar_of_a_card_holds_the_same_phases_side_by_side(language):
    told, t = explain("first-look", "kubernetes", "db-2"), Texts(language)
    lane = told.card(t).lane
    assert len(lane.parts) == len(story.parts(told.facts))
    assert sum(wide for _, wide, _ in lane.parts) == pytest.approx(100, abs=0.1)
    assert 1 <= len(lane.refused) <= len(story.refusals(told.facts))
    assert all(0 <= at <= 100 for at in lane.refused)
    html = card_html(told, t)
    assert html.count("<span title=") == len(lane.parts)
    assert lane.parts[0][0] in html


def test_a_thousand_refusals_are_few_crosses():
    lane = explain("big-job", "kubernetes", BIG_JOB).card(Texts()).lane
    assert 100 < len(lane.refused) <= 201


def test_the_figure_is_a_call_away_and_needs_one_task():
    assert explain("first-look", "kubernetes", "db-2").figure().layout.title.text
    with pytest.raises(ScenarioError, match="several tasks"):
        explain("first-look", "kubernetes", "db").figure()


def test_the_report_shows_the_story_of_whoever_waited_longest():
    material = Material(compare(load("first-look"), replications=1, deeper=False))
    page = as_html(material, "en")
    assert len(material.explained) == 2
    for language in LANGUAGES:
        for number in range(2):
            assert f'id="{language}-story-{number}"' in page
