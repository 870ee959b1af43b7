"""Cpu: who gets how much when a machine has too little, and what that does to work."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make import GIB, Scripted, app, node, scenario, seconds
from workbench.engines.processors import shared
from workbench.engines.world import World
from workbench.experiments.requests import total
from workbench.model.clock import SECOND_US
from workbench.model.load import Load, constant


@pytest.mark.parametrize(
    ("wants", "weights", "capacity", "expected"),
    [
        pytest.param([1000, 1000], [1, 1], 4000, [1000, 1000], id="enough for all"),
        pytest.param([3000, 3000], [1, 1], 4000, [2000, 2000], id="equal weights, equal shares"),
        pytest.param([4000, 4000], [3, 1], 4000, [3000, 1000], id="by weight"),
        pytest.param([500, 4000], [1, 1], 4000, [500, 3500], id="what one leaves the other takes"),
        pytest.param([500, 4000, 4000], [2, 1, 1], 4000, [500, 1750, 1750], id="shared again by weight"),
    ],
)
def test_who_gets_how_much(wants, weights, capacity, expected):
    got = shared(dict(enumerate(wants)), dict(enumerate(weights)), capacity)
    assert [got[one] for one in range(len(wants))] == pytest.approx(expected)


amounts = st.lists(st.tuples(st.integers(0, 8000), st.integers(2, 4000)), min_size=1, max_size=8)


@given(amounts, st.integers(1, 16000))
def test_nothing_is_wasted_nobody_gets_more_than_it_wants(pairs, capacity):
    wants, weights = dict(enumerate(w for w, _ in pairs)), dict(enumerate(float(w) for _, w in pairs))
    got = shared(wants, weights, capacity)
    assert all(got[one] <= wants[one] + 1e-6 for one in wants)
    assert sum(got.values()) == pytest.approx(min(capacity, sum(wants.values())))
    short = [got[one] / weights[one] for one in wants if got[one] < wants[one] - 1e-6]
    assert not short or max(short) - min(short) < 1e-6


class Starting(Scripted):
    def create(self, made, number):
        task = self.world.new_task(made, f"{made.name}-{number}", dict(made.request))
        self.world.place(task, 0, 0)
        self.world.bound(task)
        if "cpu" in made.limit:
            self.world.processors.confine(task, made.limit["cpu"])
        self.world.start_process(task)
        if made.load is not None:
            self.world.traffic.joined(made.name, task)


def run(*apps, cpu=4000, horizon=1000, **settings):
    made = scenario(*apps, machines=(node("node-0", cpu=cpu, memory=64 * GIB),), horizon=horizon, settings=settings)
    return World(made, Starting(), 1).run()


def lasted(trace):
    return [
        (row["ended_us"] - row["started_us"]) / SECOND_US for row in trace["tasks"].dicts() if row["kind"] == "batch"
    ]


def task(name="job", count=1, cpu=1000, use=1.0, runs=100.0, **more):
    return app(name, "batch", count, cpu=cpu, start=0, ready=0, runs=runs, cpu_use=use, **more)


def test_a_task_that_gets_half_takes_twice_as_long():
    assert lasted(run(task(count=4, use=2.0))) == pytest.approx([200] * 4, abs=0.01)


def test_when_one_has_ended_the_others_are_faster():
    # two want 4 cores each of 4: two each; the short one ends after 50 s of work, at 100 s; the long one then is free
    short, long = lasted(run(task("a", use=4.0, runs=50), task("b", use=4.0, runs=100)))
    assert (short, long) == pytest.approx((100, 150), abs=0.01)


def test_who_asks_for_more_is_slowed_down_less():
    much, little = lasted(run(task("a", cpu=3000, use=2.0, runs=90), task("b", cpu=1000, use=6.0, runs=30)))
    assert much == pytest.approx(180, abs=0.01)  # 3 of 6 cores until it ends
    assert little > 30 * 2


def test_a_quota_holds_even_on_an_idle_machine():
    assert lasted(run(task(use=2.0, limit={"cpu": 1000}))) == pytest.approx([200], abs=0.01)


def test_nobody_is_slowed_down_where_the_setting_says_so():
    assert lasted(run(task(count=4, use=2.0), **{"world.processors.contention": False})) == pytest.approx([100] * 4)


def test_a_greedy_neighbour_costs_a_service_requests():
    load = Load(constant(90.0), round(0.02 * SECOND_US), cap=2000, queue=50)  # wants 1.8 of at most 2 cores
    web = app("web", cpu=500, start=0, ready=0, load=load)
    alone = run(web, task("job", cpu=500, use=1.0, runs=900))
    beside = run(web, task("job", cpu=3000, use=2.0, runs=900))
    assert total(alone, "web", "lost") < 1
    # it has the right to a seventh of 4 cores, 28 requests a second, until the other is done
    assert total(beside, "web", "lost") > 0.5 * total(beside, "web", "offered")


def test_an_idle_one_costs_it_nothing():
    load = Load(constant(90.0), round(0.02 * SECOND_US), cap=2000, queue=50)
    web = app("web", cpu=500, start=0, ready=0, load=load)
    assert total(run(web, task("job", cpu=3000, use=0.5, runs=900)), "web", "lost") < 1
    assert seconds(1) == SECOND_US
