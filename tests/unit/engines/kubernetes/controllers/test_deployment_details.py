"""A Deployment's conditions, which of its pods go first, and whether it waits for old ones to be gone."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.make import app, scenario, seconds
from tests.unit.engines.kubernetes.controllers.rollouts import change, deployed, rolled
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.controllers.deployment_progress import DeploymentStatus, conditions_told
from workbench.engines.kubernetes.controllers.deployment_rolling import Status
from workbench.engines.world import World
from workbench.model.faults import Fault
from workbench.model.workload import Team


def status(available: bool | None, number: int = 10, failure: str = "") -> DeploymentStatus:
    return DeploymentStatus(Status(10, 10, number, number), None, available, failure)


@pytest.mark.parametrize(
    ("known", "now", "expected"),
    [
        pytest.param(status(None, 0), status(None, 0), [], id="it has only begun"),
        pytest.param(status(None, 0), status(True), [], id="all come up for the first time"),
        pytest.param(status(True), status(False, 7), ["minimum-unavailable"], id="too many are lost"),
        pytest.param(status(False, 7), status(True, 8), ["minimum-available"], id="enough are back"),
        pytest.param(status(True), status(True, 9), [], id="one less does no harm"),
        pytest.param(status(True), status(True, 10, "exceeded-quota"), ["exceeded-quota"], id="one cannot be made"),
        pytest.param(status(True, 10, "exceeded-quota"), status(True, 10, "exceeded-quota"), [], id="still"),
    ],
)
def test_what_is_told(known, now, expected):
    assert [code for code, _ in conditions_told(known, now)] == expected


def told(world: World) -> list[str]:
    rows = world.trace["events"].dicts()
    return [row["detail"] for row in rows if row["kind"] == "DeploymentCondition"]


def test_a_deployment_says_when_too_few_of_its_pods_are_available_and_when_enough_are_again():
    faults = [Fault(seconds(100), node=f"node-{number}", back_us=seconds(200)) for number in (0, 1)]
    world = rolled(deployed(8), machines=4, horizon=400, faults=faults)
    assert [one for one in told(world) if one.startswith("Minimum")] == [
        "MinimumReplicasUnavailable", "MinimumReplicasAvailable",
    ]  # fmt: skip


def test_a_deployment_says_that_quota_keeps_it_from_making_pods():
    limited = Team("default", limit={"cpu": 300})
    world = rolled(deployed(4), horizon=200, teams=[limited])
    assert "ReplicaFailure" in told(world)
    (made,) = [one for one in world._control_plane.api.objects.values() if one.kind == "Deployment"]
    assert made.status.failure == "exceeded-quota"


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        pytest.param(None, ["killed", "running"], id="alike, and of about one age: the first by uid"),
        pytest.param(5, ["running", "killed"], id="the first is dearer than the other, which costs nothing"),
        pytest.param(-5, ["killed", "running"], id="the first is cheaper"),
    ],
)
def test_the_cheapest_pods_go_first(cost, expected):
    marks = [] if cost is None else [change(100, "relabel", cost=cost)]
    sizes = [change(50, "scale", replicas=2), change(200, "scale", replicas=1)]
    world = rolled(deployed(1), *sizes, *marks, machines=1)
    assert list(world.trace["tasks"]["outcome"]) == expected


def most_at_once(policy: str | None) -> int:
    web = deployed(4, surge=1, unavailable=1, ready=2, stop_us=seconds(25))
    native = replace(web.native, spec=replace(web.native.spec, pod_replacement_policy=policy))
    web = app("web", replicas=4, cpu=100, ready=2, stop_us=seconds(25), native=native)
    plane = Kubernetes()
    world = World(scenario(web, machines=4, horizon=600, changes=[change(60, "update", image="x")]), plane, 1)
    world.run()
    assert [pod.app.version for pod in plane.api.pods.values()] == [1] * 4
    changes: list[tuple[int, int]] = []
    for row in world.trace["tasks"].dicts():
        changes.append((row["decided_us"], 1))
        if row["ended_us"] >= 0:
            changes.append((row["ended_us"], -1))
    there = most = 0
    for _, step in sorted(changes):
        there += step
        most = max(most, there)
    return most


def test_pods_that_take_long_to_stop_pile_up_unless_their_end_is_waited_for():
    assert most_at_once(None) > 5
    assert most_at_once("TerminationStarted") > 5
    assert most_at_once("TerminationComplete") == 5
