from __future__ import annotations

import pytest

from tests.make import GIB, app, scenario, seconds
from tests.unit.engines.kubernetes.builders import at, happened, simulate, tasks
from workbench.engines.kubernetes.controllers.statefulset import claims, member_spec
from workbench.engines.kubernetes.workloads import WorkloadParameters, objects_for
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.workload import Volume

DISK = Volume(20 * GIB)


def test_a_member_has_its_own_host_name_and_claim():
    made = objects_for(app("db", "stateful", 3, volume=DISK), WorkloadParameters())[0].native
    spec = member_spec(made, 2)
    assert (spec.hostname, spec.subdomain) == ("db-2", "db")
    assert [one.persistent_volume_claim.claim_name for one in spec.volumes] == ["data-db-2"]
    assert [one.metadata.name for one in claims(made, 2)] == ["data-db-2"]


def starts(trace):
    return {row["slot"]: (row["queued_us"], row["started_us"], row["ready_us"]) for row in tasks(trace, "db")}


def test_ordered_members_start_after_the_one_before_is_ready():
    trace = simulate(scenario(app("db", "stateful", 3, cpu=1000, volume=DISK), horizon=300))
    made = starts(trace)
    assert list(made) == [0, 1, 2]
    for ordinal in (1, 2):
        assert made[ordinal][0] > made[ordinal - 1][2]


@pytest.mark.parametrize("how", [{"ordered": False}, {"settings": {"kubernetes.statefulset.force_parallel": True}}])
def test_parallel_members_are_created_together(how):
    settings = how.pop("settings", {})
    trace = simulate(scenario(app("db", "stateful", 3, cpu=1000, volume=DISK, **how), horizon=300, settings=settings))
    assert all(queued < seconds(0.2) for queued, _, _ in starts(trace).values())


def test_a_disk_is_made_then_attached_before_the_image_is_fetched():
    # create 3 s, attach 5 s, then 64 MiB at 64 MiB/s
    db = app("db", "stateful", 1, volume=DISK, image="db")
    (row,) = tasks(simulate(scenario(db, horizon=60, images={"db": 64 * 1024**2})))
    assert at(row["volume_us"] - row["bound_us"]) == 8.0
    assert at(row["image_us"] - row["volume_us"]) == 1.0


@pytest.mark.parametrize("ordered", [True, False])
def test_a_member_on_a_lost_node_is_not_replaced(ordered):
    db = app("db", "stateful", 3, cpu=3000, ordered=ordered)
    trace = simulate(scenario(db, machines=4, horizon=1500, faults=[Fault(seconds(100), hosting="db")]))
    assert len(tasks(trace)) == 3
    assert len(happened(trace, "events", kind="TaintManagerEviction")) == 1


def test_when_the_node_comes_back_the_member_is_made_anew_with_its_disk():
    fault = Fault(seconds(100), hosting="db", back_us=seconds(800))
    made = scenario(app("db", "stateful", 1, cpu=3000, volume=DISK), machines=2, horizon=1500, faults=[fault])
    moved = set()
    for seed in range(8):
        trace = simulate(made, seed)
        lost, new = tasks(trace)
        assert (lost["task"], new["task"]) == ("db-0", "db-0")
        assert (new["slot"], new["incarnation"], new["outcome"]) == (0, 1, "running")
        assert at(new["queued_us"]) > 800
        states = [(row["state"], row["node"]) for row in trace["volumes"].dicts()]
        assert states[-1] == ("attached", new["node"])
        assert (("detached", lost["node"]) in states) == (lost["node"] != new["node"])
        moved.add(lost["node"] != new["node"])
    assert moved == {True, False}


def test_a_member_follows_its_local_disk():
    db = app("db", "stateful", 1, cpu=3000, volume=Volume(GIB, reach="local"))
    fault = Fault(seconds(100), hosting="db", back_us=seconds(800))
    trace = simulate(scenario(db, machines=5, horizon=1500, faults=[fault]))
    lost, new = tasks(trace)
    assert new["node"] == lost["node"]
    assert new["outcome"] == "running"


# -- another size ------------------------------------------------------------------------------------------------------


def test_members_leave_one_after_another_and_come_back_to_their_disks():
    made = scenario(
        app("db", "stateful", 3, cpu=500, volume=DISK, stop_us=seconds(5)),
        horizon=400,
        changes=[
            PlannedChange(seconds(100), "scale", "db", replicas=1),
            PlannedChange(seconds(200), "scale", "db", replicas=3),
        ],
    )
    trace = simulate(made)
    ended = {row["slot"]: row["ended_us"] for row in tasks(trace) if row["outcome"] == "killed"}
    assert sorted(ended) == [1, 2]
    assert ended[1] - ended[2] >= seconds(5)
    assert len([row for row in trace["volumes"].dicts() if row["state"] == "created"]) == 3
    again = [row for row in tasks(trace) if row["submitted_us"] == seconds(200)]
    assert [(row["slot"], row["incarnation"], row["outcome"]) for row in again] == [
        (1, 1, "running"),
        (2, 1, "running"),
    ]


@pytest.mark.parametrize("again", [0.02, 0.04, 0.06])
def test_a_member_that_goes_before_it_is_anywhere_takes_no_disk_from_its_successor(again):
    """It waited for a node; its name, and the claim with it, are bound to one before the attach-detach loop looks."""
    db = app("db", "stateful", 1, volume=Volume(GIB, "network"))
    changes = [
        PlannedChange(0, "cordon", node="node-0"),
        PlannedChange(seconds(50), "scale", app="db", replicas=0),
        PlannedChange(seconds(50.02), "uncordon", node="node-0"),
        PlannedChange(seconds(50 + again), "scale", app="db", replicas=1),
    ]
    trace = simulate(scenario(db, machines=1, changes=changes, horizon=300))
    assert list(trace["tasks"]["outcome"]) == ["killed", "running"]
    assert list(trace["volumes"]["state"]) == ["created", "attached"]
