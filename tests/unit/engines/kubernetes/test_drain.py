"""Maintenance of nodes: who leaves, how fast, and what a budget holds up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.make import app, scenario, seconds
from tests.unit.engines.kubernetes.builders import happened, simulate, tasks
from workbench.model.changes import PlannedChange
from workbench.model.native.kubernetes import PodDisruptionBudget
from workbench.model.native.kubernetes.meta import LabelSelector, ObjectMeta
from workbench.model.native.kubernetes.policy import PodDisruptionBudgetSpec
from workbench.model.workload import Arrivals, Volume


def budget(name: str = "web", label: str = "web", **spec: object) -> PodDisruptionBudget:
    selector = LabelSelector(match_labels={"app": label})
    return PodDisruptionBudget(
        metadata=ObjectMeta(name=name, namespace="default"), spec=PodDisruptionBudgetSpec(selector=selector, **spec)
    )


def change(at: float, kind: str, node: str = "node-0") -> PlannedChange:
    return PlannedChange(seconds(at), kind, node=node)  # type: ignore[arg-type]  # a plain text


def drained(*apps, budgets=(), changes=(), machines=2, horizon=300, **more):
    made = scenario(
        *apps, machines=machines, horizon=horizon, objects=budgets, changes=[change(100, "drain"), *changes], **more
    )
    return simulate(made)


WEB = app("web", replicas=6, ready=4)


def where(trace, *, running=True):
    return {row["node"] for row in tasks(trace) if (row["outcome"] == "running") is running}


def evicted(trace):
    return happened(trace, "events", kind="Evicted")


def test_without_a_budget_all_pods_leave_at_once_and_others_take_their_places():
    trace = drained(WEB)
    gone = [row for row in tasks(trace) if row["outcome"] == "killed"]
    assert {row["node"] for row in gone} == {"node-0"}
    assert len(gone) == 3
    assert evicted(trace) == pytest.approx([100.02] * 3, abs=0.01)
    assert where(trace) == {"node-1"}
    new = [row for row in tasks(trace) if row["incarnation"] == 1]
    assert [row["slot"] for row in new] == [row["slot"] for row in gone]
    assert {round(row["submitted_us"] / 1e6) for row in new} == {100}  # waited for since they were told to go
    assert happened(trace, "events", kind="Drained", subject="node-0")


def test_a_budget_lets_them_go_one_after_another_each_when_the_one_before_is_replaced():
    trace = drained(WEB, budgets=[budget(max_unavailable=1)])
    first, second, third = evicted(trace)
    assert second - first >= 5  # asked for again every 5 s; the replacement needs 1 s to start and 4 s to be ready
    assert third - second >= 5
    assert (second - first) % 5 == pytest.approx(0, abs=0.05)
    assert {row["reason"] for row in trace["events"].dicts() if row["kind"] == "EvictionRefused"} == {
        "budget-exhausted"
    }


def test_an_app_in_the_short_form_says_how_many_it_may_miss():
    first, second, third = evicted(drained(replace(WEB, may_miss=1)))
    assert second - first >= 5
    assert third - second >= 5


def test_a_budget_that_allows_nothing_holds_a_drain_up_for_ever():
    trace = drained(WEB, budgets=[budget(min_available="100%")])
    assert evicted(trace) == []
    assert not happened(trace, "events", kind="Drained")
    assert where(trace) == {"node-0", "node-1"}


def test_a_pod_under_two_budgets_is_never_evicted():
    trace = drained(WEB, budgets=[budget("a", min_available=1), budget("b", min_available=1)])
    assert {row["reason"] for row in trace["events"].dicts() if row["kind"] == "EvictionRefused"} == {"two-budgets"}
    assert evicted(trace) == []


def test_a_budget_for_others_is_of_no_concern():
    assert len(evicted(drained(WEB, budgets=[budget(label="db", min_available="100%")]))) == 3


def test_nothing_new_comes_to_a_cordoned_node_until_it_is_given_back():
    late, later = app("late", replicas=2, at=150), app("later", replicas=4, cpu=900, at=250)
    trace = drained(WEB, late, later, changes=[change(200, "uncordon")])
    assert {row["node"] for row in tasks(trace) if row["app"] == "late"} == {"node-1"}
    assert "node-0" in {row["node"] for row in tasks(trace) if row["app"] == "later"}


def test_a_cordon_moves_nobody():
    made = scenario(WEB, app("late", at=150), machines=2, horizon=300, changes=[change(100, "cordon")])
    trace = simulate(made)
    assert {row["outcome"] for row in tasks(trace)} == {"running"}
    assert {row["node"] for row in tasks(trace) if row["app"] == "late"} == {"node-1"}


def test_daemons_stay_and_a_member_of_a_set_takes_its_disk_along():
    trace = drained(app("logs", "daemon", cpu=100), app("db", "stateful", 2, volume=Volume(2**30)))
    logs = [row for row in tasks(trace) if row["app"] == "logs"]
    assert [row["outcome"] for row in logs] == ["running", "running"]
    db = [row for row in tasks(trace) if row["app"] == "db" and row["outcome"] == "running"]
    assert {row["node"] for row in db} == {"node-1"}
    assert sorted(row["slot"] for row in db) == [0, 1]


def test_a_member_with_a_number_gives_up_its_place_only_when_it_has_stopped():
    trace = drained(app("db", "stateful", 2, volume=Volume(2**30), stop_us=seconds(20)))
    old = next(row for row in tasks(trace) if row["outcome"] == "killed")
    new = next(row for row in tasks(trace) if row["slot"] == old["slot"] and row["incarnation"] == 1)
    assert happened(trace, "events", kind="given-up") == []
    assert new["submitted_us"] == old["ended_us"] < new["queued_us"]


def test_nobody_stands_in_for_a_bare_pod():
    trace = drained(app("sum", "batch", runs=250, arrivals=Arrivals(0.1, "constant", seconds(60))))
    assert [row["outcome"] for row in tasks(trace)].count("killed") > 0
    assert happened(trace, "events", kind="given-up") == []
