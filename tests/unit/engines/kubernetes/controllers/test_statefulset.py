from __future__ import annotations

import pytest

from tests.make import GIB, app, scenario, seconds
from tests.unit.engines.kubernetes.builders import at, container, happened, pod, simulate, tasks
from workbench.engines.kubernetes.controllers.statefulset import claims, member_spec, ordinals, to_create, to_delete
from workbench.engines.kubernetes.objects import PodObject
from workbench.engines.kubernetes.workloads import WorkloadParameters, objects_for
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.native.kubernetes.apps import StatefulSet, StatefulSetOrdinals, StatefulSetSpec
from workbench.model.workload import App, Volume

DISK = Volume(20 * GIB)


def member(ordinal: int, *, running: bool = True, ready: bool = True, deleting: bool = False) -> PodObject:
    return PodObject(
        uid=ordinal, name=f"db-{ordinal}", namespace="default", app=App("db", "stateful", 3, {}), version=1,
        info=pod(container("1")), owner="", index=ordinal, created_us=0, phase="Running" if running else "Pending",
        ready=ready, deletion_us=1 if deleting else -1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("there", "parallel", "expected"),
    [
        pytest.param([], False, [0], id="ordered: the first"),
        pytest.param([], True, [0, 1, 2], id="parallel: all"),
        pytest.param([member(0)], False, [1], id="ordered: the next, once the one before is ready"),
        pytest.param([member(0, ready=False)], False, [], id="ordered: not ready blocks"),
        pytest.param([member(0, running=False)], False, [], id="ordered: not running blocks"),
        pytest.param([member(0, deleting=True), member(1)], False, [], id="ordered: one in deletion blocks"),
        pytest.param([member(0, deleting=True)], True, [1, 2], id="parallel: one in deletion is not replaced"),
        pytest.param([member(1)], False, [0], id="ordered: a gap is filled first"),
        pytest.param([member(0), member(1), member(2)], False, [], id="complete"),
    ],
)
def test_which_members_are_created(there, parallel, expected):
    assert to_create(range(3), {one.index: one for one in there}, parallel=parallel) == expected


def test_numbers_start_where_the_set_says():
    # upstream's row "start ordinal 2, three replicas"
    spec = StatefulSetSpec(replicas=3, ordinals=StatefulSetOrdinals(start=2))
    assert list(ordinals(StatefulSet(spec=spec))) == [2, 3, 4]


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

READY, ILL, GOING = {}, {"ready": False}, {"deleting": True}


@pytest.mark.parametrize(
    ("states", "wanted", "parallel", "gone"),
    [
        pytest.param([READY] * 4, 2, False, [3], id="ordered: the highest only"),
        pytest.param([READY] * 4, 2, True, [3, 2], id="parallel: all, highest first"),
        pytest.param([READY, READY, GOING], 1, False, [], id="ordered: one at a time"),
        pytest.param([READY, ILL, READY], 2, False, [], id="ordered: not while one that stays is ill"),
        pytest.param([READY, READY, ILL], 2, False, [2], id="ordered: the only one that is ill may go"),
        pytest.param([READY, ILL, ILL], 1, False, [], id="ordered: an ill one waits for a lower ill one"),
        pytest.param([READY, READY], 2, False, [], id="none is too many"),
    ],
)
def test_who_is_deleted_next(states, wanted, parallel, gone):
    pods = {number: member(number, **state) for number, state in enumerate(states)}
    assert to_delete(range(wanted), pods, parallel=parallel) == gone


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
