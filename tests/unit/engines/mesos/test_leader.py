"""The leading master is lost, or most of them: who leads when, what it knows, and what it learns."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.engines.mesos.leader import LeaderParameters
from workbench.model.faults import Fault
from workbench.model.resources import CPU
from workbench.model.workload import Team, Volume

WEB = app("web", replicas=4, start=2, ready=3)
JOBS = app("jobs", "batch", replicas=8, cpu=1000, memory=GIB // 4, start=0, runs=100)


def lost(kind="control-plane-loss", at=50, back=None):
    return Fault(seconds(at), kind, back_us=None if back is None else seconds(back))


def events(trace, *kinds):
    found = rows(trace, "events")
    return [(row["kind"], row["subject"], row["reason"]) for row in found if not kinds or row["kind"] in kinds]


def times(trace, kind, **wanted):
    return column(trace, "events", "at_us", kind=kind, **wanted)


def test_what_upstream_documents():
    defaults = LeaderParameters()
    assert (defaults.zk_session_timeout_s, defaults.agent_reregister_timeout_s) == (10, 600)


def test_a_session_later_another_master_leads_and_everybody_registers_again():
    trace = traced(WEB, JOBS, faults=[lost()], horizon=300)
    assert times(trace, "leader-elected") == [60.0]
    assert times(trace, "framework-reregistered", reason="new-master") == [60.0, 60.0]
    agents = times(trace, "agent-reregistered", reason="new-master")
    assert len(agents) == 3
    assert all(60 <= at < 61 for at in agents)


def test_no_running_task_notices():
    trace = traced(WEB, JOBS, faults=[lost()], horizon=300)
    assert column(trace, "tasks", "outcome", app="web") == ["running"] * 4
    assert column(trace, "tasks", "outcome", app="jobs") == ["finished"] * 8
    assert rows(trace, "endpoints", change="removed") == []
    assert all(row["released_us"] is not None for row in rows(trace, "tasks", app="jobs"))


def test_what_ended_while_nobody_led_is_told_to_the_new_master():
    jobs = app("jobs", "batch", replicas=8, cpu=1000, memory=GIB // 4, start=0, runs=54)
    trace = traced(jobs, faults=[lost()], horizon=300)
    assert {row["outcome"] for row in rows(trace, "tasks")} == {"finished"}
    assert all(row["ended_us"] < 57 and 60 <= row["released_us"] < 71 for row in rows(trace, "tasks"))


def test_new_work_waits_for_the_new_master_and_offers_of_the_old_one_are_void():
    late = app("late", "batch", replicas=1, at=51, runs=10)
    trace = traced(late, JOBS, faults=[lost()], horizon=300)
    [row] = rows(trace, "tasks", app="late")
    assert 60 <= row["decided_us"] < 63
    assert not [offer for offer in rows(trace, "offers") if 50 <= offer["made_us"] < 60]
    assert [offer for offer in rows(trace, "offers") if offer["answered_us"] is None and offer["made_us"] < 50] == []


def test_what_runs_is_not_offered_again_by_a_master_that_has_just_begun():
    full = app("web", replicas=3, cpu=4000, start=1, ready=1)
    late = app("late", "batch", replicas=1, cpu=1000, at=51, runs=10)
    trace = traced(full, late, faults=[lost()], horizon=300)
    assert column(trace, "tasks", "outcome", app="late") == ["waiting"]


@pytest.mark.parametrize("members", [1, 2])
def test_without_a_majority_left_nobody_leads_until_the_lost_one_is_back(members):
    trace = traced(WEB, faults=[lost(back=200)], settings={"mesos.master.members": members}, horizon=300)
    assert times(trace, "leader-elected") == [210.0]


def test_without_a_quorum_tasks_go_on_unseen_until_there_is_one_again():
    trace = traced(WEB, JOBS, faults=[lost("quorum-loss", back=400)], horizon=600)
    assert times(trace, "leader-elected") == [410.0]
    assert column(trace, "tasks", "outcome", app="jobs") == ["finished"] * 8
    assert all(row["ended_us"] < 103 and row["released_us"] > 410 for row in rows(trace, "tasks", app="jobs"))
    assert column(trace, "tasks", "outcome", app="web") == ["running"] * 4


def test_an_agent_that_never_registers_again_is_given_up_after_ten_minutes_and_marathon_learns_by_asking():
    faults = [lost("quorum-loss", at=50, back=200), Fault(seconds(60), hosting="web")]
    web = app("web", replicas=3, max_per_node=1, start=2, ready=3)
    trace = traced(web, machines=4, faults=faults, horizon=1200)
    assert times(trace, "agent-unreachable", reason="reregister-timeout") == [810.0]
    [again] = rows(trace, "tasks", incarnation=1)
    assert again["queued_us"] == pytest.approx(210 + 15 + 600, abs=0.1)
    assert again["outcome"] == "running"


def quota(cores):
    return Team("default", guarantee={CPU: cores * 1000})


@pytest.mark.parametrize(
    ("machines_lost", "resumed"),
    [
        pytest.param(1, "agents-back", id="four of five back: enough"),
        pytest.param(2, "recovery-timeout", id="three of five: ten minutes"),
    ],
)
def test_with_a_quota_no_offers_are_made_until_four_fifths_of_the_agents_are_back(machines_lost, resumed):
    faults = [lost(), *(Fault(seconds(50), node=f"node-{number}") for number in range(machines_lost))]
    late = app("late", "batch", replicas=1, at=51, runs=10)
    settings = {"mesos.roles.quota_enabled": True}
    trace = traced(late, machines=5, faults=faults, teams=[quota(1)], settings=settings, horizon=900)
    assert events(trace, "offers-paused", "offers-resumed") == [
        ("offers-paused", "mesos-master", "agents-awaited"),
        ("offers-resumed", "mesos-master", resumed),
    ]
    [row] = rows(trace, "tasks", app="late")
    assert (row["decided_us"] < 64) == (resumed == "agents-back")
    if resumed == "recovery-timeout":
        assert 660 <= row["decided_us"] <= 662


def test_without_a_quota_the_first_agent_that_is_back_is_offered():
    faults = [lost(), *(Fault(seconds(50), node=f"node-{number}") for number in range(4))]
    late = app("late", "batch", replicas=1, at=51, runs=10)
    trace = traced(late, machines=5, faults=faults, horizon=300)
    [row] = rows(trace, "tasks", app="late")
    assert row["decided_us"] < 63


def test_quotas_outlive_the_master_but_what_runs_on_agents_that_are_not_back_is_not_counted_yet():
    """Two of three agents are enough for offers to be made; what the third runs comes on top."""
    teams = [Team("default", limit={CPU: 2000})]
    jobs = app("jobs", "batch", replicas=8, cpu=1000, memory=GIB // 4, start=0, runs=100)
    settings = {"mesos.roles.quota_enabled": True}
    trace = traced(jobs, faults=[lost()], teams=teams, settings=settings, horizon=400)
    started, ended = column(trace, "tasks", "started_us"), column(trace, "tasks", "ended_us")

    def running(at):
        return sum(a is not None and a <= at and (b is None or b > at) for a, b in zip(started, ended, strict=True))

    assert [running(at) for at in (49, 59, 62, 99)] == [2, 2, 4, 4]
    assert all(running(at) <= 2 for at in range(102, 400))


def test_a_framework_whose_process_is_away_leaves_its_tasks_to_run_on():
    """Its failover timeout of zero was known to the old master only."""
    away = Fault(seconds(55), "scheduler-loss", hosting="jobs", back_us=seconds(200))
    trace = traced(JOBS, faults=[lost(), away], horizon=400)
    assert column(trace, "tasks", "outcome") == ["finished"] * 8
    assert ("framework-reregistered", "batch-default", "new-master") in events(trace)
    assert all(row["released_us"] is not None for row in rows(trace, "tasks"))


def test_resident_instances_keep_their_reservations():
    db = app("db", "stateful", replicas=2, volume=Volume(GIB, "local"), max_per_node=1)
    machine = Fault(seconds(100), hosting="db", back_us=seconds(130))
    trace = traced(db, machines=3, faults=[lost(), machine], horizon=400)
    assert column(trace, "tasks", "outcome").count("running") == 2
    [again] = rows(trace, "tasks", incarnation=1)
    [before] = rows(trace, "tasks", slot=again["slot"], incarnation=0)
    assert again["node"] == before["node"]


@pytest.mark.parametrize("seed", range(1, 6))
def test_every_task_is_accounted_for_whatever_is_lost_in_whatever_order(seed):
    faults = [
        lost(at=30), Fault(seconds(35), "network-partition", hosting="web", back_us=seconds(300)),
        Fault(seconds(61), "scheduler-loss", hosting="jobs", back_us=seconds(90)), lost(at=95),
        Fault(seconds(100), "node-loss", hosting="jobs", back_us=seconds(400)),
    ]  # fmt: skip
    settings = {"mesos.master.members": 5, "mesos.master.message_s": 0.1}
    more = {"machines": 6, "faults": faults, "horizon": 2000, "seed": seed, "settings": settings}
    trace = traced(WEB, JOBS, **more)
    by_slot = {(row["app"], row["slot"]) for row in rows(trace, "tasks") if row["outcome"] in ("finished", "running")}
    assert by_slot == {("web", slot) for slot in range(4)} | {("jobs", slot) for slot in range(8)}
    assert column(trace, "tasks", "outcome", app="web").count("running") == 4
    assert trace.digest() == traced(WEB, JOBS, **more).digest()


def missing(count):
    return [lost(), *[Fault(seconds(50), "node-loss", node=f"node-{number}") for number in range(count)]]


@pytest.mark.parametrize(
    ("limit", "gone", "stops"), [(1.0, 3, False), (0.5, 1, False), (0.5, 2, True), (2 / 3, 2, False), (0.0, 1, True)]
)
def test_a_new_master_that_misses_more_agents_than_the_limit_stops_itself(limit, gone, stops):
    settings = {"mesos.master.recovery_agent_removal_limit": limit}
    trace = traced(WEB, faults=missing(gone), settings=settings, horizon=1200)
    assert times(trace, "master-stopped") == ([660.0] if stops else [])
    assert len(times(trace, "agent-unreachable")) == (0 if stops else gone)
    assert times(trace, "leader-elected") == ([60.0, 670.0] if stops else [60.0])


def test_the_next_one_waits_for_agents_anew_and_stops_in_its_turn():
    settings = {"mesos.master.recovery_agent_removal_limit": 0.0}
    trace = traced(WEB, faults=missing(1), settings=settings, horizon=2000)
    assert times(trace, "master-stopped") == [660.0, 1270.0, 1880.0]
    hit = [row for row in rows(trace, "tasks") if row["outcome"] == "lost"]
    assert hit
    assert (
        len(rows(trace, "tasks")) == 4
    )  # those on the lost machine are never replaced: nobody says that they are lost
