"""Metrics, serving times and phases on a trace whose every number is known."""

import math

import pytest

from tests.make import Scripted, app, scenario, seconds
from workbench.engines.world import World
from workbench.errors import ScenarioError
from workbench.experiments import metrics, phases, serving
from workbench.model.faults import Fault
from workbench.model.workload import Team


def run(made, plane=None):
    world = World(made, plane or Scripted(), 1)
    return world.run()


def measured(measure, made, plane=None):
    return metrics.measured(measure, run(made, plane), made)


def test_a_batch_task_of_a_minute_on_a_core_uses_its_part_of_the_cluster():
    made = scenario(app(kind="batch", cpu=1000, start=0, runs=60), machines=1, horizon=240)
    assert measured("utilisation", made) == pytest.approx(1 / 4 * 60 / 240)
    assert measured("machines_used", made) == pytest.approx(60 / 240)


def test_overlapping_tasks_count_a_machine_once():
    made = scenario(app(kind="batch", replicas=2, start=0, runs=60), machines=1, horizon=240)
    assert measured("machines_used", made) == pytest.approx(60 / 240)


def test_spread_of_load_is_zero_when_even_and_the_standard_deviation_otherwise():
    one = app(kind="batch", replicas=2, cpu=4000, start=0, runs=300)
    made = scenario(one, machines=2, horizon=600)
    assert measured("imbalance", made, Scripted(lambda task: task)) == pytest.approx(0)
    single = scenario(app(kind="batch", cpu=4000, start=0, runs=300), machines=2, horizon=600)
    assert measured("imbalance", single) == pytest.approx(0.25)  # loads 0.5 and 0: mean 0.25, each 0.25 away


def test_evenness_is_jains_index_of_the_shares():
    a = app("a", kind="batch", cpu=3000, start=0, runs=600, team="a")
    b = app("b", kind="batch", cpu=1000, start=0, runs=600, team="b")
    made = scenario(a, b, machines=1, horizon=600)
    assert measured("evenness", made) == pytest.approx((0.75 + 0.25) ** 2 / (2 * (0.75**2 + 0.25**2)))
    weighted = scenario(a, b, machines=1, horizon=600, teams=[Team("a", weight=3), Team("b")])
    assert measured("evenness", weighted) == pytest.approx(1)


def test_opening_is_the_moment_the_last_wanted_instance_is_ready():
    made = scenario(app(replicas=3, start=2, ready=3, at=10))
    assert measured("opening:web", made) == pytest.approx(5)


def test_makespan_counts_to_the_last_end_and_is_infinite_when_one_is_missing():
    assert measured("makespan:web", scenario(app(kind="batch", replicas=2, start=1, runs=60))) == pytest.approx(61)
    assert measured("makespan:web", scenario(app(kind="batch", runs=60), horizon=30)) == math.inf


def test_an_app_that_loses_an_instance_and_never_replaces_it_never_heals():
    made = scenario(app(replicas=2), faults=[Fault(seconds(100), node="node-1")])
    plane = Scripted(lambda task: task)
    assert measured("heal:web", made, plane) == math.inf
    assert measured("missing:web", made, Scripted(lambda task: task)) == pytest.approx(500)
    assert measured("misdirected:web", made, Scripted(lambda task: task)) == math.inf


def test_an_app_that_loses_nothing_has_healed_at_once():
    made = scenario(app(replicas=2), faults=[Fault(seconds(100), node="node-2")])
    assert measured("heal:web", made, Scripted(lambda task: task)) == 0.0
    assert measured("misdirected:web", made, Scripted(lambda task: task)) == 0.0


def test_a_replacement_heals_the_app_when_it_serves_and_the_dead_one_misdirects_until_removed():
    plane = Scripted(lambda task: task)
    made = scenario(app(replicas=1, start=2, ready=3), faults=[Fault(seconds(100), node="node-0")])
    world = World(made, plane, 1)
    world.agenda.at(seconds(150), 8, world.endpoint, 0, "removed", "unreachable")
    world.agenda.at(seconds(200), 8, plane.create, made.apps[0], 1)
    trace = world.run()
    assert metrics.measured("heal:web", trace, made) == pytest.approx(105)
    assert metrics.measured("misdirected:web", trace, made) == pytest.approx(50)
    assert metrics.measured("missing:web", trace, made) == pytest.approx(105)
    assert serving.strength(trace, "web") == [(0, 0), (seconds(5), 1), (seconds(100), 0), (seconds(205), 1)]


def test_phases_add_up_to_the_whole_wait():
    made = scenario(app(start=2, ready=3, at=10, image="i"), images={"i": 64 * 1024**2})
    trace = run(made)
    assert phases.mean(trace, "web") == pytest.approx(
        {"create": 0, "wait": 0, "decide": 0, "bind": 0, "image": 1, "volume": 0, "init": 0, "start": 2, "ready": 3}
    )
    assert sum(phases.slowest(trace, "web").values()) == pytest.approx(6)


def test_steps_count_in_the_order_of_time_even_if_the_volume_comes_before_the_image():
    row = dict.fromkeys(("considered_us", "decided_us", "bound_us", "init_us", "started_us", "ready_us"), -1)
    row |= {"submitted_us": 0, "queued_us": 0, "volume_us": seconds(5), "image_us": seconds(8)}
    assert phases.of_task(row) == {"create": 0, "volume": 5, "image": 3}


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        pytest.param("heall:web", "'heall' does not exist among the measures; did you mean 'heal'?", id="misspelt"),
        pytest.param("heal:wep", "'wep' does not exist among the apps; did you mean 'web'?", id="no such app"),
        pytest.param("share:x", "'x' does not exist among the teams: default", id="no such team"),
        pytest.param("heal", "'' does not exist among the apps: web", id="an app is needed"),
        pytest.param("utilisation:web", "utilisation is about the whole run; leave out ':web'", id="about nothing"),
    ],
)
def test_a_wrong_measure_is_named_with_the_cure(measure, said):
    with pytest.raises(ScenarioError) as caught:
        metrics.check([measure], scenario(app()), "study")
    assert said in str(caught.value)
