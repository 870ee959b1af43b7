"""Who goes for whom in a run."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace

from tests.make import app, scenario
from tests.unit.engines.kubernetes.builders import container, happened, simulate, tasks
from workbench.engines.kubernetes.controllers.disruption import BudgetStatus, desired_healthy, with_status
from workbench.engines.kubernetes.objects import ApiObject
from workbench.model.native.kubernetes import ObjectMeta, Pod, PodDisruptionBudget, PriorityClass
from workbench.model.native.kubernetes.meta import LabelSelector
from workbench.model.native.kubernetes.pods import PodSpec
from workbench.model.native.kubernetes.policy import PodDisruptionBudgetSpec


def low(replicas=4, **more):
    return app("low", replicas=replicas, cpu=1000, memory=0, **more)


def high(replicas=1, **more):
    return app("high", replicas=replicas, cpu=1000, memory=0, priority=10, at=20, **more)


def bare(name, at=20.0, **spec):
    native = Pod(
        metadata=ObjectMeta(name=name, namespace="default"), spec=PodSpec(containers=(container("1"),), **spec)
    )
    return replace_app(app(name, cpu=1000, memory=0, at=at), native)


def replace_app(made, native):
    return dataclasses.replace(made, native=native)


def test_an_important_pod_displaces_exactly_as_many_as_it_needs():
    trace = simulate(scenario(low(), high(2), machines=1, horizon=120))
    assert len(happened(trace, "events", kind="Preempted")) == 2
    assert all(row["outcome"] == "running" for row in tasks(trace, "high"))
    assert sum(row["outcome"] == "running" for row in tasks(trace, "low")) == 2


def test_of_one_template_the_last_that_came_goes_first():
    settings = {"kubernetes.scheduler.cycle_s": 1.0}  # so that it is known in which order they came
    trace = simulate(scenario(low(), high(), machines=1, horizon=60, settings=settings))
    (gone,) = [row["subject"] for row in trace["events"].dicts() if row["kind"] == "Preempted"]
    before = [row for row in tasks(trace, "low") if 0 <= row["decided_us"] < 20_000_000]
    assert gone == max(before, key=lambda row: row["decided_us"])["task"]


def test_nobody_goes_where_it_would_not_help():
    giant = app("giant", cpu=5000, memory=0, priority=10, at=20)  # larger than the machine
    trace = simulate(scenario(low(), giant, machines=1, horizon=60))
    assert happened(trace, "events", kind="Preempted") == []
    assert all(row["outcome"] == "running" for row in tasks(trace, "low"))


def test_equals_do_not_displace_each_other():
    trace = simulate(scenario(low(priority=10), high(), machines=1, horizon=60))
    assert happened(trace, "events", kind="Preempted") == []


def test_a_pod_whose_policy_is_never_waits():
    classes = (PriorityClass(metadata=ObjectMeta(name="patient"), value=1000, preemption_policy="Never"),)
    patient = bare("patient", priority_class_name="patient")
    trace = simulate(scenario(low(), patient, machines=1, horizon=60, objects=classes))
    assert happened(trace, "events", kind="Preempted") == []
    (row,) = tasks(trace, "patient")
    assert (row["outcome"], row["why"]) == ("waiting", "Insufficient cpu")


def test_a_promised_place_is_not_taken_by_somebody_less_important():
    # the place is free already, and the one for whom it was made still backs off, when another comes
    settings = {"kubernetes.queue.pop_from_backoff": False}
    late = app("late", cpu=1000, memory=0, at=20.8)
    trace = simulate(scenario(low(), high(), late, machines=1, horizon=120, settings=settings))
    (row,), (other,) = tasks(trace, "high"), tasks(trace, "late")
    assert (row["outcome"], row["attempts"], other["outcome"]) == ("running", 2, "waiting")
    assert row["decided_us"] > 21_000_000


def test_budgets_send_preemption_elsewhere():
    budget = PodDisruptionBudget(
        metadata=ObjectMeta(name="keep", namespace="default"),
        spec=PodDisruptionBudgetSpec(min_available="100%", selector=LabelSelector(match_labels={"app": "other"})),
    )
    other = app("other", replicas=4, cpu=1000, memory=0, at=5)
    for seed in (1, 2, 3):
        run = scenario(low(), other, high(3), machines=2, horizon=90, objects=(budget,))
        trace = simulate(run, seed)
        gone = {row["subject"] for row in trace["events"].dicts() if row["kind"] == "Preempted"}
        assert gone
        assert all(name.startswith("low") for name in gone)


# -- disruption budgets ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "stay"),
    [
        pytest.param({"min_available": 3}, 3, id="so many must stay"),
        pytest.param({"min_available": "50%"}, 4, id="a share of them must stay, rounded up"),
        pytest.param({"max_unavailable": 2}, 5, id="all but so many must stay"),
        pytest.param({"max_unavailable": "30%"}, 4, id="the share that may be missing is rounded up too"),
        pytest.param({"max_unavailable": 9}, 0, id="never fewer than none"),
    ],
)
def test_how_many_of_seven_must_stay(given, stay):
    assert desired_healthy(PodDisruptionBudget(spec=PodDisruptionBudgetSpec(**given)), 7) == stay


def test_preemption_goes_by_what_the_budgets_controller_wrote():
    def named(uid):
        return f"pod-{uid}"

    spec = PodDisruptionBudgetSpec(min_available=1, selector=LabelSelector(match_labels={"app": "web"}))
    native = PodDisruptionBudget(metadata=ObjectMeta(name="b", namespace="default"), spec=spec)
    stored = ApiObject(kind="PodDisruptionBudget", namespace="default", name="b", native=native)
    assert with_status(stored, named).status.disruptions_allowed == 0  # nobody has looked at it yet
    status = with_status(replace(stored, status=BudgetStatus(4, 3, 1, 2, {7: 0})), named).status
    assert (status.expected_pods, status.current_healthy, status.disruptions_allowed) == (4, 3, 2)
    assert status.disrupted_pods == {"pod-7": ""}
