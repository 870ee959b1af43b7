"""Two kube-schedulers on one cluster: each decides from its own picture, and a kubelet turns away what came second."""

from __future__ import annotations

import pytest

from tests.unit.engines.kubernetes.builders import simulate, tasks
from tests.unit.engines.kubernetes.test_schedulers import DEPLOYMENT
from tests.unit.formats.test_scenario_yaml import codes, scenario
from workbench.engines.agenda import Order
from workbench.engines.kubernetes.control_plane import Kubernetes
from workbench.engines.world import World
from workbench.model.clock import NEVER

HEAD = """
name: rivals
horizon: 120s
cluster: {{pools: [{{name: node, count: {nodes}, capacity: {{cpu: 1, memory: 16Gi}}}}]}}
manifests: [first.yaml, second.yaml, pods.yaml]
{more}
"""
FIRST = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
SECOND = FIRST + "profiles: [{schedulerName: rival}]\n"
JOB = """
apiVersion: batch/v1
kind: Job
metadata: {{name: {name}}}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      schedulerName: {scheduler}
      containers: [{{name: c, image: i, resources: {{requests: {{cpu: 600m}}}}}}]
---
"""


def deployed(name, scheduler, replicas):
    made = DEPLOYMENT.format(name=name, scheduler=scheduler).replace("replicas: 4", f"replicas: {replicas}")
    return made.replace("cpu: 500m", "cpu: 600m")


def posed(pods, nodes=1, more=""):
    files = {"first.yaml": FIRST, "second.yaml": SECOND, "pods.yaml": pods}
    return scenario(HEAD.format(nodes=nodes, more=more), files)


def run(*args, **more):
    return simulate(posed(*args, **more))


def turned_away(trace):
    return [row for row in trace["events"].dicts() if row["kind"] == "OutOfcpu"]


def test_two_pods_for_one_place_both_bind_and_the_second_is_turned_away():
    trace = run(deployed("web", "default-scheduler", 1) + deployed("own", "rival", 1))
    placed = [row for row in tasks(trace) if row["node"]]
    assert len(placed) == 2
    assert {row["outcome"] for row in placed} == {"running", "failed"}
    lost = next(row for row in placed if row["outcome"] == "failed")
    assert (lost["why"], lost["started_us"]) == ("turned-away", NEVER)
    assert [row["subject"] for row in turned_away(trace)] == [lost["task"]]


def test_the_pod_that_takes_its_place_waits_once_both_know_of_each_other():
    trace = run(deployed("web", "default-scheduler", 1) + deployed("own", "rival", 1))
    waiting = [row for row in tasks(trace) if row["outcome"] == "waiting"]
    assert [row["why"] for row in waiting] == ["Insufficient cpu"]
    assert len(turned_away(trace)) == 1


def test_a_job_counts_it_as_a_failure():
    trace = run(JOB.format(name="a", scheduler="default-scheduler") + JOB.format(name="b", scheduler="rival"),
                more="behaviour: {a: {duration: 30s}, b: {duration: 30s}}")  # fmt: skip
    assert sorted(row["outcome"] for row in tasks(trace)) == ["failed", "finished"]


def test_one_process_with_two_profiles_has_no_such_conflict():
    both = FIRST + "profiles: [{schedulerName: default-scheduler}, {schedulerName: rival}]\n"
    files = {
        "first.yaml": both, "second.yaml": "",
        "pods.yaml": deployed("web", "default-scheduler", 5) + deployed("own", "rival", 5),
    }  # fmt: skip
    head = HEAD.format(nodes=8, more="").replace("second.yaml, ", "")
    assert turned_away(simulate(scenario(head, files))) == []


def test_with_room_for_all_everybody_runs_and_no_machine_holds_more_than_it_has():
    trace = run(deployed("web", "default-scheduler", 6) + deployed("own", "rival", 6), nodes=12)
    running = [row for row in tasks(trace) if row["outcome"] == "running"]
    assert len(running) == 12
    assert len({row["node"] for row in running}) == 12
    assert 0 < len(turned_away(trace)) < 12  # they met on some nodes before each knew what the other had done


def test_disk_has_its_name_in_kubernetes():
    pods = deployed("web", "default-scheduler", 1) + deployed("own", "rival", 1)
    pods = pods.replace("cpu: 600m", "cpu: 100m, ephemeral-storage: 6Gi")
    head = HEAD.format(nodes=1, more="").replace("memory: 16Gi", "memory: 16Gi, disk: 10Gi")
    trace = simulate(scenario(head, {"first.yaml": FIRST, "second.yaml": SECOND, "pods.yaml": pods}))
    assert "OutOfephemeral-storage" in trace["events"]["kind"]


def test_what_comes_later_meets_nobody():
    late = "behaviour: {own: {at: 30s}}"
    trace = run(deployed("web", "default-scheduler", 6) + deployed("own", "rival", 6), nodes=12, more=late)
    assert turned_away(trace) == []
    assert sum(row["outcome"] == "running" for row in tasks(trace)) == 12


@pytest.mark.parametrize("second", [FIRST, FIRST + "profiles: [{schedulerName: default-scheduler}]\n"])
def test_two_processes_of_one_name_are_refused(second):
    files = {"first.yaml": FIRST, "second.yaml": second, "pods.yaml": deployed("web", "default-scheduler", 1)}
    assert codes(HEAD.format(nodes=1, more=""), files) == ["duplicate-name"]


@pytest.mark.parametrize("after_ms", range(0, 60, 5))
def test_a_pod_that_is_deleted_about_when_it_is_turned_away_goes(after_ms):
    made = posed(deployed("web", "default-scheduler", 1) + deployed("own", "rival", 1))
    (turned,) = {row["subject"] for row in turned_away(simulate(made))}
    plane = Kubernetes()
    world = World(made, plane, 1)
    named = world.event

    def watched(kind, subject, reason="", detail=""):
        named(kind, subject, reason, detail)
        if kind == "OutOfcpu" and subject == turned:
            uid = next(pod.uid for pod in plane.api.pods.values() if pod.name == turned)
            world.agenda.after(after_ms * 1000, Order.CONTROLLER, plane.api.delete_pod, uid)

    world.event = watched
    world.run()
    assert turned not in {pod.name for pod in plane.api.pods.values()}
