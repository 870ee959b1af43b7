"""Expected times follow upstream's documented arithmetic: back-off ends with a whole second, flushes every 30 s."""

from __future__ import annotations

import pytest

from tests.unit.engines.kubernetes.builders import container, node, pod
from workbench.engines.agenda import Agenda, Order
from workbench.engines.kubernetes.framework import ClusterEvent
from workbench.engines.kubernetes.objects import PodObject
from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE
from workbench.engines.kubernetes.queue import QueueParameters, SchedulingQueue, backoff_second, backoff_us
from workbench.model.clock import SECOND_US
from workbench.model.native.kubernetes.pods import PodSchedulingGate
from workbench.model.workload import App

APP = App("app", "service", 1, {})
FIT = ("NodeResourcesFit",)
PLAIN = pod(container("1"))
GONE = ClusterEvent("AssignedPod", "Delete", PLAIN)
UNCORDONED = ClusterEvent("Node", "UpdateNodeTaint", node(unschedulable=True), node())


class Desk:
    """A queue with its clock: `at` lets time pass up to a moment, then acts."""

    def __init__(self, early: bool = True) -> None:
        self.agenda = Agenda()
        self.rings: list[float] = []
        self.queue = SchedulingQueue(self.agenda, DEFAULT_PROFILE, QueueParameters(early), self.ring)
        self.known = 0

    def ring(self) -> None:
        self.rings.append(self.agenda.now_us / SECOND_US)

    def at(self, seconds: float) -> Desk:
        self.agenda.at(round(seconds * SECOND_US), Order.SCHEDULER, lambda: None)
        self.agenda.run(round(seconds * SECOND_US) + 1)
        self.agenda.env._now = self.agenda.now_us = round(
            seconds * SECOND_US
        )  # the instant itself, not the microsecond after it
        return self

    def add(self, name: str, template=PLAIN) -> PodObject:
        self.known += 1
        made = PodObject(
            uid=self.known, name=name, namespace="default", app=APP, info=template, owner="", index=-1, version=1,
            created_us=self.agenda.now_us,
        )  # fmt: skip
        self.queue.add(made)
        return made

    def pop(self) -> str | None:
        self.popped = self.queue.pop()
        return None if self.popped is None else self.popped.pod.name

    def fail(self, *plugins: str) -> None:
        self.queue.fail(self.popped, plugins or FIT)


def test_higher_priority_first_then_the_older():
    desk = Desk()
    desk.add("low")
    desk.at(1).add("high", pod(container("1"), priority=10))
    desk.at(2).add("high-later", pod(container("1"), priority=10))
    assert [desk.pop() for _ in range(4)] == ["high", "high-later", "low", None]


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (6, 10), (60, 10)])
def test_backoff_doubles_up_to_ten_seconds(failures, seconds):
    assert backoff_us(failures) == seconds * SECOND_US


def test_a_failure_within_a_second_backs_off_to_the_end_of_the_next():
    # a failure at 0.610 s with 1 s of back-off: still backing off during second 1, leaves at 2.000
    assert backoff_second(610_000, 1) == 1


def test_a_rejected_pod_waits_until_something_helps():
    desk = Desk()
    desk.add("a")
    desk.pop()
    desk.fail()
    assert desk.at(20).pop() is None
    desk.queue.on_event(UNCORDONED)
    assert desk.pop() == "a"  # any change of taints may help a pod that did not fit


def test_an_event_that_cannot_help_wakes_nobody():
    desk = Desk()
    desk.add("a")
    desk.pop()
    desk.fail("TaintToleration")
    desk.at(20).queue.on_event(GONE)
    assert desk.pop() is None


def test_a_pod_that_is_helped_while_backing_off_goes_behind_those_in_the_active_queue():
    desk = Desk()
    desk.add("rejected")
    desk.pop()
    desk.fail()
    desk.queue.on_event(GONE)
    desk.add("fresh")
    assert [desk.pop(), desk.pop()] == ["fresh", "rejected"]  # taken early: nobody else waits


def test_without_early_popping_it_waits_for_its_whole_second():
    desk = Desk(early=False)
    desk.at(0.61).add("a")
    desk.pop()
    desk.fail()
    desk.queue.on_event(GONE)
    assert desk.at(1.99).pop() is None
    assert desk.at(2).pop() == "a"
    assert desk.rings[-1] == 2.0


def test_an_event_during_the_attempt_counts():
    desk = Desk()
    desk.add("a")
    desk.pop()
    desk.queue.on_event(GONE)
    desk.fail()
    assert desk.pop() == "a"


def test_the_time_in_the_queue_is_renewed_by_a_failure_only():
    desk = Desk()
    first = desk.add("first")
    desk.pop()
    desk.at(0.5).fail()
    desk.at(0.6).add("second")
    desk.at(5).queue.on_event(GONE)  # its back-off is over: straight to the active queue, with its time of 0.5
    assert [desk.pop(), desk.pop()] == ["first", "second"]
    assert first.uid == 1


def test_after_five_minutes_it_is_tried_again_anyway():
    # rejected at 10 s: overdue after 310 s, found by the flush at 330 s
    desk = Desk()
    desk.at(10).add("a")
    desk.pop()
    desk.fail()
    assert desk.at(329).pop() is None
    assert desk.at(330.001).pop() == "a"


def test_a_deleted_pod_is_not_popped():
    desk = Desk()
    gone, stays = desk.add("gone"), desk.add("stays")
    desk.queue.delete(gone.uid)
    assert [desk.pop(), desk.pop()] == ["stays", None]
    assert stays.uid == 2


def test_a_pod_deleted_during_its_attempt_does_not_come_back():
    desk = Desk()
    made = desk.add("a")
    desk.pop()
    desk.queue.delete(made.uid)
    desk.fail()
    desk.queue.on_event(GONE)
    assert desk.pop() is None


def test_a_gated_pod_waits():
    desk = Desk()
    desk.add("gated", pod(container("1"), scheduling_gates=(PodSchedulingGate(name="quota"),)))
    desk.queue.on_event(GONE)
    assert desk.pop() is None


def test_attempts_are_counted():
    desk = Desk()
    desk.add("a")
    for expected in (1, 2, 3):
        desk.pop()
        assert desk.popped.attempts == expected
        desk.fail()
        desk.queue.on_event(GONE)
