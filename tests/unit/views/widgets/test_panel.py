"""The panel without a browser: `set_state` is what the browser sends when something is moved."""

import json
import re
import threading
import time

import pytest

import workbench
from workbench.errors import InputError
from workbench.experiments import check
from workbench.experiments.check import load, shipped, with_values
from workbench.views.i18n import Texts
from workbench.views.widgets.panel import Panel, cells, panel
from workbench.views.widgets.panel.settings import settings

TOLERATION = "kubernetes.admission.default_toleration_s"
REPLICAS = "apps.web.replicas"
WAIT_S = 30


def small(name="first-look", repeats=2):
    return with_values(load(name), {"study.replications": repeats})


@pytest.fixture
def made():
    panels = []

    def make(scenario=None, language="en"):
        panels.append(Panel(scenario or small(), language))
        assert panels[-1].wait(WAIT_S)
        return panels[-1]

    yield make
    for one in panels:
        one.close()


def move(shown, path, stop):
    """Do what the browser does when a slider is moved to one of its stops, and let go."""
    shown.rail.set_state({"chosen": {**shown.rail.chosen, path: stop}})
    press(shown, "settle")
    assert shown.wait(WAIT_S)


def press(shown, button):
    shown.rail._handle_msg({"content": {"data": {"method": "custom", "content": {"kind": button}}}, "buffers": []})
    assert shown.wait(WAIT_S)


def said(shown):
    return re.sub("<[^>]*>", "", shown.finding.sentence.value)


def figure(shown):
    return json.loads(shown.stage.chart.spec)


def tabs(shown):
    return [name for _, name in shown.stage.tabs.options]


class TestOpening:
    def test_a_run_is_on_view_paused_just_before_the_machine_is_lost(self, made):
        shown = made()
        assert figure(shown)["data"]
        assert shown.clock.end == 900
        assert 280 < shown.clock.at < 300
        assert shown.clock.marks == [(300.0, "machine lost")]
        assert not shown.clock.playing

    def test_nothing_of_the_answer_is_seen_before_the_prediction(self, made):
        shown = made()
        assert tabs(shown) == ["cluster_map"]
        assert "What happens then?" in said(shown)
        assert shown.bottom.table.value == ""
        assert shown.bottom.asking.answers.children[0].description == "Kubernetes, by minutes"

    def test_time_does_not_pass_the_moment_before_the_prediction(self, made):
        shown = made()
        shown.clock.set_state({"at": 500.0, "playing": True})
        assert shown.clock.at < 300
        assert not shown.clock.playing
        assert said(shown).startswith("Predict first")

    def test_the_answer_is_unknown_halfway_where_nothing_strikes(self, made):
        shown = made(small("shop-opens"))
        assert 5 < shown.clock.at < 45

    def test_it_opens_before_the_late_team_arrives(self, made):
        shown = made(small("idle-quota"))
        assert 280 < shown.clock.at < 300


class TestPredicting:
    @pytest.mark.parametrize(("answer", "outcome"), [(1, "As predicted:"), (0, "Not as predicted:"), (None, "Mesos")])
    def test_reveals_finding_table_and_figures(self, made, answer, outcome):
        shown = made()
        button = shown.bottom.asking.skip if answer is None else shown.bottom.asking.answers.children[answer]
        button.click()
        assert said(shown).startswith(outcome)
        assert tabs(shown)[0] == "strength" == shown.stage.tabs.value
        assert "cluster_map" in tabs(shown)
        assert shown.bottom.table.value.count("<circle") + shown.bottom.table.value.count("<rect") == 2 * 5
        assert shown.bottom.asking.layout.display == "none"

    def test_the_outcome_is_about_the_shipped_settings_only(self, made):
        shown = made()
        shown.predict(1)
        move(shown, TOLERATION, 0)
        assert not said(shown).startswith("As predicted")

    def test_the_map_follows_the_clock_and_other_figures_carry_a_hand(self, made):
        shown = made()
        shown.predict(1)
        assert shown.stage.chart.time_axes
        shown.stage.tabs.set_state({"index": tabs(shown).index("cluster_map")})
        before = shown.stage.chart.spec
        shown.clock.set_state({"at": 90.0})
        assert shown.stage.chart.spec != before
        assert "1 min 30 s" in shown.stage.title.value
        assert shown.stage.chart.time_axes == []


class TestTasks:
    """The list of tasks, and why one is where it is."""

    @pytest.fixture
    def shown(self, made):
        shown = made()
        shown.predict(None)
        shown.stage.tabs.set_state({"index": tabs(shown).index("tasks")})
        return shown

    def ask(self, shown, side, task):
        content = {"kind": "ask", "side": side, "task": task}
        shown.stage.tasks._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})
        assert shown.wait(WAIT_S)

    def close_card(self, shown):
        shown.bottom.why._handle_msg(
            {"content": {"data": {"method": "custom", "content": {"kind": "close"}}}, "buffers": []}
        )

    def test_every_task_of_both_sides_is_listed_longest_waits_first(self, shown):
        ours, theirs = shown.stage.tasks.sides
        assert (ours["side"], theirs["side"]) == ("kubernetes", "mesos")
        for side in (ours, theirs):
            trace = shown.comparison.traces[side["side"]]
            assert sorted(row[0] for row in side["rows"]) == sorted(trace["tasks"]["task"])
        assert ours["rows"][0][1] == "5 min 52 s"
        assert shown.stage.chart.layout.display == "none"

    def test_a_click_tells_why_and_closing_brings_the_table_back(self, shown):
        task = shown.stage.tasks.sides[0]["rows"][0][0]
        self.ask(shown, "kubernetes", task)
        assert shown.bottom.why.title.startswith(task)
        because, cure = shown.bottom.why.sentences
        assert "is to replace" in because
        assert "tolerat" in cure
        assert ["5 min", "asked for"] in shown.bottom.why.steps
        assert shown.bottom.table.layout.display == "none"
        self.close_card(shown)
        assert shown.bottom.why.title == ""
        assert shown.bottom.table.layout.display is None

    def test_the_card_follows_the_language_and_the_next_run(self, shown):
        task = next(row[0] for row in shown.stage.tasks.sides[1]["rows"] if row[0].startswith("web"))
        self.ask(shown, "mesos", task)
        before = shown.bottom.why.steps
        shown.strip.language.set_state({"index": 1})
        assert re.search("[\u4e00-\u9fff]", "".join(shown.bottom.why.sentences))
        move(shown, REPLICAS, 0)
        assert (shown.bottom.why.title == "") == (shown.bottom.table.layout.display is None)
        assert before

    def test_an_unknown_task_shows_the_table(self, shown):
        self.ask(shown, "kubernetes", "nobody")
        assert shown.bottom.why.title == ""
        assert shown.bottom.table.layout.display is None

    def test_before_the_prediction_nothing_is_told(self, made):
        shown = made()
        shown.ask("kubernetes", "web-0")
        assert shown.bottom.why.title == ""
        assert shown.bottom.asking.layout.display is None

    def test_a_block_of_the_map_tells_why(self, shown):
        shown.stage.tabs.set_state({"index": tabs(shown).index("cluster_map")})
        block = next(trace["customdata"][0] for trace in figure(shown)["data"] if trace.get("customdata"))
        shown.stage.chart.click(block)
        assert shown.wait(WAIT_S)
        assert shown.bottom.why.title.startswith(block[1])


class TestRepeats:
    def test_more_repeats_add_twenty_with_the_first_ones_as_they_were(self, made):
        shown = made()
        shown.predict(None)
        before = shown.comparison
        press(shown, "repeat")
        after = shown.comparison
        assert len(after.seeds) == len(before.seeds) + 20
        for one, other in zip(before.rows, after.rows, strict=True):
            for side in before.sides:
                assert list(other.values[side])[: len(before.seeds)] == list(one.values[side])
        assert "22 repeats" in shown.bottom.table.value


class TestSliders:
    def test_a_slider_changes_both_sides_the_finding_and_the_table(self, made):
        shown = made()
        shown.predict(1)
        before = {trace["xaxis"]: trace for trace in figure(shown)["data"]}, said(shown), shown.bottom.table.value
        move(shown, REPLICAS, 11)
        after = {trace["xaxis"]: trace for trace in figure(shown)["data"]}, said(shown), shown.bottom.table.value
        assert shown.scenario.apps[0].replicas == 12
        assert all(before[0][axis] != after[0][axis] for axis in ("x", "x2"))
        assert before[1] != after[1]
        assert before[2] != after[2]

    def test_dragging_is_one_step_to_undo(self, made):
        shown = made()
        for stop in (10, 9, 8):
            shown.rail.set_state({"chosen": {**shown.rail.chosen, REPLICAS: stop}})
        move(shown, REPLICAS, 7)
        assert shown.scenario.apps[0].replicas == 8
        press(shown, "undo")
        assert shown.scenario.apps[0].replicas == 6
        assert shown.rail.chosen[REPLICAS] == 5
        assert shown.rail.able["undo"] is False

    def test_reset_puts_everything_back_and_can_be_undone(self, made):
        shown = made()
        move(shown, REPLICAS, 0)
        move(shown, TOLERATION, 0)
        press(shown, "reset")
        assert shown.scenario == small()
        press(shown, "undo")
        assert shown.scenario.apps[0].replicas == 1

    def test_equal_defaults_are_those_of_the_scenario(self, made):
        shown = made()
        assert shown.rail.able["equalise"]
        press(shown, "equalise")
        assert shown.scenario.settings.values == {TOLERATION: 35}
        row = next(row for row in shown.rail.rows if row["path"] == TOLERATION)
        assert row["said"][shown.rail.chosen[TOLERATION]] == "35 s"
        assert not shown.rail.able["equalise"]

    def test_a_value_from_code_stays_as_it_is(self, made):
        shown = made()
        shown.set(TOLERATION, 37)
        assert shown.wait(WAIT_S)
        assert shown.scenario.settings.values == {TOLERATION: 37}

    def test_a_bad_value_is_explained_beside_its_slider_and_mended_by_undo(self, made):
        shown = made()
        shown.set(TOLERATION, -1)
        assert "-1 is outside 0" in shown.rail.problems[TOLERATION]
        assert "-1 is outside 0" in said(shown)
        press(shown, "undo")
        assert shown.rail.problems == {}
        assert "What happens then?" in said(shown)

    @pytest.mark.parametrize("name", sorted(shipped()))
    def test_every_slider_on_view_can_be_moved_to_both_ends(self, made, name):
        shown = made(small(name, repeats=1))
        shown.predict(None)
        for one in settings(shown.scenario):
            if one.level == "all":
                continue
            for stop in (0, len(one.values) - 1):
                move(shown, one.path, stop)
                assert said(shown)
                assert "alert" not in shown.finding.sentence.value
                assert figure(shown)["data"]
            press(shown, "reset")

    def test_what_breaks_inside_a_run_is_a_sentence_not_a_traceback(self, made, monkeypatch):
        shown = made()

        def broken(*_, **__):
            raise ZeroDivisionError("division by zero")

        monkeypatch.setattr("workbench.views.widgets.panel.runs.repeats", broken)
        move(shown, REPLICAS, 0)
        assert said(shown) == "This cannot be computed (division by zero). Undo the last change, or reset."


class TestLanguage:
    def test_the_switch_relabels_every_widget_that_lives(self, made):
        shown = made()
        shown.predict(1)
        shown.strip.language.set_state({"index": 1})
        assert shown.strip.question.value.count("谁先让商店恢复满员") == 2
        assert dict(shown.strip.picker.options)["初见"] == "first-look"
        assert shown.strip.export.label == Texts("zh")("Export") != "Export"
        assert shown.rail.rows[0]["label"] == "对失联节点的容忍时间"
        assert shown.rail.rows[0]["said"][-1] == "1 小时"
        assert shown.rail.words["undo"] == Texts("zh")("undo")
        assert shown.clock.words["play"] == Texts("zh")("Play")
        assert shown.clock.marks == [(300.0, Texts("zh")("machine lost"))]
        assert shown.stage.chart.language == "zh"
        everything = (said(shown), shown.stage.title.value, shown.bottom.table.value, shown.stage.chart.alt)
        assert all(re.search("[\u4e00-\u9fff]", one) for one in everything)
        shown.strip.language.set_state({"index": 0})
        assert not re.search("[\u4e00-\u9fff]", "".join((said(shown), shown.bottom.table.value, str(shown.rail.rows))))

    def test_settings_keep_their_places(self, made):
        shown = made()
        move(shown, REPLICAS, 2)
        shown.strip.language.set_state({"index": 1})
        assert shown.rail.chosen[REPLICAS] == 2
        assert shown.scenario.apps[0].replicas == 3

    def test_it_can_open_in_chinese(self, made):
        shown = made(language="zh")
        assert shown.bottom.asking.answers.children[2].description == "两边相差不过几秒"


class TestPicker:
    def pick(self, shown, name):
        shown.strip.picker.set_state({"index": list(dict(shown.strip.picker.options).values()).index(name)})
        assert shown.wait(WAIT_S)

    def test_another_scenario_is_a_new_question(self, made):
        shown = made()
        shown.predict(1)
        self.pick(shown, "who-heals-first")
        assert shown.scenario.name == "who-heals-first"
        assert tabs(shown) == ["cluster_map"]
        assert shown.bottom.asking.layout.display is None
        assert len(shown.bottom.asking.answers.children) == 3
        assert shown.clock.at < 120

    def test_the_closed_box_is_as_wide_as_its_title_and_its_tooltip_has_all_of_a_longer_one(self, made):
        shown = made()
        assert shown.strip.picker.layout.width == "120px"
        shown.strip.show(load("crowd-comes-back"), {"mine": "The crowd comes back"}, "mine", Texts("en"))
        assert shown.strip.picker.layout.width == "186px"
        shown.strip.show(load("crowd-comes-back"), {"mine": "<long> " * 40}, "mine", Texts("en"))
        assert shown.strip.picker.layout.width == "320px"
        assert shown.strip.picker.tooltip.count("long") == 40

    def test_a_file_that_is_not_all_right_has_its_title_in_the_list_all_the_same(self, made, tmp_path, monkeypatch):
        (tmp_path / "mine.yaml").write_text("name: mine\ntitle: Half done\napps: none yet\n", encoding="utf-8")
        (tmp_path / "none.yaml").write_text("- no scenario\n", encoding="utf-8")
        known = {**check.shipped(), "mine": tmp_path / "mine.yaml", "none": tmp_path / "none.yaml"}
        monkeypatch.setattr("workbench.views.widgets.panel.shelf.shipped", lambda: known)
        shown = made()
        offered = {key: title for title, key in shown.strip.picker.options}
        assert (offered["mine"], offered["none"]) == ("Half done", "none")
        self.pick(shown, "none")
        assert said(shown)
        assert shown.strip.picker.value == "first-look"

    def test_a_file_that_is_gone_is_a_message_and_the_panel_goes_on(self, made, tmp_path, monkeypatch):
        path = tmp_path / "mine.yaml"
        path.write_text((check.shipped()["first-look"]).read_text(encoding="utf-8"), encoding="utf-8")
        known = {**check.shipped(), "mine": path}
        monkeypatch.setattr("workbench.views.widgets.panel.shelf.shipped", lambda: known)
        shown = made()
        path.unlink()
        self.pick(shown, "mine")
        assert "no such file" in said(shown)
        assert shown.strip.picker.value == shown.scenario.name == "first-look"
        move(shown, REPLICAS, 0)
        assert shown.scenario.apps[0].replicas == 1

    def test_the_one_it_was_opened_with_needs_no_file(self, made):
        own = with_values(small(), {"name": "my-own", REPLICAS: 9})
        shown = made(own)
        self.pick(shown, "idle-quota")
        self.pick(shown, "my-own")
        assert shown.scenario is own


class TestExport:
    def test_the_file_is_the_whole_report_of_what_is_on_view(self, made):
        shown = made()
        move(shown, TOLERATION, 3)
        file = shown._file()
        text = file.content.decode()
        assert (file.name, file.mime) == ("first-look.html", "text/html")
        data = json.loads(re.search(r'<script type="application/json" id="provenance">(.*?)</script>', text, re.S)[1])
        assert data["settings"] == {TOLERATION: 3}
        assert data["measured_with_equal_defaults"]
        assert all(digest != "sha256:" for digest in data["digests"].values())
        assert f"{TOLERATION}=3" in data["command"]

    def test_it_is_made_away_from_the_thread_of_the_click(self, made, wire):
        shown = made()
        wire.clear()
        shown.export._handle_msg(
            {"content": {"data": {"method": "custom", "content": {"kind": "build", "ticket": "1"}}}, "buffers": []}
        )
        deadline = time.monotonic() + WAIT_S
        while not any(message["buffers"] for message in wire) and time.monotonic() < deadline:
            time.sleep(0.02)
        (answer,) = [message for message in wire if message["buffers"]]
        assert answer["content"]["name"] == "first-look.html"
        assert bytes(answer["buffers"][0]).startswith(b"<!DOCTYPE html>")


class TestLife:
    def test_closing_in_the_middle_of_a_run_leaves_no_thread(self):
        before = set(threading.enumerate())
        shown = Panel(with_values(load("idle-quota"), {"study.replications": 500}))
        shown.close()
        shown.close()
        assert set(threading.enumerate()) <= before

    def test_the_newest_of_many_moves_wins(self, made):
        shown = made(with_values(load("first-look"), {"study.replications": 3}))
        shown.predict(1)
        for stop in (*range(12), 4):
            shown.rail.set_state({"chosen": {**shown.rail.chosen, REPLICAS: stop}})
        assert shown.wait(WAIT_S)
        assert shown.comparison.scenario.apps[0].replicas == 5
        assert len(shown.comparison.seeds) == 3

    def test_moves_from_many_threads_end_in_one_state(self, made):
        shown = made(small(repeats=1))
        shown.predict(1)
        moves = [threading.Thread(target=shown.set, args=(REPLICAS, number)) for number in range(1, 13)]
        for one in moves:
            one.start()
        for one in moves:
            one.join()
        assert shown.wait(WAIT_S)
        assert shown.comparison.scenario is shown.scenario

    def test_a_cell_that_runs_again_closes_what_it_showed(self):
        closed = []

        class Shown:
            def __init__(self, name):
                self.name = name

            def close(self):
                closed.append(self.name)

        cells.replace(Shown("first"), ("cell", "run 1"))
        cells.replace(Shown("beside it"), ("cell", "run 1"))
        cells.replace(Shown("elsewhere"), ("other cell", "run 2"))
        assert closed == []
        cells.replace(Shown("again"), ("cell", "run 3"))
        assert closed == ["first", "beside it"]
        cells.replace(Shown("and again"), ("cell", "run 4"))
        assert closed == ["first", "beside it", "again"]


class TestFunction:
    def test_takes_a_name_a_path_or_a_scenario(self):
        assert workbench.panel is panel
        for scenario in ("first-look", check.shipped()["first-look"], load("first-look")):
            shown = panel(scenario)
            assert shown.scenario.name == "first-look"
            shown.close()

    def test_a_scenario_that_is_not_there_is_a_message_in_the_readers_language(self):
        assert "first-look" in panel("first-lok").value
        assert "您" in panel("first-lok", language="zh").value or "想写" in panel("first-lok", language="zh").value

    def test_a_file_with_faults_names_them_all(self, tmp_path):
        path = tmp_path / "bad.yaml"
        path.write_text("name: bad\nhorizon: -3\nclustr: {}\n")
        with pytest.raises(InputError) as found:
            load(path)
        assert panel(path).value.count("bad.yaml") == len(found.value.problems) > 1


class TestWhy:
    def test_reasons_cannot_be_asked_for_before_the_prediction(self, made):
        shown = made()
        assert shown.strip.why.disabled
        shown.predict(None)
        assert not shown.strip.why.disabled

    def test_on_tells_what_lies_behind_the_finding_and_off_brings_the_table_back(self, made):
        shown = made()
        shown.predict(None)
        shown.strip.why.value = True
        assert shown.bottom.why.sentences[0] == Texts("en").local(load("first-look").study.why)
        assert shown.bottom.table.layout.display == "none"
        shown.strip.why.value = False
        assert shown.bottom.table.layout.display is None

    def test_a_click_on_a_task_turns_it_on_and_closing_the_card_turns_it_off(self, made):
        shown = made()
        shown.predict(None)
        shown.ask("mesos", "web.6")
        assert shown.wait(WAIT_S)
        assert shown.strip.why.value
        shown.bottom.why._received(shown.bottom.why, {"kind": "close"}, [])
        assert not shown.strip.why.value
        assert shown.bottom.table.layout.display is None

    def test_it_is_told_in_the_language_that_is_chosen(self, made):
        shown = made()
        shown.predict(None)
        shown.strip.why.value = True
        shown.strip.language.value = "zh"
        assert shown.bottom.why.sentences[0] == Texts("zh").local(load("first-look").study.why)


class TestLecture:
    @staticmethod
    def key(shown, kind, number=-1):
        shown.lecture._received(shown.lecture, {"kind": kind, "number": number}, [])

    def test_it_asks_the_question_anew_before_anything_is_shown(self, made):
        shown = made()
        shown.predict(None)
        shown.clock.at = 600.0
        self.key(shown, "enter")
        assert tabs(shown) == ["cluster_map"]
        assert 280 < shown.clock.at < 300
        assert shown.bottom.asking.layout.display is None
        assert "What happens then?" in said(shown)

    def test_no_step_goes_on_before_the_answer(self, made):
        shown = made()
        self.key(shown, "enter")
        self.key(shown, "next")
        assert tabs(shown) == ["cluster_map"]
        assert "Predict first" in said(shown)

    def test_a_number_answers_and_one_that_is_no_answer_does_nothing(self, made):
        shown = made()
        self.key(shown, "enter")
        self.key(shown, "answer", 7)
        assert tabs(shown) == ["cluster_map"]
        self.key(shown, "answer", 1)
        assert "As predicted:" in said(shown)

    def test_steps_go_from_figure_to_figure_and_stop_at_both_ends(self, made):
        shown = made()
        self.key(shown, "enter")
        self.key(shown, "answer", -1)
        names = tabs(shown)
        assert shown.stage.tabs.value == names[0]
        self.key(shown, "back")
        assert shown.stage.tabs.value == names[0]
        for name in [*names[1:], names[-1]]:
            self.key(shown, "next")
            assert shown.stage.tabs.value == name
        self.key(shown, "back")
        assert shown.stage.tabs.value == names[-2]

    def test_keys_play_and_tell_why(self, made):
        shown = made()
        self.key(shown, "enter")
        self.key(shown, "play")
        assert shown.clock.playing
        self.key(shown, "answer", -1)
        self.key(shown, "why")
        assert shown.strip.why.value
        self.key(shown, "why")
        assert not shown.strip.why.value

    def test_what_no_key_means_is_not_heard(self, made):
        shown = made()
        self.key(shown, "answer", "1")
        self.key(shown, "format the disk")
        assert tabs(shown) == ["cluster_map"]
