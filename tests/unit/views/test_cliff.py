"""The cliff: drawn from a sweep alone, its rule where the refusals end, every point leading to its run."""

import pytest

from workbench.experiments.check import load
from workbench.experiments.sweep import Point, Sweep
from workbench.views.figures import cliff
from workbench.views.i18n import Texts

GRID = {cliff.REFUSAL: (5.0, 120.0), cliff.NEIGHBOURS: (0, 5, 6, 20)}


@pytest.fixture(scope="module")
def made():
    """A sweep with waits as they were measured, made without running anything."""
    waits = {5.0: (1.2, 0.5, 184.0, 350.0), 120.0: (1.2, 0.5, 0.5, 0.9)}
    points = [Point("kubernetes", {cliff.NEIGHBOURS: count}, (0.0,)) for count in GRID[cliff.NEIGHBOURS]]
    points += [
        Point("mesos", {cliff.REFUSAL: refusal, cliff.NEIGHBOURS: count}, (wait,))
        for refusal, line in waits.items()
        for count, wait in zip(GRID[cliff.NEIGHBOURS], line, strict=True)
    ]
    return Sweep(load("offer-starvation"), "wait:work", GRID, ("kubernetes", "mesos"), tuple(points), len(points))


@pytest.mark.parametrize(
    ("settings", "refusal", "count"),
    [
        pytest.param({}, 5.0, 6, id="five seconds, a round a second"),
        pytest.param({}, 120.0, 121, id="two minutes"),
        pytest.param({"mesos.allocator.allocation_interval_s": 2.0}, 5.0, 3, id="a round every two seconds"),
        pytest.param({"mesos.frameworks.answer_s": 1.0}, 5.0, 7, id="an answer that takes a second more"),
    ],
)
def test_the_jump_is_where_refusals_end_before_all_were_asked(settings, refusal, count):
    scenario = load("offer-starvation", settings)
    assert cliff.jump_at(Sweep(scenario, "wait:work", GRID, ("mesos",), (), 0), refusal) == count


def test_the_title_is_the_finding(made):
    assert (
        cliff.finding(made, Texts()) == "5 idle neighbours cost next to nothing (0.5 s of waiting); 6 cost 3 min 4 s."
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_line_per_time_of_refusal_kubernetes_flat_and_one_rule_inside_the_picture(made, language):
    drawn = cliff.draw(made, Texts(language))
    assert [line.line.color for line in drawn.data] == ["#2F7ED8", "#DD7700", "#DD7700"]
    assert set(drawn.data[0].y) == {cliff.LEAST_S}
    assert list(drawn.data[1].y) == [1.2, 0.5, 184.0, 350.0]
    assert [shape.x0 for shape in drawn.layout.shapes] == [6]
    assert drawn.layout.yaxis.type == "log"
    assert cliff.caption(made, Texts(language))
    assert cliff.finding(made, Texts(language)) in cliff.alt(made, Texts(language))


def test_a_point_carries_the_settings_of_its_run(made):
    drawn = cliff.draw(made, Texts())
    assert drawn.data[2].customdata[1] == {cliff.REFUSAL: 120.0, cliff.NEIGHBOURS: 5}
    assert drawn.data[0].customdata[3] == {cliff.REFUSAL: 5.0, cliff.NEIGHBOURS: 20}


def test_a_sweep_that_has_only_begun_can_be_drawn(made):
    begun = Sweep(made.scenario, made.measure, made.grid, made.sides, made.points[:1], made.total)
    drawn = cliff.draw(begun, Texts())
    assert len(drawn.data[0].x) == 1
    assert cliff.finding(begun, Texts()) == "Idle neighbours cost next to nothing at these settings."
