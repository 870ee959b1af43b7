"""Sizing: the smallest number that keeps every goal, confirmed by runs that the search has not seen."""

import random

import pytest

from workbench.cli import main
from workbench.errors import ScenarioError
from workbench.experiments.check import load
from workbench.experiments.goals import Goal, goals
from workbench.experiments.run import run
from workbench.experiments.sizing import SEARCH_RUNS, Sizing, Tried, _sized, growing, size
from workbench.views import sizing as words
from workbench.views.figures import sizing as figure
from workbench.views.i18n import Texts
from workbench.views.widgets.sizing import SizeSearch, size_search

SMALL = """
name: small
question: {en: How many?, zh: 几台？}
horizon: 60s
cluster: {pools: [{name: node, count: 4, capacity: {cpu: 2, memory: 4Gi}}]}
apps:
  - {name: web, kind: service, replicas: 7, request: {cpu: 500m, memory: 256Mi}, start: 1s, ready: 1s}
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    path = tmp_path_factory.mktemp("sizing") / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return load(path)


def test_seven_half_cores_take_two_machines_of_two_cores(scenario):
    found = size(scenario, ["start_p99<=20s"], high=9)
    assert [(one.side, one.machines) for one in found.sizes] == [("kubernetes", 2), ("mesos", 2)]
    for one in found.sizes:
        assert one.confirmed is not None
        assert one.confirmed.runs == one.confirmed.met == 72
        assert one.confidence >= 0.95
        assert one.below == Tried(1, SEARCH_RUNS, 0, {found.goals[0]: SEARCH_RUNS})


def test_not_even_the_largest_number_will_do(scenario):
    (found,) = size(scenario, ["start_p99<=1ms"], high=3, sides=("mesos",)).sizes
    assert found.done
    assert found.machines is None
    assert [one.machines for one in found.tried] == [3]


def test_the_smallest_number_allowed_leaves_nothing_below(scenario):
    (found,) = size(scenario, ["start_p99<=20s"], low=2, high=3, sides=("mesos",)).sizes
    assert (found.machines, found.below) == (2, None)


def test_it_grows_number_by_number_and_says_how_far_it_is(scenario):
    told = []
    steps = list(growing(scenario, ["start_p99<=20s"], high=4, sides=("mesos",), progress=told.append))
    assert [len(one.sizes[0].tried) for one in steps] == [1, 2, 3, 4]
    assert [one.sizes[0].done for one in steps] == [False, False, False, True]
    assert told == sorted(told)
    assert told[-1] == 1.0


class Chance:
    """Runs whose outcome is drawn: with so many machines a run meets the goals with this chance."""

    def __init__(self, scenario, chances, seed):
        self.asking = Sizing(scenario, "", 1, len(chances), (), 0.9, 0.9)
        self._chances, self._draws = chances, random.Random(seed)

    def search(self, side, machines):
        return self._tried(machines, SEARCH_RUNS, confirming=False)

    def confirm(self, side, machines, runs):
        return self._tried(machines, runs, confirming=True)

    def _tried(self, machines, runs, *, confirming):
        met = sum(self._draws.random() < self._chances[machines - 1] for _ in range(runs))
        return Tried(machines, runs, met, {}, confirming)


@pytest.mark.parametrize(
    "chances",
    [
        pytest.param((0.0, 0.5, 0.85, 0.89, 0.95, 1.0), id="a slow rise, most numbers just below what is asked"),
        pytest.param((0.89, 0.89, 0.89, 0.89, 0.89, 0.89, 1.0), id="all but one just too few"),
        pytest.param((0.0, 0.0, 0.0, 1.0), id="a cliff"),
    ],
)
def test_a_number_that_is_not_enough_is_given_no_more_often_than_the_risk_allows(scenario, chances):
    repeats, wrong = 400, 0
    for seed in range(repeats):
        *_, found = _sized(Chance(scenario, chances, seed), "mesos")
        assert found.done
        wrong += found.machines is not None and chances[found.machines - 1] < 0.9
    assert wrong / repeats <= 0.1 + 2 * (0.1 * 0.9 / repeats) ** 0.5


def test_confirming_uses_seeds_that_the_search_has_not_seen(scenario, monkeypatch):
    seen = []

    def watched(one, side, *, seed, cancelled):
        seen.append(seed)
        return run(one, side, seed=seed)

    monkeypatch.setattr("workbench.experiments.sizing.run", watched)
    size(scenario, ["start_p99<=20s"], high=2, sides=("mesos",), share=0.5, confidence=0.5)
    searched, confirmed = set(seen[:SEARCH_RUNS]), set(seen[2 * SEARCH_RUNS :])
    assert searched == set(seen[SEARCH_RUNS : 2 * SEARCH_RUNS])
    assert confirmed
    assert not searched & confirmed


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        pytest.param("start_p99<=1min30s", Goal("start_p99", 90.0), id="a duration"),
        pytest.param(" wait:web <= 2 ", Goal("wait:web", 2.0), id="bare seconds, spaces"),
        pytest.param("utilisation>=40%", Goal("utilisation", 0.4, at_most=False), id="per cent, at least"),
        pytest.param("machines_used<=3", Goal("machines_used", 3.0), id="a plain number"),
    ],
)
def test_goals_are_written_as_people_say_them(scenario, text, goal):
    assert goals([text], scenario) == (goal,)
    assert goals([f"{goal.measure}{words.relation(goal)}{words.bound(goal)}"], scenario) == (goal,)


def test_everything_that_makes_no_sense_is_told_at_once(scenario):
    asked = ["start_p99=9", "strat_p99<=9s", "wait:wob<=1s", "start_p99<=soon", "machines_used<=3%", "utilisation<=nan"]
    with pytest.raises(ScenarioError) as caught:
        size(scenario, asked, path="cluster.pools.nod.count", low=3, high=2, share=1.5, sides=("kubernets",))
    assert len(caught.value.problems) == len(asked) + 4


def test_without_a_goal_there_is_nothing_to_look_for(scenario):
    with pytest.raises(ScenarioError):
        size(scenario, [])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_answer_in_words_and_in_a_picture(scenario, language):
    t = Texts(language)
    found = size(scenario, ["start_p99<=20s"], high=3, sides=("kubernetes",))
    asked, answer = words.lines(found, t)
    assert "95" in asked
    assert "72" in answer
    drawn = figure.draw(found, t)
    assert list(drawn.data[0].x) == [1, 2, 3]
    assert list(drawn.data[0].y) == [0, 1, 1]
    assert words.finding(found, t) in figure.alt(found, t)


def test_the_command_line_answers_and_writes_what_was_tried(scenario, tmp_path, capsys):
    path, out = tmp_path / "small.yaml", tmp_path / "sizes.json"
    path.write_text(SMALL, encoding="utf-8")
    assert main(["size", str(path), "--goal", "start_p99<=20s", "--to", "3", "--json", str(out)]) == 0
    assert "Mesos: 2 machines." in capsys.readouterr().out
    assert '"confirming": true' in out.read_text(encoding="utf-8")
    assert main(["size", str(path), "--goal", "start_p99<=1ms", "--to", "2"]) == 1
    assert main(["size", str(path), "--goal", "soon"]) == 2


def test_in_a_notebook_a_button_searches_and_bad_values_are_told(scenario):
    search = SizeSearch(scenario, ["start_p99<=20s"], high=3)
    search.bounds[0].value = "soon"
    search.button.click()
    assert "soon" in search.words.value
    search.bounds[0].value = "20s"
    search.button.click()
    assert search.wait(60)
    assert search.sizing is not None
    assert [one.machines for one in search.sizing.sizes] == [2, 2]
    assert "72" in search.words.value
    assert search.button.description == "Search"
    search.close()
    assert "role" in size_search(scenario, ["nothing"]).value
