"""Expected times follow upstream's documented arithmetic: back-off ends with a whole second, flushes every 30 s."""

from __future__ import annotations

import copy

import pytest

from tests.unit.engines.kubernetes.builders import container, node, pod, spread
from workbench.engines.agenda import Agenda, Order
from workbench.engines.kubernetes.backoff import DEFAULT_BACKOFF, Backoff, expires
from workbench.engines.kubernetes.event_handlers import EventHandlers
from workbench.engines.kubernetes.framework import ClusterEvent
from workbench.engines.kubernetes.objects import PodObject
from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE
from workbench.engines.kubernetes.queue import QueueParameters, SchedulingQueue
from workbench.engines.kubernetes.queued_pod import QueuedPod
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
        self.queue = SchedulingQueue(
            self.agenda, {DEFAULT_PROFILE.name: DEFAULT_PROFILE}, QueueParameters(early), self.ring
        )
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
    assert DEFAULT_BACKOFF.after(failures) == seconds * SECOND_US


@pytest.mark.parametrize(("failures", "seconds"), [(1, 3), (2, 6), (3, 7), (99, 7)])
def test_backoff_begins_and_ends_where_the_configuration_says(failures, seconds):
    assert Backoff(3 * SECOND_US, 7 * SECOND_US).after(failures) == seconds * SECOND_US


def test_a_failure_within_a_second_backs_off_to_the_end_of_the_next():
    # a failure at 0.610 s with 1 s of back-off: still backing off during second 1, leaves at 2.000
    assert expires(QueuedPod(None, since_us=610_000, number=0, unschedulable_count=1)) == 1


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


# -- errors, gates, promises, updates ----------------------------------------------------------------------------


def test_an_error_blames_nobody_and_always_backs_off():
    desk = Desk()
    desk.add("a")
    desk.pop()
    desk.queue.fail(desk.popped)
    assert desk.pop() is None  # never taken early after an error
    assert desk.at(1.99).pop() is None
    assert desk.at(2).pop() == "a"


def test_errors_in_a_row_and_rejections_are_counted_apart():
    desk = Desk()
    desk.add("a")
    for second in (2, 5):
        desk.pop()
        desk.queue.fail(desk.popped)
        desk.at(second)
    assert (desk.popped.errors, desk.popped.unschedulable_count) == (2, 0)
    desk.pop()
    desk.fail()
    assert (desk.popped.errors, desk.popped.unschedulable_count) == (0, 1)


def test_a_pod_that_only_waits_for_something_comes_back_at_once():
    desk = Desk(early=False)
    desk.add("a")
    desk.pop()
    desk.queue.fail(desk.popped, (), FIT)
    desk.queue.on_event(GONE)
    assert desk.pop() == "a"


def gated(*names: str):
    return pod(container("1"), scheduling_gates=tuple(PodSchedulingGate(name=one) for one in names))


def changed(desk: Desk, old: PodObject, **fields) -> PodObject:
    new = copy.copy(old)
    for name, value in fields.items():
        setattr(new, name, value)
    EventHandlers(desk.queue).unscheduled_updated(old, new)
    return new


def test_a_gated_pod_is_considered_when_its_last_gate_is_gone():
    desk = Desk()
    first = desk.add("gated", gated("quota", "licence"))
    second = changed(desk, first, info=gated("licence"))
    assert desk.pop() is None
    changed(desk, second, info=gated())
    assert desk.pop() == "gated"


def test_neither_events_nor_activation_nor_time_open_a_gate():
    desk = Desk()
    made = desk.add("gated", gated("quota"))
    desk.queue.on_event(GONE)
    desk.queue.activate([made.uid])
    assert desk.at(400).pop() is None


def test_activation_ends_back_off():
    desk = Desk()
    made = desk.add("a")
    desk.pop()
    desk.queue.fail(desk.popped)
    desk.queue.activate([made.uid])
    assert desk.pop() == "a"


def test_a_new_priority_sorts_a_waiting_pod_anew():
    desk = Desk()
    desk.add("first")
    second = desk.add("second")
    changed(desk, second, info=pod(container("1"), priority=5))
    assert [desk.pop(), desk.pop(), desk.pop()] == ["second", "first", None]


def test_the_version_of_now_comes_back_not_the_one_popped():
    desk = Desk()
    made = desk.add("a")
    desk.pop()
    changed(desk, made, info=pod(container("1"), priority=7))
    desk.fail()
    assert desk.popped.info.priority == 7


def test_a_promise_is_kept_until_the_server_has_heard_of_it():
    desk = Desk()
    made = desk.add("a")
    desk.pop()
    desk.queue.fail(desk.popped, FIT, nominated="node-1")
    echo = changed(desk, made, info=pod(container("1"), labels={"a": "b"}))
    assert desk.queue.nominator.node_of(made.uid) == "node-1"
    told = changed(desk, echo, nominated="node-1")
    changed(desk, told, nominated="")
    assert desk.queue.nominator.node_of(made.uid) == ""


@pytest.mark.parametrize(("priority", "moves"), [(4, True), (5, True), (6, False)])
def test_a_promise_that_ends_helps_pods_of_at_most_the_same_priority(priority, moves):
    desk = Desk()
    desk.add("waits", pod(container("1"), priority=priority))
    desk.pop()
    desk.fail()
    promised = PodObject(
        uid=99, name="promised", namespace="default", app=APP, info=pod(container("1"), priority=5), owner="",
        index=-1, version=1, created_us=0, nominated="node-1",
    )  # fmt: skip
    EventHandlers(desk.queue).unscheduled_deleted(promised)
    assert desk.at(10).pop() == ("waits" if moves else None)


def test_an_update_of_one_pod_helps_no_other_pod_of_its_template():
    desk = Desk()
    for name in ("a", "b"):
        desk.add(name)
        desk.pop()
        desk.fail()
        last = desk.popped.pod
    changed(desk, last, info=pod(container("500m")))
    assert [desk.at(10).pop(), desk.pop()] == ["b", None]


def test_what_a_pods_own_promise_was_worth_is_judged_apart_from_its_twins():
    # as upstream: to the pod itself PodTopologySpread answers by its labels, to others a mere promise is nothing
    template = pod(container("1"), labels={"app": "web"}, topology_spread_constraints=(spread(1, "zone", app="web"),))
    desk = Desk()
    pods = []
    for name in ("a", "b"):
        pods.append(desk.add(name, template))
        desk.pop()
        desk.fail("PodTopologySpread")
    told = changed(desk, pods[1], nominated="node-1")
    changed(desk, told, nominated="")
    assert [desk.at(10).pop(), desk.pop()] == ["b", None]
