"""Eligibility: upstream's NodeShouldRunDaemonPod rows."""

from __future__ import annotations

import pytest

from tests.make import app, node, scenario, seconds
from tests.unit.engines.kubernetes.builders import (
    api_node,
    container,
    expression,
    happened,
    node_affinity,
    simulate,
    taint,
    tasks,
    term,
    tolerates,
)
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.controllers.daemonset import (
    node_should_run_daemon_pod,
    with_daemon_tolerations,
)
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.cluster import Taint
from workbench.model.faults import Fault
from workbench.model.native.kubernetes import PodSpec

LABELS = {"name": "simple-daemon", "type": "production"}


@pytest.mark.parametrize(
    ("spec", "machine", "expected", "stays"),
    [
        pytest.param({}, {}, True, True, id="fits"),
        pytest.param(
            {"containers": (container("500m", "200Gi"),)}, {}, True, True, id="does not fit the node: still wanted"
        ),
        pytest.param({"node_selector": LABELS}, {}, True, True, id="node selector matches"),
        pytest.param({"node_selector": {"type": "test"}}, {}, False, False, id="node selector does not match"),
        pytest.param(
            {"affinity": node_affinity(term(expression("type", "In", "test")))},
            {},
            False,
            False,
            id="affinity does not match",
        ),
        pytest.param({}, {"unschedulable": True}, True, True, id="cordoned node still runs daemon pods"),
        pytest.param({}, {"taints": [taint("gpu")]}, False, True, id="taint in the way"),
        pytest.param({}, {"taints": [taint("gpu", "NoExecute")]}, False, False, id="taint that evicts"),
        pytest.param(
            {"tolerations": (tolerates("gpu"),)}, {"taints": [taint("gpu")]}, True, True, id="taint tolerated"
        ),
        pytest.param(
            {}, {"taints": [taint("node.kubernetes.io/unreachable", "NoExecute")]}, True, True, id="node unreachable"
        ),
        pytest.param({"node_name": "other"}, {}, False, False, id="names another node"),
    ],
)
def test_where_a_daemon_pod_is_wanted_and_where_it_may_stay(spec, machine, expected, stays):
    spec = {"containers": (container("500m", "50Mi"),), **spec}
    here = api_node("test-node", cpu="1", memory="100Mi", labels=LABELS, **machine)
    assert node_should_run_daemon_pod(with_daemon_tolerations(PodSpec(**spec)), here) == (expected, stays)


def test_one_pod_on_every_node_that_suits():
    machines = (node("a"), node("b"), node("c", taints=[Taint("gpu")]), node("d", cpu=50))
    trace = simulate(scenario(app("logs", "daemon", cpu=100), machines=machines, horizon=60))
    assert sorted((row["slot"], row["node"]) for row in tasks(trace)) == [(0, "a"), (1, "b"), (3, "")]  # d has no room


def test_a_daemon_pod_is_not_evicted_and_starts_again_with_its_machine():
    fault = Fault(seconds(60), node="node-1", back_us=seconds(900))
    trace = simulate(scenario(app("logs", "daemon", cpu=100), machines=3, horizon=1200, faults=[fault]))
    assert len(tasks(trace)) == 3
    assert happened(trace, "events", kind="TaintManagerEviction") == []
    assert {row["outcome"] for row in tasks(trace)} == {"running"}


def test_a_pod_that_is_made_after_an_update_is_made_from_the_new_template():
    # the node is deleted, which removes its pod, and comes back
    settings = {"world.operator.on_call": True, "kubernetes.operator.remedy": "delete-node"}
    changes = [PlannedChange(seconds(1100), "update", "logs", image="logs:2")]
    faults = [Fault(seconds(60), node="node-1", back_us=seconds(1200))]
    logs = app("logs", "daemon", cpu=100, image="logs:1")
    made = scenario(logs, machines=2, horizon=1400, faults=faults, settings=settings, changes=changes)
    control = Kubernetes()
    World(made, control, 1).run()
    images = {pod.index: pod.info.spec.containers[0].image for pod in control.api.pods.values()}
    assert images == {0: "logs:2", 1: "logs:2"}  # the update has come round to node 0, node 1 begins with it
