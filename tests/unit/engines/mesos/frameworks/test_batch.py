"""The batch framework: what it takes, what it refuses, what it does again."""

from __future__ import annotations

import pytest

from tests.make import app, node, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.workload import Arrivals, Team


def batch(name: str = "jobs", replicas: int = 4, **more):
    more.setdefault("cpu", 1000)
    return app(name, "batch", replicas=replicas, start=0, **more)


def test_it_subscribes_with_its_first_app_and_fills_every_offer():
    trace = traced(batch(replicas=6, at=10), machines=2)
    assert column(trace, "tasks", "decided_us") == [10.05] * 6
    assert sorted(column(trace, "offers", "cpu_used", answer="accepted")) == [2000, 4000]


def test_what_is_left_is_refused_for_five_seconds():
    """Offered at 0 and answered at 0.05, the rest is hidden until 5.05: it comes with the batch at 6."""
    trace = traced(batch(replicas=1, runs=1000), machines=1, horizon=20)
    assert column(trace, "offers", "made_us") == [0.0, 6.0, 12.0, 18.0]
    assert column(trace, "offers", "answer")[:3] == ["accepted", "declined", "declined"]


def test_a_finished_task_makes_room_at_the_next_batch():
    """Its cpu comes with the memory that is hidden alone, but not together with the cpu."""
    trace = traced(batch(replicas=5, runs=10), machines=1, horizon=60)
    assert column(trace, "tasks", "released_us")[0] == 10.05
    assert column(trace, "tasks", "decided_us")[4] == 11.05


def test_an_idle_framework_declines_for_ever_unless_it_suppresses():
    """The task ends at 1.05: at 2 there is more than was refused, from then on the same every six seconds."""
    for suppress, times in ((False, [0.0, 2.0, 8.0, 14.0, 20.0]), (True, [0.0])):
        trace = traced(
            batch(replicas=1, runs=1), machines=1, horizon=25, settings={"mesos.batch.suppress_when_idle": suppress}
        )
        assert column(trace, "offers", "made_us") == times


def test_a_suppressed_framework_revives_for_new_tasks():
    arriving = batch(replicas=0, runs=1, arrivals=Arrivals(0.1, "constant", seconds(45)))
    trace = traced(arriving, machines=1, horizon=60, settings={"mesos.batch.suppress_when_idle": True})
    assert column(trace, "tasks", "submitted_us") == [10.0, 20.0, 30.0, 40.0]
    assert column(trace, "tasks", "decided_us") == [10.05, 20.05, 30.05, 40.05]


def test_a_team_that_is_always_on_is_made_offers_from_the_start_and_refuses_for_its_own_time():
    """Refused at 0.05 for 9 s: hidden until 9.05, offered again with the batch at 10."""
    for refuse, times in ((5.0, [0.0, 6.0, 12.0, 18.0]), (9.0, [0.0, 10.0])):
        trace = traced(
            batch(replicas=1, at=100, team="late"), machines=1, horizon=20, teams=[Team("early", always_on=True)],
            settings={"mesos.batch.idle_refuse_s": refuse},
        )  # fmt: skip
        assert column(trace, "offers", "made_us") == times
        assert set(column(trace, "offers", "framework")) == {"batch-early"}


def test_a_team_with_work_refuses_as_everybody_even_when_it_was_always_on():
    trace = traced(
        batch(replicas=1, runs=1000, team="a"), machines=1, horizon=10, teams=[Team("a", always_on=True)],
        settings={"mesos.batch.idle_refuse_s": 100.0},
    )  # fmt: skip
    assert column(trace, "offers", "made_us") == [0.0, 6.0]


def test_the_frameworks_of_a_team_think_as_long_as_the_team_decides():
    slow = Team("slow", decides_us=seconds(3))
    trace = traced(batch(replicas=1, team="slow"), batch("quick", replicas=1, team="quick"), machines=2, teams=[slow])
    answers = {row["framework"]: row["answered_us"] - row["made_us"] for row in rows(trace, "offers")[:2]}
    assert answers == {"batch-slow": 3.0, "batch-quick": 0.05}


def test_on_one_offer_go_as_many_tasks_as_allowed():
    trace = traced(batch(replicas=4), machines=1, horizon=30, settings={"mesos.batch.tasks_per_offer": 1})
    assert column(trace, "offers", "cpu_used", answer="accepted") == [1000] * 4


def test_while_tasks_wait_it_asks_again_and_its_refusals_are_forgotten():
    """The first task uses a machine in part; the rest is refused until 5.05, yet the second task, at 2, has it by 3.1.

    Without asking again it waits for the batch at 6.
    """
    arriving = batch(replicas=0, runs=1000, arrivals=Arrivals(1.0, "constant", seconds(3)))
    for interval, latest in ((0.0, 6.05), (1.0, 3.1)):
        trace = traced(arriving, machines=1, horizon=20, settings={"mesos.batch.revive_interval_s": interval}, seed=3)
        decided = column(trace, "tasks", "decided_us")
        assert decided[1] <= latest
        assert (decided[1] > 6) == (interval == 0.0)


def test_it_asks_for_nothing_while_nothing_waits():
    """After the one task is placed, offers come only when its refusal has ended."""
    trace = traced(
        batch(replicas=1, runs=1000), machines=1, horizon=20, settings={"mesos.batch.revive_interval_s": 1.0}
    )
    assert column(trace, "offers", "made_us") == [0.0, 6.0, 12.0, 18.0]


def test_parallelism_is_respected():
    trace = traced(batch(replicas=6, runs=10, parallelism=2), machines=3, horizon=60)
    running = sorted((row["started_us"], row["ended_us"]) for row in rows(trace, "tasks"))
    assert all(later[0] >= earlier[1] for earlier, later in zip(running, running[2:], strict=False))
    assert column(trace, "tasks", "outcome") == ["finished"] * 6


def test_lost_tasks_are_launched_again_ahead_of_those_that_never_ran():
    trace = traced(
        batch(replicas=12, cpu=2000, runs=200),
        machines=3,
        faults=[Fault(seconds(100), node="node-1")],
        horizon=900,
    )
    again = rows(trace, "tasks", incarnation=1)
    assert [row["task"] for row in again] == [f"jobs.{row['slot']}.1" for row in again]
    assert len(again) == len(column(trace, "tasks", "task", outcome="lost")) == 2
    after = [row["task"] for row in rows(trace, "decisions") if row["node"] and row["at_us"] > 175]
    assert set(after[:2]) == {row["task"] for row in again}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        pytest.param({"cpu": 8000}, "offer/too-small=2", id="too big"),
        pytest.param({"node_selector": {"disk": "ssd"}}, "constraint/CLUSTER=2", id="no such label"),
    ],
)
def test_why_a_task_waits_is_written_down_for_the_first_one(more, reason):
    trace = traced(batch(replicas=3, **more), machines=2, horizon=5)
    assert column(trace, "decisions", "rejected") == [reason]
    assert column(trace, "tasks", "attempts") == [1, 0, 0]


def test_labels_and_most_per_machine_are_respected():
    machines = (node("fast", labels={"disk": "ssd"}), node("slow"))
    trace = traced(batch(replicas=3, node_selector={"disk": "ssd"}, max_per_node=2, runs=100), machines=machines)
    assert set(column(trace, "tasks", "node")) == {"fast"}
    assert column(trace, "tasks", "decided_us")[2] > 100


def test_an_offer_that_was_taken_back_drops_its_launches_and_the_tasks_go_on_waiting():
    trace = traced(
        batch(replicas=1),
        machines=1,
        horizon=3,
        settings={"mesos.offers.timeout_s": 0.05, "mesos.frameworks.answer_s": 0.04, "mesos.master.message_s": 0.02},
    )
    assert column(trace, "offers", "answer")[0] == "rescinded"
    assert column(trace, "tasks", "node") == [""]
    assert column(trace, "tasks", "why") == ["offer-rescinded"]


def test_a_deleted_app_s_tasks_are_killed_even_if_nobody_hears_it_at_first():
    jobs = app("jobs", "batch", replicas=2, cpu=1000, runs=300)
    cut_off = Fault(seconds(30), "network-partition", hosting="jobs", back_us=seconds(60))
    gone = PlannedChange(seconds(40), "delete", app="jobs")
    trace = traced(jobs, machines=2, faults=[cut_off], changes=[gone], horizon=200)
    assert {row["outcome"] for row in rows(trace, "tasks")} == {"killed"}
    assert all(row["ended_us"] < 90 for row in rows(trace, "tasks"))
