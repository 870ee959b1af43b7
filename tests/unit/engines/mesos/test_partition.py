"""A machine is cut off and works on: pings, tasks given up and taken back, updates that get through late."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.engines.mesos.attempts import attempt_us
from workbench.model.faults import Fault
from workbench.model.workload import Volume


def cut_off(at, back=None, hosting="web"):
    return Fault(seconds(at), "network-partition", hosting=hosting, back_us=None if back is None else seconds(back))


def events(trace, *kinds):
    found = rows(trace, "events")
    return [(row["kind"], row["subject"], row["reason"]) for row in found if not kinds or row["kind"] in kinds]


def test_a_short_silence_only_makes_the_agent_register_again():
    trace = traced(app(start=2, ready=3), faults=[cut_off(100, 130)])
    assert column(trace, "tasks", "outcome") == ["running"]
    kinds = [kind for kind, _, _ in events(trace)]
    assert kinds == ["network-partition", "network-restored", "agent-reregistered"]
    [at] = column(trace, "events", "at_us", kind="agent-reregistered")
    assert 130 <= at <= 146  # with the next ping, and up to a second


def test_a_given_up_instance_of_marathon_is_replaced_at_once_and_stopped_when_its_agent_is_back():
    trace = traced(app(start=2, ready=3), faults=[cut_off(100, 400)], horizon=600)
    first, second = rows(trace, "tasks")
    assert (first["slot"], second["slot"], second["incarnation"]) == (0, 0, 1)
    [given_up] = column(trace, "events", "at_us", kind="agent-unreachable")
    assert 175 <= given_up <= 190
    assert second["submitted_us"] == pytest.approx(given_up, abs=0.1)
    assert second["started_us"] < 400 < first["ended_us"]
    assert (first["outcome"], second["outcome"]) == ("killed", "running")
    assert ("given-up", first["task"], "may-still-run") in events(trace)
    assert ("task-back", first["task"], "agent-reregistered") in events(trace)
    assert ("task-killed", first["task"], "replaced-meanwhile") in events(trace)


def test_tasks_of_a_framework_that_knows_of_no_partitions_are_lost_done_again_and_killed():
    jobs = app("jobs", "batch", runs=1000)
    trace = traced(jobs, faults=[cut_off(100, 400, "jobs")], horizon=1500)
    first, second = rows(trace, "tasks")
    assert (first["outcome"], second["outcome"]) == ("killed", "finished")
    assert 400 < first["ended_us"] < 400 + 61
    [lost] = rows(trace, "events", kind="task-lost")
    assert (lost["reason"], lost["detail"]) == ("agent-unreachable", "TASK_LOST")
    [killed] = rows(trace, "events", kind="task-killed")
    assert (killed["subject"], killed["reason"]) == (first["task"], "agent-reregistered")


def test_what_finished_unseen_is_heard_of_when_the_agent_registers_again():
    trace = traced(app("jobs", "batch", runs=50), faults=[cut_off(20, 90, "jobs")], horizon=300)
    [row] = rows(trace, "tasks")
    assert row["outcome"] == "finished"
    assert row["ended_us"] == pytest.approx(51.05, abs=2)
    assert 90 < row["released_us"] < 106


def test_what_finished_unseen_after_it_was_given_up_has_been_done_twice():
    trace = traced(app("jobs", "batch", runs=150), faults=[cut_off(20, 400, "jobs")], horizon=600)
    first, second = rows(trace, "tasks")
    assert (first["outcome"], second["outcome"]) == ("finished", "finished")
    assert second["started_us"] < first["ended_us"] < 400


def test_a_launch_that_never_arrived_is_reported_and_made_again():
    jobs = app("jobs", "batch", replicas=1, cpu=4000, runs=30, at=101)
    trace = traced(jobs, machines=1, faults=[Fault(seconds(100), "network-partition", node="node-0",
                                                   back_us=seconds(140))], horizon=300)  # fmt: skip
    first, second = rows(trace, "tasks")
    assert (first["outcome"], first["bound_us"], second["outcome"]) == ("failed", None, "finished")
    assert ("task-lost", first["task"], "launch-lost") in events(trace)


def test_the_unreachable_strategy_waits_for_an_instance_that_comes_back():
    db = app("db", "stateful", replicas=1, volume=Volume(1, "local"))
    trace = traced(db, faults=[cut_off(100, 500, "db")], horizon=700)
    [row] = rows(trace, "tasks")
    assert row["outcome"] == "running"
    assert ("instance-waits", row["task"], "resident-waits") in events(trace)
    changes = [(row["change"], row["reason"]) for row in rows(trace, "endpoints")]
    assert changes == [("added", "healthy"), ("removed", "agent-unreachable"), ("added", "healthy")]


def test_resources_of_tasks_that_come_back_are_not_offered_again():
    """The machine is full with what it ran all the while; a task that needs it has to wait."""
    db = app("db", "stateful", replicas=1, cpu=4000, volume=Volume(1, "local"))
    late = app("late", "batch", cpu=1000, at=300, runs=10)
    trace = traced(db, late, machines=1, faults=[cut_off(100, 250, "db")], horizon=700)
    assert column(trace, "tasks", "outcome", app="late") == ["waiting"]


@pytest.mark.parametrize(
    ("limit", "given_up"),
    [
        pytest.param(0, 2, id="no limit: both, each at its own ping"),
        pytest.param(12, 1, id="one in five minutes: the second answers before its turn comes"),
    ],
)
def test_the_limit_on_removals_spares_agents_that_answer_meanwhile(limit, given_up):
    faults = [Fault(seconds(100), "network-partition", node=f"node-{n}", back_us=seconds(380)) for n in (0, 1)]
    settings = {"mesos.master.agent_removal_rate_limit": limit}
    trace = traced(app(replicas=3, max_per_node=1), faults=faults, settings=settings, horizon=600)
    assert len(rows(trace, "events", kind="agent-unreachable")) == given_up


@pytest.mark.parametrize(
    ("earliest", "expected"),
    [
        pytest.param(0, 101, id="the first within a second"),
        pytest.param(102, 103, id="then within two more"),
        pytest.param(104, 107, id="then four"),
        pytest.param(200, 223, id="and at most a minute from then on"),
    ],
)
def test_attempts_to_register_become_rarer(earliest, expected):
    assert attempt_us(seconds(100), seconds(earliest), lambda most: most) == seconds(expected)


def test_tasks_of_a_framework_that_was_removed_while_their_agent_was_silent_are_stopped_when_it_is_back():
    """Removed at once, since its failover timeout is 0; the agent did not hear that its tasks are to go."""
    jobs = app("jobs", "batch", replicas=2, cpu=1000, runs=300)
    faults = [cut_off(30, 60, "jobs"), Fault(seconds(35), "scheduler-loss", hosting="jobs", back_us=seconds(50))]
    trace = traced(jobs, machines=2, faults=faults, horizon=200)
    [back] = column(trace, "events", "at_us", kind="agent-reregistered")
    first = rows(trace, "tasks", incarnation=0)
    assert [(row["outcome"], row["ended_us"]) for row in first] == [("killed", back)] * 2


@pytest.mark.parametrize(
    ("removed", "restarts"),
    [
        pytest.param(False, True, id="its Marathon is back under its id, and the task went down with its machine"),
        pytest.param(True, True, id="its Marathon was removed, and the task went down with its machine"),
        pytest.param(True, False, id="its Marathon was removed, and the task was stopped when its agent was back"),
    ],
)
@pytest.mark.parametrize("first", ["agent", "Marathon"])
def test_a_resident_instance_given_up_while_marathon_was_away_does_not_wait_for_an_agent_that_is_back(
    first, removed, restarts
):
    """That an agent cannot be reached is no last word: it holds no more when Marathon asks, or soon after."""
    db = app("db", "stateful", volume=Volume(GIB, "local"))
    agent, marathon = (300, 400) if first == "agent" else (400, 300)
    faults = [
        Fault(seconds(100), "node-loss" if restarts else "network-partition", "node-0", back_us=seconds(agent)),
        Fault(seconds(105), "scheduler-loss", hosting="db", back_us=seconds(marathon)),
    ]
    settings = {"mesos.marathon.failover_timeout_s": 120.0 if removed else 604_800.0}
    trace = traced(db, machines=2, faults=faults, horizon=1500, settings=settings)
    assert len(column(trace, "events", "at_us", kind="framework-removed")) == removed
    assert column(trace, "events", "detail", kind="task-lost")[0] == "TASK_UNREACHABLE"
    assert column(trace, "tasks", "outcome")[-1] == "running"
    assert column(trace, "tasks", "node") == ["node-0"] * 2
    assert 400 < column(trace, "tasks", "started_us")[-1] < 400 + 610


def test_an_end_that_a_removed_framework_has_not_heard_of_is_forgotten_with_it():
    """Its id is another when it is back; of what ran under the former one it learns that it is gone."""
    jobs = app("jobs", "batch", replicas=2, cpu=1000, start=0, runs=100)
    away = Fault(seconds(50), "scheduler-loss", hosting="jobs", back_us=seconds(300))
    settings = {"mesos.frameworks.failover_timeout_s": 200.0}
    trace = traced(jobs, machines=2, faults=[away], horizon=600, settings=settings)
    assert column(trace, "tasks", "outcome") == ["finished"] * 4
    assert all(row["queued_us"] >= 300 for row in rows(trace, "tasks", incarnation=1))


def test_what_is_to_be_stopped_and_does_not_hear_so_is_stopped_when_it_registers_the_next_time():
    """Given up, back, and cut off again while the message is on its way that its task is to go."""
    jobs = app("jobs", "batch", replicas=1, cpu=4000, runs=900)
    first = cut_off(30, 200, "jobs")
    slow = {"mesos.master.message_s": 0.5}
    [back] = column(
        traced(jobs, machines=1, faults=[first], horizon=300, settings=slow),
        "events",
        "at_us",
        kind="agent-reregistered",
    )
    faults = [first, Fault(seconds(back + 0.2), "network-partition", "node-0", back_us=seconds(back + 40))]
    trace = traced(jobs, machines=1, faults=faults, horizon=400, settings=slow)
    again = column(trace, "events", "at_us", kind="agent-reregistered")[-1]
    assert rows(trace, "tasks")[0]["ended_us"] == pytest.approx(again + 0.5)
    assert column(trace, "tasks", "outcome")[-1] == "running"
