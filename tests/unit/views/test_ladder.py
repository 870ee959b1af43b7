"""The figure of the way back says what the runs say, in both languages."""

from __future__ import annotations

from functools import cache

import pytest

from tests.laws.conftest import loaded
from workbench.experiments.compare import compare
from workbench.experiments.recovery import RUNGS, Ladder, ladder
from workbench.experiments.sides import with_sides
from workbench.model.clock import NEVER, to_seconds
from workbench.views.figures import FIGURES
from workbench.views.figures import ladder as module
from workbench.views.figures.ladder import HAND, rung_name
from workbench.views.i18n import LANGUAGES, Texts

EN = Texts("en")
KIND = FIGURES["ladder"]
APPS = ("web", "ledger", "db")


@cache
def compared(name="three-kinds"):
    return compare(loaded(name), replications=1, deeper=False)


def columns():
    layout = KIND.draw(compared(), EN).layout
    return [text for key in ("xaxis", "xaxis2") for text in layout[key].ticktext]


def test_there_is_a_column_for_each_kind_of_service_on_both_sides():
    said = columns()
    assert [text.split("<br>")[1] for text in said] == [
        "Deployment", "StatefulSet", "StatefulSet", "Marathon app", "resident app", "resident app",
    ]  # fmt: skip
    assert [text.split("<br>")[0] for text in said] == [f"<b>{app}</b>" for app in APPS] * 2


def test_every_rung_stands_where_the_run_has_it():
    marks = [one for one in KIND.draw(compared(), EN).data if one.mode == "markers"]
    for side, axis in (("kubernetes", "x"), ("mesos", "x2")):
        for number, app in enumerate(APPS):
            way = ladder(compared().traces[side], compared().scenario, app)
            for rung in RUNGS:
                name = rung_name(EN, rung)
                there = [
                    (y, text)
                    for one in marks
                    if one.name == name and (one.xaxis or "x") == axis
                    for x, y, text in zip(one.x, one.y, one.hovertext, strict=True)
                    if number <= x < number + 0.8
                ]
                shown = rung in way.rungs and (rung != "person" or not way.alone)
                assert len(there) == shown
                for y, _ in there:  # marks that crowd stand at the height of the lowest of them
                    assert y <= to_seconds(way.rungs[rung]) < 1.5 * y


def test_a_hand_stands_where_a_person_has_to_act_and_nowhere_else():
    hands = [one for one in KIND.draw(compared(), EN).layout.annotations if one.text == HAND]
    assert sorted((one.xref, one.x) for one in hands) == [("x", 1), ("x", 2), ("x2", 1), ("x2", 2)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_words_in_both_languages(language):
    t = Texts(language)
    for said in (KIND.finding(compared(), t), KIND.caption(compared(), t), KIND.alt(compared(), t), KIND.label(t)):
        assert said
        assert language == "en" or any("\u4e00" <= letter <= "\u9fff" for letter in said)


def test_without_a_lost_disk_there_is_no_ladder():
    assert not KIND.has_content(compared("flash-crowd"))


def test_what_comes_back_alone_on_one_side_only_is_not_said_to_come_back_everywhere(monkeypatch):
    alone = Ladder("db", "m", 0, ("db-0",), dict.fromkeys(("traffic", "replaced", "in-service"), 60_000_000))
    helped = Ladder("db", "m", 0, ("db-0",), {**alone.rungs, "person": 30_000_000})
    monkeypatch.setattr(module, "_ladders", lambda _: {"kubernetes": [helped], "mesos": [alone]})
    assert module.finding(compared(), EN).startswith("db does not come back alone everywhere: after 1 min")


def test_what_never_comes_back_on_one_side_is_said_so(monkeypatch):
    helped = Ladder("db", "m", 0, ("db-0",), {"traffic": 0, "replaced": 9, "in-service": 60_000_000, "person": 3})
    never = Ladder("db", "m", 0, ("db-0",), {"traffic": 0, "replaced": NEVER, "in-service": NEVER})
    monkeypatch.setattr(module, "_ladders", lambda _: {"kubernetes": [helped], "mesos": [never]})
    assert module.finding(compared(), EN) == (
        "db comes back only when a person acts: after 1 min (Kubernetes), not at all (Mesos)."
    )
    monkeypatch.setattr(module, "_ladders", lambda _: {"kubernetes": [never], "mesos": [never]})
    assert module.finding(compared(), EN) == "Never back within the run, for nobody acts: db."


FOUR = ("kubernetes", "mesos", "static-partitions", "kubernetes-on-mesos")


def test_four_sides_leave_room_for_two_apps_each_with_level_words_that_do_not_meet():
    found = compare(with_sides(loaded("three-kinds"), FOUR), replications=1, deeper=False)
    layout = KIND.draw(found, EN).layout
    axes = [layout[f"xaxis{number}"] for number in ("", 2, 3, 4)]
    assert [tuple(axis.ticktext) for axis in axes] == [("<b>web</b>", "<b>ledger</b>")] * 4
    assert {axis.tickangle for axis in axes} == {0}
    times = [one for one in layout.annotations if one.xanchor == "left" and one.xref != "paper"]
    assert times
    assert max(len(one.text) for one in times) <= len("10 min")
    assert "(Kubernetes)" in KIND.finding(found, EN)
    assert "(Mesos)" in KIND.finding(found, EN)
