from __future__ import annotations

import pytest

from tests.make import app, scenario
from tests.unit.engines.kubernetes.builders import simulate
from workbench.engines.agenda import Agenda, Bell, Order
from workbench.engines.kubernetes.controllers.controller import WorkQueue, retry_delay_us, slow_start_batches


@pytest.mark.parametrize(
    ("count", "initial", "expected"),
    [
        pytest.param(10, 1, [1, 2, 4, 3], id="doubling, then the rest"),
        pytest.param(1, 1, [1], id="one"),
        pytest.param(0, 1, [], id="none"),
        pytest.param(3, 8, [3], id="fewer than the first batch"),
    ],
)
def test_batches_double(count, initial, expected):
    assert list(slow_start_batches(count, initial)) == expected


def test_a_failure_stops_after_its_batch():
    # upstream's slowStartBatch: ten wanted, calls fail after five: seven are made, five succeed
    made = ok = 0
    for size in slow_start_batches(10):
        good = max(0, min(size, 5 - made))
        made, ok = made + size, ok + good
        if good < size:
            break
    assert (made, ok) == (7, 5)


@pytest.mark.parametrize(
    ("failures", "milliseconds"),
    [(0, 5), (1, 10), (2, 20), (10, 5120), (17, 655_360), (18, 1_000_000), (99, 1_000_000)],
)
def test_retries_wait_longer_each_time(failures, milliseconds):
    assert retry_delay_us(failures, 5_000, 1_000_000_000) == milliseconds * 1000


@pytest.fixture
def queue():
    return WorkQueue(Agenda(), 5_000, 1_000_000_000)


def test_a_key_waits_once_however_often_it_is_added(queue):
    for key in ("a", "b", "a"):
        queue.add(key)
    assert [queue.get(), queue.get(), queue.get()] == ["a", "b", None]


def test_a_key_added_while_it_is_worked_on_comes_again_afterwards(queue):
    queue.add("a")
    assert queue.get() == "a"
    queue.add("a")
    assert queue.get() is None
    queue.done("a")
    assert queue.get() == "a"


def test_an_added_key_wakes_one_idle_worker():
    agenda = Agenda()
    queue, woken = WorkQueue(agenda, 5_000, 1_000_000), []

    def worker(number):
        bell = Bell(agenda, Order.CONTROLLER)
        while True:
            yield queue.rest(bell)
            woken.append((agenda.now_us, number, queue.get()))

    for number in range(2):
        agenda.process(worker(number))
    agenda.at(5, Order.ARRIVAL, queue.add, "a")
    agenda.at(6, Order.ARRIVAL, queue.add, "b")
    agenda.run(10)
    assert woken == [(5, 0, "a"), (6, 1, "b")]


def test_of_two_delays_the_shorter_counts():
    agenda = Agenda()
    queue = WorkQueue(agenda, 5_000, 1_000_000)
    queue.add_after("a", 100)
    queue.add_after("a", 10)
    agenda.run(50)
    assert queue.get() == "a"
    queue.done("a")
    agenda.run(200)
    assert queue.get() is None


def test_pods_are_created_in_doubling_batches_at_the_clients_rate():
    trace = simulate(scenario(app("web", replicas=40, cpu=10, memory=0), machines=3, horizon=5))
    batches = [row["count"] for row in trace["control_plane"].dicts() if row["part"] == "replicaset-controller"]
    assert batches == [1, 2, 4, 8, 16, 9]
    created = sorted(trace["tasks"]["queued_us"])
    assert created[29] - created[0] < 100_000  # 30 calls may be made at once ...
    assert created[39] - created[30] == 9 * 50_000  # ... then 20 a second
