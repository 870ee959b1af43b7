"""Services whose size follows their use of cpu, in whole runs: the flash crowd on both sides."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make import app, scenario, seconds
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.engines.mesos.frameworks.marathon_autoscale import (
    Counts,
    MarathonAutoscaleParameters,
    counted,
    next_size,
)
from workbench.engines.randomness import Streams
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.load import Load, Points, Scaling

BASE = 60.0
"""Requests a second that keep four instances, which answer 25 each, at 60 %."""

JUMP_S = 120

HASTY = {"mesos.marathon_autoscale.interval_s": 10, "mesos.marathon_autoscale.scale_up_factor": 1}
"""A script that scales at its first look."""


AT_ONCE = {"kubernetes.pod_metrics.housekeeping_s": 0}
"""Kubelets that look when they are asked: samples of all pods begin and end together."""


def _run(on, seed, cap=None, jump_us=None, until=900, settings=None, changes=(), faults=()):
    jump_us = seconds(JUMP_S) if jump_us is None else jump_us
    end = seconds(600)
    demand = Points(((jump_us, BASE), (jump_us, 5 * BASE), (end, 5 * BASE), (end, BASE)))
    load = Load(demand, cpu_us=20_000, cap=cap, queue=50, from_us=seconds(60))
    web = app(replicas=4, start=2, ready=5, load=load, scaling=Scaling(60, 4, 30))
    made = scenario(web, machines=6, horizon=until, settings=settings, changes=changes, faults=faults)
    return World(made, CONTROL_PLANES[on].make(), seed).run()


def _sizes(trace):
    rows = list(trace["scaling"].rows())
    assert all(rows[n][3] == rows[n + 1][2] for n in range(len(rows) - 1)), "each goes on from the one before"
    return [rows[0][2], *(row[3] for row in rows)] if rows else []


def _lost(trace):
    return sum(trace["traffic"]["lost"])


def _sampled(seed):
    """A time at which the metrics server has just looked: no sample straddles it."""
    return Streams(seed).stream("kubernetes/pod-metrics").randrange(seconds(15)) + seconds(JUMP_S)


@pytest.mark.parametrize("seed", range(6))
class TestKubernetes:
    def test_pods_capped_at_their_request_cannot_report_demand(self, seed):
        trace = _run("kubernetes", seed, jump_us=_sampled(seed), until=590, settings=AT_ONCE)
        assert _sizes(trace) == [4, 7, 12, 20]
        times = [at / seconds(1) for at in trace["scaling"]["at_us"]]
        ready = sorted(trace["tasks"]["ready_us"])
        for size, (at, later) in zip([7, 12], pairwise(times), strict=True):
            all_ready = ready[size - 1] / seconds(1)
            assert at < all_ready < later, "the next step waits for the pods of this one to be ready"
            assert later - all_ready >= 15, "and for a sample of the time since"

    def test_pods_that_may_use_more_say_it_all_and_only_the_limits_hold(self, seed):
        trace = _run("kubernetes", seed, cap=2000, jump_us=_sampled(seed), until=590, settings=AT_ONCE)
        assert _sizes(trace) == [4, 8, 16, 20]
        assert list(trace["scaling"]["reason"]) == ["ScaleUpLimit", "ScaleUpLimit", "cpu-above-target"]
        assert {b - a for a, b in pairwise(trace["scaling"]["at_us"])} == {seconds(15)}

    def test_it_gets_smaller_only_five_minutes_after_the_crowd_has_gone(self, seed):
        trace = _run("kubernetes", seed, jump_us=_sampled(seed), until=1000, settings=AT_ONCE)
        down = [row for row in trace["scaling"].rows() if row[3] < row[2]]
        assert down[-1][3] == 4
        assert seconds(600 + 300) <= down[0][0] <= seconds(600 + 300 + 15 + 15 + 15)


@pytest.mark.parametrize("on", ["kubernetes", "mesos"])
class TestBothSides:
    def test_a_steady_demand_on_target_changes_nothing(self, on):
        trace = _run(on, 1, jump_us=seconds(599), until=590)
        assert _sizes(trace) == []

    def test_the_size_at_rest_lies_where_the_tolerance_permits(self, on):
        at_rest = _sizes(_run(on, 2, until=590, settings=HASTY))[-1]
        used = 5 * BASE / (at_rest * 25) * 100
        lowest, highest = {"kubernetes": (60 * 0.9, 60 * 1.1), "mesos": (60 - 25, 60)}[on]
        assert lowest <= used <= highest

    def test_a_cap_at_the_request_costs_most_of_the_lost_requests(self, on):
        alone = {"world.processors.contention": False}
        capped, free = (_lost(_run(on, 1, cap=cap, until=590, settings=alone)) for cap in (None, 1500))
        assert capped > 20 * free

    def test_where_instances_stand_close_together_a_higher_cap_helps_less(self, on):
        alone = _lost(_run(on, 1, cap=1500, until=590, settings={"world.processors.contention": False}))
        together = _lost(_run(on, 1, cap=1500, until=590))
        assert together > 10 * alone if on == "mesos" else together < 1.1 * alone + 100

    def test_as_many_instances_run_as_were_asked_for_last(self, on):
        trace = _run(on, 3, until=590)
        running = sum(outcome == "running" for outcome in trace["tasks"]["outcome"])
        assert running == _sizes(trace)[-1]

    def test_new_instances_have_been_wanted_since_the_decision(self, on):
        trace = _run(on, 1, until=590)
        decided = set(trace["scaling"]["at_us"])
        assert {at for at in trace["tasks"]["submitted_us"] if at} <= decided

    def test_an_app_without_scaling_keeps_its_size(self, on):
        web = app(replicas=4, load=Load(Points(((0, 500.0),)), 20_000))
        trace = World(scenario(web, horizon=300), CONTROL_PLANES[on].make(), 1).run()
        assert len(trace["scaling"]) == 0
        assert sum(trace["traffic"]["lost"]) > 0

    def test_a_deleted_app_is_not_scaled_any_more(self, on):
        gone = PlannedChange(at_us=seconds(100), kind="delete", app="web")
        assert _sizes(_run(on, 1, changes=[gone], until=590)) == []


# -- the script beside Marathon --------------------------------------------------------------------------------------

PARAMS = MarathonAutoscaleParameters()


@pytest.mark.parametrize(
    ("looks", "size", "wanted"),
    [
        pytest.param([90, 90], 4, 4, id="two looks above the range are not enough"),
        pytest.param([90, 90, 90], 4, 6, id="three in a row: half as many again"),
        pytest.param([90, 90, 50, 90], 4, 4, id="a look within the range begins anew"),
        pytest.param([90, 90, 90], 21, 30, id="no more than allowed"),
        pytest.param([10, 10, 10], 9, 9, id="three looks below are not enough"),
        pytest.param([10, 10, 10, 10], 9, 6, id="four are"),
        pytest.param([10, 10, 10, 10], 4, 4, id="no fewer than allowed"),
        pytest.param([60, 60, 60], 4, 4, id="the end of the range belongs to it"),
    ],
)
def test_when_the_script_scales(looks, size, wanted):
    counts = Counts()
    for used in looks:
        counts = counted(counts, used, 35.5, 60)
    assert next_size(counts, size, 4, 30, PARAMS) == wanted


def test_a_look_takes_two_seconds_a_task_and_the_script_sleeps_between_looks():
    """The first size is asked for at the third look that sees too much: each 30 s after the one before has ended."""
    trace = _run("mesos", 1, until=590)
    first, second = trace["scaling"]["at_us"][:2]
    assert _sizes(trace)[:3] == [4, 6, 9]
    assert second - first == 3 * seconds(30 + 2 * 6)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(1, 100))
def test_the_script_never_moves_against_what_it_saw(above, below, size):
    assert next_size(Counts(above, 0), size, 4, 30, PARAMS) >= size
    assert next_size(Counts(0, below), size, 4, 30, PARAMS) <= size


def test_while_an_app_is_being_deployed_the_script_is_refused():
    """Instances take 100 s to start; the script looks every half minute and asks at once."""
    demand = Points(((seconds(300), BASE), (seconds(300), 5 * BASE)))
    load = Load(demand, cpu_us=20_000, queue=50, from_us=seconds(200))
    web = app(replicas=4, start=100, ready=5, load=load, scaling=Scaling(60, 4, 30))
    made = scenario(web, machines=6, horizon=590, settings=HASTY)
    trace = World(made, CONTROL_PLANES["mesos"].make(), 1).run()
    events = zip(trace["events"]["at_us"], trace["events"]["kind"], strict=True)
    refused = {at for at, kind in events if kind == "deployment-refused"}
    assert refused
    assert not refused & set(trace["scaling"]["at_us"])
    assert _sizes(trace)[:2] == [4, 6]


def test_while_marathon_is_down_nobody_scales():
    away = Fault(seconds(110), "scheduler-loss", hosting="web", back_us=seconds(400))
    trace = _run("mesos", 1, until=590, faults=[away])
    assert len(trace["scaling"])
    assert all(at >= seconds(400) for at in trace["scaling"]["at_us"])


@pytest.mark.parametrize("on", CONTROL_PLANES)
def test_an_app_that_asks_for_no_cpu_has_no_use_in_per_cent_and_keeps_its_size(on):
    load = Load(Points(((0, 5 * BASE),)), cpu_us=20_000, cap=1000, queue=50, from_us=seconds(60))
    web = app(replicas=4, cpu=0, start=2, ready=5, load=load, scaling=Scaling(60, 4, 30))
    assert _sizes(World(scenario(web, machines=6, horizon=600), CONTROL_PLANES[on].make(), 1).run()) == []
