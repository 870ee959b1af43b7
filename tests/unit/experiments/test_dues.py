"""What is due to whom, and who lacks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make import GIB, Written, app, scenario
from workbench.experiments import metrics
from workbench.experiments.dues import due
from workbench.model.workload import Team


@pytest.mark.parametrize(
    ("asked", "weights", "expected"),
    [
        pytest.param({"a": (2, 2), "b": (2, 2)}, {}, {"a": 0.5, "b": 0.5}, id="equal claims: halves"),
        pytest.param({"a": (0.2, 0.1), "b": (2, 1)}, {}, {"a": 0.2, "b": 0.8}, id="what one leaves goes to the other"),
        pytest.param({"a": (2, 2), "b": (2, 2)}, {"a": 3}, {"a": 0.75, "b": 0.25}, id="three times the weight"),
        pytest.param({"a": (0.1, 0), "b": (0.2, 0)}, {}, {"a": 0.1, "b": 0.2}, id="no more than asked for"),
        pytest.param({"a": (9, 0), "b": (0, 9)}, {}, {"a": 1, "b": 1}, id="different needs: all of each"),
        pytest.param({"a": (0, 0)}, {}, {"a": 0}, id="who asks for nothing is due nothing"),
        pytest.param(
            {"a": (10 * 1 / 9, 10 * 4 / 18), "b": (10 * 3 / 9, 10 * 1 / 18)}, {}, {"a": 2 / 3, "b": 2 / 3},
            id="the example of the DRF paper: <1 cpu, 4 GB> and <3 cpu, 1 GB> of 9 and 18, two thirds each",
        ),
    ],
)  # fmt: skip
def test_what_is_due(asked, weights, expected):
    assert due(asked, {team: weights.get(team, 1.0) for team in asked}) == pytest.approx(expected)


PARTS = st.tuples(st.floats(0, 3), st.floats(0, 3))


@given(asked=st.dictionaries(st.sampled_from("abcd"), PARTS, min_size=1), heavy=st.floats(0.1, 10))
def test_dues_can_be_given_and_leave_nobody_who_could_have_more(asked, heavy):
    weights = {team: heavy if team == "a" else 1.0 for team in asked}
    dues = due(asked, weights)
    scales = {team: dues[team] / max(asked[team]) if max(asked[team]) else 0.0 for team in asked}
    used = [sum(scales[team] * asked[team][index] for team in asked) for index in (0, 1)]
    assert all(whole <= 1 + 1e-6 for whole in used)
    for team, parts in asked.items():
        assert dues[team] <= max(parts) + 1e-9
        if scales[team] < 1 - 1e-6 and max(parts) > 1e-6:
            assert any(part > 0 and whole > 1 - 1e-6 for part, whole in zip(parts, used, strict=True))


def lacking(measure, *tasks, machines=1, teams=(), down=None):
    """What a measure says of tasks (team, cpu, submitted, placed, ended) over 400 s on machines of four cores."""
    apps = {f"{team}-{cpu}": app(f"{team}-{cpu}", "batch", cpu=cpu, memory=GIB, team=team) for team, cpu, *_ in tasks}
    made = scenario(*apps.values(), machines=machines, horizon=400, teams=teams)
    trace = Written(horizon=400)
    for number, (team, cpu, submitted, placed, ended) in enumerate(tasks):
        trace.task(f"t-{number}", f"{team}-{cpu}", team=team, cpu=cpu, submitted=submitted, placed=placed, ended=ended)
    if down is not None:
        trace.down("node-1", down)
    return metrics.measured(measure, trace.trace, made)


ALL = ("a", 4000, 0, 0, 100)
AFTER = ("b", 4000, 10, 100, 200)


def test_a_team_that_has_all_it_asks_for_lacks_nothing():
    assert lacking("withheld", ("a", 1000, 0, 0, 100), ("b", 3000, 0, 0, 100)) == 0


def test_half_of_the_pool_is_withheld_for_as_long_as_somebody_else_has_all():
    """Until 100 s a holds the only machine, and b, to whom half is due, waits: 1/2 for 90 of 400 s."""
    assert lacking("withheld", ALL, AFTER) == pytest.approx(0.5 * 90 / 400)
    assert lacking("withheld_from:b", ALL, AFTER) == pytest.approx(0.5 * 90 / 400)
    assert lacking("withheld_from:a", ALL, AFTER) == 0


def test_weights_say_how_much_is_due():
    assert lacking("withheld", ALL, AFTER, teams=[Team("a"), Team("b", weight=3)]) == pytest.approx(0.75 * 90 / 400)


def test_what_is_idle_is_due_as_well():
    """Of two machines a has half of one; b asks for half of another for 40 s before it has it."""
    assert lacking("withheld", ("a", 2000, 0, 0, 100), ("b", 2000, 0, 40, 50), machines=2) == pytest.approx(
        0.25 * 40 / 400
    )


def test_without_any_machine_nobody_is_due_anything():
    made = scenario(app("a-4000", "batch", cpu=4000, memory=GIB, team="a"), machines=1, horizon=400)
    trace = Written(horizon=400).task("t-0", "a-4000", team="a", cpu=4000, submitted=100, placed=None, ended=None)
    trace.trace["nodes"].append(0, "node-0", "down", "world")
    assert metrics.measured("withheld", trace.trace, made) == 0


def test_of_a_machine_that_is_down_nothing_is_due():
    """Of two machines one is lost at 20 s: for 10 s half of both is due to b, then half of the one that is left."""
    assert lacking("withheld", ("a", 4000, 0, 0, 100), ("b", 8000, 10, 100, 200), machines=2, down=20) == pytest.approx(
        (0.5 * 10 + 0.5 * 80 + 0.0) / 400
    )


def test_a_task_that_never_has_a_place_lacks_it_to_the_end():
    assert lacking("withheld", ("b", 4000, 100, None, None)) == pytest.approx(300 / 400)


def test_what_executors_hold_and_do_not_use_counts_as_held():
    """The rows of an executor hold all four cores; those of its tasks ask for two and hold nothing themselves."""
    made = scenario(app("job", "batch", replicas=2, cpu=1000, memory=GIB, team="a"), machines=1, horizon=400)
    trace = Written(horizon=400).task("job-exec-0", "job-exec", team="a", cpu=4000, placed=0, ended=100)
    for number in range(2):
        trace.task(f"job.{number}", "job", team="a", cpu=0, placed=50, ended=100)
    assert metrics.measured("withheld", trace.trace, made) == 0


def test_a_team_waits_as_long_as_all_its_tasks_on_the_mean():
    tasks = [("a", 1000, 0, 10, 20), ("a", 2000, 0, 40, 50), ("b", 1000, 0, 300, 310)]
    assert lacking("team_wait:a", *tasks) == pytest.approx(25)
    assert lacking("team_wait:b", *tasks) == pytest.approx(300)


def test_a_job_is_done_when_what_was_done_twice_is_heard():
    """Of two tasks one ends at 20 s out of sight and is done again by 90 s; the other is done at 40 s."""
    made = scenario(app("job", "batch", replicas=2), horizon=400)
    trace = Written(horizon=400)
    for name, slot, ended in (("a", 0, 20), ("b", 1, 40), ("a.1", 0, 90)):
        trace.task(name, "job", placed=0, ended=ended)
        trace.trace["tasks"]["slot"][-1] = slot
    assert metrics.measured("makespan:job", trace.trace, made) == 90
