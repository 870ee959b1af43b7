from __future__ import annotations

import pytest

from tests.make import app, scenario, seconds
from tests.unit.engines.kubernetes.builders import happened, tasks
from tests.unit.engines.kubernetes.controllers.rollouts import change, deployed, rolled, steps, versions
from workbench.engines.kubernetes.control_plane import Kubernetes
from workbench.engines.kubernetes.controllers.deployment_sets import HASH_LABEL, new_replica_set, revision
from workbench.engines.kubernetes.workloads import WorkloadParameters, objects_for
from workbench.engines.world import World


def test_the_replica_set_carries_the_hash_of_the_template():
    deployment = objects_for(app("web", replicas=3, team="shop"), WorkloadParameters())[0].native
    made = new_replica_set(deployment)
    digest = made.metadata.name.removeprefix("web-")
    assert (made.metadata.namespace, made.spec.replicas) == ("shop", 3)
    assert made.spec.template.metadata.labels == {"app": "web", HASH_LABEL: digest}
    assert made.spec.selector.match_labels == {"app": "web", HASH_LABEL: digest}


def test_one_replica_set_is_made():
    world = World(scenario(app("web", replicas=3), horizon=60), Kubernetes(), 1)
    world.run()
    sets = [one for one in world._control_plane.api.objects.values() if one.kind == "ReplicaSet"]
    assert [one.owner for one in sets] == ["Deployment/default/web"]


# -- rollouts ----------------------------------------------------------------------------------------------------------


def test_a_good_version_takes_the_place_of_the_old_one_in_steps():
    trace = rolled(deployed(), change(60, "update")).trace
    assert versions(trace) == {1: 10}
    first, second, third, *rest = steps(trace)
    assert (first, second, third) == (
        ("rollout-grows", "0 -> 3"), ("rollout-shrinks", "10 -> 8"), ("rollout-grows", "3 -> 5"),
    )  # fmt: skip
    assert rest[-1] == ("rollout-shrinks", "2 -> 0") or rest[-1][1].endswith("-> 0")
    assert steps(trace, "DeploymentCondition")[-1] == ("rollout-complete", "NewReplicaSetAvailable")


def test_a_version_that_is_never_ready_stops_its_own_rollout_and_is_flagged_but_not_taken_back():
    world = rolled(deployed(), change(60, "update", broken=True), horizon=900)
    trace = world.trace
    assert versions(trace) == {0: 8, 1: 5}
    assert steps(trace) == [
        ("rollout-grows", "0 -> 3"), ("rollout-shrinks", "10 -> 8"), ("rollout-grows", "3 -> 5"),
    ]  # fmt: skip
    (flagged,) = happened(trace, "events", kind="DeploymentCondition", reason="progress-deadline")
    assert 660 < flagged < 663


def test_a_deadline_of_its_own():
    trace = rolled(deployed(progress_deadline_seconds=30), change(60, "update", broken=True), horizon=120).trace
    assert 91 < happened(trace, "events", reason="progress-deadline")[0] < 92


def test_a_rollback_takes_up_the_old_replica_set_again():
    world = rolled(deployed(), change(60, "update", broken=True), change(200, "rollback"))
    assert versions(world.trace) == {0: 10}
    sets = [one for one in world._control_plane.api.objects.values() if one.kind == "ReplicaSet"]
    assert [(one.native.spec.replicas, revision(one)) for one in sets] == [(10, 3), (0, 2)]
    kept = [row for row in tasks(world.trace) if row["outcome"] == "running" and row["submitted_us"] == 0]
    assert len(kept) == 8  # never touched


def test_without_history_there_is_no_way_back():
    trace = rolled(deployed(2, revision_history_limit=0), change(60, "update"), change(200, "rollback")).trace
    assert versions(trace) == {1: 2}
    assert steps(trace, "RollbackFailed") == [("no-revision", "")]


def test_only_so_many_old_replica_sets_are_kept():
    updates = [change(60 + 60 * number, "update") for number in range(5)]
    world = rolled(deployed(2, revision_history_limit=2), *updates)
    sets = [one for one in world._control_plane.api.objects.values() if one.kind == "ReplicaSet"]
    assert [revision(one) for one in sets] == [4, 5, 6]


def test_recreate_waits_until_the_last_old_pod_is_gone():
    trace = rolled(deployed(4, recreate=True, stop_us=seconds(20)), change(60, "update")).trace
    old = max(row["ended_us"] for row in tasks(trace) if row["version"] == 0)
    new = min(row["queued_us"] for row in tasks(trace) if row["version"] == 1)
    assert seconds(80) < old < new
    assert versions(trace) == {1: 4}


def test_a_rollout_that_is_held_stays_where_it_is_and_goes_on():
    slow = deployed(stop_us=0)
    held = (change(60, "update", ready_us=seconds(10)), change(62, "pause"))
    trace = rolled(slow, *held, horizon=200).trace
    assert versions(trace) == {0: 8, 1: 5}
    trace = rolled(slow, *held, change(150, "resume"), horizon=400).trace
    assert versions(trace) == {1: 10}


def test_a_template_that_changes_during_a_pause_is_not_rolled_out():
    trace = rolled(deployed(), change(50, "pause"), change(60, "update"), horizon=200).trace
    assert versions(trace) == {0: 10}


@pytest.mark.parametrize("later", [0.015, 0.03])
def test_a_deployment_that_is_deleted_while_its_pause_is_being_noted_goes_all_the_same(later):
    trace = rolled(deployed(), change(50, "pause"), change(50 + later, "delete"), horizon=200).trace
    assert versions(trace) == {}


def test_a_new_size_in_the_middle_of_a_rollout_is_shared_in_proportion():
    """8 old and 5 new of 10 become, at 20, what the records have: 25 with the surge, 15 and 10, the largest first."""
    trace = rolled(deployed(), change(60, "update", broken=True), change(100, "scale", replicas=20), horizon=200).trace
    assert [step for step in steps(trace) if step[0] == "resized"] == [("resized", "8 -> 15"), ("resized", "5 -> 10")]


def test_a_pod_counts_as_available_only_after_min_ready_seconds():
    fast = rolled(deployed(4, surge=1, unavailable=0), change(60, "update")).trace
    slow = rolled(deployed(4, surge=1, unavailable=0, min_ready=20), change(60, "update")).trace
    done = [happened(one, "events", reason="rollout-complete")[-1] for one in (fast, slow)]
    assert done[0] < 80
    assert done[1] > 60 + 4 * 20


def test_an_update_in_the_middle_of_a_rollout_leaves_the_one_before_behind():
    trace = rolled(deployed(), change(60, "update", broken=True), change(100, "update")).trace
    assert versions(trace) == {2: 10}
    done = [row["ended_us"] for row in tasks(trace) if row["version"] == 1]
    assert max(done) < min(
        row["ended_us"] for row in tasks(trace) if row["version"] == 0 and row["ended_us"] > seconds(99)
    )
