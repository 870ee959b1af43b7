"""A machine is cut off and works on: what kubelets, node lifecycle and controllers make of it."""

from __future__ import annotations

import pytest

from tests.make import app, scenario, seconds
from tests.unit.engines.mesos.runs import column, rows
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.world import World
from workbench.model.faults import Fault
from workbench.model.workload import Volume

GIB = 1024**3


def cut_off(at, back, hosting="web"):
    return Fault(seconds(at), "network-partition", hosting=hosting, back_us=seconds(back))


def traced(*apps, at=100.0, back=700.0, hosting="web", machines=3, horizon=1200, settings=None):
    made = scenario(*apps, machines=machines, horizon=horizon, faults=[cut_off(at, back, hosting)], settings=settings)
    return World(made, Kubernetes(), 1).run()


def events(trace, *kinds):
    return [(round(row["at_us"]), row["kind"], row["subject"]) for row in rows(trace, "events") if row["kind"] in kinds]


def test_a_short_silence_is_not_even_noticed():
    trace = traced(app(), at=100, back=130)
    assert column(trace, "tasks", "outcome") == ["running"]
    assert column(trace, "endpoints", "change") == ["added"]
    kinds = [row["kind"] for row in rows(trace, "events") if row["kind"] != "DeploymentCondition"]
    assert kinds == ["network-partition", "network-restored"]


def test_a_pod_whose_node_is_heard_again_before_its_toleration_is_over_gets_its_clients_back():
    trace = traced(app(), at=100, back=250)
    assert column(trace, "tasks", "outcome") == ["running"]
    changes = [(row["change"], row["reason"]) for row in rows(trace, "endpoints")]
    assert changes == [("added", "pod-ready"), ("removed", "node-not-ready"), ("added", "pod-ready")]


def test_an_evicted_pod_runs_on_beside_its_replacement_and_is_stopped_when_its_node_is_reached():
    trace = traced(app())
    first, second = rows(trace, "tasks")
    assert (first["slot"], first["incarnation"], second["slot"], second["incarnation"]) == (0, 0, 0, 1)
    assert first["node"] != second["node"]
    assert 90 + 50 + 300 < second["submitted_us"] < 100 + 50 + 300 + 15  # the last lease is up to 10 s old
    assert second["started_us"] < 700 < first["ended_us"] < 705
    assert (first["outcome"], second["outcome"]) == ("killed", "running")
    steps = [
        kind for _, kind, _ in events(trace, "NodeNotReady", "given-up", "network-restored", "Killing", "NodeReady")
    ]
    assert steps == ["NodeNotReady", "given-up", "network-restored", "Killing", "NodeReady"]


def test_a_member_of_a_stateful_set_is_never_there_twice():
    db = app("db", "stateful", replicas=2, volume=Volume(GIB, "network"))
    trace = traced(db, hosting="db")
    old, new = [row for row in rows(trace, "tasks") if row["node"] and row["slot"] == 0]
    assert old["ended_us"] > 700
    assert new["queued_us"] >= old["ended_us"]
    assert new["submitted_us"] == pytest.approx(old["ended_us"])
    assert not events(trace, "given-up")


def test_work_that_ends_unseen_counts_when_it_is_heard_of():
    trace = traced(app("sum", "batch", runs=120), at=50, back=200, hosting="sum")
    [row] = rows(trace, "tasks")
    assert (row["outcome"], row["ended_us"]) == ("finished", pytest.approx(121, abs=1))
    assert 200 < row["released_us"] < 201
    assert [kind for _, kind, _ in events(trace, "JobComplete")] == ["JobComplete"]


def test_work_that_was_given_up_is_done_twice():
    trace = traced(app("sum", "batch", runs=500), at=50, back=1000, hosting="sum")
    first, second = rows(trace, "tasks")
    assert (first["outcome"], second["outcome"]) == ("finished", "finished")
    assert first["ended_us"] < second["ended_us"]
    assert second["started_us"] < first["ended_us"]


def test_a_pod_bound_to_a_node_that_cannot_hear_starts_when_it_is_reached():
    web = app("web", replicas=1, cpu=3000)
    late = app("late", replicas=2, cpu=3000, at=110)
    trace = traced(web, late, at=100, back=140, machines=3)
    started = {row["task"].split("-")[0]: row["started_us"] for row in rows(trace, "tasks")}
    assert None not in started.values()
    full = traced(web, app("late", replicas=1, cpu=900, at=110, node_selector={}), at=100, back=140, machines=1)
    late_row = rows(full, "tasks", app="late")[0]
    assert late_row["decided_us"] < 111
    assert late_row["bound_us"] > 140
    assert late_row["outcome"] == "running"
