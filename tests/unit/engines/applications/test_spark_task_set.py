"""Delay scheduling by the book: what is allowed when, and who is taken."""

from __future__ import annotations

import pytest

from workbench.engines.applications.spark.allocation import Wanted, looked, needed
from workbench.engines.applications.spark.task_set import ANY, NODE, PROCESS, Place, TaskSet

SECOND = 1_000_000


def stage(tasks, known, wait=3):
    """A stage that began at 0: task -> the machines that hold its block; `known` are the executors' machines."""
    made = TaskSet({task: (task, frozenset(homes)) for task, homes in tasks.items()}, 0, wait * SECOND)
    made.known([Place(node, node, 1) for node in known])
    return made


@pytest.mark.parametrize(
    ("homes", "known", "at_s", "level"),
    [
        pytest.param({1}, [0, 1], 0, NODE, id="an executor stands beside the data: only that will do at first"),
        pytest.param({1}, [0, 1], 2.9, NODE, id="just before the wait is over"),
        pytest.param({1}, [0, 1], 3, ANY, id="the wait is over"),
        pytest.param({7}, [0, 1], 0, ANY, id="nobody stands beside any data of the stage: no wait at all"),
        pytest.param((), [0, 1], 0, ANY, id="tasks that read nothing wait for nothing"),
    ],
)
def test_how_far_a_task_may_go(homes, known, at_s, level):
    assert stage({5: homes}, known).allowed(round(at_s * SECOND)) == level


def test_a_launch_begins_the_wait_anew():
    made = stage({1: {0}, 2: {1}}, [0, 1])
    assert made.take(Place(0, 0, 1), ANY, 2 * SECOND) == (1, NODE)
    assert made.allowed(4 * SECOND) == NODE
    assert made.allowed(5 * SECOND) == ANY


def test_after_a_far_launch_nothing_near_is_waited_for():
    made = stage({1: {1}, 2: {1}, 3: {1}}, [0, 1])
    assert made.take(Place(0, 0, 1), ANY, 3 * SECOND) == (1, ANY)
    assert made.take(Place(0, 0, 1), ANY, 3 * SECOND) == (2, ANY)


def test_it_waits_in_vain_where_no_executor_stands_beside_what_is_left():
    """Task 1 is near and gone; task 2's machine has no executor, but the stage's level still counts."""
    made = stage({1: {0}, 2: {9}}, [0])
    assert made.take(Place(0, 0, 1), ANY, 0) == (1, NODE)
    assert made.take(Place(0, 0, 1), ANY, 1 * SECOND) is None
    assert made.take(Place(0, 0, 1), ANY, 3 * SECOND) == (2, ANY)


def test_what_a_process_has_read_comes_before_what_its_machine_has():
    made = stage({1: {0}, 2: {0}}, [0])
    keeps = Place(0, 0, 2, {2})
    made.known([keeps])
    assert made.take(keeps, PROCESS, 0) == (2, PROCESS)
    assert made.take(keeps, PROCESS, 0) is None
    assert made.take(keeps, NODE, 0) == (1, NODE)


def test_without_a_wait_every_core_is_taken_at_once():
    made = stage({1: {1}}, [0, 1], wait=0)
    assert made.take(Place(0, 0, 1), ANY, 0) == (1, ANY)


def test_requests_for_executors_double_while_tasks_wait():
    one, targets = Wanted(), []
    for second in range(5):
        one = looked(one, second * SECOND, 100, backlog=True, timeout_us=SECOND)
        targets.append(one.target)
    assert targets == [0, 1, 3, 7, 15]


@pytest.mark.parametrize(
    ("waiting", "running", "per", "count"),
    [(0, 0, 4, 0), (1, 0, 4, 1), (7, 2, 4, 3), (5, 0, 1, 5)],
)
def test_no_more_are_wanted_than_all_tasks_could_use(waiting, running, per, count):
    most = needed(waiting, running, per)
    assert most == count
    assert looked(Wanted(50, 8, 0), 0, most, backlog=True, timeout_us=SECOND).target == count


def test_when_nothing_waits_the_next_request_begins_small():
    one = looked(Wanted(7, 8, 4 * SECOND), 3 * SECOND, 9, backlog=False, timeout_us=SECOND)
    assert one == Wanted(7, 1, None)
