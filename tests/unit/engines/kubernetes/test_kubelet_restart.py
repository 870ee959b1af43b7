"""The kubelet's process stops and starts again: containers run on, pods with probes are out of service for a moment."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.make import app, scenario, seconds
from tests.unit.engines.kubernetes.builders import container
from tests.unit.engines.mesos.runs import column, rows
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.world import World
from workbench.model.faults import Fault
from workbench.model.lives import Trouble
from workbench.model.native.kubernetes.apps import Deployment, DeploymentSpec
from workbench.model.native.kubernetes.meta import LabelSelector, ObjectMeta
from workbench.model.native.kubernetes.pods import ExecAction, PodSpec, PodTemplateSpec, Probe


def traced(*apps, at=100.0, back=130.0, hosting="web", machines=2, horizon=900, seed=1, changes=()):
    fault = Fault(seconds(at), "agent-restart", hosting=hosting, back_us=None if back is None else seconds(back))
    made = scenario(*apps, machines=machines, horizon=horizon, faults=[fault], changes=changes)
    return World(made, Kubernetes(), seed).run()


def test_containers_run_on_and_a_probed_pod_is_out_of_service_until_it_is_probed_again():
    trace = traced(app())
    assert column(trace, "tasks", "outcome") == ["running"]
    changes = [(row["change"], row["reason"]) for row in rows(trace, "endpoints")]
    assert changes == [("added", "pod-ready"), ("removed", "kubelet-restarted"), ("added", "pod-ready")]
    _, gone, again = column(trace, "endpoints", "at_us")
    assert 130 < gone < 132
    assert gone < again < 130 + 10 + 2  # a random part of its period of 10 s


def test_the_first_probe_comes_after_a_random_part_of_the_period():
    waits = {round(column(traced(app(), seed=seed), "endpoints", "at_us")[2] - 130, 1) for seed in range(1, 9)}
    assert len(waits) > 4
    assert all(0 < wait < 12 for wait in waits)


def test_tasks_without_probes_notice_nothing():
    trace = traced(app("jobs", "batch", runs=200), hosting="jobs")
    [row] = rows(trace, "tasks")
    assert (row["outcome"], row["ended_us"]) == ("finished", pytest.approx(201, abs=0.3))


def test_what_ended_meanwhile_is_seen_when_the_kubelet_is_back():
    trace = traced(app("jobs", "batch", runs=110), hosting="jobs")
    [row] = rows(trace, "tasks")
    assert (row["outcome"], row["ended_us"]) == ("finished", pytest.approx(111, abs=0.3))
    assert 130 < row["released_us"] < 133


def test_a_pod_that_is_bound_meanwhile_is_started_when_the_kubelet_is_back():
    trace = traced(app(), app("jobs", "batch", replicas=1, runs=20, at=110), machines=1)
    [row] = rows(trace, "tasks", app="jobs")
    assert row["decided_us"] < 112
    assert 130 < row["bound_us"] < 132


def test_a_kubelet_that_stays_away_makes_its_node_unreachable_and_its_pods_are_replaced():
    trace = traced(app(), back=700)
    first, second = rows(trace, "tasks")
    assert 90 + 50 + 300 < second["submitted_us"] < 100 + 50 + 300 + 15
    assert (first["outcome"], second["outcome"]) == ("killed", "running")
    assert 700 < first["ended_us"] < 705


def test_a_pod_that_may_hang_and_has_a_startup_probe_alone_is_in_service_again_too():
    own = replace(container("500m", "64Mi"), startup_probe=Probe(exec=ExecAction(), period_seconds=5))
    labels = {"app": "web"}
    template = PodTemplateSpec(metadata=ObjectMeta(labels=labels), spec=PodSpec(containers=(own,)))
    spec = DeploymentSpec(replicas=1, selector=LabelSelector(match_labels=labels), template=template)
    native = Deployment(metadata=ObjectMeta(name="web", namespace="default"), spec=spec)
    trace = traced(app(native=native, trouble=Trouble(hangs_us=seconds(10_000))))
    found = [(row["reason"], row["at_us"]) for row in rows(trace, "events", kind="DeploymentCondition")]
    assert [reason for reason, _ in found] == ["rollout-complete", "minimum-unavailable", "minimum-available"]
    assert 130 < found[2][1] < 130 + 5 + 2
