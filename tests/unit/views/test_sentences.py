"""What a sentence says about a comparison is true of its numbers, in both languages."""

import math

import pytest

from tests import make
from workbench.experiments.check import load, shipped
from workbench.experiments.compare import Turn
from workbench.experiments.statistics import paired
from workbench.model.scenario import Finding, LocalText, Slider, Study
from workbench.views import sentences
from workbench.views.i18n import Texts

EN, ZH = Texts("en"), Texts("zh")
NEVER = math.inf
KUBERNETES_SLOW = ([350.0] * 20, [75.0] * 20)

FINDING = Finding(
    "heal:web",
    "mesos",
    text=LocalText(
        "Mesos after {mesos}, Kubernetes after {kubernetes}.", "Mesos 用 {mesos},Kubernetes 用 {kubernetes}。"
    ),
    reverse=LocalText("Kubernetes was first, by {difference}.", "Kubernetes 快 {difference}。"),
    close=LocalText("About the same.", "差不多。"),
)
PATH = "kubernetes.some.setting_s"


def scenario(finding=FINDING, **study):
    sliders = (Slider(PATH, LocalText("Patience", "耐心")),)
    return make.scenario(make.app("web"), study=Study(finding=finding, sliders=sliders, **study))


def comparison(first, second, measure="heal:web", finding=FINDING, study=None, **more):
    return make.comparison(scenario(finding, **(study or {})), make.row(measure, first, second), **more)


class TestFinding:
    @pytest.mark.parametrize(
        ("first", "second", "english", "chinese"),
        [
            pytest.param(
                *KUBERNETES_SLOW,
                "Mesos after 1 min 15 s, Kubernetes after 5 min 50 s.",
                "Mesos 用 1 分 15 秒,Kubernetes 用 5 分 50 秒。",
                id="the author's sentence where the numbers agree with it",
            ),
            pytest.param(
                *reversed(KUBERNETES_SLOW),
                "Kubernetes was first, by 4 min 35 s.",
                "Kubernetes 快 4 分 35 秒。",
                id="the author's other sentence where they do not",
            ),
            pytest.param([50.0, 60.0], [60.0, 50.0], "About the same.", "差不多。", id="the third where it is close"),
        ],
    )
    def test_the_authors_own(self, first, second, english, chinese):
        assert sentences.finding(EN, comparison(first, second)) == english
        assert sentences.finding(ZH, comparison(first, second)) == chinese

    def test_the_general_sentence_where_the_author_wrote_none_for_the_outcome(self):
        only_one = Finding("heal:web", "mesos", FINDING.text)
        said = sentences.finding(EN, comparison([75.0] * 2, [350.0] * 2, finding=only_one))
        assert said == ("web full again after: in 2 of 2 repeats shorter with Kubernetes, typically by 4 min 35 s.")

    def test_the_general_sentence_where_something_never_happened(self):
        said = sentences.finding(EN, comparison([NEVER] * 3, [75.0] * 3))
        assert said == (
            "web full again after: Mesos was ahead in 3 of 3 repeats; within the run it happened"
            " 0 times on Kubernetes and 3 times on Mesos."
        )

    @pytest.mark.parametrize(
        "written",
        [
            pytest.param("{mesos.__class__} {nothing}", id="a name that nothing has"),
            pytest.param("Mesos {", id="half a pair of braces"),
            pytest.param("{} {0}", id="no name"),
            pytest.param("{mesos:>99999999}", id="more than the value"),
            pytest.param("{mesos!x}", id="a conversion"),
        ],
    )
    def test_the_general_sentence_where_the_authors_own_cannot_be_filled_in(self, written):
        odd = Finding("heal:web", "mesos", LocalText(written, written))
        assert sentences.finding(EN, comparison(*KUBERNETES_SLOW, finding=odd)).startswith("web full again")

    def test_a_finding_about_another_measure_is_not_used(self):
        assert "cpu in use" in sentences.finding(EN, comparison([0.5] * 3, [0.9] * 3, measure="utilisation"))


class TestGeneralSentence:
    @pytest.mark.parametrize(
        ("measure", "first", "second", "said"),
        [
            pytest.param(
                "heal:web",
                [350.0, 360.0, 355.0],
                [75.0, 76.0, 77.0],
                "in 3 of 3 repeats shorter with Mesos, typically by 4 min 40 s (4 min 30 s to 4 min 50 s).",
                id="times: shorter, whether of a wait or of an outage",
            ),
            pytest.param(
                "utilisation",
                [0.5, 0.5],
                [0.6, 0.6],
                "in 2 of 2 repeats higher with Mesos, typically by 10 percentage points.",
                id="where more is better: higher",
            ),
            pytest.param(
                "unplaced:web",
                [9.0, 9.0],
                [0.0, 0.0],
                "in 2 of 2 repeats lower with Mesos, typically by 9 tasks.",
                id="counts: lower",
            ),
            pytest.param(
                "heal:web",
                [350.0],
                [75.0],
                "in this one run shorter with Mesos, by 4 min 35 s; chance is not ruled out.",
                id="one repeat",
            ),
            pytest.param(
                "heal:web",
                [50.0, 60.0],
                [60.0, 50.0],
                "too close to call (Kubernetes 55 s, Mesos 55 s).",
                id="both ways: too close to call",
            ),
            pytest.param(
                "heal:web",
                [50.0, 50.0],
                [50.1, 50.1],
                "no difference worth speaking of (Kubernetes 50 s, Mesos 50 s).",
                id="less than the grain: no difference",
            ),
            pytest.param("heal:web", [NEVER], [NEVER], "on neither side within the run.", id="never on either side"),
            pytest.param(
                "heal:web",
                [NEVER, 5.0],
                [5.0, NEVER],
                "too close to call; within the run in 1 of 2 repeats on Kubernetes and in 1 on Mesos.",
                id="sometimes never, on both sides",
            ),
        ],
    )
    def test_it_is_true_of_the_numbers(self, measure, first, second, said):
        assert sentences.repeats(EN, make.row(measure, first, second), make.SIDES).endswith(": " + said)

    def test_chinese_is_a_sentence_of_its_own(self):
        said = sentences.repeats(ZH, make.row("heal:web", [350.0, 350.0], [75.0, 75.0]), make.SIDES)
        assert "2 次" in said
        assert "Mesos" in said
        assert "4 分 35 秒" in said

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_too_close_to_call_has_its_words(self, language):
        said = sentences.repeats(Texts(language), make.row("heal:web", [50.0, 60.0], [60.0, 50.0]), make.SIDES)
        assert {"en": "too close to call", "zh": "难分高下"}[language] in said


class TestShortAnswer:
    def test_it_says_how_often(self):
        assert sentences.short_answer(EN, comparison(*KUBERNETES_SLOW)).endswith("So it went in 20 of 20 repeats.")

    def test_it_stays_within_forty_words(self):
        long = Finding("heal:web", "mesos", LocalText("word " * 36 + "end.", "字"))
        assert len(sentences.short_answer(EN, comparison(*KUBERNETES_SLOW, finding=long)).split()) <= 40

    def test_it_says_where_it_is_too_close_to_call(self):
        assert (
            sentences.short_answer(EN, comparison([50.0, 60.0], [60.0, 50.0])) == "About the same. Too close to call."
        )
        assert sentences.short_answer(ZH, comparison([50.0, 60.0], [60.0, 50.0])) == "差不多。难分高下。"

    def test_an_author_who_has_said_so_already_is_not_repeated(self):
        said = Finding(
            "heal:web", "mesos", LocalText("x", "x"), close=LocalText("It is too close to call.", "难分高下。")
        )
        for t, answer in ((EN, "It is too close to call."), (ZH, "难分高下。")):
            assert sentences.short_answer(t, comparison([50.0, 60.0], [60.0, 50.0], finding=said)) == answer

    def test_one_run_is_called_one_run(self):
        assert "One run only" in sentences.short_answer(EN, comparison([350.0], [75.0]))


class TestEqualDefaults:
    SLOW, FAST = [350.0] * 3, [75.0] * 3

    @pytest.mark.parametrize(
        ("before", "after", "said"),
        [
            ((SLOW, FAST), (FAST, FAST), "the difference vanishes: a default, not architecture."),
            ((SLOW, FAST), (SLOW, FAST), "Mesos stays ahead: architecture, not a default."),
            ((SLOW, FAST), (FAST, SLOW), "the answer turns round (Kubernetes: 4 min 35 s less): a default decided it."),
            ((FAST, FAST), (SLOW, FAST), "a difference appears: Mesos is ahead."),
            ((FAST, FAST), (FAST, FAST), "it is still too close to call."),
        ],
        ids=["gone", "remains", "turns", "appears", "close before and after"],
    )
    def test_what_became_of_the_finding(self, before, after, said):
        equalised = (make.row("heal:web", *after),)
        found = comparison(*before, study={"equalised": {PATH: 30}}, equalised=equalised)
        assert sentences.equalised(EN, found) == f"With equal defaults (Patience: 30) {said}"

    def test_no_sentence_without_equal_defaults(self):
        assert sentences.equalised(EN, comparison(self.SLOW, self.FAST)) == ""


def turn(path, *outcomes):
    """A lever: pairs of value and which side is lower."""
    rows = {"first": ([0.0, 0.0], [9.0, 9.0]), "second": ([9.0, 9.0], [0.0, 0.0]), "close": ([0.0, 0.0], [0.0, 0.0])}
    values = tuple(value for value, _ in outcomes)
    return Turn(path, values, tuple(paired(*rows[lower], 0.5) for _, lower in outcomes))


class TestWhatWouldChange:
    def lines(self, *turns, **more):
        return sentences.would_change(EN, comparison(*KUBERNETES_SLOW, turns=turns, **more))

    def test_the_point_where_the_answer_turns(self):
        found = self.lines(turn(PATH, (10, "close"), (20, "close"), (60, "second")))
        assert found == ["Patience: up to 20 the answer is a tie, from 60 on Mesos."]

    def test_values_at_which_it_is_open_are_told_with_the_answers_on_both_sides_of_them(self):
        found = self.lines(turn(PATH, (10, "first"), (20, "first"), (30, "close"), (40, "second")))
        assert found == ["Patience: up to 20 the answer is Kubernetes, from 40 on Mesos, in between too close to call."]

    def test_below_the_least_value_that_was_tried_nothing_is_claimed(self):
        found = self.lines(turn(PATH, (10, "first"), (20, "second")))
        assert found == ["Patience: at 10 the answer is Kubernetes, from 20 on Mesos."]

    def test_a_switch_has_no_up_to(self):
        found = self.lines(turn(PATH, (False, "second"), (True, "first")))
        assert found == ["Patience: at “off” the answer is Mesos, at “on” Kubernetes."]

    def test_durations_are_said_as_people_say_them(self):
        found = self.lines(turn("apps.web.start", ("10s", "second"), ("300s", "first")))
        assert found == ["apps.web.start: at 10 s the answer is Mesos, from 5 min on Kubernetes."]

    def test_a_setting_that_changes_nothing_is_said_so(self):
        assert self.lines(turn(PATH, (1, "first"), (9, "first"))) == [
            "Patience: from 1 to 9 the answer stays the same."
        ]

    def test_three_lines_at_most_those_that_turn_first(self):
        flat = turn(PATH, (1, "first"), (2, "first"))
        zigzag = turn(PATH, (1, "first"), (2, "second"), (3, "first"), (4, "second"))
        found = self.lines(flat, zigzag)
        assert len(found) == 3
        assert all("from" in line and "stays" not in line for line in found)


@pytest.mark.parametrize(
    ("path", "chosen", "said"),
    [
        pytest.param("apps.web.load.cap", "500m", "0.5 cores", id="a cap is an amount of cpu"),
        pytest.param("apps.web.request.cpu", "2", "2 cores", id="so is a request"),
        pytest.param("apps.web.load.cpu", "2s", "2 s", id="what one request costs is a time"),
    ],
)
def test_a_setting_is_said_in_its_unit(path, chosen, said):
    assert sentences.setting(Texts("en"), path, chosen) == said


@pytest.mark.parametrize("name", shipped())
def test_no_setting_that_a_shipped_scenario_varies_is_called_by_its_path(name):
    scenario = load(name)
    varied = [lever.path for lever in scenario.study.levers] + list(scenario.study.equalised)
    assert [path for path in varied if sentences.label(EN, scenario, path) == path] == []
