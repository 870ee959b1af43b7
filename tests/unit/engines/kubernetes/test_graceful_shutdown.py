"""A node that is shut down in good order: what is stopped when, and how soon others take over."""

from __future__ import annotations

import pytest

from tests.make import app, scenario, seconds
from tests.unit.engines.kubernetes.builders import at, happened, simulate, tasks
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.mesos import Mesos
from workbench.engines.shutdown import Shutdowns
from workbench.engines.world import World
from workbench.model.faults import Fault

QUICK = {"kubernetes.kubelet.relist_period_s": 0.01}
CRITICAL = 2_000_000_000


def stopped(*apps, grace=0, critical=0, machines=1, back=None, horizon=600):
    fault = Fault(
        seconds(100), "node-shutdown", node="node-0", back_us=None if back is None else seconds(back),
        grace_us=seconds(grace), critical_us=seconds(critical),
    )  # fmt: skip
    return simulate(scenario(*apps, machines=machines, horizon=horizon, faults=[fault], settings=QUICK))


def web(stop=5, **more):
    return app("web", stop_us=seconds(stop), start=0, ready=0, **more)


def off(trace):
    (time,) = happened(trace, "nodes", state="down", seen_by="world")
    return time


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({}, 100, id="not set up: at once"),
        pytest.param({"grace": 60}, 105, id="as soon as the pods have stopped"),
        pytest.param({"grace": 3}, 103, id="when the time is over at the latest"),
        pytest.param({"grace": 60, "critical": 90}, 100, id="more for critical pods than in all: off"),
        pytest.param({"grace": 60, "critical": 57}, 103, id="regular pods have what critical ones leave"),
    ],
)
def test_when_the_machine_goes_down(given, expected):
    assert off(stopped(web(), **given)) == pytest.approx(expected, abs=0.1)


def test_critical_pods_go_last():
    trace = stopped(web(), app("dns", stop_us=seconds(4), priority=CRITICAL), grace=60, critical=20)
    regular, critical = tasks(trace, "web")[0], tasks(trace, "dns")[0]
    assert at(regular["ended_us"]) == pytest.approx(105, abs=0.1)
    assert at(critical["ended_us"]) == pytest.approx(109, abs=0.1)
    assert off(trace) == pytest.approx(109, abs=0.1)


def test_others_take_over_at_once_not_when_the_loss_is_noticed():
    good = stopped(web(replicas=2, max_per_node=1), machines=3, grace=60)
    bad = stopped(web(replicas=2, max_per_node=1), machines=3)
    begun = [max(at(row["started_us"]) or 0 for row in tasks(trace)) for trace in (good, bad)]
    assert begun[0] < 110
    assert begun[1] > 400  # 50 s until it is noticed, 300 s until it is evicted


def test_the_node_takes_on_nothing_meanwhile():
    trace = stopped(web(stop=30), app("late", at=110, start=0, ready=0), grace=60, back=300)
    (late,) = tasks(trace, "late")
    assert at(late["decided_us"]) > 300


@pytest.mark.parametrize(("comes", "until", "taint"), [(110, 120, "not-ready"), (250, 300, "unreachable")])
def test_who_waits_is_told_whether_the_node_says_so_itself_or_is_silent(comes, until, taint):
    trace = stopped(web(stop=30), app("late", at=comes, start=0, ready=0), grace=60, horizon=until)
    assert f"node.kubernetes.io/{taint}" in tasks(trace, "late")[0]["why"]


def test_a_pod_that_does_not_stop_in_time_goes_down_with_the_machine():
    trace = stopped(web(stop=25), app("dns", stop_us=seconds(50), priority=CRITICAL), grace=30, critical=10)
    assert tasks(trace, "dns")[0]["outcome"] in ("killed", "lost")
    assert off(trace) == pytest.approx(130, abs=0.1)


def test_on_mesos_nothing_is_stopped_before():
    fault = Fault(seconds(100), "node-shutdown", hosting="web", grace_us=seconds(60))
    trace = World(scenario(web(), machines=2, faults=[fault]), Mesos(), 1).run()
    assert tasks(trace)[0]["outcome"] == "lost"
    assert off(trace) == 100


def test_nobody_holds_a_shutdown_up_for_ever():
    done: list[int] = []
    shutdowns = Shutdowns()
    shutdowns.begin(3, lambda: shutdowns.hold(3), lambda: done.append(3))
    assert done == []
    shutdowns.let_go(3)
    shutdowns.let_go(3)
    assert done == [3]


def test_a_new_controller_manager_finds_out_for_itself_that_a_node_has_been_silent_since():
    """The node has said that it is not ready; pods there count as ready until it has been silent for long enough."""
    faults = [
        Fault(seconds(100), "node-shutdown", node="node-0", grace_us=seconds(10), back_us=seconds(500)),
        Fault(seconds(105), "control-plane-loss", back_us=seconds(106)),
    ]
    daemon = app("logs", "daemon", stop_us=seconds(20), start=0, ready=0)
    plane = Kubernetes()
    trace = World(scenario(daemon, machines=2, horizon=450, faults=faults, settings=QUICK), plane, 1).run()
    (leads,) = happened(trace, "events", kind="leader-elected", subject="kube-controller-manager")
    (lost,) = happened(trace, "events", kind="NodeNotReady")
    assert leads + 50 <= lost <= leads + 55
    assert [(pod.node, pod.ready) for pod in plane.api.pods.values()] == [(0, False), (1, True)]
    assert plane.api.nodes[0].ready == "Unknown"
