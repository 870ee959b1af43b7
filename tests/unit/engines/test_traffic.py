"""Requests as a fluid: held against a queue of single requests, which is held against M/M/c itself."""

from __future__ import annotations

from math import exp, sqrt
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make import app, seconds
from tests.unit.engines.request_queue import RequestQueue, mean_held
from workbench.engines.agenda import Agenda, Order
from workbench.engines.traffic import Traffic, late_share, step
from workbench.model.load import Load, Points, constant
from workbench.model.load import step as jump
from workbench.model.trace import Table

CPU_US = 20_000
"""A request takes 20 ms of a core: an instance of half a core answers 25 a second."""

PER_INSTANCE = 25


class Run:
    """The traffic of one app, whose instances a test starts and stops at times in seconds."""

    def __init__(self, demand, at=0, **load):
        self.agenda, self.table = Agenda(), Table("traffic")
        self.traffic = Traffic(self.agenda, self.table, [app(at=at, load=Load(demand, CPU_US, **load))])

    def at(self, second, *calls):
        for what, task in calls:
            self.agenda.at(seconds(second), Order.PHYSICS, getattr(self.traffic, what), "web", task)
        return self

    def run(self, until):
        self.agenda.run(seconds(until))
        self.traffic.finish()
        return self

    def total(self, column):
        ends = [*self.table["at_us"][1:], self.agenda.now_us]
        lengths = [(end - start) / seconds(1) for start, end in zip(self.table["at_us"], ends, strict=True)]
        return sum(one * length for one, length in zip(self.table[column], lengths, strict=True))


def _here(*tasks):
    return [call for task in tasks for call in (("up", task), ("joined", task))]


# -- the queue of single requests against the closed form ------------------------------------------------------------


@pytest.mark.parametrize("servers", [1, 4])
@pytest.mark.parametrize("busy", [0.5, 0.8, 0.95])
def test_the_queue_of_requests_is_m_m_c(servers, busy):
    length = 4_000 if busy < 0.9 else 40_000
    queue = RequestQueue([(0, busy * servers)], 1.0, servers, late_s=3.0, seed=7).run(length, warm_up=length / 10)
    # three standard errors of the time average of M/M/1 (Whitt 1989), which are more than those of M/M/c
    error = 3 * sqrt(2 * busy * (1 + busy) / (1 - busy) ** 4 / length / servers)
    assert queue.mean_held() == pytest.approx(mean_held(servers, busy), abs=error)
    assert queue.answered / (0.9 * length) == pytest.approx(busy * servers, rel=0.05)


def test_with_one_server_the_time_a_request_takes_is_exponential():
    queue = RequestQueue([(0, 0.8)], 1.0, late_s=5.0, seed=3).run(30_000, warm_up=1_000)
    assert queue.late / queue.answered == pytest.approx(exp(-5.0 * (1 - 0.8)), rel=0.1)


# -- the fluid against it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("busy", [0.1, 0.5, 0.8, 0.95])
def test_at_rest_an_instance_holds_what_m_m_1_holds(busy):
    run = Run(constant(busy * PER_INSTANCE), queue=1000).at(0, *_here(0)).run(600)
    assert run.table["waiting"][-1] == pytest.approx(mean_held(1, busy), rel=0.02)
    assert run.table["served"][-1] == pytest.approx(busy * PER_INSTANCE, rel=1e-3)


@pytest.mark.parametrize("busy", [0.5, 0.8, 0.95])
def test_at_rest_the_share_of_late_requests_is_that_of_m_m_1(busy):
    run = Run(constant(busy * PER_INSTANCE), queue=1000, late_us=seconds(0.2)).at(0, *_here(0)).run(600)
    exact = exp(-0.2 * PER_INSTANCE * (1 - busy))
    assert run.table["late"][-1] / run.table["served"][-1] == pytest.approx(exact, rel=0.03)


def test_a_surge_costs_as_many_requests_as_in_the_queue_of_single_ones():
    """Five times the demand for a minute on one instance with room for a hundred requests."""
    rates = [(0, 15.0), (60, 75.0), (120, 15.0)]
    queues = [RequestQueue(rates, PER_INSTANCE, room=100, seed=seed).run(180) for seed in range(20)]
    refused = sum(one.refused for one in queues) / len(queues)
    late = sum(one.late for one in queues) / len(queues)
    demand = Points(((seconds(60), 15), (seconds(60), 75), (seconds(120), 75), (seconds(120), 15)))
    run = Run(demand, queue=100).at(0, *_here(0)).run(180)
    assert run.total("lost") == pytest.approx(refused, rel=0.03)
    assert run.total("late") == pytest.approx(late, rel=0.05)


def test_a_backlog_grows_and_is_worked_off_as_in_the_queue_of_single_requests():
    rates = [(0, 15.0), (60, 50.0), (80, 15.0)]
    queues = [RequestQueue(rates, PER_INSTANCE, seed=seed).run(150, look_every=1) for seed in range(40)]
    demand = Points(((seconds(60), 15), (seconds(60), 50), (seconds(80), 50), (seconds(80), 15)))
    run = Run(demand, queue=100_000).at(0, *_here(0)).run(150)
    for second in (70, 79, 100, 120):
        single = [dict(one.snapshots)[second] for one in queues]
        error = stdev(single) / sqrt(len(single))
        assert run.table["waiting"][second - 1] == pytest.approx(mean(single), abs=3 * error)


# -- laws ------------------------------------------------------------------------------------------------------------


@given(st.floats(0, 500), st.floats(0, 500), st.floats(0, 500))
def test_a_step_makes_and_loses_no_request(held, arrivals, capacity):
    after, served = step(held, arrivals, capacity)
    assert after + served == pytest.approx(held + arrivals)
    assert -1e-9 <= served <= capacity + 1e-6
    assert after >= 0


@given(st.floats(0, 200), st.floats(0, 100), st.floats(0.1, 100), st.floats(0.01, 20))
def test_the_share_of_late_requests_is_one_and_grows_with_what_is_ahead(held, arrivals, capacity, patience):
    share = late_share(held, arrivals, capacity, patience)
    assert 0 <= share <= 1
    assert late_share(held + 5, arrivals, capacity, patience) >= share - 1e-12


events = st.lists(
    st.tuples(st.integers(0, 59), st.sampled_from(["up", "down", "joined", "left"]), st.integers(0, 3)), max_size=20
)


@given(events, st.floats(0, 200), st.floats(0, 200))
def test_every_request_is_answered_lost_or_waiting(history, before, after):
    run = Run(jump(before, after, seconds(30)), queue=50)
    for second, what, task in history:
        run.at(second + 0.5, (what, task))
    run.run(60)
    waiting = run.table["waiting"][-1]
    assert run.total("offered") == pytest.approx(run.total("served") + run.total("lost") + waiting, abs=1e-3)
    assert run.total("offered") == pytest.approx(30 * before + 30 * after, abs=1e-3)
    assert run.total("late") <= run.total("offered") + 1e-3


def test_what_an_instance_answers_wrongly_is_lost_and_not_late_besides():
    run = Run(constant(2 * PER_INSTANCE), queue=100, late_us=seconds(0.2))
    run.agenda.at(0, Order.PHYSICS, run.traffic.up, "web", 0, app(errors=0.5))
    run.at(0, ("joined", 0)).run(100)
    assert run.total("lost") + run.total("late") == pytest.approx(run.total("offered"), rel=0.02)


# -- who is sent where -----------------------------------------------------------------------------------------------


def test_requests_are_shared_equally_and_cost_each_instance_its_cpu():
    run = Run(constant(30)).at(0, *_here(0, 1)).run(100)
    used = [run.traffic.cpu_us("web", task) / seconds(100) for task in (0, 1)]
    assert used == pytest.approx([0.3, 0.3], rel=0.02), "15 requests a second of 20 ms each"


def test_an_instance_uses_no_more_cpu_than_its_cap():
    run = Run(constant(100)).at(0, *_here(0)).run(100)
    assert run.traffic.cpu_us("web", 0) / seconds(100) == pytest.approx(0.5, rel=0.02)
    free = Run(constant(100), cap=4000).at(0, *_here(0)).run(100)
    assert free.traffic.cpu_us("web", 0) / seconds(100) == pytest.approx(2.0, rel=0.02)


def test_without_anybody_to_send_them_to_all_requests_are_lost():
    run = Run(constant(30)).at(0, ("up", 0)).run(100)
    assert (run.total("lost"), run.total("served")) == (pytest.approx(3000), 0)


def test_what_is_sent_to_a_dead_instance_is_lost_until_clients_are_told():
    run = Run(constant(20)).at(0, *_here(0, 1)).at(50, ("down", 1)).at(60, ("left", 1)).run(100)
    assert run.total("lost") == pytest.approx(100, abs=3), "half of ten seconds, and the one or two that it held"


def test_an_instance_that_clients_are_not_told_of_answers_nothing():
    run = Run(constant(30)).at(0, *_here(0), ("up", 1)).at(50, ("joined", 1)).run(100)
    assert run.table["capacity"][10] == PER_INSTANCE
    assert run.table["capacity"][60] == 2 * PER_INSTANCE
    assert run.table["served"][10] == pytest.approx(PER_INSTANCE, rel=0.05)


def test_an_instance_that_is_taken_out_works_off_what_it_holds():
    run = Run(constant(100)).at(0, *_here(0)).at(10, ("left", 0)).run(20)
    assert run.table["waiting"][9] == 100
    assert run.table["waiting"][-1] < 1


def test_nothing_happens_to_an_app_without_load():
    run = Run(constant(1))
    run.traffic.up("other", 0)
    assert not run.traffic.has("other")
    assert run.traffic.cpu_us("other", 0) == 0


def test_the_last_interval_may_be_shorter():
    run = Run(constant(10)).run(2.5)
    assert list(run.table["at_us"]) == [0, seconds(1), seconds(2)]
    assert run.total("offered") == pytest.approx(25)


def test_how_long_a_request_waits_is_up_to_the_instance_s_own_speed():
    """A check over HTTP queues up with the requests: on an instance of twice the size for half as long."""
    run = Run(constant(1.0))
    run.traffic.up("web", 0, app(cpu=500))
    run.traffic.up("web", 1, app(cpu=1000))
    assert run.traffic.waits_us("web", 0) == pytest.approx(seconds(1 / PER_INSTANCE))
    assert run.traffic.waits_us("web", 1) == pytest.approx(seconds(0.5 / PER_INSTANCE))
