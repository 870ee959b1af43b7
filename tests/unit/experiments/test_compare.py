"""Comparisons: paired, growing, deepened, and what they refuse."""

from __future__ import annotations

import pytest

from tests.make import app, scenario
from workbench.errors import CancelledError, ScenarioError
from workbench.experiments.check import load
from workbench.experiments.compare import compare, deepened, repeats

SMALL = scenario(app(replicas=2), machines=2, horizon=60)


def test_every_side_runs_under_the_same_seeds():
    made = compare(SMALL, replications=3, seed=10, deeper=False)
    assert made.seeds == (10, 11, 12)
    assert made.sides == ("kubernetes", "mesos")
    assert all(len(values) == 3 for row in made.rows for values in row.values.values())


def test_a_shipped_scenario_may_be_named():
    assert compare("shop-opens", replications=1, deeper=False).scenario.name == "shop-opens"


def test_a_third_side_is_measured_beside_the_two_that_are_compared():
    sides = ("kubernetes", "mesos", "static-partitions")
    row = compare(SMALL, replications=1, sides=sides, deeper=False).rows[0]
    assert tuple(row.values) == sides
    assert row.difference.pairs == (row.values["mesos"][0] - row.values["kubernetes"][0],)


def test_growing_and_deepening_step_by_step_ends_where_comparing_at_once_does():
    made = load("first-look", {"study.levers": [], "study.replications": 2})
    grown = list(repeats(made))
    assert [len(one.seeds) for one in grown] == [1, 2]
    at_once = compare(made)
    whole = deepened(grown[-1])
    assert whole.rows == at_once.rows
    assert whole.equalised == at_once.equalised
    assert whole.digests == at_once.digests
    assert at_once.equalised


def test_levers_are_tried_at_every_value():
    made = load("first-look", {"study.replications": 1})
    (turn,) = compare(made).turns
    assert turn.values == (0, 15, 30, 60, 120, 300)
    assert turn.verdicts[0] == "first"
    assert turn.verdicts[-1] == "second"
    assert turn.turns


def test_progress_is_over_all_runs_together():
    told: list[float] = []
    compare(load("first-look", {"study.replications": 1}), progress=told.append)
    assert told == sorted(told)
    assert told[0] < 0.1
    assert told[-1] == 1.0


def test_a_comparison_can_be_stopped():
    with pytest.raises(CancelledError):
        compare(SMALL, replications=2, cancelled=lambda: True)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param({"sides": ["kubernetes"]}, "a comparison takes two control planes", id="one side"),
        pytest.param({"sides": ["kubernetes", "meso"]}, "did you mean 'mesos'?", id="no such side"),
        pytest.param({"seed": -1}, "-1 is outside 0 to 9223372036854775807", id="a seed that no file may have"),
        pytest.param({"replications": 0}, "0 is outside 1 to 10000 repeats", id="no repeats"),
    ],
)
def test_senseless_comparisons_are_refused(asked, said):
    with pytest.raises(ScenarioError) as caught:
        compare(SMALL, **asked)
    assert said in str(caught.value)


def test_printing_a_comparison_shows_a_line_per_measure():
    text = str(compare("first-look", replications=2, deeper=False))
    assert "web full again after [s]" in text
    assert "mesos lower" in text
    assert len(text.splitlines()) == 8
