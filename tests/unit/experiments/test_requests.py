"""What became of requests, and how long the way to the first further instance is."""

from __future__ import annotations

from functools import cache

import pytest

from tests.make import app, scenario, seconds
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.engines.world import World
from workbench.experiments import requests
from workbench.experiments.metrics import measured
from workbench.experiments.reaction import PHASES, reaction
from workbench.model.clock import to_us
from workbench.model.load import Load, Points, Scaling
from workbench.model.trace import Trace

BOTH = pytest.mark.parametrize("on", ["kubernetes", "mesos"])


def _made(cap=None, target=60, **settings):
    demand = Points(((seconds(120), 60), (seconds(120), 300), (seconds(420), 300), (seconds(420), 60)))
    load = Load(demand, cpu_us=20_000, cap=cap, queue=50, from_us=seconds(60))
    web = app(replicas=4, start=2, ready=5, load=load, scaling=Scaling(target, 4, 30))
    return scenario(
        web, machines=6, horizon=900, settings={key.replace("__", "."): one for key, one in settings.items()}
    )


@cache
def _value(measure, on, **changes):
    made = _made(**changes)
    return measured(f"{measure}:web", World(made, CONTROL_PLANES[on].make(), 1).run(), made)


def _written(*rows):
    trace = Trace("made", "kubernetes", 1, seconds(10))
    for at, *cells in rows:
        trace["traffic"].append(seconds(at), "web", *cells, 0.0)
    return trace


def test_sums_are_rates_times_the_length_of_their_intervals():
    trace = _written((0, 10, 8, 2, 1, 20), (4, 30, 20, 10, 5, 20))
    assert requests.total(trace, "web", "offered") == 4 * 10 + 6 * 30
    assert requests.total(trace, "web", "lost") == 4 * 2 + 6 * 10
    assert requests.total(trace, "other", "lost") == 0


@pytest.mark.parametrize(
    ("lost", "late", "part"),
    [
        pytest.param(2, 1, 0.3, id="lost or late"),
        pytest.param(8, 6, 1.0, id="those that were late before their instance stopped are no more than all"),
    ],
)
def test_what_misses_the_goal_is_a_part_of_all_that_came(lost, late, part):
    assert measured("slo_missed:web", _written((0, 10, 2, lost, late, 20)), _made()) == pytest.approx(part)


def test_stretches_of_overload_that_touch_are_one():
    rates = [(0, 30), (2, 40), (4, 10), (6, 21)]
    trace = _written(*((at, offered, 0, 0, 0, 20) for at, offered in rates))
    assert requests.overloaded(trace, "web") == [(0, seconds(4)), (seconds(6), seconds(10))]


@BOTH
def test_the_phases_of_the_reaction_add_up_to_the_whole_exactly(on):
    trace = World(_made(), CONTROL_PLANES[on].make(), 1).run()
    found = reaction(trace, "web")
    assert list(found.spent) == list(PHASES)
    assert found.surge_us == seconds(120)
    assert sum(map(to_us, found.spent.values())) == found.served_us - found.surge_us
    assert found.spent["notice"] > 0
    first = min(at for at, _, task, change, _ in trace["endpoints"].rows() if change == "added" and at > seconds(120))
    assert found.served_us == first


@BOTH
def test_without_a_surge_there_is_no_reaction(on):
    made = _made(cap=4000, target=900)
    assert reaction(World(made, CONTROL_PLANES[on].make(), 1).run(), "web") is None
    assert _value("reaction_time", on, cap=4000, target=900) == float("inf")


@pytest.mark.parametrize(
    ("measure", "on", "less", "more"),
    [
        pytest.param("lost_requests", "kubernetes", {"cap": 2000}, {}, id="a higher cap loses fewer"),
        pytest.param("lost_requests", "mesos", {"cap": 2000}, {}, id="on Mesos too"),
        pytest.param("lost_requests", "kubernetes", {"target": 40}, {"target": 80}, id="a lower target loses fewer"),
        pytest.param("instance_time", "kubernetes", {"target": 80}, {"target": 40}, id="and costs more instances"),
        pytest.param(
            "lost_requests", "mesos", {"mesos__marathon_autoscale__interval_s": 5}, {}, id="more looks lose fewer"
        ),
        pytest.param(
            "lost_requests", "mesos", {"mesos__marathon_autoscale__multiplier": 3.0}, {}, id="larger steps lose fewer"
        ),
        pytest.param(
            "instance_time", "kubernetes", {"kubernetes__horizontal__downscale_stabilization_s": 60}, {},
            id="less patience costs fewer instances",
        ),
        pytest.param(
            "reaction_time", "kubernetes", {}, {"kubernetes__pod_metrics__resolution_s": 60},
            id="older metrics are noticed later",
        ),
    ],
)  # fmt: skip
def test_settings_move_the_result_in_their_direction(measure, on, less, more):
    assert _value(measure, on, **less) < _value(measure, on, **more)
