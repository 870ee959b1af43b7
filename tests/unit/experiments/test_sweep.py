"""A sweep runs every point once, leaves out what does not concern a side, and grows point by point."""

import pytest

from workbench.errors import ScenarioError
from workbench.experiments.check import load
from workbench.experiments.sweep import growing, sweep

GRID = {"mesos.batch.idle_refuse_s": (5.0, 120.0), "teams.idle.count": (0, 6)}
SHORT = {"horizon": "120s", "apps.work.arrivals.until": "120s"}


@pytest.fixture(scope="module")
def short():
    return load("offer-starvation", SHORT)


@pytest.fixture(scope="module")
def made(short):
    return sweep(short, GRID)


def test_every_point_is_run_and_settings_of_another_control_plane_are_not_varied(made):
    assert [(one.side, dict(one.settings)) for one in made.points] == [
        ("kubernetes", {"teams.idle.count": 0}),
        ("kubernetes", {"teams.idle.count": 6}),
        *(("mesos", {"mesos.batch.idle_refuse_s": refuse, "teams.idle.count": count})
          for refuse in (5.0, 120.0) for count in (0, 6)),
    ]  # fmt: skip
    assert made.complete
    assert made.measure == "wait:work"


def test_a_line_has_its_points_in_the_order_of_the_grid(made):
    line = made.line("mesos", "teams.idle.count", {"mesos.batch.idle_refuse_s": 120.0})
    assert [value for value, _ in line] == [0, 6]
    flat = made.line("kubernetes", "teams.idle.count", {"mesos.batch.idle_refuse_s": 120.0})
    assert len({point.values for _, point in flat}) == 1


def test_it_grows_by_one_point_at_a_time_and_says_how_far_it_is(short):
    told = []
    steps = list(growing(short, {"teams.idle.count": (0, 1)}, sides=("kubernetes",), progress=told.append))
    assert [(len(one.points), one.complete) for one in steps] == [(1, False), (2, True)]
    assert told == [0.5, 1.0]


@pytest.mark.parametrize(
    ("grid", "measure"),
    [
        pytest.param({"teams.idle.cuont": (1,)}, "", id="a path that leads nowhere"),
        pytest.param({"mesos.batch.idle_refuse_s": (1e9,)}, "", id="a value out of range"),
        pytest.param({"teams.idle.count": (1,)}, "wait:nobody", id="a measure about nobody"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(short, grid, measure):
    with pytest.raises(ScenarioError):
        next(growing(short, grid, measure=measure))
