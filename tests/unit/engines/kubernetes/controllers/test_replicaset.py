from __future__ import annotations

from itertools import pairwise

from tests.make import GIB, app, scenario, seconds
from tests.unit.engines.kubernetes.builders import at, simulate, tasks
from workbench.engines.kubernetes.control_plane import Kubernetes
from workbench.engines.kubernetes.workloads import WorkloadParameters, objects_for
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.native.kubernetes import ReplicaSet, ReplicationController
from workbench.model.native.kubernetes.core import ReplicationControllerSpec
from workbench.model.workload import Team


def test_exactly_the_wanted_number_is_created():
    trace = simulate(scenario(app("web", replicas=7, cpu=100), horizon=60))
    assert [row["slot"] for row in tasks(trace)] == list(range(7))
    assert {row["outcome"] for row in tasks(trace)} == {"running"}


def test_pods_are_named_after_the_set_and_the_set_after_its_template():
    trace = simulate(scenario(app("web", replicas=2), horizon=60))
    first, second = (row["task"].rsplit("-", 1) for row in tasks(trace))
    assert first[0] == second[0]
    assert first[0].startswith("web-")
    assert len(first[1]) == 5


def test_a_pod_that_is_being_deleted_is_replaced_while_it_is_still_there():
    world = World(
        scenario(app("web"), machines=2, horizon=600, faults=[Fault(seconds(60), hosting="web")]), Kubernetes(), 1
    )
    trace = world.run()
    lost, new = tasks(trace)
    plane = world._control_plane
    assert plane.api.pods[0].deleting  # its kubelet never answered
    assert (lost["outcome"], new["slot"], new["incarnation"]) == ("lost", 0, 1)
    assert at(new["submitted_us"]) == 60.0
    assert new["node"] != lost["node"]


def test_a_refused_create_is_tried_again_after_a_growing_delay():
    web = app("web", replicas=3, cpu=1000, memory=GIB, team="a")
    trace = simulate(scenario(web, machines=2, horizon=100, teams=[Team("a", limit={"cpu": 2000})]))
    assert len(tasks(trace)) == 2
    refused = [row["at_us"] for row in trace["events"].dicts() if row["kind"] == "FailedCreate"]
    gaps = [later - earlier for earlier, later in pairwise(refused)]
    # 5 ms, 10 ms, 20 ms ... and each try takes a write of 10 ms; changes of its own pods bring earlier tries
    assert gaps[-1] == 5_000 * 2 ** (len(refused) - 2) + 10_000
    assert len(refused) < 20


def test_replication_controllers_are_run_by_the_same_code():
    like = objects_for(app("old", replicas=2), WorkloadParameters())[0].native
    old = ReplicationController(
        metadata=like.metadata, spec=ReplicationControllerSpec(replicas=2, template=like.spec.template)
    )
    bare = ReplicaSet(metadata=like.metadata)
    assert bare.spec.replicas == 1
    trace = simulate(scenario(app("old", replicas=2, native=old), horizon=60))
    assert [row["outcome"] for row in tasks(trace)] == ["running", "running"]


# -- another size ------------------------------------------------------------------------------------------------------


def resized(*steps, replicas=6, machines=2, horizon=300, **more):
    """Return the trace of a service that is scaled at times in seconds."""
    changes = [PlannedChange(seconds(at), "scale", "web", replicas=size) for at, size in steps]
    return simulate(
        scenario(app("web", replicas=replicas, cpu=100, **more), machines=machines, horizon=horizon, changes=changes)
    )


def test_a_service_grows_and_shrinks_to_what_is_wanted():
    trace = resized((100, 9), (200, 2))
    rows = tasks(trace)
    assert len(rows) == 9
    assert {at(row["submitted_us"]) for row in rows[6:]} == {100.0}
    assert [row["outcome"] for row in rows].count("running") == 2
    assert {row["outcome"] for row in rows} == {"running", "killed"}
    assert {row["incarnation"] for row in rows} == {0}  # nobody stands in for one that was removed


def test_the_youngest_and_most_crowded_go_first():
    trace = resized((100, 9), (101, 6))
    gone = [row["slot"] for row in tasks(trace) if row["outcome"] == "killed"]
    assert gone == [6, 7, 8]  # not running yet, or not ready


def test_a_pod_that_shuts_down_holds_its_place_for_its_grace():
    """30 s unless its template says otherwise; from then on it is killed."""
    trace = resized((100, 5), stop_us=seconds(200), machines=1)
    (row,) = (row for row in tasks(trace) if row["outcome"] == "killed")
    assert 130 <= at(row["ended_us"]) < 131
    left = [one["at_us"] for one in trace["endpoints"].dicts() if one["change"] == "removed"]
    assert at(left[0]) < 102  # clients go at once
