"""``kubectl rolling-update``: one pod up, a minute, one pod down; and what is left when nobody goes on."""

from __future__ import annotations

import pytest

from tests.make import app, scenario, seconds
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.rolling_update import scale_down, scale_up
from workbench.engines.kubernetes.workloads import WorkloadParameters, pod_template
from workbench.engines.mesos import Mesos
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.native.kubernetes import ObjectMeta, ReplicationController, Service
from workbench.model.native.kubernetes.core import ReplicationControllerSpec, ServiceSpec

RC = "ReplicationController/default/"
SERVICE = Service(metadata=ObjectMeta(name="web", namespace="default"), spec=ServiceSpec(selector={"app": "web"}))


def controlled(replicas: int = 3, ready: float = 0):
    """Return a service that came as a ReplicationController, its selector left out as in old files."""
    plain = app("web", replicas=replicas, cpu=100, ready=ready)
    spec = ReplicationControllerSpec(replicas=replicas, template=pod_template(plain, WorkloadParameters()))
    native = ReplicationController(metadata=ObjectMeta(name="web", namespace="default"), spec=spec)
    return app("web", replicas=replicas, cpu=100, ready=ready, native=native)


def change(at: float, kind: str = "rolling-update", **more) -> PlannedChange:
    return PlannedChange(seconds(at), kind, "web", **more)  # type: ignore[arg-type]  # a plain text, for tables


def ran(*changes: PlannedChange, replicas: int = 3, horizon: float = 900, plane=Kubernetes, ready: float = 0) -> World:
    web = controlled(replicas, ready)
    made = scenario(web, machines=3, horizon=horizon, changes=changes, objects=(SERVICE,))
    world = World(made, plane(), 1)
    world.run()
    return world


def sizes(world: World) -> dict[str, int]:
    objects = world._control_plane.api.objects.values()
    return {one.name: one.native.spec.replicas for one in objects if one.kind == "ReplicationController"}


def versions(world: World) -> list[int]:
    return sorted(pod.app.version for pod in world._control_plane.api.pods.values() if pod.active)


def steps(world: World) -> list[tuple[str, float]]:
    rows = [row for row in world.trace["events"].dicts() if row["kind"] == "RollingUpdate"]
    return [(row["detail"], row["at_us"] / 1e6) for row in rows]


def ends(world: World) -> list[tuple[str, str]]:
    kinds = ("RollingUpdateStopped", "RollingUpdateSucceeded")
    return [(row["kind"], row["reason"]) for row in world.trace["events"].dicts() if row["kind"] in kinds]


@pytest.mark.parametrize(
    ("new", "old", "desired", "expected"),
    [
        pytest.param(0, 3, 3, 1, id="one more than wanted"),
        pytest.param(1, 3, 3, 1, id="the surge is used up"),
        pytest.param(1, 2, 3, 2, id="one has gone, one may come"),
        pytest.param(1, 0, 5, 5, id="nothing old is left: all at once"),
        pytest.param(3, 1, 3, 3, id="all there"),
        pytest.param(0, 2, 5, 4, id="the old one was smaller: up to one more than wanted"),
    ],
)
def test_how_far_the_new_one_grows(new, old, desired, expected):
    assert scale_up(new, old, desired) == expected


@pytest.mark.parametrize(
    ("new", "old", "available", "desired", "expected"),
    [
        pytest.param(1, 3, 1, 3, 2, id="one works, one may go"),
        pytest.param(1, 3, 0, 3, 3, id="the new one does not work: none goes"),
        pytest.param(3, 1, 3, 3, 0, id="all new ones work: the rest goes"),
        pytest.param(3, 4, 3, 3, 0, id="however many are left"),
        pytest.param(2, 0, 2, 3, 0, id="none is left"),
        pytest.param(0, 4, 0, 0, 0, id="none is wanted at all"),
    ],
)
def test_how_far_the_old_one_shrinks(new, old, available, desired, expected):
    assert scale_down(new, old, available, desired) == expected


def test_one_up_one_down_with_a_minute_between_and_the_old_name_in_the_end():
    world = ran(change(60))
    assert [what for what, _ in steps(world)] == ["0 -> 1", "3 -> 2", "1 -> 2", "2 -> 1", "2 -> 3", "1 -> 0"]
    up, down = steps(world)[0][1], steps(world)[1][1]
    assert down - up == pytest.approx(63, abs=0.2)  # looked at after 3 s, then a minute
    assert sizes(world) == {"web": 3}
    assert versions(world) == [1, 1, 1]
    assert ends(world) == [("RollingUpdateSucceeded", "rollout-complete")]
    assert len(world._control_plane.endpoints("web")) == 3


def test_the_pods_are_handed_over_when_the_new_controller_takes_the_old_name():
    world = ran(change(60, period_us=seconds(5)))
    assert {pod.owner for pod in world._control_plane.api.pods.values()} == {f"{RC}web"}
    assert list(world.trace["tasks"]["version"]) == [0, 0, 0, 1, 1, 1]  # nobody is made again for it


def test_there_is_never_one_less_than_wanted():
    world = ran(change(60, period_us=seconds(10)))
    inside, least = 0, 3
    for row in world.trace["endpoints"].dicts():
        inside += 1 if row["change"] == "added" else -1
        least = min(least, inside if row["at_us"] > seconds(30) else 3)
    assert least == 3


def test_without_its_client_two_controllers_stay_half_way_and_clients_meet_both_versions():
    world = ran(change(60, client_us=seconds(100)))
    assert sorted(sizes(world).values()) == [2, 2]
    assert versions(world) == [0, 0, 1, 1]
    assert ends(world) == [("RollingUpdateStopped", "client-stopped")]
    served = [world.app_of(task).version for task in world._control_plane.endpoints("web")]
    assert sorted(served) == [0, 0, 1, 1]


def test_each_controller_counts_its_own_pods_only():
    world = ran(change(60, client_us=seconds(100)))
    pods = world._control_plane.api.pods.values()
    marks = {pod.app.version: pod.info.labels["deployment"] for pod in pods}
    assert len(set(marks.values())) == 2
    assert {pod.owner for pod in pods if pod.app.version == 0} == {f"{RC}web"}


def test_whoever_starts_it_again_goes_on_with_it():
    world = ran(change(60, client_us=seconds(100)), change(300))
    assert sizes(world) == {"web": 3}
    assert versions(world) == [1, 1, 1]


def test_a_rollback_makes_the_steps_the_other_way():
    world = ran(change(60, client_us=seconds(100)), change(300, "rollback"))
    assert sizes(world) == {"web": 3}
    assert versions(world) == [0, 0, 0]
    assert ends(world)[-1] == ("RollingUpdateSucceeded", "rollout-complete")


def test_a_version_that_never_works_stops_at_one_pod_and_the_client_gives_up():
    world = ran(change(60, broken=True), horizon=1200, ready=1)
    assert [what for what, _ in steps(world)] == ["0 -> 1"]
    assert ends(world) == [("RollingUpdateStopped", "update-timed-out")]
    assert versions(world) == [0, 0, 0, 1]
    assert len(world._control_plane.endpoints("web")) == 3


def test_other_kinds_have_no_client_side_update():
    plain = scenario(app("web", replicas=2), horizon=120, changes=[change(60)])
    trace = World(plain, Kubernetes(), 1).run()
    assert "no-such-change" in trace["events"]["reason"]


def test_marathon_makes_a_deployment_of_it():
    world = ran(change(60), plane=Mesos)
    running = [row["version"] for row in world.trace["tasks"].dicts() if row["outcome"] == "running"]
    assert running == [1, 1, 1]
