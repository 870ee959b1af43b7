"""The process of a framework stops: with a failover timeout its tasks run on, without one they are killed at once."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.engines.mesos.frameworks.base import FrameworkParameters
from workbench.engines.mesos.frameworks.marathon import MarathonParameters
from workbench.model.faults import Fault
from workbench.model.workload import Volume

WEB = app("web", replicas=4, start=2, ready=3)
JOBS = app("jobs", "batch", replicas=8, cpu=1000, memory=GIB // 4, start=0, runs=100)


def lost(hosting: str, at: float = 50, back: float | None = None) -> Fault:
    return Fault(seconds(at), "scheduler-loss", hosting=hosting, back_us=None if back is None else seconds(back))


def test_what_upstream_asks_for_by_default():
    assert FrameworkParameters().failover_timeout_s == 0
    assert MarathonParameters().failover_timeout_s == 7 * 24 * 3600


def test_without_a_failover_timeout_all_tasks_are_killed_at_once():
    trace = traced(JOBS, faults=[lost("jobs")], horizon=300)
    assert [(row["at_us"], row["kind"], row["reason"]) for row in rows(trace, "events")] == [
        (50.0, "scheduler-loss", ""),
        (50.0, "framework-disconnected", "scheduler-lost"),
        (50.0, "framework-removed", "failover-timeout"),
        *[(50.0, "task-killed", "framework-removed")] * 8,
    ]
    assert column(trace, "tasks", "outcome") == ["killed"] * 8
    assert {row["ended_us"] for row in rows(trace, "tasks")} == {50.0}
    assert not [row for row in rows(trace, "offers") if row["made_us"] > 50]


def test_marathons_week_keeps_every_task():
    trace = traced(WEB, faults=[lost("web", back=120)], horizon=300)
    assert column(trace, "tasks", "outcome") == ["running"] * 4
    assert [(row["at_us"], row["kind"], row["reason"]) for row in rows(trace, "events")] == [
        (50.0, "scheduler-loss", ""),
        (50.0, "framework-disconnected", "scheduler-lost"),
        (120.0, "scheduler-back", ""),
        (120.0, "framework-reregistered", "failed-over"),
    ]
    assert rows(trace, "endpoints", change="removed") == []


def test_a_failover_timeout_that_passes_kills_the_tasks_then():
    trace = traced(WEB, faults=[lost("web")], horizon=300, settings={"mesos.marathon.failover_timeout_s": 60.0})
    assert {row["ended_us"] for row in rows(trace, "tasks")} == {110.0}
    assert column(trace, "events", "at_us", kind="framework-removed") == [110.0]


def test_a_framework_that_is_back_in_time_keeps_its_tasks():
    trace = traced(
        JOBS, faults=[lost("jobs", back=80)], horizon=300, settings={"mesos.frameworks.failover_timeout_s": 31.0}
    )
    assert column(trace, "tasks", "outcome") == ["finished"] * 8


def test_a_removed_framework_that_is_back_starts_its_work_again_under_a_new_id():
    trace = traced(JOBS, faults=[lost("jobs", back=80)], horizon=300)
    outcomes = column(trace, "tasks", "outcome")
    assert (outcomes.count("killed"), outcomes.count("finished")) == (8, 8)
    again = rows(trace, "tasks", incarnation=1)
    assert {(row["submitted_us"], row["queued_us"]) for row in again} == {(50.0, 80.0)}
    assert [row["ended_us"] for row in again] == pytest.approx([180.05] * 8)
    assert column(trace, "events", "reason", kind="framework-reregistered") == ["new-framework-id"]


def test_offers_it_was_thinking_about_go_to_somebody_else():
    trace = traced(
        app("slow", "batch", replicas=1, cpu=1000, runs=10, at=10),
        faults=[lost("slow", at=20)], settings={"mesos.frameworks.answer_s": 60.0}, horizon=100,
    )  # fmt: skip
    assert set(column(trace, "offers", "answer")) == {"rescinded"}
    assert {row["answered_us"] for row in rows(trace, "offers")} == {20.0}
    assert rows(trace, "tasks", outcome="waiting")


def test_what_users_ask_meanwhile_waits_for_the_process():
    late = app("late", replicas=2, start=2, ready=3, at=60)
    trace = traced(WEB, late, faults=[lost("web", back=90)], horizon=200)
    assert {row["queued_us"] for row in rows(trace, "tasks", app="late")} == {90.0}
    assert column(trace, "tasks", "outcome", app="late") == ["running"] * 2


def test_it_hears_of_an_instance_that_became_ready_while_it_was_away():
    trace = traced(app("web", start=2, ready=30), faults=[lost("web", at=10, back=60)], horizon=200)
    [row] = rows(trace, "tasks")
    assert row["ready_us"] == pytest.approx(32.05)
    assert column(trace, "endpoints", "at_us", change="added") == [pytest.approx(61.0)]


def test_it_hears_of_tasks_that_finished_while_it_was_away():
    trace = traced(
        JOBS, faults=[lost("jobs", back=200)], horizon=300, settings={"mesos.frameworks.failover_timeout_s": 300.0}
    )
    assert column(trace, "tasks", "outcome") == ["finished"] * 8
    assert {row["released_us"] for row in rows(trace, "tasks")} == {row["ended_us"] for row in rows(trace, "tasks")}


def test_it_hears_of_a_machine_lost_while_it_was_away():
    machine = Fault(seconds(60), hosting="web")
    trace = traced(
        app("web", replicas=4, max_per_node=1, start=2, ready=3), machines=6,
        faults=[lost("web", back=400), machine], horizon=600,
    )  # fmt: skip
    [gone] = rows(trace, "tasks", outcome="lost")
    [again] = rows(trace, "tasks", incarnation=1)
    assert 135 <= gone["released_us"] < 150
    assert again["queued_us"] == 400.0
    assert again["outcome"] == "running"


@pytest.mark.parametrize("back", [pytest.param(250, id="back meanwhile"), pytest.param(450, id="back later")])
def test_it_hears_of_the_agent_of_a_resident_instance_that_was_unreachable(back):
    db = app("db", "stateful", replicas=2, volume=Volume(GIB, "local"), max_per_node=1)
    machine = Fault(seconds(60), hosting="db", back_us=seconds(back))
    trace = traced(db, machines=3, faults=[machine, lost("db", at=200, back=400)], horizon=600)
    assert column(trace, "tasks", "outcome").count("running") == 2
    [again] = rows(trace, "tasks", incarnation=1)
    assert max(back, 400) <= again["queued_us"] < max(back, 400) + 2
    assert len(rows(trace, "events", kind="instance-waits")) == 1


@pytest.mark.parametrize("seed", range(1, 6))
def test_every_task_is_accounted_for_across_failovers(seed):
    faults = [lost("jobs", 30, 45), lost("web", 40, 200), lost("jobs", 60, 61), Fault(seconds(90), hosting="web")]
    more = {"machines": 6, "faults": faults, "horizon": 900, "seed": seed, "settings": {"mesos.master.message_s": 0.1}}
    trace = traced(WEB, JOBS, **more)
    outcomes = column(trace, "tasks", "outcome", app="jobs")
    assert outcomes.count("finished") == 8
    assert set(outcomes) <= {"finished", "killed", "lost"}
    assert column(trace, "tasks", "outcome", app="web").count("running") == 4
    assert trace.digest() == traced(WEB, JOBS, **more).digest()


def test_a_timeout_that_ends_while_nobody_leads_removes_nobody():
    """The new master does not know of it: the tasks run on, and the framework is taken in with the id it has."""
    trace = traced(
        app("jobs", "batch", replicas=2, cpu=1000, runs=90),
        faults=[Fault(seconds(30), "scheduler-loss", hosting="jobs", back_us=seconds(80)),
                Fault(seconds(31), "control-plane-loss")],
        settings={"mesos.frameworks.failover_timeout_s": 5.0}, horizon=150,
    )  # fmt: skip
    assert not rows(trace, "events", kind="framework-removed")
    assert column(trace, "tasks", "outcome") == ["finished", "finished"]


@pytest.mark.parametrize("back", [70, 200], ids=["reached before it is given up", "given up, and back"])
def test_what_runs_on_where_nobody_can_stop_it_leaves_no_room_for_what_the_master_sends_there(back):
    """The master frees what a removed framework had; on the agent that is cut off that goes on until it is reached."""
    old = app("old", "batch", replicas=4, cpu=1000, memory=GIB // 4, start=0, runs=500, team="a")
    new = app("new", "batch", replicas=4, cpu=1000, memory=GIB // 4, start=0, runs=20, at=45, team="b")
    faults = [Fault(seconds(30), "network-partition", hosting="old", back_us=seconds(back)), lost("old", at=40)]
    trace = traced(old, new, machines=1, faults=faults, horizon=400)
    ended = {row["ended_us"] for row in rows(trace, "tasks", app="old")}
    assert column(trace, "tasks", "outcome", app="old") == ["killed"] * 4
    assert min(ended) >= back
    in_vain = rows(trace, "tasks", app="new", outcome="failed")
    assert in_vain
    assert {(row["why"], row["started_us"]) for row in in_vain} == {("launch-lost", None)}
    done = rows(trace, "tasks", app="new", outcome="finished")
    assert len(done) == 4
    assert all(row["started_us"] >= max(ended) for row in done)


def test_a_launch_that_never_arrived_leaves_no_trace_of_a_framework_that_is_removed():
    """The agent is cut off unnoticed, the framework launches there, and is removed: once all is well, others fit."""
    old = app("old", "batch", replicas=1, cpu=4000, start=0, runs=500, team="a", at=40)
    new = app("new", "batch", replicas=1, cpu=4000, start=0, runs=20, at=60, team="b")
    faults = [Fault(seconds(30), "network-partition", node="node-0", back_us=seconds(80)), lost("old", at=50)]
    trace = traced(old, new, machines=1, faults=faults, horizon=300)
    assert column(trace, "tasks", "outcome", app="old") == ["failed"]
    assert column(trace, "tasks", "ended_us", app="old") == [50.0]
    assert column(trace, "tasks", "outcome", app="new")[-1] == "finished"
