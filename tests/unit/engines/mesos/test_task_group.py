"""LAUNCH_GROUP: the containers of a Marathon pod start together, are accounted for one by one, and end together."""

from __future__ import annotations

import json

import pytest

from tests.make import seconds
from tests.unit.engines.mesos.runs import column, rows
from workbench.engines.mesos import Mesos
from workbench.engines.mesos.operations import TaskState
from workbench.engines.mesos.task_group import Member, TaskGroup, group_of
from workbench.engines.protocol import Ended
from workbench.engines.world import World
from workbench.experiments import check
from workbench.experiments.check import with_values
from workbench.model.native.marathon import PodContainer, PodDefinition, PodImage, PodResources

MIB = 1024 * 1024
GROUP = TaskGroup((Member("web", "a:1", {"cpu": 100}), Member("log", "b:1", {"cpu": 50})), {"cpu": 10})


@pytest.mark.parametrize(
    ("state", "first", "expected"),
    [
        pytest.param("RUNNING", "", ["RUNNING", "RUNNING"], id="they run together"),
        pytest.param("KILLED", "", ["KILLED", "KILLED"], id="whoever kills one kills all"),
        pytest.param("FAILED", "log", ["KILLED", "FAILED"], id="one fails, and the executor kills the other"),
        pytest.param("FAILED", "", ["FAILED", "KILLED"], id="the first stands for the one that failed"),
        pytest.param("FINISHED", "", ["FINISHED", "FINISHED"], id="all are done"),
    ],
)
def test_how_each_task_stands(state, first, expected):
    states = GROUP.states(TaskState[state], first)
    assert states == (("web", TaskState[expected[0]]), ("log", TaskState[expected[1]]))


@pytest.mark.parametrize("cpus", [(0.1, 0.29), (1.0, 0.0005), (0.333, 0.667)])
def test_a_group_and_its_executor_ask_for_what_the_pod_does(cpus):
    containers = tuple(
        PodContainer(name=f"c{number}", resources=PodResources(cpus=one, mem=64.5), image=PodImage(id=f"i:{number}"))
        for number, one in enumerate(cpus)
    )
    request = {"cpu": -(-round((sum(cpus) + 0.1) * 1e6) // 1000), "memory": 161 * MIB}
    group = group_of(PodDefinition(id="/pod", containers=containers), request)
    assert group.total == request
    assert group.images == ("i:0", "i:1")
    assert group.executor["cpu"] >= 100


POD = {
    "id": "/pod",
    "scaling": {"kind": "fixed", "instances": 2},
    "containers": [
        {"name": "web", "resources": {"cpus": 0.5, "mem": 64}, "image": {"kind": "DOCKER", "id": "a:1"}},
        {"name": "log", "resources": {"cpus": 0.2, "mem": 32}, "image": {"kind": "DOCKER", "id": "b:1"}},
    ],
    "networks": [{"mode": "host"}],
}


def made(tmp_path, images="a:1: 64Mi, b:1: 640Mi"):
    (tmp_path / "pods.json").write_text(json.dumps(POD))
    file = tmp_path / "made.yaml"
    file.write_text(
        "name: made\nhorizon: 200s\nmarathon: [pods.json]\n"
        f"images: {{{images}}}\n"
        "cluster: {pools: [{name: n, count: 2, capacity: {cpu: 4, memory: 8Gi, disk: 10Gi}}]}\n"
        "behaviour: {pod: {start: 1s, ready: 1s}}\n"
    )
    return check.load(file)


def test_the_group_starts_when_the_last_image_is_there(tmp_path):
    quick, slow = (World(made(tmp_path, f"a:1: 64Mi, b:1: {size}"), Mesos(), 1).run() for size in ("64Mi", "640Mi"))
    assert min(column(slow, "tasks", "started_us")) > min(column(quick, "tasks", "started_us")) + 5


class Crashing(Mesos):
    """Mesos under which the first task fails by itself at 100 s."""

    def start(self, world):
        super().start(world)
        self.seen = []

        def crash():
            world.stop(0, "failed")
            self.notify(Ended(0, "failed"))

        def look():
            self.seen = [task.latest.members for task in self._master.tasks.on("n-0") + self._master.tasks.on("n-1")]

        world.agenda.at(seconds(90), 8, look)
        world.agenda.at(seconds(100), 8, crash)


def test_one_that_fails_takes_its_group_with_it_and_the_pod_is_launched_anew(tmp_path):
    plane = Crashing()
    trace = World(with_values(made(tmp_path), {"world.tasks.start_jitter": 0.0}), plane, 1).run()
    both = (("web", TaskState.RUNNING), ("log", TaskState.RUNNING))
    assert plane.seen == [both, both]
    [ended] = rows(trace, "events", kind="group-ended")
    assert ended["detail"] == "web TASK_FAILED, log TASK_KILLED"
    assert column(trace, "tasks", "outcome") == ["failed", "running", "running"]
    assert {row["cpu"] for row in rows(trace, "tasks")} == {800}
