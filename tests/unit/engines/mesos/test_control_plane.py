"""Complete runs: what a lost machine sets off and when, quotas, endpoints, and that runs repeat to the byte."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.make import GIB, app, nodes, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.model.faults import Fault
from workbench.model.workload import Team, Volume

WEB = app("web", replicas=4, max_per_node=1, start=2, ready=3)


def test_the_steps_of_a_task_and_what_each_takes():
    trace = traced(
        app("web", start=2, ready=3),
        settings={"mesos.master.message_s": 0.01, "mesos.agent.executor_start_s": 0.5},
    )
    [row] = rows(trace, "tasks")
    steps = (
        "submitted_us",
        "queued_us",
        "considered_us",
        "decided_us",
        "bound_us",
        "volume_us",
        "started_us",
        "ready_us",
    )
    # revive 0.01, offer 0.01, thought 0.05, answer 0.01; launch 0.01; executor 0.5, process 2; ready after 3 more
    assert [row[step] for step in steps] == [0.0, 0.0, 0.01, 0.08, 0.09, 0.09, 2.59, 5.59]
    assert column(trace, "endpoints", "at_us") == [pytest.approx(5.59 + 0.02 + 1.0)]


# -- a machine is lost -------------------------------------------------------------------------------------------------


def test_a_lost_machine_is_noticed_after_75_to_90_seconds_and_its_instances_are_replaced_at_once():
    for seed in range(1, 6):
        trace = traced(WEB, seed=seed, machines=6, faults=[Fault(seconds(300), hosting="web")], horizon=600)
        [unreachable] = rows(trace, "nodes", state="unreachable")
        assert 375 <= unreachable["at_us"] < 390
        [lost] = rows(trace, "tasks", outcome="lost")
        assert (lost["ended_us"], lost["released_us"]) == (300.0, unreachable["at_us"])
        [again] = rows(trace, "tasks", incarnation=1)
        assert (again["slot"], again["submitted_us"], again["queued_us"]) == (lost["slot"], 300.0, unreachable["at_us"])
        assert again["decided_us"] == pytest.approx(unreachable["at_us"] + 0.05)
        [removed] = rows(trace, "endpoints", change="removed")
        assert (removed["task"], removed["reason"]) == (lost["task"], "agent-unreachable")
        assert removed["at_us"] == pytest.approx(unreachable["at_us"] + 1)


def test_what_is_launched_on_a_machine_that_is_lost_but_not_given_up_is_lost_with_it():
    late = app("late", replicas=3, max_per_node=1, at=310)
    trace = traced(late, machines=3, faults=[Fault(seconds(300), node="node-1")], horizon=600)
    [failed] = rows(trace, "tasks", outcome="lost")
    assert (failed["node"], failed["bound_us"], failed["started_us"]) == ("node-1", None, None)
    assert column(trace, "nodes", "at_us", state="unreachable") == [failed["released_us"]]
    assert column(trace, "tasks", "outcome", incarnation=1) == ["waiting"]  # two machines, three instances apart


def test_a_machine_that_is_back_before_it_is_given_up_has_lost_its_tasks_all_the_same():
    trace = traced(WEB, machines=4, faults=[Fault(seconds(300), hosting="web", back_us=seconds(330))], horizon=600)
    assert rows(trace, "nodes", state="unreachable") == []
    [again] = rows(trace, "tasks", incarnation=1)
    assert 330 < again["queued_us"] < 331  # registration comes a random time up to a second later
    assert again["decided_us"] - again["queued_us"] < 7  # a second of back-off, at most five until the next revive
    assert column(trace, "events", "reason", kind="task-lost") == ["machine-restarted"]


def test_a_machine_that_comes_back_after_it_was_given_up_is_offered_again():
    trace = traced(
        app("web", replicas=2, max_per_node=1),
        machines=2,
        faults=[Fault(seconds(100), hosting="web", back_us=seconds(300))],
        horizon=600,
    )
    assert column(trace, "nodes", "state", seen_by="mesos") == ["ready", "ready", "unreachable", "ready"]
    [again] = rows(trace, "tasks", incarnation=1)
    assert 300 < again["decided_us"] < 302


# -- quota and weight --------------------------------------------------------------------------------------------------


def jobs(name: str, replicas: int, **more):
    return app(name, "batch", replicas=replicas, cpu=1000, memory=GIB // 4, start=0, runs=600, team=name, **more)


def late_guest(*teams: Team, **settings):
    """A floods ten machines of three cpus; B comes at 300 s with ten tasks (Kubernetes: the same with limits)."""
    trace = traced(
        jobs("a", 60), jobs("b", 10, at=300), machines=nodes(10, 3000), teams=teams, horizon=900, settings=settings
    )
    running = sum(row["decided_us"] is not None and row["decided_us"] < 299 for row in rows(trace, "tasks", app="a"))
    return running, max(row["decided_us"] - 300 for row in rows(trace, "tasks", app="b"))


TEN = {"cpu": 10_000}


@pytest.mark.parametrize(
    ("teams", "busy", "wait"),
    [
        pytest.param((), 30, 301.05, id="without quota nothing is idle, and B waits for A's tasks to end"),
        pytest.param((Team("a", limit=TEN), Team("b", limit=TEN)), 10, 1.05, id="with limits B finds room"),
        pytest.param((Team("b", guarantee=TEN),), 20, 0.05, id="a guarantee set before is kept free"),
        pytest.param((Team("b", guarantee=TEN, quota_at_us=seconds(300)),), 30, 301.05,
                     id="a guarantee set on arrival takes nothing back"),
    ],
)  # fmt: skip
def test_a_late_guest_measured_with_the_real_allocator(teams, busy, wait):
    running, longest = late_guest(*teams)
    assert running == busy
    assert longest <= wait + 0.01
    assert longest > wait - 1.01


def test_quotas_can_be_switched_off():
    assert late_guest(Team("a", limit=TEN), **{"mesos.roles.quota_enabled": False})[0] == 30


def test_a_guarantee_takes_offers_back_that_others_think_about():
    trace = traced(
        jobs("a", 0), jobs("b", 3, at=20),
        machines=nodes(2, 3000), horizon=60, settings={"mesos.frameworks.answer_s": 30.0},
        teams=[Team("b", guarantee={"cpu": 3000}, quota_at_us=seconds(10))],
    )  # fmt: skip
    rescinded = rows(trace, "offers", answer="rescinded")
    assert [(row["framework"], row["answered_us"]) for row in rescinded] == [("batch-a", 10.0)]
    assert set(column(trace, "offers", "framework", made_us=20.0)) == {"batch-b"}


def test_a_team_of_twice_the_weight_gets_twice_as_much():
    trace = traced(
        jobs("a", 60), jobs("b", 60), machines=nodes(10, 3000), teams=[Team("a", weight=2.0)], horizon=10
    )  # fmt: skip
    running = column(trace, "tasks", "app", decided_us=0.05)
    assert running.count("a") + running.count("b") == 30
    assert 17 <= running.count("a") <= 21  # whole machines of three cpus


# -- laws --------------------------------------------------------------------------------------------------------------

CROWD = (
    app("web", replicas=9, cpu=700, start=2, ready=3),
    app("db", "stateful", replicas=3, cpu=1000, volume=Volume(GIB, "local"), max_per_node=1),
    app("log", "daemon", cpu=50),
    app("jobs", "batch", replicas=60, cpu=900, runs=40, at=20, team="batch"),
)
FAULTS = (
    Fault(seconds(100), hosting="web", back_us=seconds(130)),
    Fault(seconds(200), hosting="db", back_us=seconds(400)),
    Fault(seconds(300), hosting="log"),
)


def crowd(seed: int = 1, **settings):
    return traced(*CROWD, machines=6, faults=FAULTS, horizon=700, seed=seed, settings=settings)


def test_offers_of_one_agent_never_add_up_to_more_than_it_has():
    trace = crowd()
    changes: dict[str, list[tuple[float, int, int]]] = {}
    for row in rows(trace, "offers"):
        end = row["answered_us"] if row["answered_us"] is not None else 1e9
        changes.setdefault(row["node"], []).extend([(row["made_us"], 1, row["cpu"]), (end, 0, -row["cpu"])])
    for moves in changes.values():
        outstanding = 0
        for _, _, cpu in sorted(moves):
            outstanding += cpu
            assert 0 <= outstanding <= 4000


def test_every_task_is_accounted_for():
    trace = crowd()
    outcomes = column(trace, "tasks", "outcome", app="jobs")
    assert outcomes.count("finished") == 60
    assert set(outcomes) <= {"finished", "lost", "failed"}
    for row in rows(trace, "tasks", outcome="lost"):
        assert row["released_us"] is not None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_seed_gives_the_same_bytes(seed):
    assert crowd(seed).digest() == crowd(seed).digest()


def test_another_process_with_another_hash_seed_gives_the_same_bytes():
    code = "from tests.unit.engines.mesos.test_control_plane import crowd; print(crowd().digest())"
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.getcwd()},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert digests == {crowd().digest() + "\n"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("mesos.offers.timeout_s", 0.01, id="every offer is taken back"),
        pytest.param("mesos.frameworks.answer_s", 120.0, id="frameworks think for ever"),
        pytest.param("mesos.frameworks.answer_s", 0.0, id="frameworks answer at once"),
        pytest.param("mesos.master.message_s", 1.0, id="slow messages"),
        pytest.param("mesos.allocator.allocation_interval_s", 0.1, id="many rounds"),
        pytest.param("mesos.marathon.decline_offer_s", 0.0, id="Marathon refuses nothing for long"),
        pytest.param("mesos.offers.refuse_s", 0.0, id="nobody does"),
        pytest.param("mesos.master.max_agent_ping_timeouts", 1, id="an impatient master"),
        pytest.param("mesos.agent.executor_start_s", 60.0, id="slow executors"),
    ],
)
def test_nothing_is_placed_where_there_is_no_room_at_the_ends_of_a_setting(path, value):
    crowd(**{path: value})  # the World refuses over-placement
