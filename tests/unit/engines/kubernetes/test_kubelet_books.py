"""Machines that start again at awkward moments: what runs there is what the API server has, and nothing else."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.make import GIB, app, scenario, seconds
from tests.unit.engines.kubernetes.builders import container
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.workloads import WorkloadParameters, objects_for
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.clock import NEVER
from workbench.model.faults import Fault
from workbench.model.lives import Trouble
from workbench.model.native.kubernetes import Job, ObjectMeta, Pod, PodSpec, PodTemplateSpec
from workbench.model.native.kubernetes.batch import JobSpec
from workbench.model.resources import CPU


def ran(*apps, faults=(), changes=(), machines=1, horizon=900, **more):
    plane = Kubernetes()
    world = World(scenario(*apps, machines=machines, horizon=horizon, faults=faults, changes=changes, **more), plane, 1)
    world.run()
    return world, plane


def unknown(world, plane):
    """Return what holds a place on a machine without a pod that wants it, and pods that are twice on one machine."""
    pods = plane.api.pods
    return [
        world.name_of(task)
        for machine in world.machines
        for task in machine.tasks
        if machine.in_touch and (task not in pods or pods[task].terminal)
    ]


def open_attempts(world):
    """Return the processes of which nobody wrote the end, by task."""
    return [row["task"] for row in world.trace["attempts"].dicts() if row["ended_us"] == NEVER]


def test_a_container_that_waits_for_its_restart_is_not_restarted_by_a_machine_that_is_down():
    """Its place there would be taken for ever: nobody would give it back."""
    web = app("web", cpu=3000, start=0, ready=0, trouble=Trouble(crashes_us=seconds(30)))
    world, plane = ran(
        web, app("jobs", "batch", 1, cpu=3000, at=700, runs=20), machines=1, horizon=900,
        faults=[Fault(seconds(106), node="node-0", back_us=seconds(600))],
        changes=[PlannedChange(seconds(500), "delete", "web")],
        settings={
            "world.operator.on_call": True, "world.operator.reaction_s": 60,
            "kubernetes.operator.remedy": "force-delete",
        },
    )  # fmt: skip
    assert unknown(world, plane) == []
    assert world.machines[0].booked[CPU] == 0
    assert [row["outcome"] for row in world.trace["tasks"].dicts() if row["app"] == "jobs"] == ["finished"]


def job(policy):
    spec = PodSpec(containers=(container("1", "1Gi"),), restart_policy=policy)
    native = Job(metadata=ObjectMeta(name="b", namespace="default"), spec=JobSpec(template=PodTemplateSpec(spec=spec)))
    return app("b", "batch", 1, cpu=1000, memory=GIB, ready=0, runs=100, native=native)


@pytest.mark.parametrize("policy", ["Never", "OnFailure"])
def test_a_kubelet_remembers_what_it_could_not_write(policy):
    """The machine starts again while nothing can be stored, and is cut off after that: no process runs twice."""
    world, plane = ran(
        job(policy),
        faults=[
            Fault(seconds(50), "quorum-loss", back_us=seconds(200)),
            Fault(seconds(60), node="node-0", back_us=seconds(70)),
            Fault(seconds(80), "network-partition", node="node-0", back_us=seconds(90)),
        ],
    )  # fmt: skip
    runs = [row["task"] for row in world.trace["attempts"].dicts()]
    assert len(runs) == 2
    assert len(set(runs)) == (2 if policy == "Never" else 1)
    assert open_attempts(world) == unknown(world, plane) == []
    assert list(world.trace["tasks"]["outcome"])[-1] == "finished"


@pytest.mark.parametrize("kind", ["service", "stateful"])
@pytest.mark.parametrize("silent", [False, True], ids=["API server there", "API server silent"])
def test_a_pod_that_failed_with_its_node_does_not_run_on_when_that_is_back_at_once(kind, silent):
    """Its end is on its way to the API server while the machine starts again."""
    web = app("web", kind, 2, cpu=1000, start=0, ready=0, stop_us=seconds(20))
    faults = [Fault(seconds(60), "node-shutdown", node="node-0", back_us=seconds(61), grace_us=seconds(30))]
    if silent:
        faults.append(Fault(seconds(79), "control-plane-loss", back_us=seconds(85)))
    world, plane = ran(web, faults=faults)
    assert unknown(world, plane) == []
    mine = sorted(pod.name for pod in plane.api.pods.values() if pod.ready)
    assert sorted(open_attempts(world)) == mine
    assert len(mine) == 2
    for row in world.trace["tasks"].dicts():
        assert row["bound_us"] <= row["started_us"]


def test_what_is_asked_of_a_bare_pod_has_no_counterpart_and_stops_nothing():
    spec = PodSpec(containers=(container("1", "1Gi"),))
    bare = app("p", native=Pod(metadata=ObjectMeta(name="p", namespace="default"), spec=spec))
    kinds = ["scale", "update", "rollback", "pause", "resume", "rolling-update", "route"]
    changes = [PlannedChange(seconds(30 + 5 * number), kind, "p", replicas=3) for number, kind in enumerate(kinds)]
    changes.append(rerouted := PlannedChange(seconds(90), "route", "web", to="p"))
    world, plane = ran(bare, app("web"), changes=changes, horizon=200)
    said = [(row["subject"], row["detail"]) for row in world.trace["events"].dicts() if row["kind"] == "NoCounterpart"]
    assert said == [*[("p", kind) for kind in kinds], (rerouted.app, "route")]
    assert sorted(pod.app.name for pod in plane.api.pods.values() if pod.ready) == ["p", "web"]


def test_a_pod_that_is_deleted_while_it_is_being_decided_on_takes_no_room():
    """It has waited for room. The scheduler sends it to a machine, and hears a moment later that it is gone."""
    first = app("first", "batch", 1, cpu=4000, runs=20)
    gone = app("gone", "batch", 1, cpu=4000, at=10, runs=50)
    _, _, waited = ran(first, gone, horizon=40)[0].trace["decisions"].dicts()
    met = 0
    for before_ms in range(20, 60, 2):
        asked = PlannedChange(waited["at_us"] - 1000 * before_ms, "delete", "gone")
        world, plane = ran(first, gone, horizon=40, changes=[asked])
        assert list(world.machines[0].tasks) == open_attempts(world) == []
        assert "Job/default/gone" not in {pod.owner for pod in plane.api.pods.values()}
        row = list(world.trace["tasks"].dicts())[1]
        met += row["decided_us"] != NEVER and row["bound_us"] == NEVER
    assert met


def deployed_without_grace(name, cpu):
    plain = app(name, cpu=cpu, start=0, ready=0)
    native = objects_for(plain, WorkloadParameters())[0].native
    template = native.spec.template
    spec = replace(template.spec, termination_grace_period_seconds=0)
    return app(
        name, cpu=cpu, start=0, ready=0, trouble=None,
        native=replace(native, spec=replace(native.spec, template=replace(template, spec=spec))),
    )  # fmt: skip


@pytest.mark.parametrize("back", [140, 700, None])
def test_room_of_a_pod_that_went_without_grace_is_given_to_others_though_its_node_does_not_know(back):
    """Grace period 0: the object goes at once. For 50 s nobody knows that the node is cut off, where it runs on."""
    away = Fault(seconds(100), "network-partition", node="node-0", back_us=back and seconds(back))
    world, plane = ran(
        deployed_without_grace("web", 3000), app("late", cpu=3000, at=120), machines=1, horizon=900, faults=[away],
        changes=[PlannedChange(seconds(110), "delete", "web")],
    )  # fmt: skip
    web, late, *_ = world.trace["tasks"].dicts()
    assert (web["app"], late["app"], late["node"]) == ("web", "late", "node-0")
    assert 120 < late["decided_us"] / 1e6 < 121
    assert web["ended_us"] == NEVER if back is None else back <= web["ended_us"] / 1e6 < back + 1
    if back == 140:
        assert [pod.ready for pod in plane.api.pods.values()] == [True]
    assert world.machines[0].booked[CPU] == (0 if back == 700 and not plane.api.pods else 3000)
