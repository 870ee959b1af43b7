"""Hadoop: slots, maps before reduces, slots given back."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from tests.make import GIB, app, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.engines.world import World
from workbench.experiments.check import load, with_values
from workbench.model.batch_work import Input
from workbench.model.faults import Fault
from workbench.model.workload import Duration

MIB = 1024**2


def maps(replicas=8, runs=10, **more):
    return app("maps", "batch", replicas=replicas, cpu=1000, memory=GIB, runs=runs, start=0, framework="hadoop", **more)


def reduces(replicas=2, runs=20, **more):
    return app("reduces", "batch", replicas=replicas, cpu=1000, memory=GIB, runs=runs, start=0, framework="hadoop",
               after=("maps",), **more)  # fmt: skip


def trackers(trace):
    return rows(trace, "tasks", app="tracker-default")


def test_a_tracker_is_as_large_as_the_slots_that_tasks_wait_for():
    trace = traced(maps(replicas=6), machines=3)
    assert sorted(one["cpu"] for one in trackers(trace)) == [2000, 4000]


def test_tasks_run_in_slots_and_take_nothing_more():
    trace = traced(maps(), machines=1)
    assert set(column(trace, "tasks", "cpu", app="maps")) == {0}
    assert sorted(column(trace, "tasks", "started_us", app="maps")) == [0.05] * 4 + [10.05] * 4


def test_reduces_work_only_when_every_map_is_done():
    trace = traced(maps(), reduces(), machines=2)
    last = max(column(trace, "tasks", "ended_us", app="maps"))
    assert min(column(trace, "tasks", "ended_us", app="reduces")) >= last + 20


def test_reduces_are_given_slots_early_and_hold_them_or_late_and_do_not():
    uneven = maps(replicas=9, duration=Duration(seconds(30), "uniform"))
    held = {}
    for part in (0.05, 1.0):
        trace = traced(uneven, reduces(), machines=4, settings={"mesos.hadoop.slowstart": part})
        last = max(column(trace, "tasks", "ended_us", app="maps"))
        held[part] = [last - start for start in column(trace, "tasks", "started_us", app="reduces")]
    assert max(held[0.05]) > 0
    assert max(held[1.0]) <= 0


def test_a_tracker_found_idle_five_times_gives_its_slots_back():
    trace = traced(maps(replicas=4, runs=10), machines=1, horizon=100)
    (tracker,) = trackers(trace)
    assert tracker["ended_us"] == 35.0  # idle from 10.05 on: looked at from 15 to 35
    assert column(trace, "events", "reason", kind="slots-revoked") == ["tracker-idle"]


def test_fewer_checks_give_them_back_sooner():
    trace = traced(maps(replicas=4, runs=10), machines=1, horizon=100, settings={"mesos.hadoop.idle_checks": 1})
    assert trackers(trace)[0]["ended_us"] == 15.0


def test_with_the_fixed_policy_slots_are_two_of_each_kind_and_stay_while_the_job_does():
    trace = traced(maps(replicas=4, runs=60), reduces(), machines=2, settings={"mesos.hadoop.policy": "fixed"})
    assert {one["cpu"] for one in trackers(trace)} == {4000}
    over = max(column(trace, "tasks", "ended_us", app="reduces"))
    assert all(one["ended_us"] > over for one in trackers(trace))


def test_a_slot_goes_first_to_a_task_whose_block_lies_on_its_machine():
    trace = traced(maps(replicas=40, input=Input(64 * MIB)), machines=5)
    assert Counter(column(trace, "reads", "level"))["node"] > 30  # 3 of 5 machines have a block: 24 by luck


def test_tasks_of_a_lost_tracker_run_again():
    trace = traced(maps(replicas=8, runs=60), machines=3, faults=[Fault(seconds(30), hosting="maps")], horizon=400)
    outcomes = Counter(column(trace, "tasks", "outcome", app="maps"))
    assert outcomes["finished"] == 8
    assert outcomes["lost"] == 4


def test_why_a_reduce_waits_is_written_down():
    trace = traced(maps(), reduces(), machines=1, horizon=9, settings={"mesos.hadoop.slowstart": 1.0})
    assert column(trace, "tasks", "why", app="reduces")[0] == "slowstart"


def test_a_tracker_that_is_cut_off_gets_no_tasks_until_it_is_reached_again():
    away = Fault(seconds(5), "network-partition", node="node-1", back_us=seconds(50))
    trace = traced(maps(replicas=24, runs=20), machines=2, faults=[away], horizon=200)
    starts = column(trace, "tasks", "decided_us", app="maps", node="node-1")
    assert [start for start in starts if start < 5] == [0.05] * 4
    assert [start for start in starts if 5 <= start < 50] == []
    assert [start for start in starts if 50 <= start <= 55] != []


def test_slots_of_a_tracker_that_the_master_has_given_up_are_looked_for_elsewhere():
    """It is given up after some 75 s; its slots become free at 90, and are not there for the job that comes at 95."""
    away = Fault(seconds(5), "network-partition", hosting="maps")
    more = replace(maps(replicas=4, at=95), name="more")
    trace = traced(maps(replicas=4, runs=90), more, machines=2, faults=[away], horizon=300)
    first, second = trackers(trace)
    assert first["node"] != second["node"]
    assert 95 <= second["decided_us"] < 97
    assert column(trace, "tasks", "outcome", app="more") == ["finished"] * 4


def test_how_tasks_ended_is_heard_when_their_tracker_is_reached_again():
    """Maps of 20 s end at 20 s on both machines; those out of sight make room for others at 50 s only."""
    away = Fault(seconds(5), "network-partition", node="node-1", back_us=seconds(50))
    trace = traced(maps(replicas=24, runs=20), machines=2, faults=[away], horizon=300)
    assert column(trace, "tasks", "ended_us", app="maps", node="node-1")[:4] == [20.05] * 4
    assert column(trace, "tasks", "outcome", app="maps") == ["finished"] * 24


def cut_off_for_long(runs):
    """Of two machines one is cut off for twenty minutes; the master gives its agent up after 75 s."""
    away = Fault(seconds(5), "network-partition", node="node-1", back_us=seconds(1200))
    return traced(maps(replicas=8, runs=runs), machines=2, faults=[away], horizon=3000)


def test_after_ten_minutes_tasks_of_a_tracker_out_of_sight_are_done_elsewhere():
    trace = cut_off_for_long(300)
    (lost,) = rows(trace, "events", kind="tracker-lost")
    assert 605 <= lost["at_us"] <= 805
    again = rows(trace, "tasks", app="maps", incarnation=1)
    assert {one["node"] for one in again} == {"node-0"}
    assert all(one["submitted_us"] == lost["at_us"] for one in again)
    assert [one["outcome"] for one in again] == ["finished"] * 4


def test_what_runs_on_in_a_tracker_that_was_given_up_is_stopped_when_it_is_back():
    trace = cut_off_for_long(2000)
    (tracker,) = [one for one in trackers(trace) if one["node"] == "node-1" and one["decided_us"] < 5]
    assert 1200 <= tracker["ended_us"] <= 1405
    first = rows(trace, "tasks", app="maps", node="node-1", incarnation=0)
    assert all(one["ended_us"] == tracker["ended_us"] for one in first)
    assert "finished" not in {one["outcome"] for one in first}


def test_reduces_wait_for_each_map_once_however_often_it_was_done():
    """Four maps end out of sight at 300 s and are done again; a fifth that takes long is not counted for them."""
    away = Fault(seconds(5), "network-partition", node="node-1", back_us=seconds(2500))
    slow = maps(replicas=8, runs=300)
    trace = traced(slow, reduces(replicas=1), machines=2, faults=[away], horizon=3000)
    ends = {}
    for one in rows(trace, "tasks", app="maps", outcome="finished"):
        ends.setdefault(one["slot"], one["ended_us"])
    (reduce,) = rows(trace, "tasks", app="reduces", outcome="finished")
    assert reduce["ended_us"] >= max(ends.values()) + 10


def test_executors_of_spark_that_end_while_reduces_wait_are_no_maps():
    """Hadoop's own scheduler is lost and an agent starts again: executors end while reduces hold their slots."""
    faults = (
        Fault(seconds(82), "scheduler-loss", hosting="reduces", back_us=seconds(187)),
        Fault(seconds(125), "agent-restart", node="node-8", back_us=seconds(142)),
    )
    settings = {"mesos.workloads.brokers_by": "marathon", "spark.dynamic_allocation": False}
    made = with_values(load("one-pool"), settings)
    apps = tuple(one for one in made.apps if one.name != "web")
    made = replace(made, apps=apps, faults=faults, horizon_us=seconds(400))
    trace = World(made, CONTROL_PLANES["mesos"].make(), 1).run()
    assert column(trace, "tasks", "outcome", app="reduces").count("finished") == 4
